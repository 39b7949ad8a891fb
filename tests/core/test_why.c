/*
 * Why an execution does not move, decided on rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/why.h"

static struct execution x;
static struct step steps[3];
static struct job job;
static struct why_facts facts;
static struct why_reason out[WHY_MAX];

static int
set_up(void **state)
{
	(void)state;
	x = (struct execution){.status = STATUS_QUEUED,
	    .attempt = 1,
	    .created_at = 100,
	    .ready_at = 100};
	job = (struct job){.heartbeat_timeout_ms = 30000};
	memset(steps, 0, sizeof steps);
	for (unsigned i = 0; i < 3; i++)
		steps[i] =
		    (struct step){.index = (uint16_t)i, .status = STEP_PENDING};
	facts = (struct why_facts){.x = &x,
	    .job = &job,
	    .steps = steps,
	    .max_of_key = 1};
	return 0;
}

/* The reasons are these, in this order; ends with -1. */
static void
expect(int first, ...)
{
	unsigned i, n = why(&facts, out);
	int code = first;
	va_list ap;

	va_start(ap, first);
	for (i = 0; i < n; i++, code = va_arg(ap, int))
		assert_string_equal(why_code_name(out[i].code),
		    code < 0 ? "(no more)"
			     : why_code_name((enum why_code)code));
	assert_int_equal(code, -1);
	va_end(ap);
}

static void
test_queued(void **state)
{
	(void)state;
	expect(WHY_WAITING_FOR_WORKER, -1);
	assert_true(out[0].since == 100 && out[0].until == 0);
	x.due[TIMER_ATTEMPT] = 700;
	expect(WHY_WAITING_FOR_WORKER, -1);
	assert_true(out[0].until == 700);
	facts.job_paused_at = 5;
	expect(WHY_JOB_PAUSED, -1);
	facts.queue_paused_at = 6;
	expect(WHY_QUEUE_PAUSED, WHY_JOB_PAUSED, -1);
	assert_true(out[0].since == 6 && out[1].since == 5);
}

static void
test_limits(void **state)
{
	(void)state;
	facts.held = 7;
	expect(WHY_WAITING_FOR_WORKER, -1); /* no limit */
	facts.max = 8;
	expect(WHY_WAITING_FOR_WORKER, -1);
	facts.max = 7;
	expect(WHY_CONCURRENCY_LIMIT, -1);
	assert_true(out[0].have == 7 && out[0].limit == 7);
	facts.held_of_key = 1;
	expect(WHY_CONCURRENCY_LIMIT, -1); /* it has no key */
	x.lane = 9;
	expect(WHY_CONCURRENCY_LIMIT, WHY_CONCURRENCY_KEY_LIMIT, -1);
	facts.max_of_key = 2;
	expect(WHY_CONCURRENCY_LIMIT, -1);
}

static void
test_scheduled(void **state)
{
	(void)state;
	x.due[TIMER_READY] = 5000;
	facts.held = facts.max = 1; /* is no matter yet */
	expect(WHY_SCHEDULED, -1);
	assert_true(out[0].until == 5000);
	facts.job_paused_at = 5;
	expect(WHY_SCHEDULED, WHY_JOB_PAUSED, -1);
}

static void
test_running(void **state)
{
	(void)state;
	x.status = STATUS_RUNNING;
	facts.last_word = 1000;
	facts.lease_end = 31000;
	facts.job_paused_at = 5; /* does not stop what runs */
	expect(WHY_SILENT, -1);
	assert_true(out[0].since == 1000 && out[0].until == 31000);
	x.unit = UNIT_EXECUTION;
	expect(WHY_HELD, -1);
	assert_true(out[0].since == 1000 && out[0].until == 31000);
	x.status = STATUS_INTERRUPTED;
	expect(WHY_INTERRUPTED, WHY_HELD, -1);
}

static void
test_steps(void **state)
{
	(void)state;
	x.status = STATUS_RUNNING;
	x.unit = UNIT_STEP;
	x.nsteps = 3;
	expect(WHY_STEP_WAITING, WHY_STEP_WAITING, WHY_STEP_WAITING, -1);
	steps[0].status = STEP_READY;
	steps[2].status = STEP_RUNNING;
	expect(WHY_STEP_RUNNING, WHY_STEP_READY, WHY_STEP_WAITING, -1);
	assert_true(out[0].step == 2 && out[1].step == 0 && out[2].step == 1);
	facts.queue_paused_at = 5;
	expect(WHY_QUEUE_PAUSED, WHY_STEP_RUNNING, WHY_STEP_READY,
	    WHY_STEP_WAITING, -1);
	steps[0].status = STEP_FAILED;
	steps[0].due = 99;
	expect(WHY_STEP_RUNNING, WHY_STEP_RETRY_WAITING, WHY_STEP_WAITING, -1);
	assert_true(out[1].until == 99);
	steps[0].due = 0;
	steps[1].status = STEP_SKIPPED;
	steps[2].status = STEP_COMPLETED;
	expect(WHY_SILENT, -1);
}

static void
test_others(void **state)
{
	static const enum status ends[] = {STATUS_COMPLETED, STATUS_FAILED,
	    STATUS_TIMED_OUT, STATUS_CANCELLED};

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		x.status = ends[i];
		expect(WHY_ENDED, -1);
	}
	x.status = STATUS_CANCELLING;
	x.cancel_at = 3;
	x.due[TIMER_GRACE] = 4;
	expect(WHY_CANCELLING, -1);
	assert_true(out[0].since == 3 && out[0].until == 4);
	x.status = STATUS_RETRYING;
	x.due[TIMER_READY] = 8;
	facts.queue_paused_at = 1;
	expect(WHY_RETRY_WAITING, WHY_QUEUE_PAUSED, -1);
	assert_true(out[0].until == 8);
}

static void
test_next_timer(void **state)
{
	int64_t at = 0;

	(void)state;
	assert_null(why_next_timer(&x, &at));
	x.due[TIMER_TOTAL] = 9;
	assert_string_equal(why_next_timer(&x, &at), "total");
	x.due[TIMER_ATTEMPT] = 8;
	assert_string_equal(why_next_timer(&x, &at), "start");
	assert_true(at == 8);
	x.status = STATUS_RUNNING;
	assert_string_equal(why_next_timer(&x, &at), "attempt");
	x.due[TIMER_HEARTBEAT] = 7;
	assert_string_equal(why_next_timer(&x, &at), "heartbeat");
}

/* As many steps as there may be fit. */
static void
test_most(void **state)
{
	static struct step many[JOB_STEPS_MAX];

	(void)state;
	for (unsigned i = 0; i < JOB_STEPS_MAX; i++)
		many[i].status = STEP_READY;
	x.status = STATUS_INTERRUPTED;
	x.unit = UNIT_STEP;
	x.nsteps = JOB_STEPS_MAX;
	facts.steps = many;
	facts.job_paused_at = facts.queue_paused_at = 1;
	assert_int_equal(why(&facts, out), JOB_STEPS_MAX + 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup(test_queued, set_up),
	    cmocka_unit_test_setup(test_limits, set_up),
	    cmocka_unit_test_setup(test_scheduled, set_up),
	    cmocka_unit_test_setup(test_running, set_up),
	    cmocka_unit_test_setup(test_steps, set_up),
	    cmocka_unit_test_setup(test_others, set_up),
	    cmocka_unit_test_setup(test_next_timer, set_up),
	    cmocka_unit_test_setup(test_most, set_up),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
