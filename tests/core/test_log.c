/*
 * The log: what a line looks like, seen from the other end of a pipe.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/log.h"
#include "tests/core/dies.h"

static char seen[8192];
static int saved, from[2];

static void
catch_begin(void)
{
	assert_int_equal(pipe(from), 0);
	saved = dup(STDERR_FILENO);
	dup2(from[1], STDERR_FILENO);
	close(from[1]);
}

/* Read all that was logged since, as one string. */
static const char *
catch_end(void)
{
	size_t n = 0;
	ssize_t got;

	dup2(saved, STDERR_FILENO); /* the pipe's last writer is gone */
	close(saved);
	while ((got = read(from[0], seen + n, sizeof(seen) - 1 - n)) > 0)
		n += (size_t)got;
	close(from[0]);
	seen[n] = '\0';
	return seen;
}

static void
test_levels(void **state)
{
	(void)state;
	assert_false(log_wants(LOG_DEBUG));
	assert_true(log_wants(LOG_INFO));
	catch_begin();
	log_debug("left out");
	log_info("a %d", 1);
	log_warn("b");
	log_error("c");
	assert_string_equal(catch_end(), "info: a 1\nwarn: b\nerror: c\n");
	log_set_level(LOG_ERROR);
	catch_begin();
	log_info("left out");
	log_warn("left out");
	log_error("c");
	assert_string_equal(catch_end(), "error: c\n");
	log_set_level(LOG_DEBUG);
	catch_begin();
	log_debug("d");
	assert_string_equal(catch_end(), "debug: d\n");
	log_set_level(LOG_INFO);
}

static void
test_time(void **state)
{
	(void)state;
	log_set_time(1795341600123);
	catch_begin();
	log_info("x");
	assert_string_equal(catch_end(), "2026-11-22T10:00:00.123Z info: x\n");
	log_set_time(0);
}

static void
test_controls(void **state)
{
	(void)state;
	catch_begin();
	errno = ENOENT;
	log_info("a\nerror: forged\r\t\x1b[31m\x7f \xc3\xa4");
	assert_int_equal(errno, ENOENT);
	assert_string_equal(catch_end(),
	    "info: a?error: forged???[31m? \xc3\xa4\n");
}

/* Just what fits, and one more: cut, but always one line. */
static void
test_long(void **state)
{
	(void)state;
	for (int n = 2000; n < 2100; n++) {
		size_t len;

		catch_begin();
		log_info("%0*d", n, 7);
		len = strlen(catch_end());
		assert_true(len <= 2048);
		assert_true(len == (size_t)n + 7 || len >= 2040);
		assert_ptr_equal(strchr(seen, '\n'), seen + len - 1);
	}
}

static void
be_fatal(void *arg)
{
	(void)arg;
	log_fatal("the end");
}

static void
break_invariant(void *arg)
{
	INVARIANT(arg != NULL);
}

static void
test_fatal(void **state)
{
	(void)state;
	assert_true(dies(be_fatal, NULL));
	assert_true(dies(break_invariant, NULL));
	assert_false(dies(break_invariant, state));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_levels),
	    cmocka_unit_test(test_time),
	    cmocka_unit_test(test_controls),
	    cmocka_unit_test(test_long),
	    cmocka_unit_test(test_fatal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
