/*
 * What reports do, rule by rule: retries, late truth, repetition, lists.
 * Steps are in test_lifecycle_step.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/retry.h"
#include "tests/core/dies.h"
#include "tests/core/lifecycle.h"

static const char plain[] = "{'name':'n'," WAIT10 "," DIAMOND "}";

/* ---- retries ---- */

/* What is shown is what is stored is what happens. */
static void
test_backoff(void **state)
{
	struct world *w =
	    world_new("{'name':'n','retry':{'max_attempts':6,'jitter':0.5,"
		      "'initial_interval_ms':10000,'backoff_coefficient':3,"
		      "'max_interval_ms':200000}}",
		"{}");
	int64_t due, shortest = INT64_MAX;

	(void)state;
	for (uint32_t attempt = 1; attempt < 6; attempt++) {
		w->noise = attempt * UINT64_C(0x2222222222222222);
		accept(w, fails("E"));
		assert_int_equal(w->x.status, STATUS_RETRYING);
		due = w->x.due[TIMER_READY];
		assert_int_equal(w->journal[w->n - 1].due, due);
		assert_int_equal(due - w->now,
		    retry_delay(&w->job->retry, attempt, w->noise));
		if (due - w->now < shortest)
			shortest = due - w->now;
		w->now = due - 1;
		world_timer(w, TIMER_READY, 0);
		assert_int_equal(w->x.status, STATUS_RETRYING);
		w->now = due;
		world_timer(w, TIMER_READY, 0);
		assert_int_equal(w->x.status, STATUS_QUEUED);
		assert_int_equal(w->x.attempt, attempt + 1);
		assert_int_equal(w->x.attempt_started_at, 0);
		assert_true(w->x.started_at != 0);
	}
	assert_in_range(shortest, 5000, 9999);
	accept(w, fails("E"));
	assert_int_equal(w->x.status, STATUS_FAILED);
	assert_int_equal(w->x.attempt, 6);
	assert_int_equal(w->journal[w->n - 1].due, 0);
	world_free(w);
}

static const struct {
	const char *type;
	int8_t retryable;
	int64_t after_ms; /* -1: not said */
	const char *due;  /* NULL: no other attempt */
} retries[] = {
    {NULL, -1, -1, "retry 30"},
    {"Other", -1, -1, "retry 30"},
    {"Fatal", -1, -1, NULL},
    {"fatal", -1, -1, "retry 30"},
    {"Fatal", 1, -1, NULL}, /* what the definition says wins */
    {"Fatal", -1, 5000, NULL},
    {"Other", 0, -1, NULL},
    {"Other", 0, 5000, NULL},
    {"Other", 1, -1, "retry 30"},
    {"Other", -1, 5000, "retry 25"},
    {"Other", -1, 86400000, "retry 86420"},
    {"Other", -1, 0, "retry 20"},
};

/* Who decides whether and when to try again. */
static void
test_whether(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(retries); i++) {
		struct world *w = world_new(
		    "{'name':'n','retry':{'max_attempts':2,'jitter':0,"
		    "'initial_interval_ms':10000,"
		    "'non_retryable_errors':['Worse','Fatal']}}",
		    "{}");
		struct report r = fails(retries[i].type);

		r.retryable = retries[i].retryable;
		r.retry_after_ms = retries[i].after_ms;
		world_at(w, 20);
		accept(w, r);
		assert_int_equal(w->x.status,
		    retries[i].due == NULL ? STATUS_FAILED : STATUS_RETRYING);
		assert_due(w, retries[i].due == NULL ? "" : retries[i].due);
		world_free(w);
	}
}

/* A failure is put into the taxonomy, and forgotten with its attempt. */
static void
test_failure(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report r = fails("ConnectionError");

	(void)state;
	r.error_stack = SLICE("at line 1\n");
	accept(w, r);
	assert_int_equal(w->x.failure, FAILURE_DEPENDENCY);
	assert_text(world_member(w, w->x.error, MEMBER_ERROR_STACK),
	    "at line 1\n");
	assert_text(world_member(w, w->x.error, MEMBER_ERROR_TYPE),
	    "ConnectionError");
	world_at(w, 10);
	world_timer(w, TIMER_READY, 0);
	assert_int_equal(w->x.failure, FAILURE_DEPENDENCY);
	accept(w, say(REPORT_HEARTBEAT));
	assert_int_equal(w->x.failure, FAILURE_NONE);
	assert_int_equal(w->x.error.seq, 0);
	accept(w, fails("Odd"));
	assert_int_equal(w->x.failure, FAILURE_UNKNOWN);
	world_free(w);
}

/* ---- late truth ---- */

/* A plain job whose first attempt fell silent; ten seconds until the next. */
static struct world *
silent(void)
{
	struct world *w = world_new(plain, "{}");

	accept(w, say_step(REPORT_STEP_RUNNING, "a"));
	world_at(w, 300);
	world_timer(w, TIMER_HEARTBEAT, 0);
	assert_events(w, "retrying");
	world_at(w, 305);
	return w;
}

/* The worker was only slow: its attempt goes on where it was. */
static void
test_revived(void **state)
{
	struct world *w = silent();

	(void)state;
	assert_int_equal(w->x.failure, FAILURE_TIMEOUT);
	accept(w, say(REPORT_HEARTBEAT));
	assert_int_equal(w->x.status, STATUS_RUNNING);
	assert_int_equal(w->x.cause, CAUSE_REVIVED);
	assert_int_equal(w->x.attempt, 1);
	assert_int_equal(w->x.attempt_started_at, BEGIN);
	assert_int_equal(w->x.error.seq, 0);
	assert_due(w, "heartbeat 605");
	assert_steps(w, "running pending pending pending");
	accept(w, fails("E"));
	assert_int_equal(w->x.attempt, 1);
	assert_due(w, "retry 315");
	world_free(w);
}

/* Once the next attempt waits for a worker, the last one's word is stale. */
static void
test_too_late_to_revive(void **state)
{
	struct world *w = silent();
	struct report r = completes("1");

	(void)state;
	world_at(w, 310);
	world_timer(w, TIMER_READY, 0);
	assert_false(world_reports(w, &r, 1, 1));
	assert_refused(w, REFUSAL_STALE, "attempt");
	assert_events(w, "ignored");
	assert_int_equal(w->x.status, STATUS_QUEUED);
	assert_true(world_reports(w, &r, 1, 2));
	world_free(w);
}

/* After timeout_seconds only a complete is heard, and what it brings. */
static void
test_after_attempt_timeout(void **state)
{
	struct world *w = world_new("{'name':'n','timeout_seconds':100," WAIT10
				    "," DIAMOND "}",
	    "{}");
	struct report list[] = {say(REPORT_HEARTBEAT), say(REPORT_LOG),
	    say_step(REPORT_STEP_COMPLETED, "a"), completes("7")};

	(void)state;
	accept(w, list[0]);
	world_at(w, 100);
	world_timer(w, TIMER_ATTEMPT, w->now);
	assert_false(world_reports(w, list, 3, 0));
	assert_refused(w, REFUSAL_TERMINAL, "status");
	assert_string_equal(w->refusal.text,
	    "attempt 1 has timed out; its retry is waiting");
	assert_true(world_reports(w, list, 4, 0));
	assert_events(w,
	    "running, log, a completed, b ready, c ready, "
	    "completed, storage");
	assert_int_equal(w->x.started_at, BEGIN);
	world_free(w);
}

/* ---- said again ---- */

/* Nothing of it is used up, moved or overwritten. */
static void
test_fail_repeated(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct execution before;

	(void)state;
	accept(w, fails("First"));
	before = w->x;
	world_at(w, 5);
	accept(w, fails("Second"));
	assert_true(w->repeated);
	assert_events(w, "");
	assert_memory_equal(&w->x, &before, sizeof(before));
	world_free(w);
}

/* The report that ended it may be said again, by a client that retries. */
static void
test_final_repeated(void **state)
{
	struct world *w = world_new("{'name':'n'}", "{}");
	struct report list[] = {say(REPORT_LOG), completes("1")};

	(void)state;
	assert_true(world_reports(w, list, 2, 0));
	assert_said_again(w, completes("1"));
	assert_said_again(w, completes(NULL));
	assert_true(world_reports(w, list, 2, 1));
	assert_true(w->repeated);
	assert_events(w, "");
	assert_text(world_brief(w, &w->x.result, MEMBER_RESULT), "1");
	list[1] = fails("E");
	assert_false(world_reports(w, list, 2, 1));
	assert_refused(w, REFUSAL_TERMINAL, "status");
	world_free(w);
}

/* What a worker may say at the end of one being cancelled; its result. */
static const struct {
	enum report_kind kind;
	const char *result;
} outcomes[] = {
    {REPORT_COMPLETE, "7"},
    {REPORT_COMPLETE, NULL},
    {REPORT_FAIL, NULL},
    {REPORT_CANCEL, NULL},
};

static struct report
outcome(size_t i)
{
	struct report r = say(outcomes[i].kind);

	r.result = slice_str(outcomes[i].result);
	return r;
}

/* Its outcome is kept, its status is not; and it may be said again. */
static void
test_cancel_keeps_outcome(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(outcomes); i++) {
		struct world *w = world_new("{'name':'n'}", "{}");
		bool failed = outcomes[i].kind == REPORT_FAIL;
		bool result = outcomes[i].result != NULL;

		accept(w, say(REPORT_HEARTBEAT));
		assert_true(world_cancel(w));
		world_at(w, 10);
		accept(w, outcome(i));
		assert_int_equal(w->x.status, STATUS_CANCELLED);
		assert_int_equal(w->x.cause, CAUSE_REPORT);
		assert_int_equal(w->x.cancel_at, BEGIN);
		assert_int_equal(w->x.completed_at, w->now);
		assert_int_equal(w->x.result.at.seq != 0, result);
		assert_int_equal(w->x.error.seq != 0, failed);
		assert_said_again(w, outcome(i));
		assert_said_again(w, say(REPORT_CANCEL));
		assert_too_late(w, outcome(failed ? 0 : 2));
		assert_too_late(w, outcome(result ? 1 : 0));
		world_free(w);
	}
}

/* A step completed again changes nothing, but it is a word. */
static void
test_step_repeated(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report list[] = {hands_on("a", "{}"),
	    say_step(REPORT_STEP_RUNNING, "b")};

	(void)state;
	accept(w, hands_on("a", "{\"k\":1}"));
	assert_said_again(w, hands_on("a", "{\"k\":2}"));
	assert_ptr_equal(w->about, &w->steps[0]);
	assert_text(world_member(w, w->steps[0].artifacts, MEMBER_ARTIFACTS),
	    "{\"k\":1}");
	assert_true(world_reports(w, list, 2, 0));
	assert_false(w->repeated);
	assert_events(w, "b running");
	accept(w, say_step(REPORT_STEP_FAILED, "b"));
	assert_said_again(w, say_step(REPORT_STEP_FAILED, "b"));
	accept(w, fails("E"));
	world_at(w, 10);
	world_timer(w, TIMER_READY, 0);
	accept(w, hands_on("a", "{}"));
	assert_events(w, "running");
	assert_false(w->repeated);
	world_interrupt(w);
	accept(w, hands_on("a", "{}"));
	assert_events(w, "running");
	world_free(w);
}

/* ---- refused ---- */

static struct slice
reason(const struct world *w)
{
	return event_get(&w->journal[w->n - 1], MEMBER_REASON);
}

/* An attempt that is not the latest comes before every other rule. */
static void
test_stale(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report r[] = {say(REPORT_LOG), completes("1")};

	(void)state;
	assert_false(world_reports(w, r, 2, 2));
	assert_refused(w, REFUSAL_STALE, "attempt");
	assert_string_equal(w->refusal.text,
	    "attempt 2 is not the current one, which is 1");
	assert_events(w, "ignored");
	assert_text(reason(w),
	    "complete refused: attempt 2 is not the current "
	    "one, which is 1");
	assert_int_equal(w->x.status, STATUS_QUEUED);
	accept(w, r[1]);
	assert_false(world_reports(w, &r[1], 1, 2));
	assert_refused(w, REFUSAL_STALE, "attempt");
	r[0] = say(REPORT_HEARTBEAT);
	assert_false(world_reports(w, r, 1, 2));
	assert_events(w, "");
	assert_true(world_reports(w, &r[1], 1, 1));
	world_free(w);
}

/* A late report is named in the journal; the row only counts it. */
static void
test_ignored(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct execution before;
	struct report list[] = {say(REPORT_HEARTBEAT), say(REPORT_LOG),
	    say_step(REPORT_STEP_FAILED, "a")};

	(void)state;
	accept(w, completes(NULL));
	before = w->x;
	world_at(w, 9);
	assert_false(world_reports(w, list, 3, 0));
	assert_refused(w, REFUSAL_TERMINAL, "status");
	assert_events(w, "ignored");
	assert_text(reason(w),
	    "step failed refused: the execution is already completed");
	assert_int_equal(w->journal[w->n - 1].attempt, 1);
	before.tail.seq = w->n;
	before.nevents++;
	assert_memory_equal(&w->x, &before, sizeof(before));
	world_replay(w);
	world_free(w);
}

/* Everything or nothing, wherever in the list the fault is. */
static void
test_all_or_nothing(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report r[] = {say(REPORT_PROGRESS), say(REPORT_LOG),
	    hands_on("a", "{\"k\":1}"), say_step(REPORT_STEP_RUNNING, "d"),
	    say_step(REPORT_STEP_RUNNING, "b")};
	struct execution before = w->x;

	(void)state;
	r[0].percent = 30;
	for (unsigned i = 2; i < 5; i++) {
		r[i].field = "step_reports";
		r[i].index = i - 2;
	}
	assert_false(world_reports(w, r, 5, 0));
	assert_refused(w, REFUSAL_INVALID, "step_reports.1.status");
	assert_string_equal(w->refusal.text,
	    "the step depends on 'c', which is ready");
	assert_events(w, "");
	assert_memory_equal(&w->x, &before, sizeof(before));
	assert_steps(w, "ready pending pending pending");
	r[3] = r[4];
	assert_true(world_reports(w, r, 4, 0));
	assert_events(w,
	    "running, progress, log, a completed, a storage, b ready, "
	    "c ready, b running");
	assert_int_equal(w->x.percent, 30);
	assert_ptr_equal(w->about, &w->steps[1]);
	world_free(w);
}

static void
outcome_first(void *arg)
{
	struct report r[] = {completes(NULL), say(REPORT_LOG)};

	world_reports(arg, r, 2, 0);
}

static void
test_outcome_comes_last(void **state)
{
	struct world *w = world_new(plain, "{}");

	(void)state;
	assert_true(dies(outcome_first, w));
	world_free(w);
}

/* ---- progress and logs ---- */

/* What is not said stays as it was; rows point at who said it. */
static void
test_progress(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report r = say(REPORT_PROGRESS);

	(void)state;
	accept(w, r);
	assert_events(w, "running");
	r.percent = 40;
	r.step_name = SLICE("here");
	world_at(w, 1);
	accept(w, r);
	assert_int_equal(w->x.percent, 40);
	assert_int_equal(w->x.updated_at, w->now);
	assert_int_equal(w->x.heartbeat_at, w->now);
	r = say(REPORT_PROGRESS);
	r.step_index = 3;
	r.metadata = SLICE("{}");
	accept(w, r);
	assert_int_equal(w->x.percent, 40);
	assert_int_equal(w->x.step_index, 3);
	assert_text(world_brief(w, &w->x.step_name, MEMBER_STEP_NAME), "here");
	assert_text(world_brief(w, &w->x.metadata, MEMBER_METADATA), "{}");
	r = say(REPORT_PROGRESS);
	r.percent = 10;
	r.step_name = SLICE("");
	accept(w, r);
	assert_int_equal(w->x.percent, 10);
	assert_text(world_brief(w, &w->x.step_name, MEMBER_STEP_NAME), "");
	world_free(w);
}

static void
test_log(void **state)
{
	struct world *w = world_new(plain, "{}");
	struct report r[2] = {say(REPORT_LOG), say(REPORT_LOG)};
	const struct journal_event *ev;

	(void)state;
	accept(w, say(REPORT_HEARTBEAT));
	world_at(w, 1);
	r[0].log_data = SLICE("{\"k\": 1}");
	r[0].level = LEVEL_WARN;
	accept(w, r[0]);
	assert_int_equal(w->x.updated_at, BEGIN);
	ev = &w->journal[w->n - 1];
	assert_int_equal(ev->level, LEVEL_WARN);
	assert_int_equal(ev->step, EVENT_NO_STEP);
	assert_text(event_get(ev, MEMBER_MESSAGE), "m");
	assert_text(event_get(ev, MEMBER_LOG_DATA), "{\"k\": 1}");
	r[1].percent = 60;
	r[1].step = SLICE("c");
	assert_true(world_reports(w, r, 2, 0));
	assert_int_equal(w->journal[w->n - 1].step, 2);
	assert_int_equal(w->x.percent, 60);
	assert_int_equal(w->x.updated_at, w->now);
	r[1].step = SLICE("a");
	accept(w, r[1]);
	assert_int_equal(w->journal[w->n - 1].step, 0);
	r[1].step = SLICE("e");
	assert_false(world_report(w, r[1]));
	assert_refused(w, REFUSAL_INVALID, "execution_step_id");
	r[1].field = "logs";
	r[1].index = 1;
	assert_false(world_reports(w, r, 2, 0));
	assert_refused(w, REFUSAL_INVALID, "logs.1.execution_step_id");
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_whether),
	    cmocka_unit_test(test_failure),
	    cmocka_unit_test(test_revived),
	    cmocka_unit_test(test_too_late_to_revive),
	    cmocka_unit_test(test_after_attempt_timeout),
	    cmocka_unit_test(test_fail_repeated),
	    cmocka_unit_test(test_final_repeated),
	    cmocka_unit_test(test_cancel_keeps_outcome),
	    cmocka_unit_test(test_step_repeated),
	    cmocka_unit_test(test_stale),
	    cmocka_unit_test(test_ignored),
	    cmocka_unit_test(test_all_or_nothing),
	    cmocka_unit_test(test_outcome_comes_last),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_log),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
