/*
 * The store's transactions: one snapshot a turn, one writer at a time, and
 * what happens when a commit fails.  Neighbours: store_open.c opens the
 * environment, table.c reads and writes rows in a transaction.
 *
 * A commit of LMDB writes the pages, syncs them, then writes the new root to
 * one of two meta pages through a synchronous descriptor.  When pages cannot
 * be written or synced, the old root still stands and the next transaction
 * starts from it.  When the meta page cannot be written, LMDB puts the old
 * one back into the page cache and refuses all work until it is opened anew;
 * what the disk holds is then unknown.  So after any failed commit the meta
 * pages are written again as the page cache has them, and synced, before the
 * next transaction begins.
 */
#include "store/store.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "store/counters.h"
#include "store/internal.h"
#include "store/jobs_cache.h"
#include "store/meta.h"

#define ALMOST_FULL (UINT64_C(1) << 20)

/* True when fewer than mark bytes are free. */
static bool
is_below(const struct store *s, uint64_t mark)
{
	struct statvfs st;

	if (statvfs(s->dir, &st) != 0)
		return false;
	return (uint64_t)st.f_bavail * st.f_frsize < mark;
}

/* Look whether writing should stop. */
bool
store_is_full(const struct store *s)
{
	return is_below(s, s->free_mark);
}

/* Set how many bytes must stay free. */
void
store_set_free_mark(struct store *s, uint64_t bytes)
{
	s->free_mark = bytes;
}

/* Put a code of LMDB or the system into one of two words. */
int
store_errno(const struct store *s, int rc)
{
	switch (rc) {
	case MDB_MAP_FULL:
	case ENOSPC:
	case EDQUOT:
	case EFBIG:
		return ENOSPC;
	case EIO: /* LMDB's word for a short write, too */
		return is_below(s, ALMOST_FULL) || store_is_full(s) ? ENOSPC
								    : EIO;
	default:
		return EIO;
	}
}

/* Remember the first error, and that the map must grow. */
void
store_txn_fail(struct store_txn *t, int rc, const char *doing)
{
	if (t->error != 0)
		return;
	if (rc == MDB_MAP_FULL)
		t->store->map_full = true;
	if (!t->writes || !t->store->failing)
		log_error("store: %s: %s", doing, mdb_strerror(rc));
	if (t->writes)
		t->error = store_errno(t->store, rc);
}

/* Remember that something stored makes no sense. */
void
store_txn_damaged(struct store_txn *t, const char *what)
{
	if (t->error != 0)
		return;
	log_error("store: damaged: %s; run tidewired check", what);
	if (t->writes)
		t->error = EIO;
}

/* Tell whether the last server was cut off. */
bool
store_was_unclean(const struct store *s)
{
	return s->unclean;
}

/* Give the epoch as text. */
const char *
store_epoch(const struct store *s)
{
	return s->epoch;
}

/* Give the secret. */
const uint8_t *
store_secret(const struct store *s)
{
	return s->secret;
}

/* Free the slots of readers that died. */
void
store_reap_readers(struct store *s)
{
	int dead = 0;

	if (mdb_reader_check(s->env, &dead) == 0 && dead > 0)
		log_info("store: freed %d readers of dead processes", dead);
}

/* End the reader for good, so that the environment may be closed. */
static void
drop_reader(struct store *s)
{
	INVARIANT(!s->read.live && !s->write.live);
	if (s->read.mdb != NULL)
		mdb_txn_abort(s->read.mdb);
	s->read.mdb = NULL;
}

/* Start over with a map of at least that size, from the last good root. */
static void
reopen(struct store *s, size_t size)
{
	int rc;

	drop_reader(s);
	mdb_env_close(s->env);
	s->env = NULL;
	rc = store_env_open(s, size);
	if (rc != 0)
		log_fatal("store: cannot open %s again: %s", s->dir,
		    mdb_strerror(rc));
}

static bool
is_curable(const struct store *s, int rc)
{
	return (rc == MDB_PANIC || rc == MDB_MAP_RESIZED) && !s->read.live &&
	    !s->write.live;
}

/* Begin a transaction, after a cure where there is one. */
static int
begin(struct store *s, unsigned flags, MDB_txn **out)
{
	int rc = mdb_txn_begin(s->env, NULL, flags, out);

	if (rc == MDB_READERS_FULL) {
		store_reap_readers(s);
		rc = mdb_txn_begin(s->env, NULL, flags, out);
	}
	if (!is_curable(s, rc))
		return rc;
	reopen(s, rc == MDB_MAP_RESIZED ? s->map_size * 2 : s->map_size);
	return mdb_txn_begin(s->env, NULL, flags, out);
}

/* Open the turn's snapshot, or give the one that is open. */
struct store_txn *
store_snapshot(struct store *s)
{
	struct store_txn *t = &s->read;
	int rc = MDB_PANIC;

	if (t->live)
		return t;
	if (t->mdb != NULL)
		rc = mdb_txn_renew(t->mdb);
	if (rc != 0) {
		drop_reader(s);
		rc = begin(s, MDB_RDONLY, &t->mdb);
	}
	if (rc != 0)
		log_fatal("store: cannot read %s: %s", s->dir,
		    mdb_strerror(rc));
	t->live = true;
	return t;
}

/* End the turn's reading. */
void
store_snapshot_end(struct store *s)
{
	if (s->read.live)
		mdb_txn_reset(s->read.mdb);
	for (unsigned i = 0; i < STORE_RECENT; i++)
		s->read.recent[i].seq = 0;
	s->read.live = false;
	jobs_cache_trim(s->jobs);
}

/* Put the meta pages on disk as the page cache has them; 0, or why not. */
static int
settle(struct store *s)
{
	MDB_stat st;
	mdb_filehandle_t fd;
	ssize_t n;
	void *pages;
	bool ok;
	int rc;

	if (mdb_env_stat(s->env, &st) != 0 || mdb_env_get_fd(s->env, &fd) != 0)
		return EIO;
	n = (ssize_t)st.ms_psize * 2;
	pages = mem_zalloc((size_t)n);
	errno = EIO; /* what a short read or write leaves it at */
	ok = pread(fd, pages, (size_t)n, 0) == n &&
	    pwrite(fd, pages, (size_t)n, 0) == n && fdatasync(fd) == 0;
	rc = ok ? 0 : errno;
	free(pages);
	return rc;
}

/* Make good what an earlier transaction left behind; 0, or why not. */
static int
recover(struct store *s)
{
	int rc;

	if (s->suspect) {
		rc = settle(s);
		if (rc != 0)
			return rc;
		s->suspect = false;
	}
	if (s->map_full && !s->read.live) {
		reopen(s, s->map_size * 2);
		s->map_full = false;
	}
	return 0;
}

/* Begin to write. */
struct store_txn *
store_begin(struct store *s, int *rc)
{
	struct store_txn *t = &s->write;

	INVARIANT(s->mode == STORE_SERVE && !t->live);
	*rc = recover(s);
	if (*rc == 0)
		*rc = begin(s, 0, &t->mdb);
	if (*rc != 0) {
		if (!s->failing)
			log_error("store: cannot begin to write: %s",
			    mdb_strerror(*rc));
		s->failing = true;
		*rc = store_errno(s, *rc);
		return NULL;
	}
	t->live = true;
	t->error = 0;
	t->written = 0;
	t->seq = t->stored_seq = meta_get(t, "seq", 8);
	t->number = t->stored_number = meta_get(t, "number", 8);
	return t;
}

/* What is written once, however much the transaction did. */
static void
write_last(struct store_txn *t)
{
	counters_flush(t);
	if (t->seq != t->stored_seq)
		meta_put(t, "seq", 8, t->seq);
	if (t->number != t->stored_number)
		meta_put(t, "number", 8, t->number);
}

/*
 * Nobody may be told that a transaction failed which is on disk after all:
 * then stop, so that nobody is told anything, and start from what is there.
 */
static void
check_undone(struct store *s, size_t id)
{
	MDB_envinfo info;

	if (mdb_env_info(s->env, &info) == 0 && info.me_last_txnid < id)
		return;
	log_fatal("store: the disk failed while a change was being committed, "
		  "and whether it is kept is unknown: see to the disk, then "
		  "start again");
}

static void
end(struct store_txn *t, bool done)
{
	struct store *s = t->store;

	t->mdb = NULL;
	t->live = false;
	counters_reset(s->counters);
	jobs_cache_settle(s->jobs, done);
	if (t->scratch.cap > (size_t)1 << 20)
		buf_free(&t->scratch);
}

static int
commit(struct store_txn *t)
{
	struct store *s = t->store;
	size_t id = mdb_txn_id(t->mdb);
	int rc = mdb_txn_commit(t->mdb);

	if (rc == 0) {
		if (s->failing)
			log_info("store: writing works again");
		s->failing = false;
		return 0;
	}
	check_undone(s, id);
	store_txn_fail(t, rc, "committing");
	s->suspect = true;
	return t->error;
}

/* Commit; nothing of it happened unless 0 is returned. */
int
store_commit(struct store_txn *t)
{
	int rc;

	INVARIANT(t->live && t->writes);
	write_last(t);
	rc = t->error;
	if (rc == 0)
		rc = commit(t);
	else
		mdb_txn_abort(t->mdb);
	if (rc != 0)
		t->store->failing = true;
	end(t, rc == 0);
	return rc;
}

/* Forget all of it. */
void
store_abort(struct store_txn *t)
{
	INVARIANT(t->live && t->writes);
	mdb_txn_abort(t->mdb);
	end(t, false);
}

/* Tell what went wrong so far. */
int
store_error(const struct store_txn *t)
{
	return t->error;
}

/* Tell how much was appended. */
size_t
store_written(const struct store_txn *t)
{
	return t->written;
}

/* The journal's end. */
uint64_t
store_seq(struct store_txn *t)
{
	return t->writes ? t->seq : meta_get(t, "seq", 8);
}

/* The last number given to an execution. */
uint64_t
store_number(struct store_txn *t)
{
	return t->writes ? t->number : meta_get(t, "number", 8);
}

/* Give a number, for good once committed. */
uint64_t
store_number_next(struct store_txn *t)
{
	INVARIANT(t->live && t->writes);
	return ++t->number;
}

/* Record that the end was orderly. */
static void
note_clean(struct store *s)
{
	struct store_txn *t;
	int rc;

	t = store_begin(s, &rc);
	if (t == NULL)
		return;
	meta_put(t, "clean", 1, 1);
	if (store_commit(t) != 0)
		log_warn("store: the orderly stop could not be recorded");
}

/* Close, and let the next server in. */
void
store_close(struct store *s, bool clean)
{
	if (s == NULL)
		return;
	INVARIANT(!s->write.live);
	store_snapshot_end(s);
	if (clean && s->mode == STORE_SERVE)
		note_clean(s);
	if (s->env != NULL) {
		drop_reader(s);
		mdb_env_close(s->env);
	}
	if (s->lock_fd >= 0)
		close(s->lock_fd);
	counters_free(s->counters);
	jobs_cache_free(s->jobs);
	buf_free(&s->write.scratch);
	free(s->dir);
	free(s);
}
