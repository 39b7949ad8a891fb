/*
 * Crash points: what arms one, and when it kills.
 */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "engine/fault.h"

static const struct {
	const char *spec;
	enum fault_point point; /* FAULT_NONE: malformed */
	unsigned passages;	/* until it kills */
} specs[] = {
    {"before-commit:1", FAULT_BEFORE_COMMIT, 1},
    {"after-commit:3", FAULT_AFTER_COMMIT, 3},
    {"before-answer:2", FAULT_BEFORE_ANSWER, 2},
    {"after-journal-append:1", FAULT_AFTER_JOURNAL_APPEND, 1},
    {"during-recovery:1", FAULT_DURING_RECOVERY, 1},
    {"after-commit", FAULT_AFTER_COMMIT, 1},
    {"after-commit:007", FAULT_AFTER_COMMIT, 7},
    {"after-commit:4294967295", FAULT_AFTER_COMMIT, 0},
    {"after-commit:4294967296", FAULT_NONE, 0},
    {"after-commit:0", FAULT_NONE, 0},
    {"after-commit:", FAULT_NONE, 0},
    {"after-commit:-1", FAULT_NONE, 0},
    {"after-commit:1 ", FAULT_NONE, 0},
    {"after-commit:1:1", FAULT_NONE, 0},
    {"after-commi:1", FAULT_NONE, 0},
    {"after-commit1", FAULT_NONE, 0},
    {"AFTER-COMMIT:1", FAULT_NONE, 0},
    {":1", FAULT_NONE, 0},
    {"1", FAULT_NONE, 0},
    {"", FAULT_NONE, 0},
};

/* Pass the point so often in a child; true when that killed it. */
static bool
kills(const char *spec, enum fault_point p, unsigned passages)
{
	int status = 0;
	pid_t pid = fork();

	if (pid == 0) {
		if (!fault_arm(spec))
			_exit(1);
		for (unsigned i = 0; i < passages; i++)
			fault_pass(p);
		_exit(0);
	}
	assert_true(pid > 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status)) {
		assert_int_equal(WTERMSIG(status), SIGKILL);
		return true;
	}
	assert_int_equal(WEXITSTATUS(status), 0);
	return false;
}

/* Not a passage early, and no other point. */
static void
test_specs(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(specs) / sizeof(specs[0]); i++) {
		unsigned n = specs[i].passages;

		if (specs[i].point == FAULT_NONE) {
			assert_false(fault_arm(specs[i].spec));
			continue;
		}
		if (n > 0) {
			assert_true(kills(specs[i].spec, specs[i].point, n));
			n--;
		}
		assert_false(kills(specs[i].spec, specs[i].point, n));
		for (unsigned p = FAULT_BEFORE_COMMIT;
		     p <= FAULT_DURING_RECOVERY; p++)
			if (p != specs[i].point)
				assert_false(kills(specs[i].spec,
				    (enum fault_point)p, 10));
	}
}

/* What is malformed arms nothing and changes nothing. */
static void
test_malformed_after_armed(void **state)
{
	(void)state;
	assert_true(fault_arm("before-commit:2"));
	assert_false(fault_arm("before-comit:1"));
	assert_false(fault_arm("after-commit:0"));
	fault_pass(FAULT_BEFORE_COMMIT);
	fault_pass(FAULT_AFTER_COMMIT);
	assert_true(kills("before-commit", FAULT_BEFORE_COMMIT, 1));
}

/* Armed for nothing, nothing kills. */
static void
test_unarmed(void **state)
{
	(void)state;
	for (unsigned p = FAULT_NONE; p <= FAULT_DURING_RECOVERY; p++)
		fault_pass((enum fault_point)p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_unarmed),
	    cmocka_unit_test(test_specs),
	    cmocka_unit_test(test_malformed_after_armed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
