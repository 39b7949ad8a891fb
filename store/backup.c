/*
 * Backup.  LMDB copies one snapshot, leaving free pages out, while the server
 * goes on; the copy is a long reader, so the server's file may grow meanwhile.
 * The copy gets its name only when all of it is on disk.
 *
 * mdb_env_copyfd2() does not come back before it is done, so it runs in a
 * thread of its own, and this one tells how long the file has grown.
 */
#include "store/backup.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "store/internal.h"

#define PROGRESS_MS 200

struct copy {
	MDB_env *env;
	int fd;
	int rc;
	bool done;
	pthread_mutex_t lock;
	pthread_cond_t ended;
};

static void *
run_copy(void *arg)
{
	struct copy *c = arg;
	int rc = mdb_env_copyfd2(c->env, c->fd, MDB_CP_COMPACT);

	pthread_mutex_lock(&c->lock);
	c->rc = rc;
	c->done = true;
	pthread_cond_signal(&c->ended);
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

/* Pages that are free within the file are not copied. */
static uint64_t
free_pages(MDB_txn *txn)
{
	MDB_cursor *at;
	MDB_val k, v;
	uint64_t n = 0;

	if (mdb_cursor_open(txn, 0, &at) != 0) /* 0: LMDB's list of them */
		return 0;
	while (mdb_cursor_get(at, &k, &v, MDB_NEXT) == 0) {
		size_t count = 0;

		memcpy(&count, v.mv_data,
		    v.mv_size < sizeof(count) ? v.mv_size : sizeof(count));
		n += count;
	}
	mdb_cursor_close(at);
	return n;
}

/* About how long the copy will be, in bytes. */
static uint64_t
copy_size(struct store *s)
{
	struct store_txn *t = store_snapshot(s);
	MDB_envinfo info;
	MDB_stat st;
	uint64_t pages, unused = free_pages(t->mdb);

	store_snapshot_end(s);
	if (mdb_env_info(s->env, &info) != 0 || mdb_env_stat(s->env, &st) != 0)
		return 0;
	pages = (uint64_t)info.me_last_pgno + 1;
	return (unused < pages ? pages - unused : pages) * st.ms_psize;
}

static void
tell(const struct backup_progress *p, int fd, uint64_t total)
{
	struct stat st;
	uint64_t done;

	if (p == NULL || fstat(fd, &st) != 0)
		return;
	done = (uint64_t)st.st_size;
	p->fn(p->arg, done < total ? done : total, total);
}

static void
wait_a_while(struct copy *c)
{
	struct timespec until;

	clock_gettime(CLOCK_REALTIME, &until);
	until.tv_nsec += PROGRESS_MS * 1000000L;
	if (until.tv_nsec >= 1000000000L) {
		until.tv_nsec -= 1000000000L;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&c->ended, &c->lock, &until);
}

/* Copy the store into fd, telling p.  0 or an LMDB code. */
static int
copy(struct store *s, int fd, const struct backup_progress *p)
{
	struct copy c = {.env = s->env, .fd = fd};
	uint64_t total = copy_size(s);
	pthread_t thread;
	int rc;

	pthread_mutex_init(&c.lock, NULL);
	pthread_cond_init(&c.ended, NULL);
	rc = pthread_create(&thread, NULL, run_copy, &c);
	if (rc == 0) {
		pthread_mutex_lock(&c.lock);
		while (!c.done) {
			wait_a_while(&c);
			tell(p, fd, total);
		}
		pthread_mutex_unlock(&c.lock);
		pthread_join(thread, NULL);
		rc = c.rc;
		if (rc == 0 && p != NULL)
			p->fn(p->arg, total, total);
	}
	pthread_cond_destroy(&c.ended);
	pthread_mutex_destroy(&c.lock);
	return rc;
}

static int
put_mark(MDB_env *env)
{
	MDB_val k = {6, (void *)(uintptr_t) "copied"};
	MDB_val v = {1, (void *)(uintptr_t) "\1"};
	MDB_txn *txn;
	MDB_dbi meta;
	int rc = mdb_txn_begin(env, NULL, 0, &txn);

	if (rc != 0)
		return rc;
	rc = mdb_dbi_open(txn, "meta", 0, &meta);
	if (rc == 0)
		rc = mdb_put(txn, meta, &k, &v, 0);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Note in the copy that it is one, so that its first start gets an epoch. */
static int
mark(const char *file, size_t size)
{
	MDB_env *env;
	int rc = mdb_env_create(&env);

	if (rc != 0)
		return rc;
	rc = mdb_env_set_maxdbs(env, TABLE_COUNT);
	if (rc == 0) /* room for the few pages that one more commit takes */
		rc = mdb_env_set_mapsize(env, size + ((size_t)1 << 20));
	if (rc == 0)
		rc = mdb_env_open(env, file, MDB_NOSUBDIR | MDB_NOLOCK, 0600);
	if (rc == 0)
		rc = put_mark(env);
	mdb_env_close(env);
	return rc;
}

/* Give the copy its name, never another file's, and make that durable. */
static int
publish(const char *tmp, const char *file)
{
	char folder[PATH_MAX];
	const char *slash = strrchr(file, '/');

	if (link(tmp, file) == 0)
		unlink(tmp);
	else if ((errno != EPERM && errno != EOPNOTSUPP) ||
	    rename(tmp, file) != 0) /* some file systems know no links */
		return errno;
	snprintf(folder, sizeof(folder), "%.*s",
	    slash != NULL ? (int)(slash - file) + 1 : 1,
	    slash != NULL ? file : ".");
	return store_sync_folder(folder);
}

/* Make the copy under its temporary name. */
static int
make(struct store *s, const char *tmp, int fd, const struct backup_progress *p)
{
	struct stat st;
	int rc = copy(s, fd, p);

	if (rc == 0 && fsync(fd) != 0)
		rc = errno;
	if (rc == 0 && fstat(fd, &st) != 0)
		rc = errno;
	if (rc == 0)
		rc = mark(tmp, (size_t)st.st_size);
	return rc;
}

static int
fail(int rc, const char *what, const char *file,
    const struct store_cause *cause)
{
	store_fail(cause, "%s %s: %s", what, file, mdb_strerror(rc));
	return rc > 0 ? rc : EIO;
}

/* Copy a store into a new file. */
int
backup_write(struct store *s, const char *file, const struct backup_progress *p,
    char *err, size_t errlen)
{
	const struct store_cause cause = {err, errlen};
	char tmp[PATH_MAX];
	int fd, rc;
	int n = snprintf(tmp, sizeof(tmp), "%s.tmp", file);

	if (n < 0 || n >= PATH_MAX)
		return fail(ENAMETOOLONG, "cannot make", file, &cause);
	if (access(file, F_OK) == 0)
		return fail(EEXIST, "will not write over", file, &cause);
	fd = open(tmp, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	if (fd < 0)
		return fail(errno, "cannot make", tmp, &cause);
	rc = make(s, tmp, fd, p);
	close(fd);
	if (rc == 0)
		rc = publish(tmp, file);
	if (rc == 0)
		return 0;
	unlink(tmp);
	return fail(rc, "cannot write", file, &cause);
}
