/*
 * What the store's own files share: the environment and its transactions.
 * Nobody outside store/ includes this.
 */
#ifndef STORE_INTERNAL_H
#define STORE_INTERNAL_H

#include <lmdb.h>

#include "core/buf.h"
#include "store/store.h"

/* The named databases of store/schema.h, in the order of their names there. */
enum table {
	TABLE_JOURNAL,
	TABLE_EXECUTIONS,
	TABLE_INDEX,
	TABLE_COUNTERS,
	TABLE_TIMERS,
	TABLE_JOBS,
	TABLE_JOB_NAMES,
	TABLE_IDEMPOTENCY,
	TABLE_ARTICLES,
	TABLE_OBJECTS,
	TABLE_NAMES,
	TABLE_KEYS,
	TABLE_READY,
	TABLE_PAUSES,
	TABLE_META
};
#define TABLE_COUNT 15

struct counters;
struct jobs_cache;

#define STORE_RECENT 8

struct store_txn {
	struct store *store;
	MDB_txn *mdb; /* a snapshot keeps it, reset, between turns */
	bool live;
	bool writes;
	int error; /* errno value, sticky */
	/* of a snapshot: events just read, by seq % STORE_RECENT, since their
	   members are asked for one by one; seq 0: none */
	struct journal_event recent[STORE_RECENT];
	/* of a write transaction: */
	uint64_t seq, number;
	uint64_t stored_seq, stored_number; /* as meta has them */
	struct buf scratch;		    /* an event being encoded */
	size_t written;			    /* bytes of events */
};

struct store {
	MDB_env *env;
	MDB_dbi dbi[TABLE_COUNT];
	char *dir;
	enum store_mode mode;
	int lock_fd;
	size_t map_size;
	bool map_full; /* open it again with a larger map */
	bool suspect;  /* a commit failed: see store_begin() */
	bool failing;  /* so that a full disk is logged once */
	bool unclean;
	char epoch[17];
	uint8_t secret[STORE_SECRET];
	uint64_t free_mark;
	struct store_txn read, write;
	struct counters *counters;
	struct jobs_cache *jobs;
};

/* The largest map that is tried; tests make it small. */
extern size_t store_map_max;

/* Where a cause goes. */
struct store_cause {
	char *text;
	size_t size;
};

/* Say why; returns false. */
bool store_fail(const struct store_cause *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/*
 * Open s->env with a map of `size` bytes or the largest that can be had, and
 * its tables, which must exist.  0 or an LMDB code.
 */
int store_env_open(struct store *s, size_t size);

/* fsync a folder, so that the names in it are durable.  0 or an errno value. */
int store_sync_folder(const char *path);

/* What an LMDB code means to a caller: ENOSPC or EIO. */
int store_errno(const struct store *s, int rc);

/* Remember the first error of a write transaction; log it. */
void store_txn_fail(struct store_txn *t, int rc, const char *doing);

/* The same for what cannot be read back as it was written. */
void store_txn_damaged(struct store_txn *t, const char *what);

#endif
