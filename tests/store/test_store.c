/*
 * Opening, closing, committing, and what happens when the disk does not.
 *
 * The system calls that LMDB commits with are replaced by ones that fail on
 * demand.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/internal.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/table.h"
#include "tests/core/dies.h"
#include "tests/store/world.h"

/* What to fail, once, after so many calls of it (0: the next). */
static struct {
	enum {
		FAIL_NONE,
		FAIL_SYNC,
		FAIL_META,
		FAIL_META_AGAIN,
		FAIL_PAGES
	} what;
	int error;     /* 0: a short write */
	bool for_good; /* LMDB cannot put the old meta page back, either */
} fault;

static int
trip(void)
{
	int error = fault.error;

	fault.what = FAIL_NONE;
	errno = error;
	return error;
}

/* LMDB's sync of the pages. */
int
fdatasync(int fd)
{
	if (fault.what == FAIL_SYNC) {
		trip();
		return -1;
	}
	return (int)syscall(SYS_fdatasync, fd);
}

/* LMDB writes a single page so, and a meta page: the only part of one. */
ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	bool meta = at < 8192 && n < 4096;

	if (meta && fault.what == FAIL_META) {
		/* The bytes arrive, but the disk does not confirm them. */
		syscall(SYS_pwrite64, fd, p, n, at);
		trip();
		fault.what = fault.for_good ? FAIL_META_AGAIN : FAIL_NONE;
		return -1;
	}
	if (meta && fault.what == FAIL_META_AGAIN) {
		trip();
		return -1;
	}
	if (!meta && fault.what == FAIL_PAGES)
		return trip() != 0 ? -1 : (ssize_t)(n / 2);
	return syscall(SYS_pwrite64, fd, p, n, at);
}

/* LMDB writes neighbouring pages so. */
ssize_t
writev(int fd, const struct iovec *v, int n)
{
	if (fault.what == FAIL_PAGES)
		return trip() != 0 ? -1 : 1;
	return syscall(SYS_writev, fd, v, n);
}

static uint64_t
value_of(struct store *s)
{
	uint64_t v = meta_get(store_snapshot(s), "test", 8);

	store_snapshot_end(s);
	return v;
}

static int
set_value(struct world *w, uint64_t v)
{
	struct store_txn *t = world_begin(w);

	meta_put(t, "test", 8, v);
	return store_commit(t);
}

static void
test_new_store(void **state)
{
	struct world *w = *state;
	struct stat st;

	assert_int_equal(stat(w->dir, &st), 0);
	assert_int_equal(stat(world_path(w, "data.mdb"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_false(store_was_unclean(w->s));
	assert_int_equal(strlen(store_epoch(w->s)), 16);
	assert_string_equal(store_epoch(w->s), "000000000000004d");
	world_check(w);
}

static void
test_folder_is_made(void **state)
{
	struct world *w = *state;
	char err[512];
	const char *dir = world_path(w, "sub");
	struct store *s = store_open(dir, STORE_SERVE, 1, err, sizeof(err));
	struct stat st;

	assert_non_null(s);
	assert_int_equal(stat(dir, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0700);
	store_close(s, true);
}

static void
assert_refused(const char *dir, enum store_mode mode, const char *why)
{
	char err[512] = "";
	struct store *s = store_open(dir, mode, 1, err, sizeof(err));

	if (s != NULL || strstr(err, why) == NULL)
		fail_msg("wanted \"%s\", got \"%s\"", why, err);
}

static void
test_second_server(void **state)
{
	struct world *w = *state;
	char pid[32];

	snprintf(pid, sizeof(pid), "(process %ld)", (long)getpid());
	assert_refused(w->dir, STORE_SERVE, pid);
	assert_refused(w->dir, STORE_SERVE, "another tidewired");
}

static void
write_file(const char *path, const char *text)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	fputs(text, f);
	fclose(f);
}

static void
test_not_ours(void **state)
{
	struct world *w = *state;
	const char *file = world_path(w, "file"), *dir = world_path(w, "other");
	char path[PATH_MAX];

	write_file(file, "text");
	assert_refused(file, STORE_SERVE, "is not a folder");
	assert_refused(world_path(w, "no/where"), STORE_SERVE, "cannot make");
	assert_int_equal(mkdir(dir, 0700), 0);
	assert_refused(dir, STORE_READ, "there is no store");
	snprintf(path, sizeof(path), "%s/letter", dir);
	write_file(path, "dear");
	assert_refused(dir, STORE_SERVE, "other files (letter)");
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	write_file(path,
	    "this is no database, though it has its name; it "
	    "must be long enough to be looked into for a header "
	    "and be found to hold none.............................");
	assert_refused(dir, STORE_SERVE, "it is no store");
}

/* An environment of LMDB's that another program made. */
static void
test_other_program(void **state)
{
	struct world *w = *state;
	const char *dir = world_path(w, "foreign");
	MDB_env *env;
	MDB_txn *txn;
	MDB_dbi dbi;
	char x[] = "x";
	MDB_val v = {1, x};

	assert_int_equal(mkdir(dir, 0700), 0);
	assert_int_equal(mdb_env_create(&env), 0);
	assert_int_equal(mdb_env_open(env, dir, 0, 0600), 0);
	assert_int_equal(mdb_txn_begin(env, NULL, 0, &txn), 0);
	assert_int_equal(mdb_dbi_open(txn, NULL, 0, &dbi), 0);
	assert_int_equal(mdb_put(txn, dbi, &v, &v, 0), 0);
	assert_int_equal(mdb_txn_commit(txn), 0);
	mdb_env_close(env);
	assert_refused(dir, STORE_SERVE, "another program's data");
	assert_refused(dir, STORE_READ, "another program's data");
}

static void
test_newer_schema(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);

	meta_put(t, "schema", 4, SCHEMA_VERSION + 1);
	world_commit(t);
	store_close(w->s, true);
	w->s = NULL;
	assert_refused(w->dir, STORE_SERVE, "by a newer tidewired (schema 4");
	assert_refused(w->dir, STORE_READ, "by a newer tidewired (schema 4");
}

static void
test_older_schema(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	char epoch[17], err[256];

	snprintf(epoch, sizeof(epoch), "%s", store_epoch(w->s));
	meta_put(t, "schema", 4, SCHEMA_JOURNAL);
	world_commit(t);
	store_close(w->s, true);
	assert_refused(w->dir, STORE_SERVE, "run tidewired rebuild --data /");
	assert_refused(w->dir, STORE_READ, "by an older tidewired (schema 2");
	w->s = store_open(w->dir, STORE_REBUILD, 0, err, sizeof(err));
	assert_non_null(w->s);
	assert_string_equal(store_epoch(w->s), epoch);
}

static void
test_oldest_schema(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);

	meta_put(t, "schema", 4, SCHEMA_JOURNAL - 1);
	world_commit(t);
	store_close(w->s, true);
	w->s = NULL;
	assert_refused(w->dir, STORE_SERVE, "before the first release");
	assert_refused(w->dir, STORE_REBUILD, "before the first release");
}

static void
test_clean_and_not(void **state)
{
	struct world *w = *state;
	char epoch[17];

	snprintf(epoch, sizeof(epoch), "%s", store_epoch(w->s));
	world_restart(w, true);
	assert_false(store_was_unclean(w->s));
	world_restart(w, false);
	assert_true(store_was_unclean(w->s));
	world_restart(w, true);
	assert_false(store_was_unclean(w->s));
	assert_string_equal(store_epoch(w->s), epoch);
	assert_int_equal(meta_get(store_snapshot(w->s), "boots", 8), 4);
}

/* The snapshot stays as it was until the turn ends. */
static void
test_snapshot(void **state)
{
	struct world *w = *state;
	struct store_txn *t = store_snapshot(w->s);

	assert_int_equal(set_value(w, 1), 0);
	assert_ptr_equal(store_snapshot(w->s), t);
	assert_int_equal(meta_get(t, "test", 8), 0);
	store_snapshot_end(w->s);
	assert_int_equal(value_of(w->s), 1);
	store_snapshot_end(w->s);
	store_snapshot_end(w->s);
}

static void
test_read_beside_server(void **state)
{
	struct world *w = *state;
	char err[512];
	pid_t child;
	int status;

	assert_int_equal(set_value(w, 5), 0);
	child = fork(); /* LMDB: never one environment twice in a process */
	if (child == 0) {
		struct store *s =
		    store_open(w->dir, STORE_READ, 0, err, sizeof(err));

		_exit(s != NULL && value_of(s) == 5 &&
			    strcmp(store_epoch(s), store_epoch(w->s)) == 0
			? 0
			: 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
	store_reap_readers(w->s);
}

static void
test_abort(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	uint64_t seq = store_seq(t), number = store_number(t);

	world_trigger(w, t, &(struct world_trigger){.project = 1});
	assert_true(store_seq(t) > seq);
	assert_int_equal(store_number(t), number + 1);
	store_abort(t);
	t = world_begin(w);
	assert_int_equal(store_seq(t), seq);
	assert_int_equal(store_number(t), number);
	world_trigger(w, t, &(struct world_trigger){.project = 1});
	world_commit(t);
	assert_int_equal(store_number(store_snapshot(w->s)), number + 1);
	world_check(w);
}

/* The first error stays, the rest does nothing, the commit tells. */
static void
test_sticky(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	uint8_t low = 0;

	world_trigger(w, t, &(struct world_trigger){.project = 1});
	assert_int_equal(store_error(t), 0);
	table_append(t, TABLE_JOURNAL, table_bytes(&low, 1), SLICE("x"));
	assert_int_equal(store_error(t), EIO);
	assert_int_equal(store_commit(t), EIO);
	t = world_begin(w);
	assert_int_equal(store_error(t), 0);
	store_abort(t);
	world_check(w);
}

/* After any failure the store reads as before and goes on. */
static void
check_survives(struct world *w, int rc)
{
	uint64_t before = value_of(w->s);

	assert_int_equal(set_value(w, before + 1), rc);
	fault.what = FAIL_NONE;
	assert_int_equal(value_of(w->s), before);
	assert_int_equal(set_value(w, before + 2), 0);
	assert_int_equal(value_of(w->s), before + 2);
	world_restart(w, false);
	assert_int_equal(value_of(w->s), before + 2);
	world_check(w);
}

static void
test_commit_fails(void **state)
{
	static const struct {
		int what, error, rc;
	} cases[] = {
	    {FAIL_PAGES, ENOSPC, ENOSPC},
	    {FAIL_PAGES, EDQUOT, ENOSPC},
	    {FAIL_PAGES, EFBIG, ENOSPC},
	    {FAIL_PAGES, 0, EIO},
	    {FAIL_PAGES, EIO, EIO},
	    {FAIL_SYNC, EIO, EIO},
	    {FAIL_SYNC, ENOSPC, ENOSPC},
	    {FAIL_META, EIO, EIO},
	};
	struct world *w = *state;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		fault.what = cases[i].what;
		fault.error = cases[i].error;
		check_survives(w, cases[i].rc);
	}
}

/* A short write is how LMDB sees a full disk. */
static void
test_full_disk(void **state)
{
	struct world *w = *state;

	assert_false(store_is_full(w->s));
	store_set_free_mark(w->s, UINT64_MAX);
	assert_true(store_is_full(w->s));
	fault.what = FAIL_PAGES;
	fault.error = 0;
	assert_int_equal(set_value(w, 1), ENOSPC);
	assert_int_equal(value_of(w->s), 0);
	store_set_free_mark(w->s, 0);
	assert_false(store_is_full(w->s));
	assert_int_equal(set_value(w, 1), 0);
}

/* With a snapshot open the environment cannot be opened again at once. */
static void
test_meta_fails_under_snapshot(void **state)
{
	struct world *w = *state;
	struct store_txn *t = store_snapshot(w->s);
	int rc = 0;

	fault.what = FAIL_META;
	fault.error = EIO;
	assert_int_equal(set_value(w, 1), EIO);
	assert_int_equal(meta_get(t, "test", 8), 0);
	assert_null(store_begin(w->s, &rc));
	assert_int_equal(rc, EIO);
	assert_int_equal(meta_get(t, "test", 8), 0);
	store_snapshot_end(w->s);
	assert_int_equal(value_of(w->s), 0);
	assert_int_equal(set_value(w, 2), 0);
	assert_int_equal(value_of(w->s), 2);
}

/* Until the meta pages are known to be on disk nothing more is written. */
static void
test_settling_fails(void **state)
{
	struct world *w = *state;
	int rc = 0;

	fault.what = FAIL_SYNC;
	fault.error = EIO;
	assert_int_equal(set_value(w, 1), EIO);
	fault.what = FAIL_SYNC;
	assert_null(store_begin(w->s, &rc));
	assert_int_equal(rc, EIO);
	assert_int_equal(value_of(w->s), 0);
	assert_int_equal(set_value(w, 2), 0);
	assert_int_equal(value_of(w->s), 2);
}

static void
write_once(void *arg)
{
	set_value(arg, 1);
}

/* It may be on disk, so nobody is told that it is not. */
static void
test_unknown_outcome(void **state)
{
	fault.what = FAIL_META;
	fault.error = EIO;
	fault.for_good = true;
	assert_true(dies(write_once, *state));
	fault.what = FAIL_NONE;
	fault.for_good = false;
}

static void
test_map_grows(void **state)
{
	struct world *w = *state;
	char *big = calloc(1, 400000);
	int rc = 0, full = 0;

	store_close(w->s, true);
	store_map_max = (size_t)1 << 20;
	w->s = NULL;
	world_restart(w, true);
	for (unsigned i = 0; i < 12; i++) {
		struct store_txn *t = world_begin(w);
		uint8_t key[] = {'x', (uint8_t)i};

		table_put(t, TABLE_IDEMPOTENCY, table_bytes(key, 2),
		    table_bytes(big, 400000));
		rc = store_commit(t);
		assert_true(rc == 0 || rc == ENOSPC);
		full += rc == ENOSPC;
		if (rc == ENOSPC)
			i--;
	}
	assert_true(full >= 2 && full <= 4);
	assert_int_equal(set_value(w, 9), 0);
	store_map_max = (size_t)1 << 44;
	world_restart(w, true);
	assert_int_equal(value_of(w->s), 9);
	free(big);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_new_store),
	    T(test_folder_is_made),
	    T(test_second_server),
	    T(test_not_ours),
	    T(test_other_program),
	    T(test_newer_schema),
	    T(test_older_schema),
	    T(test_oldest_schema),
	    T(test_clean_and_not),
	    T(test_snapshot),
	    T(test_read_beside_server),
	    T(test_abort),
	    T(test_sticky),
	    T(test_commit_fails),
	    T(test_full_disk),
	    T(test_meta_fails_under_snapshot),
	    T(test_settling_fails),
	    T(test_unknown_outcome),
	    T(test_map_grows),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
