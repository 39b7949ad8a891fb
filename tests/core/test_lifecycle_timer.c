/*
 * Time in the lifecycle: heartbeats, timeouts, retries and the grace of a
 * cancel.  That timers of other statuses do nothing is in test_lifecycle.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/core/lifecycle.h"

/* One attempt more after ten seconds; heartbeats within 100. */
static const char retried[] =
    "{'name':'n','heartbeat_timeout_seconds':100,'timeout_seconds':1000,"
    "'total_timeout_seconds':2500,'cancel_grace_seconds':30,"
    "'retry':{'max_attempts':2,'jitter':0,'initial_interval_ms':10000},"
    "'steps':[{'name':'a'}]}";

static struct world *
running(void)
{
	struct world *w = world_new(retried, "{}");

	assert_true(world_report(w, say_step(REPORT_STEP_RUNNING, "a")));
	return w;
}

static int64_t
ms(int64_t seconds)
{
	return BEGIN + seconds * 1000;
}

/* The deadline moves to a whole timeout after the last word. */
static const struct {
	int64_t now, word; /* s; the row's own is 0 */
	bool over;
	int64_t due;
} words[] = {
    {99, 0, false, 100},  /* not due */
    {100, 0, true, 0},	  /* silence */
    {100, -50, true, 0},  /* the row heard more than memory */
    {100, 1, false, 101}, /* spoke a second later */
    {100, 100, false, 200}, {150, 49, true, 0}, {150, 50, true, 0},
    {150, 51, false, 151}, {100, 300, false, 400}, /* the clock went back */
};

static void
test_words(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(words); i++) {
		for (int interrupted = 0; interrupted < 2; interrupted++) {
			struct world *w = running();
			enum status s;

			if (interrupted)
				world_interrupt(w);
			s = w->x.status;
			world_at(w, words[i].now);
			world_timer(w, TIMER_HEARTBEAT, ms(words[i].word));
			assert_events(w, words[i].over ? "retrying" : "");
			if (!words[i].over) {
				assert_int_equal(w->x.status, s);
				assert_int_equal(w->x.due[TIMER_HEARTBEAT],
				    ms(words[i].due));
			}
			assert_int_equal(w->x.heartbeat_at, BEGIN);
			world_free(w);
		}
	}
}

/* Memory may know less than the row: a server that has just started. */
static void
test_row_knows_more(void **state)
{
	struct world *w = running();

	(void)state;
	world_at(w, 30);
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	world_at(w, 100);
	world_timer(w, TIMER_HEARTBEAT, ms(-50));
	assert_events(w, "");
	assert_due(w, "heartbeat 130 attempt 1000 total 2500");
	world_free(w);
}

/* What each timeout leaves behind, with and without another attempt. */
static const struct {
	enum timer timer;
	int64_t at;
	enum cause cause;
	const char *type, *message;
	bool again; /* another attempt follows, while there is one */
} timeouts[] = {
    {TIMER_HEARTBEAT, 100, CAUSE_HEARTBEAT_TIMEOUT, "HeartbeatTimeout",
	"No heartbeat within 100 seconds", true},
    {TIMER_ATTEMPT, 1000, CAUSE_ATTEMPT_TIMEOUT, "AttemptTimeout",
	"The attempt did not end within 1000 seconds", true},
    {TIMER_TOTAL, 2500, CAUSE_TOTAL_TIMEOUT, "TotalTimeout",
	"The execution did not end within 2500 seconds", false},
};

static void
test_timeouts(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(timeouts); i++) {
		for (int attempt = 1; attempt <= 2; attempt++) {
			struct world *w = running();
			bool again = timeouts[i].again && attempt == 1;
			int64_t begun = attempt == 1 ? 0 : 20;

			if (attempt == 2) {
				assert_true(world_report(w, say(REPORT_FAIL)));
				world_at(w, 20);
				world_timer(w, TIMER_READY, 0);
				assert_true(world_report(w,
				    say_step(REPORT_STEP_RUNNING, "a")));
			}
			if (timeouts[i].timer == TIMER_TOTAL)
				begun = 0;
			world_at(w, begun + timeouts[i].at - 1);
			world_timer(w, timeouts[i].timer, 0);
			assert_events(w, "");
			world_at(w, begun + timeouts[i].at);
			world_timer(w, timeouts[i].timer, 0);
			assert_events(w, again ? "retrying" : "timed_out");
			assert_int_equal(w->x.cause, timeouts[i].cause);
			assert_int_equal(w->x.failure, FAILURE_TIMEOUT);
			assert_text(world_member(w, w->x.error,
					MEMBER_ERROR_MESSAGE),
			    timeouts[i].message);
			assert_text(world_member(w, w->x.error,
					MEMBER_ERROR_TYPE),
			    timeouts[i].type);
			assert_int_equal(w->steps[0].status,
			    again ? STEP_RUNNING : STEP_FAILED);
			world_free(w);
		}
	}
}

/* A type that is not retried holds for timeouts, too. */
static void
test_timeout_not_retried(void **state)
{
	struct world *w = world_new("{'name':'n','retry':{"
				    "'non_retryable_errors':["
				    "'HeartbeatTimeout']}}",
	    "{}");

	(void)state;
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	world_at(w, 300);
	world_timer(w, TIMER_HEARTBEAT, 0);
	assert_events(w, "timed_out");
	world_free(w);
}

/* The limit of all attempts ends what waits, too. */
static void
test_total(void **state)
{
	struct world *w = world_new(retried, "{}");
	struct report r = say(REPORT_FAIL);

	(void)state;
	world_at(w, 2500);
	world_timer(w, TIMER_TOTAL, w->now);
	assert_events(w, "timed_out");
	assert_int_equal(w->steps[0].status, STEP_SKIPPED);
	world_free(w);
	w = running();
	r.retry_after_ms = 9000000;
	assert_true(world_report(w, r));
	assert_due(w, "retry 9000 total 2500");
	world_at(w, 2500);
	world_timer(w, TIMER_TOTAL, 0);
	assert_events(w, "timed_out");
	assert_due(w, "");
	world_free(w);
}

/* Being cancelled, only the grace still counts. */
static void
test_grace(void **state)
{
	struct world *w = running();

	(void)state;
	world_at(w, 90);
	assert_true(world_cancel(w));
	assert_due(w, "grace 120");
	assert_int_equal(w->x.cancel_at, w->now);
	assert_int_equal(w->x.heartbeat_at, BEGIN);
	world_at(w, 119);
	world_timer(w, TIMER_GRACE, 0);
	assert_events(w, "");
	world_at(w, 120);
	world_timer(w, TIMER_GRACE, 0);
	assert_events(w, "cancelled");
	assert_int_equal(w->x.cause, CAUSE_GRACE_OVER);
	assert_int_equal(w->x.cancel_at, ms(90));
	assert_int_equal(w->x.completed_at, w->now);
	assert_int_equal(w->steps[0].status, STEP_CANCELLED);
	assert_false(world_report(w, say(REPORT_COMPLETE)));
	assert_refused(w, REFUSAL_TERMINAL, "status");
	world_free(w);
}

/* What no worker holds needs no grace. */
static void
test_cancel_at_once(void **state)
{
	struct world *w = world_new(retried, "{}");

	(void)state;
	world_at(w, 5);
	assert_true(world_cancel(w));
	assert_events(w, "cancelled");
	assert_int_equal(w->x.cancel_at, w->now);
	assert_int_equal(w->x.completed_at, w->now);
	assert_int_equal(w->steps[0].status, STEP_CANCELLED);
	world_free(w);
}

static void
test_no_grace(void **state)
{
	struct world *w =
	    world_new("{'name':'n','cancel_grace_seconds':0}", "{}");

	(void)state;
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	assert_true(world_cancel(w));
	assert_events(w, "cancelling");
	assert_due(w, "grace 0");
	world_timer(w, TIMER_GRACE, 0);
	assert_events(w, "cancelled");
	world_free(w);
}

/* A revived attempt that has had its time ends with the next look. */
static void
test_revived_too_long(void **state)
{
	struct world *w = world_new("{'name':'n','timeout_seconds':310}", "{}");

	(void)state;
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	world_at(w, 309);
	world_timer(w, TIMER_HEARTBEAT, 0);
	world_at(w, 312);
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	assert_due(w, "heartbeat 612 attempt 310");
	world_timer(w, TIMER_ATTEMPT, w->now);
	assert_events(w, "retrying");
	assert_int_equal(w->x.cause, CAUSE_ATTEMPT_TIMEOUT);
	world_free(w);
}

/* ---- heartbeats ---- */

static const struct {
	enum status status;
	uint32_t attempt; /* the row's is 2 */
	int64_t age;	  /* ms since the row's last word */
	bool soft;
} soft[] = {
    {STATUS_RUNNING, 0, 0, true},
    {STATUS_RUNNING, 2, 0, true},
    {STATUS_RUNNING, 1, 0, false},
    {STATUS_RUNNING, 3, 0, false},
    {STATUS_RUNNING, 0, 24999, true},
    {STATUS_RUNNING, 0, 25000, false},
    {STATUS_RUNNING, 0, -5000, true},
    {STATUS_CANCELLING, 0, 0, true},
    {STATUS_CANCELLING, 0, 99999, true},
    {STATUS_CANCELLING, 1, 0, false},
    {STATUS_QUEUED, 0, 0, false},
    {STATUS_RETRYING, 0, 0, false},
    {STATUS_INTERRUPTED, 0, 0, false},
    {STATUS_COMPLETED, 0, 0, false},
    {STATUS_FAILED, 0, 0, false},
    {STATUS_TIMED_OUT, 0, 0, false},
    {STATUS_CANCELLED, 0, 0, false},
};

static void
test_soft(void **state)
{
	struct job *j = world_job(retried);

	(void)state;
	for (size_t i = 0; i < COUNT(soft); i++) {
		struct execution x = {.status = soft[i].status,
		    .attempt = 2,
		    .heartbeat_at = BEGIN};

		assert_int_equal(lifecycle_heartbeat_is_soft(&x, j,
				     soft[i].attempt, BEGIN + soft[i].age),
		    soft[i].soft);
	}
	job_free(j);
}

/* The row's own time follows every quarter, and with what is written. */
static void
test_quarter(void **state)
{
	struct world *w = running();

	(void)state;
	world_at(w, 24);
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	assert_int_equal(w->x.heartbeat_at, BEGIN);
	world_at(w, 25);
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	assert_int_equal(w->x.heartbeat_at, w->now);
	world_at(w, 26);
	assert_true(world_report(w, say(REPORT_LOG)));
	assert_int_equal(w->x.heartbeat_at, w->now);
	assert_int_equal(w->x.updated_at, BEGIN);
	assert_due(w, "heartbeat 100 attempt 1000 total 2500");
	world_free(w);
}

/* Only a word is a word: not a stop, nor what others ask for. */
static void
test_no_word(void **state)
{
	struct world *w = running();

	(void)state;
	world_at(w, 5);
	world_interrupt(w);
	assert_int_equal(w->x.heartbeat_at, BEGIN);
	assert_int_equal(w->x.updated_at, w->now);
	assert_due(w, "heartbeat 105 attempt 1000 total 2500");
	world_at(w, 6);
	assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	assert_int_equal(w->x.heartbeat_at, w->now);
	world_at(w, 7);
	world_cancel(w);
	assert_int_equal(w->x.heartbeat_at, ms(6));
	world_free(w);
}

/* ---- what needs steps ---- */

static void
test_needs_steps(void **state)
{
	struct report r[2] = {say(REPORT_HEARTBEAT), say(REPORT_LOG)};
	struct fence f = {0};

	(void)state;
	for (unsigned k = REPORT_HEARTBEAT; k <= REPORT_STEP_FAILED; k++) {
		r[1] = say((enum report_kind)k);
		assert_int_equal(lifecycle_needs_steps(r, 2, &f),
		    k >= REPORT_COMPLETE);
	}
	r[1] = say_step(REPORT_LOG, "a");
	assert_true(lifecycle_needs_steps(r, 2, &f));
	assert_false(lifecycle_needs_steps(r, 1, &f));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_row_knows_more),
	    cmocka_unit_test(test_timeouts),
	    cmocka_unit_test(test_timeout_not_retried),
	    cmocka_unit_test(test_total),
	    cmocka_unit_test(test_grace),
	    cmocka_unit_test(test_cancel_at_once),
	    cmocka_unit_test(test_no_grace),
	    cmocka_unit_test(test_revived_too_long),
	    cmocka_unit_test(test_soft),
	    cmocka_unit_test(test_quarter),
	    cmocka_unit_test(test_no_word),
	    cmocka_unit_test(test_needs_steps),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
