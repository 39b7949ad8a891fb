/*
 * Tables: bytes by key, within a transaction.  What fails is remembered by a
 * write transaction (store/store.h) and logged by a snapshot; either way the
 * row is not there.
 */
#ifndef STORE_TABLE_H
#define STORE_TABLE_H

#include "store/internal.h"

/* The value of key, borrowed; false when there is none. */
bool table_get(struct store_txn *t, enum table table, struct slice key,
    struct slice *value);
bool table_has(struct store_txn *t, enum table table, struct slice key);

void table_put(struct store_txn *t, enum table table, struct slice key,
    struct slice value);

/* Put behind the last key; damage when key is not above it. */
void table_append(struct store_txn *t, enum table table, struct slice key,
    struct slice value);

/* Remove a row that must be there. */
void table_delete(struct store_txn *t, enum table table, struct slice key);

uint64_t table_entries(struct store_txn *t, enum table table);

/* A place in a table. */
struct table_cursor {
	struct store_txn *txn;
	MDB_cursor *mdb; /* NULL: could not be opened, finds nothing */
	struct slice key, value;
};

/* Owned until table_close(), which must come before the transaction ends. */
struct table_cursor table_open(struct store_txn *t, enum table table);
void table_close(struct table_cursor *c);

/*
 * Move, and borrow key and value there; false when there is no such row.
 * table_seek(): the first row at or above key; table_seek_below(): the last
 * row below it.
 */
bool table_seek(struct table_cursor *c, struct slice key);
bool table_seek_below(struct table_cursor *c, struct slice key);
bool table_first(struct table_cursor *c);
bool table_last(struct table_cursor *c);
bool table_next(struct table_cursor *c);
bool table_prev(struct table_cursor *c);

/* Borrow n bytes of a key being built. */
static inline struct slice
table_bytes(const void *p, size_t n)
{
	return (struct slice){p, n};
}

#endif
