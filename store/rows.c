/*
 * Executions and steps as rows, and the one function that writes an
 * execution.  Neighbours: rows_keys.c builds keys, rows_labels.c and
 * rows_timers.c move what has many rows, rows_list.c reads pages.
 */
#include "store/rows.h"

#include "core/log.h"
#include "core/wire.h"
#include "store/counters.h"
#include "store/journal.h"
#include "store/ready.h"
#include "store/rows_impl.h"
#include "store/schema.h"
#include "store/table.h"

static bool
decode(struct store_txn *t, struct slice value, const struct uuid *id,
    struct execution *out)
{
	if (execution_decode(value, out) && uuid_eq(&out->id, id))
		return true;
	store_txn_damaged(t, "the row of an execution");
	return false;
}

/* Read a row. */
bool
rows_get(struct store_txn *t, const struct uuid *id, struct execution *out)
{
	struct rows_key k = rows_key_row(id);
	struct slice value;

	return table_get(t, TABLE_EXECUTIONS, rows_key_slice(&k), &value) &&
	    decode(t, value, id, out);
}

static bool
get_id(struct store_txn *t, enum table table, struct slice key,
    struct uuid *out)
{
	struct slice value;

	if (!table_get(t, table, key, &value))
		return false;
	if (value.n != sizeof(out->b)) {
		store_txn_damaged(t, "an id that a key points at");
		return false;
	}
	memcpy(out->b, value.p, sizeof(out->b));
	return true;
}

/* Read a row by its number. */
bool
rows_get_by_number(struct store_txn *t, uint64_t number, struct execution *out)
{
	struct rows_key k = rows_key_number(number);
	struct uuid id;

	return get_id(t, TABLE_INDEX, rows_key_slice(&k), &id) &&
	    rows_get(t, &id, out);
}

/* Find by the id of one of its steps. */
bool
rows_get_owner(struct store_txn *t, const struct uuid *id,
    struct execution *out)
{
	struct table_cursor c = table_open(t, TABLE_EXECUTIONS);
	uint8_t key[ROWS_ID + 1];
	struct uuid owner;
	bool found;

	memcpy(key, id->b, ROWS_ID);
	key[ROWS_ID] = 0xff; /* behind all of its own rows */
	found = table_seek_below(&c, table_bytes(key, sizeof(key))) &&
	    c.key.n > ROWS_ID;
	if (found)
		memcpy(owner.b, c.key.p, ROWS_ID);
	table_close(&c);
	return found && rows_get(t, &owner, out);
}

/* Add an index row and count it. */
void
rows_index_add(struct store_txn *t, const struct rows_key *facet,
    const struct uuid *id)
{
	struct rows_key k = rows_key_index(facet, id);

	table_put(t, TABLE_INDEX, rows_key_slice(&k), table_bytes("", 0));
	counters_add(t, rows_key_slice(facet), 1);
}

/* Remove an index row from the table and the count. */
void
rows_index_remove(struct store_txn *t, const struct rows_key *facet,
    const struct uuid *id)
{
	struct rows_key k = rows_key_index(facet, id);

	table_delete(t, TABLE_INDEX, rows_key_slice(&k));
	counters_add(t, rows_key_slice(facet), -1);
}

static void
index_new(struct store_txn *t, const struct execution *x)
{
	struct rows_key facet[ROWS_FACETS_MAX], k;
	unsigned n = rows_facets(x, facet);

	k = rows_key_number(x->number);
	table_put(t, TABLE_INDEX, rows_key_slice(&k),
	    table_bytes(x->id.b, sizeof(x->id.b)));
	k = rows_key_all();
	counters_add(t, rows_key_slice(&k), 1);
	for (unsigned i = 0; i < n; i++)
		rows_index_add(t, &facet[i], &x->id);
}

static bool
is_same(const struct rows_key *a, const struct rows_key *b)
{
	return slice_eq(rows_key_slice(a), rows_key_slice(b));
}

/* Whatever else a row is found by never changes. */
static void
index_status(struct store_txn *t, const struct execution *old,
    const struct execution *x)
{
	struct rows_key from[ROWS_FACETS_MAX], to[ROWS_FACETS_MAX];
	unsigned nfrom = rows_facets(old, from), nto = rows_facets(x, to);

	/* One that moved up is taken away first, so that it is there after. */
	for (unsigned i = 0; i < nfrom; i++)
		if (i >= nto || !is_same(&from[i], &to[i]))
			rows_index_remove(t, &from[i], &x->id);
	for (unsigned i = 0; i < nto; i++)
		if (i >= nfrom || !is_same(&from[i], &to[i]))
			rows_index_add(t, &to[i], &x->id);
}

static void
check_fixed(const struct execution *old, const struct execution *x)
{
	INVARIANT(uuid_eq(&old->id, &x->id) && old->number == x->number);
	INVARIANT(uuid_eq(&old->job, &x->job) && old->project == x->project);
	INVARIANT(uuid_eq(&old->parent, &x->parent));
	INVARIANT(uuid_eq(&old->key, &x->key) && old->category == x->category);
	INVARIANT(old->lane == x->lane && old->priority == x->priority);
}

/* Write a row and all that follows from it. */
void
rows_put(struct store_txn *t, const struct execution *old,
    const struct execution *x)
{
	static const struct brief none = {0};
	struct rows_key k = rows_key_row(&x->id);
	uint8_t bytes[EXECUTION_ROW];
	size_t n = execution_encode(x, bytes);

	if (old != NULL)
		check_fixed(old, x);
	table_put(t, TABLE_EXECUTIONS, rows_key_slice(&k),
	    table_bytes(bytes, n));
	if (old == NULL)
		index_new(t, x);
	else if (old->status != x->status)
		index_status(t, old, x);
	rows_labels_move(t, &x->id, old != NULL ? &old->tags : &none, &x->tags);
	rows_timers_move(t, old, x);
	ready_move(t, old, x);
}

/* Stand on a row. */
static bool
seek_row(struct table_cursor *c, const struct uuid *id)
{
	struct rows_key k = rows_key_row(id);

	return table_seek(c, rows_key_slice(&k)) &&
	    slice_eq(c->key, rows_key_slice(&k));
}

/* Read the n steps, which stand before the row. */
static bool
read_steps(struct table_cursor *c, const struct uuid *id, struct step *out,
    unsigned n)
{
	struct rows_key k;

	while (n-- > 0) {
		k = rows_key_step(id, (uint16_t)n);
		if (!table_prev(c) || !slice_eq(c->key, rows_key_slice(&k)))
			return false;
		if (!execution_decode_step(c->value, &out[n]) ||
		    out[n].index != n) {
			store_txn_damaged(c->txn, "the row of a step");
			return false;
		}
	}
	return true;
}

/* Read a row and its steps, which stand side by side. */
bool
rows_get_whole(struct store_txn *t, const struct uuid *id,
    struct execution *out, struct step steps[JOB_STEPS_MAX])
{
	struct table_cursor c = table_open(t, TABLE_EXECUTIONS);
	bool there = seek_row(&c, id) && decode(t, c.value, id, out);

	if (there &&
	    (out->nsteps > JOB_STEPS_MAX ||
		!read_steps(&c, id, steps, out->nsteps))) {
		store_txn_damaged(t, "the steps of an execution");
		there = false;
	}
	table_close(&c);
	return there;
}

/* Read the steps alone. */
bool
rows_get_steps(struct store_txn *t, const struct uuid *id, struct step *out,
    unsigned n)
{
	struct table_cursor c = table_open(t, TABLE_EXECUTIONS);
	bool there = n == 0 || (seek_row(&c, id) && read_steps(&c, id, out, n));

	table_close(&c);
	return there;
}

/* Write a step. */
void
rows_put_step(struct store_txn *t, const struct uuid *id, const struct step *s)
{
	struct rows_key k = rows_key_step(id, s->index);
	uint8_t bytes[STEP_ROW];
	size_t n = execution_encode_step(s, bytes);

	table_put(t, TABLE_EXECUTIONS, rows_key_slice(&k),
	    table_bytes(bytes, n));
}

struct idempotency_key {
	uint8_t b[SCHEMA_IDEMPOTENCY_MAX];
	size_t n;
};

/* A key as the table has it: a long one ends in its digest. */
static struct idempotency_key
table_key(struct slice key)
{
	struct idempotency_key k = {.n = key.n};
	uint64_t digest[2];

	if (key.n > sizeof(k.b)) {
		k.n = sizeof(k.b);
		slice_digest(key, digest);
		memcpy(k.b, key.p, k.n - 16);
		wire_put(wire_put(k.b + k.n - 16, 8, digest[0]), 8, digest[1]);
	} else {
		memcpy(k.b, key.p, key.n);
	}
	return k;
}

/* True when the execution was made with this very key. */
static bool
is_made_with(struct store_txn *t, const struct uuid *id, struct slice key)
{
	struct journal_event ev;
	struct execution x;

	return rows_get(t, id, &x) && journal_get(t, x.created.seq, &ev) &&
	    slice_eq(event_get(&ev, MEMBER_IDEMPOTENCY), key);
}

/* Find the execution that a key made. */
bool
rows_idempotency_get(struct store_txn *t, struct slice key, struct uuid *out)
{
	struct idempotency_key k;
	struct slice ids;

	if (key.n == 0)
		return false;
	k = table_key(key);
	if (!table_get(t, TABLE_IDEMPOTENCY, table_bytes(k.b, k.n), &ids))
		return false;
	for (; ids.n >= sizeof(out->b);
	     ids.p += sizeof(out->b), ids.n -= sizeof(out->b)) {
		memcpy(out->b, ids.p, sizeof(out->b));
		if (key.n < SCHEMA_IDEMPOTENCY_MAX || is_made_with(t, out, key))
			return true;
	}
	return false;
}

/* Remember the execution that a key made, beside one of the same digest. */
void
rows_idempotency_put(struct store_txn *t, struct slice key,
    const struct uuid *id)
{
	struct idempotency_key k;
	struct buf ids = {0};
	struct slice old;

	INVARIANT(key.n > 0);
	k = table_key(key);
	if (table_get(t, TABLE_IDEMPOTENCY, table_bytes(k.b, k.n), &old))
		buf_add_slice(&ids, old);
	buf_add(&ids, id->b, sizeof(id->b));
	table_put(t, TABLE_IDEMPOTENCY, table_bytes(k.b, k.n), buf_slice(&ids));
	buf_free(&ids);
}
