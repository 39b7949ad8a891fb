/*
 * The table "pauses".
 */
#include "store/pauses.h"

#include "core/wire.h"
#include "store/schema.h"
#include "store/table.h"

struct pause_key {
	unsigned char b[1 + SCHEMA_NAME_MAX];
	size_t n;
};

/* What is paused: a job's id or a queue's name. */
static struct slice
target(const struct pause *p)
{
	if (p->job == NULL)
		return p->queue;
	return table_bytes(p->job->b, sizeof p->job->b);
}

/* A key is shorter than a name may be: a long one ends in its digest. */
static struct slice
key_of(const struct pause *p, struct pause_key *k)
{
	struct slice name = target(p);
	uint64_t digest[2];

	k->b[0] = p->job != NULL ? 'j' : 'q';
	k->n = 1 + name.n;
	if (name.n > SCHEMA_NAME_MAX) {
		slice_digest(name, digest);
		k->n = sizeof k->b;
		name.n = SCHEMA_NAME_MAX - 16;
		wire_put(wire_put(k->b + k->n - 16, 8, digest[0]), 8,
		    digest[1]);
	}
	memcpy(k->b + 1, name.p, name.n);
	return table_bytes(k->b, k->n);
}

static int64_t
read_value(struct store_txn *t, struct slice value, struct slice *name)
{
	struct wire w = wire_read(value);
	int64_t at = (int64_t)wire_uint(&w, 8, INT64_MAX);

	*name = wire_bytes(&w, w.n);
	if (!w.bad && at > 0 && name->n > 0)
		return at;
	store_txn_damaged(t, "a pause");
	return 0;
}

/* Look it up. */
int64_t
pauses_since(struct store_txn *t, const struct pause *p)
{
	struct pause_key k;
	struct slice value, name;
	int64_t at;

	if (!table_get(t, TABLE_PAUSES, key_of(p, &k), &value))
		return 0;
	at = read_value(t, value, &name);
	return slice_eq(name, target(p)) ? at : 0;
}

/* Set it, or take it away. */
void
pauses_set(struct store_txn *t, const struct pause *p, int64_t at)
{
	struct pause_key k;
	struct slice key = key_of(p, &k), value;
	struct buf made = {0};

	if (at > 0) {
		wire_put((unsigned char *)buf_room(&made, 8), 8, (uint64_t)at);
		made.len = 8;
		buf_add_slice(&made, target(p));
		table_put(t, TABLE_PAUSES, key, buf_slice(&made));
		buf_free(&made);
	} else if (table_get(t, TABLE_PAUSES, key, &value)) {
		table_delete(t, TABLE_PAUSES, key);
	}
}

/* Walk the paused queues. */
void
pauses_queues(struct store_txn *t,
    void (*fn)(void *arg, struct slice queue, int64_t since), void *arg)
{
	struct table_cursor c = table_open(t, TABLE_PAUSES);
	bool there = table_seek(&c, SLICE("q"));
	struct slice name;
	int64_t at;

	for (; there && c.key.n > 1 && c.key.p[0] == 'q';
	     there = table_next(&c)) {
		at = read_value(t, c.value, &name);
		fn(arg, name, at);
	}
	table_close(&c);
}
