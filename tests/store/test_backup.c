/*
 * Backups: whole, separate, and with an epoch of their own once they serve.
 */
#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "store/backup.h"
#include "store/check.h"
#include "store/internal.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/table.h"
#include "tests/store/world.h"

static struct uuid
make(struct world *w, unsigned n)
{
	struct store_txn *t = world_begin(w);
	struct uuid id = {{0}};

	for (unsigned i = 0; i < n; i++)
		id = world_trigger(w, t, &(struct world_trigger){.project = 1});
	world_commit(t);
	return id;
}

static void
say(void *arg, const char *text)
{
	(void)arg;
	print_error("finding: %s\n", text);
}

/* Put a backup into a folder of its own and serve from it. */
static struct store *
restore(struct world *w, const char *file, uint64_t seed)
{
	const char *dir = world_path(w, "restored");
	char path[PATH_MAX + 32], err[512] = "";
	struct store *s;

	mkdir(dir, 0700);
	snprintf(path, sizeof(path), "%s/data.mdb", dir);
	assert_int_equal(rename(file, path), 0);
	s = store_open(dir, STORE_SERVE, seed, err, sizeof(err));
	if (s == NULL)
		fail_msg("store_open: %s", err);
	return s;
}

static void
test_backup(void **state)
{
	struct world *w = *state;
	struct uuid id = make(w, 50);
	const char *file = world_path(w, "copy");
	uint64_t seq = store_seq(store_snapshot(w->s));
	struct check_result r;
	struct execution x;
	struct store *s;
	char err[512];
	struct stat st;

	store_snapshot_end(w->s);
	assert_int_equal(backup_write(w->s, file, NULL, err, sizeof(err)), 0);
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_not_equal(stat(world_path(w, "copy.tmp"), &st), 0);
	make(w, 5); /* the copy does not see this */
	s = restore(w, file, 78);
	assert_true(check_store(s, &r, say, NULL));
	assert_int_equal(r.executions, 50);
	assert_int_equal(store_seq(store_snapshot(s)), seq);
	assert_true(rows_get(store_snapshot(s), &id, &x));
	assert_true(store_was_unclean(s)); /* it was copied from a server */
	assert_string_equal(store_epoch(s), "000000000000004e");
	store_close(s, true);
}

/* Only the first start makes an epoch, and never the one it was copied with. */
static void
test_epoch(void **state)
{
	struct world *w = *state;
	const char *file = world_path(w, "copy");
	const char *dir = world_path(w, "restored");
	char err[512];
	struct store *s;

	assert_int_equal(backup_write(w->s, file, NULL, err, sizeof(err)), 0);
	s = restore(w, file, 77);
	assert_string_equal(store_epoch(w->s), "000000000000004d");
	assert_string_equal(store_epoch(s), "000000000000004e");
	store_close(s, true);
	s = store_open(dir, STORE_SERVE, 99, err, sizeof(err));
	assert_non_null(s);
	assert_string_equal(store_epoch(s), "000000000000004e");
	assert_false(store_was_unclean(s));
	store_close(s, true);
}

static void
test_never_overwrites(void **state)
{
	struct world *w = *state;
	const char *file = world_path(w, "there");
	char err[512] = "";
	struct stat st;

	close(open(file, O_CREAT | O_WRONLY, 0600));
	assert_int_equal(backup_write(w->s, file, NULL, err, sizeof(err)),
	    EEXIST);
	assert_non_null(strstr(err, "will not write over"));
	assert_int_equal(stat(file, &st), 0);
	assert_int_equal(st.st_size, 0);
	close(open(world_path(w, "other.tmp"), O_CREAT | O_WRONLY, 0600));
	assert_int_equal(backup_write(w->s, world_path(w, "other"), NULL, err,
			     sizeof(err)),
	    EEXIST);
	assert_int_equal(stat(world_path(w, "other.tmp"), &st), 0);
}

static void
test_no_folder(void **state)
{
	struct world *w = *state;
	char err[512] = "";

	assert_int_equal(backup_write(w->s, world_path(w, "no/copy"), NULL, err,
			     sizeof(err)),
	    ENOENT);
	assert_non_null(strstr(err, "cannot make"));
}

struct told {
	uint64_t done, total;
	unsigned times;
};

static void
tell(void *arg, uint64_t done, uint64_t total)
{
	struct told *t = arg;

	assert_true(done >= t->done);
	assert_true(done <= total);
	*t = (struct told){done, total, t->times + 1};
}

static void
test_progress(void **state)
{
	struct world *w = *state;
	struct told told = {.times = 0};
	struct backup_progress p = {tell, &told};
	const char *file = world_path(w, "copy");
	char err[512];
	struct stat st;

	make(w, 3000);
	assert_int_equal(backup_write(w->s, file, &p, err, sizeof(err)), 0);
	assert_true(told.times > 0);
	assert_int_equal(told.done, told.total);
	assert_int_equal(stat(file, &st), 0);
	/* The estimate leaves out what LMDB leaves out, to a few pages. */
	assert_true((uint64_t)st.st_size <= told.total + (64 << 10));
	assert_true((uint64_t)st.st_size + (64 << 10) >= told.total);
}

/* No half copy is left behind when the disk is full. */
static void
test_full_disk(void **state)
{
	struct world *w = *state;
	struct rlimit was, small;
	char err[512] = "";
	struct stat st;
	int rc;

	make(w, 3000);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &was), 0);
	small = was;
	small.rlim_cur = 300000;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	rc = backup_write(w->s, world_path(w, "copy"), NULL, err, sizeof(err));
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &was), 0);
	assert_int_not_equal(rc, 0);
	assert_non_null(strstr(err, "cannot write"));
	assert_int_not_equal(stat(world_path(w, "copy"), &st), 0);
	assert_int_not_equal(stat(world_path(w, "copy.tmp"), &st), 0);
	world_check(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_backup),
	    T(test_epoch),
	    T(test_never_overwrites),
	    T(test_no_folder),
	    T(test_progress),
	    T(test_full_disk),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
