/*
 * Tables: the one place that calls LMDB for rows.  Neighbours: store.c begins
 * and ends the transactions, everything else here is written on top of this.
 */
#include "store/table.h"

#include "core/log.h"

static MDB_val
to_val(struct slice s)
{
	return (MDB_val){s.n, (void *)(uintptr_t)s.p};
}

static struct slice
to_slice(MDB_val v)
{
	return (struct slice){v.mv_data, v.mv_size};
}

/* Look a key up. */
bool
table_get(struct store_txn *t, enum table table, struct slice key,
    struct slice *value)
{
	MDB_val k = to_val(key), v;
	int rc;

	INVARIANT(t->live);
	if (t->error != 0)
		return false;
	rc = mdb_get(t->mdb, t->store->dbi[table], &k, &v);
	if (rc == 0)
		*value = to_slice(v);
	else if (rc != MDB_NOTFOUND)
		store_txn_fail(t, rc, "reading a row");
	return rc == 0;
}

/* Look a key up for its presence alone. */
bool
table_has(struct store_txn *t, enum table table, struct slice key)
{
	struct slice value;

	return table_get(t, table, key, &value);
}

static void
put(struct store_txn *t, enum table table, struct slice key, struct slice value,
    unsigned flags)
{
	MDB_val k = to_val(key), v = to_val(value);
	int rc;

	INVARIANT(t->live && t->writes);
	if (t->error != 0)
		return;
	rc = mdb_put(t->mdb, t->store->dbi[table], &k, &v, flags);
	if (rc != 0)
		store_txn_fail(t, rc, "writing a row");
}

/* Write a row, over the one that was there. */
void
table_put(struct store_txn *t, enum table table, struct slice key,
    struct slice value)
{
	put(t, table, key, value, 0);
}

/* Write a row behind all others. */
void
table_append(struct store_txn *t, enum table table, struct slice key,
    struct slice value)
{
	put(t, table, key, value, MDB_APPEND);
}

/* Remove a row. */
void
table_delete(struct store_txn *t, enum table table, struct slice key)
{
	MDB_val k = to_val(key);
	int rc;

	INVARIANT(t->live && t->writes);
	if (t->error != 0)
		return;
	rc = mdb_del(t->mdb, t->store->dbi[table], &k, NULL);
	if (rc != 0)
		store_txn_fail(t, rc, "removing a row");
}

/* Count the rows. */
uint64_t
table_entries(struct store_txn *t, enum table table)
{
	MDB_stat st = {0};
	int rc;

	INVARIANT(t->live);
	if (t->error != 0)
		return 0;
	rc = mdb_stat(t->mdb, t->store->dbi[table], &st);
	if (rc != 0)
		store_txn_fail(t, rc, "counting rows");
	return st.ms_entries;
}

/* Make a cursor that stands nowhere yet. */
struct table_cursor
table_open(struct store_txn *t, enum table table)
{
	struct table_cursor c = {.txn = t};
	int rc;

	INVARIANT(t->live);
	if (t->error != 0)
		return c;
	rc = mdb_cursor_open(t->mdb, t->store->dbi[table], &c.mdb);
	if (rc != 0) {
		c.mdb = NULL;
		store_txn_fail(t, rc, "opening a cursor");
	}
	return c;
}

/* Release a cursor. */
void
table_close(struct table_cursor *c)
{
	if (c->mdb != NULL)
		mdb_cursor_close(c->mdb);
	c->mdb = NULL;
}

static bool
move(struct table_cursor *c, MDB_cursor_op op, struct slice key)
{
	MDB_val k = to_val(key), v = {0, NULL};
	int rc;

	if (c->mdb == NULL || c->txn->error != 0)
		return false;
	rc = mdb_cursor_get(c->mdb, &k, &v, op);
	if (rc == 0) {
		c->key = to_slice(k);
		c->value = to_slice(v);
	} else if (rc != MDB_NOTFOUND) {
		store_txn_fail(c->txn, rc, "moving a cursor");
	}
	return rc == 0;
}

/* Go to the first row at or above key. */
bool
table_seek(struct table_cursor *c, struct slice key)
{
	return move(c, MDB_SET_RANGE, key);
}

/* Go to the last row below key. */
bool
table_seek_below(struct table_cursor *c, struct slice key)
{
	if (move(c, MDB_SET_RANGE, key))
		return table_prev(c);
	return table_last(c);
}

/* Go to the first row. */
bool
table_first(struct table_cursor *c)
{
	return move(c, MDB_FIRST, SLICE_NONE);
}

/* Go to the last row. */
bool
table_last(struct table_cursor *c)
{
	return move(c, MDB_LAST, SLICE_NONE);
}

/* Go one row up. */
bool
table_next(struct table_cursor *c)
{
	return move(c, MDB_NEXT, SLICE_NONE);
}

/* Go one row down. */
bool
table_prev(struct table_cursor *c)
{
	return move(c, MDB_PREV, SLICE_NONE);
}
