/*
 * Opening a store: the folder, the lock that keeps a second server away, the
 * environment, and what meta says about its past.  Neighbours: store.c runs
 * the transactions, rebuild.c reads older stores.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/file.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"
#include "store/counters.h"
#include "store/jobs_cache.h"
#include "store/meta.h"
#include "store/schema.h"
#include "store/table.h"

#define DATA_FILE "data.mdb"
#define LOCK_FILE "tidewired.lock"
#define MAP_MIN ((size_t)1 << 20)
#define FREE_MARK (UINT64_C(64) << 20)

size_t store_map_max = sizeof(size_t) > 4 ? (size_t)1 << 44 : (size_t)1 << 30;

static const char *const table_names[TABLE_COUNT] = {
    [TABLE_JOURNAL] = "journal",
    [TABLE_EXECUTIONS] = "executions",
    [TABLE_INDEX] = "index",
    [TABLE_COUNTERS] = "counters",
    [TABLE_TIMERS] = "timers",
    [TABLE_JOBS] = "jobs",
    [TABLE_JOB_NAMES] = "job_names",
    [TABLE_IDEMPOTENCY] = "idempotency",
    [TABLE_ARTICLES] = "articles",
    [TABLE_OBJECTS] = "objects",
    [TABLE_NAMES] = "names",
    [TABLE_KEYS] = "keys",
    [TABLE_READY] = "ready",
    [TABLE_PAUSES] = "pauses",
    [TABLE_META] = "meta",
};

/* Say why something cannot be. */
bool
store_fail(const struct store_cause *c, const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(c->text, c->size, fmt, ap);
	va_end(ap);
	return false;
}

/* Make the names in a folder durable. */
int
store_sync_folder(const char *path)
{
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int rc = 0;

	if (fd < 0)
		return errno;
	if (fsync(fd) != 0)
		rc = errno;
	close(fd);
	return rc;
}

static bool
join(char out[PATH_MAX], const char *dir, const char *name,
    const struct store_cause *cause)
{
	int n = snprintf(out, PATH_MAX, "%s/%s", dir, name);

	if (n > 0 && n < PATH_MAX)
		return true;
	return store_fail(cause,
	    "the path %.60s... is too long: pass a "
	    "shorter --data",
	    dir);
}

/* Make the folder, for its owner alone, unless it is there. */
static bool
make_folder(const char *dir, const struct store_cause *cause)
{
	char parent[PATH_MAX];
	struct stat st;

	if (mkdir(dir, 0700) == 0) {
		if (!join(parent, dir, "..", cause))
			return false;
		if (store_sync_folder(parent) != 0)
			log_warn("cannot sync the folder above %s", dir);
		return true;
	}
	if (errno != EEXIST)
		return store_fail(cause,
		    "cannot make the folder %s: %s; make "
		    "it yourself or pass another --data",
		    dir, strerror(errno));
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return store_fail(cause,
		    "%s is not a folder: pass another --data", dir);
	return true;
}

/* Tell who holds the lock, as the lock file says. */
static bool
fail_locked(int fd, const char *dir, const struct store_cause *cause)
{
	char pid[16] = "";
	ssize_t n = pread(fd, pid, sizeof(pid) - 1, 0);

	for (ssize_t i = 0; i < n; i++) {
		if (pid[i] < '0' || pid[i] > '9')
			pid[i] = '\0';
	}
	return store_fail(cause,
	    "%s is served by another tidewired (process "
	    "%s): stop that one or pass another --data",
	    dir, pid[0] != '\0' ? pid : "unknown");
}

/* Keep other servers away for as long as this process lives. */
static bool
take_lock(struct store *s, const struct store_cause *cause)
{
	char path[PATH_MAX];

	if (!join(path, s->dir, LOCK_FILE, cause))
		return false;
	s->lock_fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	if (s->lock_fd < 0)
		return store_fail(cause,
		    "cannot open %s: %s; the folder must "
		    "belong to the user tidewired runs as",
		    path, strerror(errno));
	if (flock(s->lock_fd, LOCK_EX | LOCK_NB) != 0) {
		if (errno == EWOULDBLOCK)
			return fail_locked(s->lock_fd, s->dir, cause);
		return store_fail(cause,
		    "cannot lock %s: %s; keep the store "
		    "on a local disk",
		    path, strerror(errno));
	}
	if (ftruncate(s->lock_fd, 0) != 0 ||
	    dprintf(s->lock_fd, "%ld\n", (long)getpid()) < 0)
		log_warn("cannot note this process in %s", path);
	return true;
}

static bool
is_expected(const char *name)
{
	static const char *const expected[] = {".", "..", LOCK_FILE, "lock.mdb",
	    "lost+found"};

	for (size_t i = 0; i < sizeof(expected) / sizeof(*expected); i++) {
		if (strcmp(name, expected[i]) == 0)
			return true;
	}
	return false;
}

/* A folder without a store may become one only when nothing else is in it. */
static bool
check_empty(const char *dir, const struct store_cause *cause)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	bool ok = true;

	if (d == NULL)
		return store_fail(cause, "cannot read the folder %s: %s", dir,
		    strerror(errno));
	while (ok && (e = readdir(d)) != NULL) {
		if (!is_expected(e->d_name))
			ok = store_fail(cause,
			    "%s holds no store but other "
			    "files (%s): pass an empty or a new folder as "
			    "--data",
			    dir, e->d_name);
	}
	closedir(d);
	return ok;
}

/* Look whether there is a store, and whether there may be one. */
static bool
survey(struct store *s, bool *fresh, const struct store_cause *cause)
{
	char path[PATH_MAX];

	if (!join(path, s->dir, DATA_FILE, cause))
		return false;
	*fresh = access(path, F_OK) != 0;
	if (!*fresh)
		return true;
	if (errno != ENOENT)
		return store_fail(cause, "cannot look into %s: %s", s->dir,
		    strerror(errno));
	if (s->mode != STORE_SERVE)
		return store_fail(cause,
		    "there is no store in %s: pass the --data of a server",
		    s->dir);
	return check_empty(s->dir, cause);
}

static int
open_map(struct store *s, size_t size)
{
	unsigned flags = MDB_NORDAHEAD | MDB_NOTLS;
	MDB_envinfo info;
	int rc = mdb_env_create(&s->env);

	if (rc != 0)
		return rc;
	if (s->mode != STORE_SERVE)
		flags |= MDB_RDONLY;
	rc = mdb_env_set_maxdbs(s->env, TABLE_COUNT);
	if (rc == 0)
		rc = mdb_env_set_mapsize(s->env, size);
	if (rc == 0)
		rc = mdb_env_open(s->env, s->dir, flags, 0600);
	if (rc != 0) {
		mdb_env_close(s->env);
		s->env = NULL;
	}
	if (rc == 0 && mdb_env_info(s->env, &info) == 0)
		s->map_size = info.me_mapsize; /* never less than the data */
	return rc;
}

static int
open_tables(struct store *s, unsigned flags)
{
	MDB_txn *txn;
	int rc = mdb_txn_begin(s->env, NULL, flags == 0 ? MDB_RDONLY : 0, &txn);

	if (rc != 0)
		return rc;
	for (unsigned i = 0; rc == 0 && i < TABLE_COUNT; i++)
		rc = mdb_dbi_open(txn, table_names[i], flags, &s->dbi[i]);
	if (rc == 0)
		return mdb_txn_commit(txn);
	mdb_txn_abort(txn);
	return rc;
}

/* Halve the map until it fits into what the process may address. */
static int
open_env(struct store *s, size_t size)
{
	int rc = open_map(s, size);

	while (rc == ENOMEM && size > MAP_MIN) {
		size /= 2;
		rc = open_map(s, size);
	}
	return rc;
}

/* Open an environment that is known to be a store. */
int
store_env_open(struct store *s, size_t size)
{
	int rc = open_env(s, size);

	return rc != 0 ? rc : open_tables(s, 0);
}

/* What kind of environment this is. */
struct found {
	int rc;
	bool empty;	 /* nothing in it yet */
	bool ours;	 /* it has meta "schema" */
	uint32_t schema; /* that */
};

static void
read_schema(MDB_txn *txn, MDB_dbi meta, struct found *f)
{
	MDB_val k = {6, (void *)(uintptr_t) "schema"}, v;
	struct wire w;
	MDB_stat st;

	f->rc = mdb_get(txn, meta, &k, &v);
	if (f->rc == MDB_NOTFOUND) {
		/* The start that made the tables did not come to an end. */
		f->rc = mdb_stat(txn, meta, &st);
		f->empty = f->rc == 0 && st.ms_entries == 0;
		return;
	}
	if (f->rc != 0)
		return;
	w = wire_read((struct slice){v.mv_data, v.mv_size});
	f->schema = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	f->ours = !w.bad && w.n == 0;
}

/* Look at a newly opened environment without changing it. */
static struct found
look(struct store *s)
{
	struct found f = {0};
	MDB_dbi dbi;
	MDB_stat st;
	MDB_txn *txn;

	f.rc = mdb_txn_begin(s->env, NULL, MDB_RDONLY, &txn);
	if (f.rc != 0)
		return f;
	f.rc = mdb_dbi_open(txn, "meta", 0, &dbi);
	if (f.rc == 0) {
		read_schema(txn, dbi, &f);
	} else if (f.rc == MDB_NOTFOUND) {
		f.rc = mdb_dbi_open(txn, NULL, 0, &dbi);
		if (f.rc == 0)
			f.rc = mdb_stat(txn, dbi, &st);
		f.empty = f.rc == 0 && st.ms_entries == 0;
	}
	mdb_txn_abort(txn);
	return f;
}

static bool
fail_open(const struct store *s, int rc, const struct store_cause *cause)
{
	const char *next = "";

	if (rc == EACCES || rc == EPERM)
		next = "; the folder must belong to the user tidewired runs as";
	else if (rc == MDB_INVALID || rc == MDB_VERSION_MISMATCH ||
	    rc == MDB_NOTFOUND)
		next = "; it is no store, or a damaged one: pass another "
		       "--data or restore a backup";
	else if (store_errno(s, rc) == ENOSPC)
		next = "; the disk is full: free some space";
	return store_fail(cause, "cannot open the store in %s: %s%s", s->dir,
	    mdb_strerror(rc), next);
}

/*
 * Tables of another schema are not touched: those of an older one are made
 * again, in a new folder, from its journal.
 */
static bool
accept_schema(const struct store *s, uint32_t found,
    const struct store_cause *cause)
{
	bool readable = found >= SCHEMA_JOURNAL && found <= SCHEMA_VERSION;

	if (found == SCHEMA_VERSION || (readable && s->mode == STORE_REBUILD))
		return true;
	if (readable)
		return store_fail(cause,
		    "%s was written by an older tidewired (schema %u, this "
		    "one has %u): run tidewired rebuild --data %s NEWDIR, and "
		    "serve NEWDIR",
		    s->dir, found, SCHEMA_VERSION, s->dir);
	if (found > SCHEMA_VERSION)
		return store_fail(cause,
		    "%s was written by a newer tidewired (schema %u, this one "
		    "knows %u): run that version or a newer one",
		    s->dir, found, SCHEMA_VERSION);
	return store_fail(cause,
	    "%s has schema %u, of a tidewired before the first release: "
	    "finish what is in it with that version, or pass another --data",
	    s->dir, found);
}

/* Refuse what is not ours. */
static bool
recognize(struct store *s, const struct store_cause *cause)
{
	struct found f = look(s);

	if (f.rc != 0)
		return fail_open(s, f.rc, cause);
	if (f.ours)
		return accept_schema(s, f.schema, cause);
	if (f.empty && s->mode == STORE_SERVE)
		return true;
	return store_fail(cause,
	    f.empty ? "the store in %s is empty: start tidewired on it first"
		    : "%s holds another program's data: pass another --data",
	    s->dir);
}

/* Make the secret, once in a store's life. */
static int
make_secret(struct store_txn *t)
{
	uint8_t secret[STORE_SECRET];

	if (table_has(t, TABLE_META, SLICE("secret")))
		return 0;
	if (getrandom(secret, sizeof(secret), 0) != sizeof(secret))
		return EIO;
	meta_put_bytes(t, "secret", secret, sizeof(secret));
	return 0;
}

/* Note this start; a new store and a copied one get an epoch of their own. */
static int
boot(struct store *s, uint64_t seed)
{
	struct store_txn *t;
	uint64_t epoch;
	int rc;

	t = store_begin(s, &rc);
	if (t == NULL)
		return rc;
	epoch = meta_get(t, "epoch", 8);
	if (meta_get(t, "schema", 4) == 0 || meta_get(t, "copied", 1) != 0) {
		epoch = seed != epoch && seed != 0 ? seed : epoch + 1;
		meta_put(t, "schema", 4, SCHEMA_VERSION);
		meta_put(t, "epoch", 8, epoch);
		meta_put(t, "copied", 1, 0);
	}
	meta_put(t, "boots", 8, meta_get(t, "boots", 8) + 1);
	meta_put(t, "clean", 1, 0);
	rc = make_secret(t);
	if (rc == 0)
		return store_commit(t);
	store_abort(t);
	return rc;
}

/* Did the last run end without saying so? */
static bool
is_unclean(struct store *s)
{
	struct store_txn *t = store_snapshot(s);
	bool unclean =
	    meta_get(t, "boots", 8) > 0 && meta_get(t, "clean", 1) == 0;

	store_snapshot_end(s);
	return unclean;
}

static void
read_identity(struct store *s)
{
	struct store_txn *t = store_snapshot(s);

	snprintf(s->epoch, sizeof(s->epoch), "%016" PRIx64,
	    meta_get(t, "epoch", 8));
	meta_get_bytes(t, "secret", s->secret, sizeof(s->secret));
	store_snapshot_end(s);
}

static bool
start(struct store *s, uint64_t seed, const struct store_cause *cause)
{
	int rc = open_tables(s, s->mode == STORE_SERVE ? MDB_CREATE : 0);

	if (rc != 0)
		return fail_open(s, rc, cause);
	store_reap_readers(s);
	s->unclean = is_unclean(s);
	if (s->mode == STORE_SERVE && (rc = boot(s, seed)) != 0)
		return fail_open(s, rc, cause);
	read_identity(s);
	return true;
}

static bool
open_all(struct store *s, uint64_t seed, const struct store_cause *cause)
{
	bool fresh;
	int rc;

	if (s->mode == STORE_SERVE &&
	    (!make_folder(s->dir, cause) || !take_lock(s, cause)))
		return false;
	if (!survey(s, &fresh, cause))
		return false;
	rc = open_env(s, store_map_max);
	if (rc != 0)
		return fail_open(s, rc, cause);
	if (!recognize(s, cause) || !start(s, seed, cause))
		return false;
	if (fresh && (rc = store_sync_folder(s->dir)) != 0)
		return fail_open(s, rc, cause);
	return true;
}

/* Open a store, or say why it cannot be. */
struct store *
store_open(const char *dir, enum store_mode mode, uint64_t seed, char *err,
    size_t errlen)
{
	const struct store_cause cause = {err, errlen};
	struct store *s = mem_zalloc(sizeof(*s));

	s->dir = mem_dup(dir, strlen(dir));
	s->mode = mode;
	s->lock_fd = -1;
	s->free_mark = FREE_MARK;
	s->read.store = s->write.store = s;
	s->write.writes = true;
	s->counters = counters_new(seed);
	s->jobs = jobs_cache_new(seed);
	if (open_all(s, seed, &cause))
		return s;
	store_close(s, false);
	return NULL;
}
