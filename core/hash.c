/*
 * Linear probing over a table of a power of two, at most three quarters full.
 * Removing moves later entries back into the gap, so there are no tombstones
 * and a table that lived long is as quick as a new one.
 */
#include "core/hash.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define SLOTS_MIN 16

struct slot {
	struct uuid key;
	void *value; /* NULL: the slot is free */
};

struct hash {
	struct slot *slots;
	size_t mask; /* slots - 1 */
	size_t count;
	uint64_t seed;
};

/* Every bit of x moves about half of the bits (the finish of MurmurHash3). */
static uint64_t
mix(uint64_t x)
{
	x ^= x >> 33;
	x *= UINT64_C(0xff51afd7ed558ccd);
	x ^= x >> 33;
	x *= UINT64_C(0xc4ceb9fe1a85ec53);
	return x ^ x >> 33;
}

/* The seed enters before each half, so neither can be chosen against it. */
static size_t
home(const struct hash *h, const struct uuid *key)
{
	uint64_t half[2];

	memcpy(half, key->b, sizeof(half));
	return mix((mix(half[0] ^ h->seed) ^ half[1]) + h->seed) & h->mask;
}

/* The slot that holds key, or the free one where it belongs. */
static size_t
find(const struct hash *h, const struct uuid *key)
{
	size_t i = home(h, key);

	while (h->slots[i].value != NULL && !uuid_eq(&h->slots[i].key, key))
		i = (i + 1) & h->mask;
	return i;
}

static void
resize(struct hash *h, size_t slots)
{
	struct slot *old = h->slots;
	size_t old_slots = old != NULL ? h->mask + 1 : 0;

	INVARIANT(slots <= SIZE_MAX / sizeof(*old));
	h->slots = mem_zalloc(slots * sizeof(*old));
	h->mask = slots - 1;
	for (size_t i = 0; i < old_slots; i++) {
		if (old[i].value != NULL)
			h->slots[find(h, &old[i].key)] = old[i];
	}
	free(old);
}

/* Give an empty table. */
struct hash *
hash_new(uint64_t seed)
{
	struct hash *h = mem_zalloc(sizeof(*h));

	h->seed = seed;
	resize(h, SLOTS_MIN);
	return h;
}

/* Release the table, not the values. */
void
hash_free(struct hash *h)
{
	if (h == NULL)
		return;
	free(h->slots);
	free(h);
}

/* The value of key, or NULL. */
void *
hash_get(const struct hash *h, const struct uuid *key)
{
	return h->slots[find(h, key)].value;
}

/* Put value in place of what was there. */
void *
hash_set(struct hash *h, const struct uuid *key, void *value)
{
	struct slot *s = &h->slots[find(h, key)];
	void *before = s->value;

	INVARIANT(value != NULL);
	s->value = value;
	if (before != NULL)
		return before;
	s->key = *key;
	if (++h->count > (h->mask + 1) / 4 * 3)
		resize(h, (h->mask + 1) * 2);
	return NULL;
}

/*
 * Fill the gap at i: an entry further on moves back unless its home lies
 * between the gap and itself, where a search would no longer pass by.
 */
static void
close_gap(struct hash *h, size_t i)
{
	size_t at = i;

	for (;;) {
		at = (at + 1) & h->mask;
		if (h->slots[at].value == NULL)
			break;
		if (((at - home(h, &h->slots[at].key)) & h->mask) >=
		    ((at - i) & h->mask)) {
			h->slots[i] = h->slots[at];
			i = at;
		}
	}
	h->slots[i].value = NULL;
}

/* Take key out and return its value, or NULL. */
void *
hash_remove(struct hash *h, const struct uuid *key)
{
	size_t i = find(h, key);
	void *value = h->slots[i].value;

	if (value == NULL)
		return NULL;
	close_gap(h, i);
	h->count--;
	if (h->mask + 1 > SLOTS_MIN && h->count < (h->mask + 1) / 8)
		resize(h, (h->mask + 1) / 2);
	return value;
}

/* The number of keys. */
size_t
hash_count(const struct hash *h)
{
	return h->count;
}

/* The next value at or behind slot *at. */
void *
hash_next(const struct hash *h, size_t *at)
{
	while (*at <= h->mask) {
		void *value = h->slots[(*at)++].value;

		if (value != NULL)
			return value;
	}
	return NULL;
}
