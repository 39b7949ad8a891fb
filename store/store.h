/*
 * The store: one LMDB environment, its transactions and its tables.
 *
 * Errors are sticky.  The first failure inside a write transaction (disk,
 * map, damage) is remembered by it, later calls do nothing, and
 * store_commit() returns it; so a put needs no check and a half-done change
 * cannot be committed.  Lookups return whether the row is there.
 *
 * Slices and events handed out borrow from the transaction: they live until
 * it ends, or until the next write through it.
 */
#ifndef STORE_STORE_H
#define STORE_STORE_H

#include "core/event.h"
#include "core/execution.h"
#include "core/job.h"
#include "core/key.h"

struct store;
struct store_txn;

enum store_mode {
	STORE_SERVE,  /* read and write; marks the store unclean until closed */
	STORE_READ,   /* read only, beside a running server (check, backup) */
	STORE_REBUILD /* the same, of the journal, meta and keys alone: stores
			 of SCHEMA_JOURNAL and later have them alike */
};

/*
 * Open the store in dir, made when it is missing (STORE_SERVE).  seed: random
 * bits for the epoch of a new store.  NULL with a cause in err: what happened
 * and what to do next.
 */
struct store *store_open(const char *dir, enum store_mode mode, uint64_t seed,
    char *err, size_t errlen);

/* Close it; clean: an orderly stop, recorded and synced. */
void store_close(struct store *s, bool clean);

/* True when the last server did not stop in order. */
bool store_was_unclean(const struct store *s);

/* The epoch: 16 hex digits and a NUL, the first half of every SSE id. */
const char *store_epoch(const struct store *s);

/* What the store signs with: random bytes that nobody else is told. */
#define STORE_SECRET 32
const uint8_t *store_secret(const struct store *s);

/* Free readers left behind by dead processes; every minute. */
void store_reap_readers(struct store *s);

/*
 * The disk is too full to go on writing: free bytes under the mark (64 MiB,
 * or as set).  Looked up at most once per call of this.
 */
bool store_is_full(const struct store *s);
void store_set_free_mark(struct store *s, uint64_t bytes);

/*
 * The read snapshot: opened at the first call, the same until
 * store_snapshot_end().  No snapshot outlives a turn.  Never NULL: failure to
 * begin one ends the process with a message.
 */
struct store_txn *store_snapshot(struct store *s);
void store_snapshot_end(struct store *s);

/* One write transaction at a time.  NULL with *rc (errno value) set. */
struct store_txn *store_begin(struct store *s, int *rc);

/*
 * Commit, fully synced.  0, or ENOSPC (disk or map is full), or EIO; then
 * nothing of the transaction happened.  The map grows for the next one.
 */
int store_commit(struct store_txn *t);
void store_abort(struct store_txn *t);

/* The sticky error so far, 0 when none. */
int store_error(const struct store_txn *t);

/* Bytes of events appended so far: what is held in memory until the commit. */
size_t store_written(const struct store_txn *t);

/* The last seq given and the last number given, as this transaction sees. */
uint64_t store_seq(struct store_txn *t);
uint64_t store_number(struct store_txn *t);
uint64_t store_number_next(struct store_txn *t); /* take one */

#endif
