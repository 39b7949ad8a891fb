/*
 * Statuses: their stored numbers, names and kinds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/status.h"

static const struct {
	enum status status;
	unsigned stored;
	const char *name;
	bool terminal, held;
} statuses[] = {
    {STATUS_QUEUED, 1, "queued", false, false},
    {STATUS_RUNNING, 2, "running", false, true},
    {STATUS_RETRYING, 3, "retrying", false, false},
    {STATUS_CANCELLING, 4, "cancelling", false, true},
    {STATUS_INTERRUPTED, 5, "interrupted", false, true},
    {STATUS_COMPLETED, 6, "completed", true, false},
    {STATUS_FAILED, 7, "failed", true, false},
    {STATUS_TIMED_OUT, 8, "timed_out", true, false},
    {STATUS_CANCELLED, 9, "cancelled", true, false},
};

static void
test_all(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(statuses) / sizeof(statuses[0]); i++) {
		enum status s = statuses[i].status, parsed = 0;

		assert_int_equal(s, statuses[i].stored);
		assert_string_equal(status_name(s), statuses[i].name);
		assert_true(status_parse(slice_str(statuses[i].name), &parsed));
		assert_int_equal(parsed, s);
		assert_int_equal(status_is_terminal(s), statuses[i].terminal);
		assert_int_equal(status_is_held(s), statuses[i].held);
	}
	assert_int_equal(sizeof(statuses) / sizeof(statuses[0]),
	    STATUS_COUNT - 1);
}

static void
test_none(void **state)
{
	static const char *const bad[] = {"", "Queued", "queue", "queuedx",
	    "timeout", "canceled", " queued"};
	enum status parsed = STATUS_FAILED;

	(void)state;
	assert_null(status_name((enum status)0));
	assert_null(status_name((enum status)STATUS_COUNT));
	assert_false(status_is_terminal((enum status)0));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(status_parse(slice_str(bad[i]), &parsed));
	assert_false(status_parse(SLICE_NONE, &parsed));
	assert_int_equal(parsed, STATUS_FAILED);
}

static void
test_steps(void **state)
{
	static const char *const step_names[] = {NULL, "pending", "ready",
	    "running", "completed", "failed", "skipped", "cancelled", NULL};

	(void)state;
	for (unsigned i = 0; i <= STEP_STATUS_COUNT; i++) {
		const char *name = status_step_name((enum step_status)i);

		if (step_names[i] == NULL)
			assert_null(name);
		else
			assert_string_equal(name, step_names[i]);
	}
	assert_int_equal(STEP_CANCELLED, 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_all),
	    cmocka_unit_test(test_none),
	    cmocka_unit_test(test_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
