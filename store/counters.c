/*
 * Counters.  What a transaction moved stands in an array, found through an
 * open-addressed table of places in it.
 */
#include "store/counters.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"
#include "store/table.h"

#define SLOTS_MIN 64
#define KEPT_MAX 65536 /* of memory between transactions */

struct moved {
	size_t at, n; /* the key, in keys */
	uint64_t hash;
	int64_t delta;
};

struct counters {
	uint64_t seed;
	struct buf keys;
	struct moved *moved;
	size_t count, cap;
	uint32_t *slots; /* 1 + place in moved; 0: free */
	size_t mask;	 /* slots - 1 */
};

/* Make an empty one. */
struct counters *
counters_new(uint64_t seed)
{
	struct counters *c = mem_zalloc(sizeof(*c));

	c->seed = seed;
	return c;
}

/* Release it. */
void
counters_free(struct counters *c)
{
	buf_free(&c->keys);
	free(c->moved);
	free(c->slots);
	free(c);
}

/* FNV-1a from a secret start, stirred, since the table takes low bits. */
static uint64_t
hash_of(const struct counters *c, struct slice key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325) ^ c->seed;

	for (size_t i = 0; i < key.n; i++)
		h = (h ^ (unsigned char)key.p[i]) * UINT64_C(0x100000001b3);
	return h ^ h >> 32;
}

/* The slot of key, or the free one where it belongs. */
static size_t
find(const struct counters *c, struct slice key, uint64_t hash)
{
	size_t i = hash & c->mask;

	while (c->slots[i] != 0) {
		const struct moved *m = &c->moved[c->slots[i] - 1];
		struct slice at = {c->keys.p + m->at, m->n};

		if (m->hash == hash && slice_eq(at, key))
			break;
		i = (i + 1) & c->mask;
	}
	return i;
}

/* Double the array and lay the table out anew, at most half full. */
static void
grow(struct counters *c)
{
	size_t slots = c->slots == NULL ? SLOTS_MIN : (c->mask + 1) * 2;

	c->cap = slots / 2;
	c->moved = mem_resize(c->moved, c->cap, sizeof(*c->moved));
	free(c->slots);
	c->slots = mem_zalloc(slots * sizeof(*c->slots));
	c->mask = slots - 1;
	for (size_t i = 0; i < c->count; i++) {
		size_t at = c->moved[i].hash & c->mask;

		while (c->slots[at] != 0)
			at = (at + 1) & c->mask;
		c->slots[at] = (uint32_t)(i + 1);
	}
}

/* Gather a change. */
void
counters_add(struct store_txn *t, struct slice key, int64_t delta)
{
	struct counters *c = t->store->counters;
	uint64_t hash = hash_of(c, key);
	size_t i;

	INVARIANT(t->live && t->writes);
	if (c->count == c->cap)
		grow(c);
	i = find(c, key, hash);
	if (c->slots[i] == 0) {
		c->moved[c->count] =
		    (struct moved){c->keys.len, key.n, hash, 0};
		buf_add_slice(&c->keys, key);
		c->slots[i] = (uint32_t)++c->count;
	}
	c->moved[c->slots[i] - 1].delta += delta;
}

static uint64_t
stored(struct store_txn *t, struct slice key)
{
	struct slice value;
	struct wire w;
	uint64_t v;

	if (!table_get(t, TABLE_COUNTERS, key, &value))
		return 0;
	w = wire_read(value);
	v = wire_uint(&w, 8, INT64_MAX);
	if (w.bad || w.n > 0)
		store_txn_damaged(t, "a counter");
	return v;
}

/* Read a counter, with what this transaction gathered. */
uint64_t
counters_get(struct store_txn *t, struct slice key)
{
	const struct counters *c = t->store->counters;
	uint64_t v = stored(t, key);
	size_t i;

	if (!t->writes || c->count == 0)
		return v;
	i = find(c, key, hash_of(c, key));
	if (c->slots[i] != 0)
		v += (uint64_t)c->moved[c->slots[i] - 1].delta;
	return v;
}

static void
write_one(struct store_txn *t, struct slice key, int64_t delta)
{
	int64_t old = (int64_t)stored(t, key), v;
	uint8_t bytes[8];

	if (delta == 0 || t->error != 0)
		return;
	if (__builtin_add_overflow(old, delta, &v) || v < 0) {
		store_txn_damaged(t, "a counter falls below zero");
		return;
	}
	if (v == 0) {
		table_delete(t, TABLE_COUNTERS, key);
		return;
	}
	wire_put(bytes, sizeof(bytes), (uint64_t)v);
	table_put(t, TABLE_COUNTERS, key, table_bytes(bytes, sizeof(bytes)));
}

/* Write every counter that moved. */
void
counters_flush(struct store_txn *t)
{
	const struct counters *c = t->store->counters;

	for (size_t i = 0; i < c->count && t->error == 0; i++) {
		const struct moved *m = &c->moved[i];

		write_one(t, (struct slice){c->keys.p + m->at, m->n}, m->delta);
	}
}

/* Empty it, and give memory back after a large transaction. */
void
counters_reset(struct counters *c)
{
	c->count = 0;
	c->keys.len = 0;
	if (c->cap * sizeof(*c->moved) > KEPT_MAX) {
		free(c->moved);
		free(c->slots);
		c->moved = NULL;
		c->slots = NULL;
		c->cap = c->mask = 0;
		buf_free(&c->keys);
	} else if (c->slots != NULL) {
		memset(c->slots, 0, (c->mask + 1) * sizeof(*c->slots));
	}
}
