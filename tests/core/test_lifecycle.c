/*
 * The lifecycle as a table: every status meets every report, timer, cancel
 * and interruption.  The rest of the rules are in test_lifecycle_report.c and
 * test_lifecycle_timer.c.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/core/lifecycle.h"

/* Retries wait ten seconds, and every timer is in use. */
static const char table_job[] =
    "{'name':'n','heartbeat_timeout_seconds':300,'timeout_seconds':1000,"
    "'total_timeout_seconds':10000,'cancel_grace_seconds':30,"
    "'retry':{'max_attempts':3,'initial_interval_ms':10000,'jitter':0,"
    "'backoff_coefficient':1},'steps':[{'name':'a'},"
    "{'name':'b','depends_on':['a']}]}";

/* Where a row begins; get_there() knows how. */
enum from {
	QUEUED,
	RUNNING,
	RETRYING,	   /* after a fail */
	RETRYING_SILENCE,  /* after a heartbeat timeout */
	RETRYING_TOO_LONG, /* after an attempt timeout */
	CANCELLING,
	INTERRUPTED,
	COMPLETED,
	FAILED,
	TIMED_OUT,
	CANCELLED,
	FROM_COUNT
};

/* What happens; timers fall due when they should, or at once if unarmed. */
enum act {
	HEARTBEAT = REPORT_HEARTBEAT,
	PROGRESS = REPORT_PROGRESS,
	LOG = REPORT_LOG,
	COMPLETE = REPORT_COMPLETE,
	FAIL = REPORT_FAIL,
	CANCEL = REPORT_CANCEL,
	STEP_RUN = REPORT_STEP_RUNNING,
	STEP_PROGRESS = REPORT_STEP_PROGRESS,
	STEP_DONE = REPORT_STEP_COMPLETED,
	STEP_FAIL = REPORT_STEP_FAILED,
	DUE_HEARTBEAT,
	DUE_RETRY,
	DUE_ATTEMPT,
	DUE_TOTAL,
	DUE_GRACE,
	ASKED_TO_CANCEL,
	UNCLEAN_STOP,
	ACT_COUNT
};

/* ---- what comes of it ---- */

enum answer { ACCEPTED, REPEATED, TOO_LATE };

struct row {
	enum answer answer;
	const char *events; /* in order */
	const char *is;	    /* status and cause afterwards */
	const char *due;    /* the deadlines, in seconds */
};

/* Deadlines while a worker holds it. */
#define STARTED "heartbeat 455 attempt 1155 total 10000"
#define RUNS "heartbeat 400 attempt 1100 total 10000"
#define REVIVED "heartbeat 705 attempt 1100 total 10000"
#define PAUSED "heartbeat 450 attempt 1100 total 10000"
#define RESUMED "heartbeat 455 attempt 1100 total 10000"

static const struct row table[FROM_COUNT][ACT_COUNT] =
    {
	[QUEUED] =
	    {
		[HEARTBEAT] = {ACCEPTED, "running", "running report", STARTED},
		[PROGRESS] = {ACCEPTED, "running, progress", "running report",
		    STARTED},
		[LOG] = {ACCEPTED, "running, log", "running report", STARTED},
		[COMPLETE] = {ACCEPTED, "running, completed",
		    "completed report", ""},
		[FAIL] = {ACCEPTED, "running, retrying", "retrying report",
		    "retry 165 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelled", "cancelled request", ""},
		[STEP_RUN] = {ACCEPTED, "running, a running", "running report",
		    STARTED},
		[STEP_PROGRESS] = {ACCEPTED, "running, a running",
		    "running report", STARTED},
		[STEP_DONE] = {ACCEPTED, "running, a completed, b ready",
		    "running report", STARTED},
		[STEP_FAIL] = {ACCEPTED, "running, a failed", "running report",
		    STARTED},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "queued request",
		    "total 10000"},
		[DUE_RETRY] = {ACCEPTED, "", "queued request", "total 10000"},
		[DUE_ATTEMPT] = {ACCEPTED, "", "queued request", "total 10000"},
		[DUE_TOTAL] =
		    {ACCEPTED, "timed_out", "timed_out total_timeout", ""},
		[DUE_GRACE] = {ACCEPTED, "", "queued request", "total 10000"},
		[ASKED_TO_CANCEL] =
		    {ACCEPTED, "cancelled", "cancelled request", ""},
		[UNCLEAN_STOP] =
		    {ACCEPTED, "", "queued request", "total 10000"},
	    },
	[RUNNING] =
	    {
		[HEARTBEAT] = {ACCEPTED, "", "running report", RUNS},
		[PROGRESS] = {ACCEPTED, "progress", "running report", RUNS},
		[LOG] = {ACCEPTED, "log", "running report", RUNS},
		[COMPLETE] = {ACCEPTED, "completed", "completed report", ""},
		[FAIL] = {ACCEPTED, "retrying", "retrying report",
		    "retry 165 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelling", "cancelling request",
		    "grace 185"},
		[STEP_RUN] = {ACCEPTED, "a running", "running report", RUNS},
		[STEP_PROGRESS] = {ACCEPTED, "a running", "running report",
		    RUNS},
		[STEP_DONE] =
		    {ACCEPTED, "a completed, b ready", "running report", RUNS},
		[STEP_FAIL] = {ACCEPTED, "a failed", "running report", RUNS},
		[DUE_HEARTBEAT] =
		    {ACCEPTED, "retrying", "retrying heartbeat_timeout",
			"retry 410 total 10000"},
		[DUE_RETRY] = {ACCEPTED, "", "running report", RUNS},
		[DUE_ATTEMPT] =
		    {ACCEPTED, "retrying", "retrying attempt_timeout",
			"retry 1110 total 10000"},
		[DUE_TOTAL] =
		    {ACCEPTED, "timed_out", "timed_out total_timeout", ""},
		[DUE_GRACE] = {ACCEPTED, "", "running report", RUNS},
		[ASKED_TO_CANCEL] =
		    {ACCEPTED, "cancelling", "cancelling request", "grace 185"},
		[UNCLEAN_STOP] =
		    {ACCEPTED, "interrupted", "interrupted unclean_stop",
			RESUMED},
	    },
	[RETRYING] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "retrying report",
		    "retry 160 total 10000"},
		[PROGRESS] = {TOO_LATE, "ignored", "retrying report",
		    "retry 160 total 10000"},
		[LOG] = {TOO_LATE, "ignored", "retrying report",
		    "retry 160 total 10000"},
		[COMPLETE] = {TOO_LATE, "ignored", "retrying report",
		    "retry 160 total 10000"},
		[FAIL] = {REPEATED, "", "retrying report",
		    "retry 160 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelled", "cancelled request", ""},
		[STEP_RUN] =
		    {TOO_LATE, "ignored", "retrying report",
			"retry 160 total 10000"},
		[STEP_PROGRESS] =
		    {TOO_LATE, "ignored", "retrying report",
			"retry 160 total 10000"},
		[STEP_DONE] =
		    {TOO_LATE, "ignored", "retrying report",
			"retry 160 total 10000"},
		[STEP_FAIL] =
		    {TOO_LATE, "ignored", "retrying report",
			"retry 160 total 10000"},
		[DUE_HEARTBEAT] =
		    {ACCEPTED, "", "retrying report", "retry 160 total 10000"},
		[DUE_RETRY] =
		    {ACCEPTED, "queued, a ready", "queued retry_due",
			"total 10000"},
		[DUE_ATTEMPT] =
		    {ACCEPTED, "", "retrying report", "retry 160 total 10000"},
		[DUE_TOTAL] =
		    {ACCEPTED, "timed_out", "timed_out total_timeout", ""},
		[DUE_GRACE] =
		    {ACCEPTED, "", "retrying report", "retry 160 total 10000"},
		[ASKED_TO_CANCEL] =
		    {ACCEPTED, "cancelled", "cancelled request", ""},
		[UNCLEAN_STOP] =
		    {ACCEPTED, "", "retrying report", "retry 160 total 10000"},
	    },
	[RETRYING_SILENCE] =
	    {
		[HEARTBEAT] = {ACCEPTED, "running", "running revived", REVIVED},
		[PROGRESS] = {ACCEPTED, "running, progress", "running revived",
		    REVIVED},
		[LOG] = {ACCEPTED, "running, log", "running revived", REVIVED},
		[COMPLETE] = {ACCEPTED, "running, completed",
		    "completed report", ""},
		[FAIL] = {ACCEPTED, "running, retrying", "retrying report",
		    "retry 415 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelled", "cancelled request", ""},
		[STEP_RUN] = {ACCEPTED, "running, a running", "running revived",
		    REVIVED},
		[STEP_PROGRESS] = {ACCEPTED, "running, a running",
		    "running revived", REVIVED},
		[STEP_DONE] = {ACCEPTED, "running, a completed, b ready",
		    "running revived", REVIVED},
		[STEP_FAIL] = {ACCEPTED, "running, a failed", "running revived",
		    REVIVED},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "retrying heartbeat_timeout",
		    "retry 410 total 10000"},
		[DUE_RETRY] = {ACCEPTED, "queued, a ready", "queued retry_due",
		    "total 10000"},
		[DUE_ATTEMPT] = {ACCEPTED, "", "retrying heartbeat_timeout",
		    "retry 410 total 10000"},
		[DUE_TOTAL] = {ACCEPTED, "timed_out", "timed_out total_timeout",
		    ""},
		[DUE_GRACE] = {ACCEPTED, "", "retrying heartbeat_timeout",
		    "retry 410 total 10000"},
		[ASKED_TO_CANCEL] = {ACCEPTED, "cancelled", "cancelled request",
		    ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "retrying heartbeat_timeout",
		    "retry 410 total 10000"},
	    },
	[RETRYING_TOO_LONG] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[PROGRESS] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[LOG] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[COMPLETE] = {ACCEPTED, "running, completed",
		    "completed report", ""},
		[FAIL] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelled", "cancelled request", ""},
		[STEP_RUN] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[STEP_PROGRESS] = {TOO_LATE, "ignored",
		    "retrying attempt_timeout", "retry 1110 total 10000"},
		[STEP_DONE] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[STEP_FAIL] = {TOO_LATE, "ignored", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[DUE_RETRY] = {ACCEPTED, "queued, a ready", "queued retry_due",
		    "total 10000"},
		[DUE_ATTEMPT] = {ACCEPTED, "", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[DUE_TOTAL] = {ACCEPTED, "timed_out", "timed_out total_timeout",
		    ""},
		[DUE_GRACE] = {ACCEPTED, "", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
		[ASKED_TO_CANCEL] = {ACCEPTED, "cancelled", "cancelled request",
		    ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "retrying attempt_timeout",
		    "retry 1110 total 10000"},
	    },
	[CANCELLING] =
	    {
		[HEARTBEAT] = {ACCEPTED, "", "cancelling request", "grace 180"},
		[PROGRESS] = {ACCEPTED, "progress", "cancelling request",
		    "grace 180"},
		[LOG] = {ACCEPTED, "log", "cancelling request", "grace 180"},
		[COMPLETE] = {ACCEPTED, "cancelled", "cancelled report", ""},
		[FAIL] = {ACCEPTED, "cancelled", "cancelled report", ""},
		[CANCEL] = {ACCEPTED, "cancelled", "cancelled report", ""},
		[STEP_RUN] = {ACCEPTED, "a running", "cancelling request",
		    "grace 180"},
		[STEP_PROGRESS] = {ACCEPTED, "a running", "cancelling request",
		    "grace 180"},
		[STEP_DONE] = {ACCEPTED, "a completed, b ready",
		    "cancelling request", "grace 180"},
		[STEP_FAIL] = {ACCEPTED, "a failed", "cancelling request",
		    "grace 180"},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "cancelling request",
		    "grace 180"},
		[DUE_RETRY] = {ACCEPTED, "", "cancelling request", "grace 180"},
		[DUE_ATTEMPT] =
		    {ACCEPTED, "", "cancelling request", "grace 180"},
		[DUE_TOTAL] = {ACCEPTED, "", "cancelling request", "grace 180"},
		[DUE_GRACE] =
		    {ACCEPTED, "cancelled", "cancelled grace_over", ""},
		[ASKED_TO_CANCEL] =
		    {REPEATED, "", "cancelling request", "grace 180"},
		[UNCLEAN_STOP] =
		    {ACCEPTED, "", "cancelling request", "grace 180"},
	    },
	[INTERRUPTED] =
	    {
		[HEARTBEAT] = {ACCEPTED, "running", "running report", RESUMED},
		[PROGRESS] = {ACCEPTED, "running, progress", "running report",
		    RESUMED},
		[LOG] = {ACCEPTED, "running, log", "running report", RESUMED},
		[COMPLETE] = {ACCEPTED, "running, completed",
		    "completed report", ""},
		[FAIL] = {ACCEPTED, "running, retrying", "retrying report",
		    "retry 165 total 10000"},
		[CANCEL] = {ACCEPTED, "cancelling", "cancelling request",
		    "grace 185"},
		[STEP_RUN] = {ACCEPTED, "running, a running", "running report",
		    RESUMED},
		[STEP_PROGRESS] = {ACCEPTED, "running, a running",
		    "running report", RESUMED},
		[STEP_DONE] = {ACCEPTED, "running, a completed, b ready",
		    "running report", RESUMED},
		[STEP_FAIL] = {ACCEPTED, "running, a failed", "running report",
		    RESUMED},
		[DUE_HEARTBEAT] = {ACCEPTED, "retrying",
		    "retrying heartbeat_timeout", "retry 460 total 10000"},
		[DUE_RETRY] = {ACCEPTED, "", "interrupted unclean_stop",
		    PAUSED},
		[DUE_ATTEMPT] =
		    {ACCEPTED, "retrying", "retrying attempt_timeout",
			"retry 1110 total 10000"},
		[DUE_TOTAL] =
		    {ACCEPTED, "timed_out", "timed_out total_timeout", ""},
		[DUE_GRACE] =
		    {ACCEPTED, "", "interrupted unclean_stop", PAUSED},
		[ASKED_TO_CANCEL] =
		    {ACCEPTED, "cancelling", "cancelling request", "grace 185"},
		[UNCLEAN_STOP] =
		    {ACCEPTED, "", "interrupted unclean_stop", PAUSED},
	    },
	[COMPLETED] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "completed report", ""},
		[PROGRESS] = {TOO_LATE, "ignored", "completed report", ""},
		[LOG] = {TOO_LATE, "ignored", "completed report", ""},
		[COMPLETE] = {REPEATED, "", "completed report", ""},
		[FAIL] = {TOO_LATE, "ignored", "completed report", ""},
		[CANCEL] = {TOO_LATE, "ignored", "completed report", ""},
		[STEP_RUN] = {TOO_LATE, "ignored", "completed report", ""},
		[STEP_PROGRESS] = {TOO_LATE, "ignored", "completed report", ""},
		[STEP_DONE] = {TOO_LATE, "ignored", "completed report", ""},
		[STEP_FAIL] = {TOO_LATE, "ignored", "completed report", ""},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "completed report", ""},
		[DUE_RETRY] = {ACCEPTED, "", "completed report", ""},
		[DUE_ATTEMPT] = {ACCEPTED, "", "completed report", ""},
		[DUE_TOTAL] = {ACCEPTED, "", "completed report", ""},
		[DUE_GRACE] = {ACCEPTED, "", "completed report", ""},
		[ASKED_TO_CANCEL] = {TOO_LATE, "", "completed report", ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "completed report", ""},
	    },
	[FAILED] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "failed report", ""},
		[PROGRESS] = {TOO_LATE, "ignored", "failed report", ""},
		[LOG] = {TOO_LATE, "ignored", "failed report", ""},
		[COMPLETE] = {TOO_LATE, "ignored", "failed report", ""},
		[FAIL] = {REPEATED, "", "failed report", ""},
		[CANCEL] = {TOO_LATE, "ignored", "failed report", ""},
		[STEP_RUN] = {TOO_LATE, "ignored", "failed report", ""},
		[STEP_PROGRESS] = {TOO_LATE, "ignored", "failed report", ""},
		[STEP_DONE] = {TOO_LATE, "ignored", "failed report", ""},
		[STEP_FAIL] = {TOO_LATE, "ignored", "failed report", ""},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "failed report", ""},
		[DUE_RETRY] = {ACCEPTED, "", "failed report", ""},
		[DUE_ATTEMPT] = {ACCEPTED, "", "failed report", ""},
		[DUE_TOTAL] = {ACCEPTED, "", "failed report", ""},
		[DUE_GRACE] = {ACCEPTED, "", "failed report", ""},
		[ASKED_TO_CANCEL] = {TOO_LATE, "", "failed report", ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "failed report", ""},
	    },
	[TIMED_OUT] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "timed_out total_timeout", ""},
		[PROGRESS] = {TOO_LATE, "ignored", "timed_out total_timeout",
		    ""},
		[LOG] = {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[COMPLETE] =
		    {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[FAIL] = {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[CANCEL] = {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[STEP_RUN] =
		    {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[STEP_PROGRESS] =
		    {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[STEP_DONE] =
		    {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[STEP_FAIL] =
		    {TOO_LATE, "ignored", "timed_out total_timeout", ""},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "timed_out total_timeout", ""},
		[DUE_RETRY] = {ACCEPTED, "", "timed_out total_timeout", ""},
		[DUE_ATTEMPT] = {ACCEPTED, "", "timed_out total_timeout", ""},
		[DUE_TOTAL] = {ACCEPTED, "", "timed_out total_timeout", ""},
		[DUE_GRACE] = {ACCEPTED, "", "timed_out total_timeout", ""},
		[ASKED_TO_CANCEL] =
		    {TOO_LATE, "", "timed_out total_timeout", ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "timed_out total_timeout", ""},
	    },
	[CANCELLED] =
	    {
		[HEARTBEAT] = {TOO_LATE, "", "cancelled request", ""},
		[PROGRESS] = {TOO_LATE, "ignored", "cancelled request", ""},
		[LOG] = {TOO_LATE, "ignored", "cancelled request", ""},
		[COMPLETE] = {TOO_LATE, "ignored", "cancelled request", ""},
		[FAIL] = {TOO_LATE, "ignored", "cancelled request", ""},
		[CANCEL] = {REPEATED, "", "cancelled request", ""},
		[STEP_RUN] = {TOO_LATE, "ignored", "cancelled request", ""},
		[STEP_PROGRESS] = {TOO_LATE, "ignored", "cancelled request",
		    ""},
		[STEP_DONE] = {TOO_LATE, "ignored", "cancelled request", ""},
		[STEP_FAIL] = {TOO_LATE, "ignored", "cancelled request", ""},
		[DUE_HEARTBEAT] = {ACCEPTED, "", "cancelled request", ""},
		[DUE_RETRY] = {ACCEPTED, "", "cancelled request", ""},
		[DUE_ATTEMPT] = {ACCEPTED, "", "cancelled request", ""},
		[DUE_TOTAL] = {ACCEPTED, "", "cancelled request", ""},
		[DUE_GRACE] = {ACCEPTED, "", "cancelled request", ""},
		[ASKED_TO_CANCEL] = {TOO_LATE, "", "cancelled request", ""},
		[UNCLEAN_STOP] = {ACCEPTED, "", "cancelled request", ""},
	    },
};

/* An execution that got there, five seconds later. */
static struct world *
get_there(enum from from)
{
	struct world *w = world_new(table_job, "{}");
	struct report fail = say(REPORT_FAIL);

	world_at(w, 100);
	if (from != QUEUED && from != CANCELLED)
		assert_true(world_report(w, say(REPORT_HEARTBEAT)));
	world_at(w, 150);
	fail.retryable = from == RETRYING;
	switch (from) {
	case RETRYING:
	case FAILED:
		assert_true(world_report(w, fail));
		break;
	case RETRYING_SILENCE:
		world_at(w, 400);
		world_timer(w, TIMER_HEARTBEAT, 0);
		break;
	case RETRYING_TOO_LONG:
		world_at(w, 1100);
		world_timer(w, TIMER_ATTEMPT, w->now);
		break;
	case CANCELLING:
	case CANCELLED:
		assert_true(world_cancel(w));
		break;
	case INTERRUPTED:
		world_interrupt(w);
		break;
	case COMPLETED:
		assert_true(world_report(w, say(REPORT_COMPLETE)));
		break;
	case TIMED_OUT:
		world_at(w, 10000);
		world_timer(w, TIMER_TOTAL, w->now);
		break;
	default:
		break;
	}
	w->now += 5000;
	return w;
}

static void
act(struct world *w, enum act a)
{
	enum timer t = (enum timer)(a - DUE_HEARTBEAT);

	if (a == ASKED_TO_CANCEL)
		world_cancel(w);
	else if (a == UNCLEAN_STOP)
		world_interrupt(w);
	else if (a >= STEP_RUN && a <= STEP_FAIL)
		world_report(w, say_step((enum report_kind)a, "a"));
	else if (a == PROGRESS) {
		struct report r = say(REPORT_PROGRESS);

		r.percent = 50;
		world_report(w, r);
	} else if (a < DUE_HEARTBEAT)
		world_report(w, say((enum report_kind)a));
	else {
		if (w->x.due[t] != 0)
			w->now = w->x.due[t];
		world_timer(w, t, 0);
	}
}

static enum answer
answer(const struct world *w)
{
	if (w->ok)
		return w->repeated ? REPEATED : ACCEPTED;
	assert_refused(w, REFUSAL_TERMINAL, "status");
	return TOO_LATE;
}

/* Every status meets everything. */
static void
test_table(void **state)
{
	(void)state;
	for (unsigned from = 0; from < FROM_COUNT; from++) {
		for (unsigned a = 0; a < ACT_COUNT; a++) {
			struct world *w = get_there((enum from)from);
			const struct row *want = &table[from][a];
			char is[80], events[200], due[200];

			act(w, (enum act)a);
			snprintf(is, sizeof(is), "%s %s",
			    status_name(w->x.status),
			    execution_cause_name(w->x.cause));
			world_events(w, events);
			world_due(w, due);
			if (answer(w) != want->answer ||
			    strcmp(events, want->events) != 0 ||
			    strcmp(is, want->is) != 0 ||
			    strcmp(due, want->due) != 0)
				fail_msg("row %u, act %u: %d \"%s\" \"%s\" "
					 "\"%s\"",
				    from, a, answer(w), events, is, due);
			world_free(w);
		}
	}
}

/* ---- beginnings ---- */

/* What waits for nothing is ready at once, its input fixed. */
static void
test_create(void **state)
{
	struct world *w = world_new(
	    "{'name':'n','priority':7,'steps':[{'name':'b','depends_on':['a']},"
	    "{'name':'a'},{'name':'c','input_mapping':"
	    "{'y':'job.input_params.x'}}]}",
	    "{\"x\": 1.0}");
	const struct execution *x = &w->x;

	(void)state;
	assert_events(w, "created, a ready, c ready");
	assert_due(w, "");
	assert_int_equal(x->status, STATUS_QUEUED);
	assert_int_equal(x->cause, CAUSE_REQUEST);
	assert_int_equal(x->attempt, 1);
	assert_int_equal(x->created_at, w->now);
	assert_int_equal(x->updated_at, w->now);
	assert_int_equal(x->started_at, 0);
	assert_int_equal(x->percent, EVENT_NO_PERCENT);
	assert_int_equal(x->step_index, EVENT_NO_INDEX);
	assert_int_equal(x->created.seq, 1);
	assert_int_equal(w->steps[0].status, STEP_PENDING);
	assert_int_equal(w->steps[0].input.seq, 0);
	assert_int_equal(w->steps[0].attempt, 1);
	assert_int_equal(w->steps[0].percent, EVENT_NO_PERCENT);
	assert_int_equal(w->steps[0].updated_at, w->now);
	assert_int_equal(w->steps[1].input.seq, 1);
	assert_text(world_member(w, w->steps[1].input, MEMBER_INPUT),
	    "{\"x\": 1.0}");
	assert_text(world_member(w, w->steps[2].input, MEMBER_INPUT),
	    "{\"y\":1.0}");
	world_free(w);
}

/* No steps, no input, no timer: the least there can be. */
static void
test_least(void **state)
{
	struct world *w = world_new("{'name':'n'}", NULL);

	(void)state;
	assert_events(w, "created");
	assert_true(world_report(w, say(REPORT_COMPLETE)));
	assert_events(w, "running, completed");
	assert_int_equal(w->x.percent, 100);
	assert_int_equal(w->x.result.at.seq, 0);
	world_free(w);
}

/* A trigger that would make an input too large makes nothing. */
static void
test_create_too_large(void **state)
{
	struct world *w = mem_zalloc(sizeof(*w));
	size_t most = (MAPPING_INPUT_MAX - strlen("{'k':,'K':}")) / 2;
	char *input = world_string(most + 1);

	(void)state;
	w->job = world_job("{'name':'n','steps':[{'name':'a'},{'name':'b',"
			   "'input_mapping':{'k':'job.input_params',"
			   "'K':'job.input_params'}}]}");
	world_at(w, 0);
	assert_false(world_create(w, input));
	assert_refused(w, REFUSAL_INVALID, "input_params");
	assert_string_equal(w->refusal.text,
	    "would make the input of steps.1 larger than 8 MiB, or take "
	    "too much reading");
	assert_int_equal(w->n, 0);
	free(input);
	input = world_string(most);
	assert_true(world_create(w, input));
	assert_events(w, "created, a ready, b ready");
	free(input);
	world_free(w);
}

/* Labels are a whole set, and the row points at the last one. */
static void
test_tags(void **state)
{
	struct world *w = world_new("{'name':'n'}", "{}");
	struct journal_event ev = event_make(EVENT_TAGS);
	struct execution x = w->x;

	(void)state;
	ev.seq = 9;
	ev.at = w->now + 1;
	event_add_member(&ev, MEMBER_TAGS, SLICE("{}"));
	lifecycle_apply(w->job, &ev, &x, NULL);
	assert_int_equal(x.tags.at.seq, 9);
	assert_int_equal(x.updated_at, ev.at);
	assert_int_equal(x.status, STATUS_QUEUED);
	ev = event_make(EVENT_CREATED);
	ev.seq = 3;
	event_add_member(&ev, MEMBER_TAGS, SLICE("{}"));
	lifecycle_apply(w->job, &ev, &x, NULL);
	assert_int_equal(x.tags.at.seq, 3);
	world_free(w);
}

/* ---- random lives ---- */

static const char *const lives[] = {
    table_job,
    "{'name':'n','steps':[]}",
    "{'name':'n','auto_complete':true,'retry':{'max_attempts':2,"
    "'initial_interval_ms':0},'heartbeat_timeout_seconds':20,"
    "'steps':[{'name':'a'},{'name':'b'}]}",
    "{'name':'n','auto_complete':true,'cancel_grace_seconds':0,"
    "'timeout_seconds':60,'retry':{'max_attempts':1},"
    "'steps':[{'name':'a'}]}",
    "{'name':'n','auto_complete':true,'timeout_seconds':100,"
    "'heartbeat_timeout_seconds':40,'retry':{'max_attempts':9,"
    "'initial_interval_ms':1000,'jitter':1,'max_interval_ms':90000,"
    "'non_retryable_errors':['Fatal']},"
    "'steps':[{'name':'d','depends_on':['b','c'],'input_mapping':"
    "{'p':'b.artifacts','q':'c.result_data.k','r':'a.artifacts.k.0'}},"
    "{'name':'c','depends_on':['a']},{'name':'b','depends_on':['a']},"
    "{'name':'a'},{'name':'e','depends_on':['d','c']}]}",
};

static uint64_t
draw(uint64_t *seed)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 7;
	*seed ^= *seed << 17;
	return *seed;
}

/* One of the values, or nothing. */
static struct slice
draw_json(uint64_t *seed)
{
	static const char *const values[] = {NULL, NULL, "{}", "{\"k\":[1.50]}",
	    "[0,1]", "{\"k\":{\"k\":null}}", "7"};

	return slice_str(values[draw(seed) % 7]);
}

static struct report
draw_report(uint64_t *seed, bool last)
{
	static const char *const steps[] = {"a", "b", "c", "d", "e", "a", "b"};
	enum report_kind kind;
	struct report r;

	do
		kind = (enum report_kind)(draw(seed) % 10);
	while (kind >= REPORT_COMPLETE && kind <= REPORT_CANCEL &&
	    (!last || draw(seed) % 3 != 0));
	r = kind >= REPORT_STEP_RUNNING ? say_step(kind, steps[draw(seed) % 7])
					: say(kind);
	if (draw(seed) % 2 == 0)
		r.percent = (uint8_t)(draw(seed) % 101);
	r.metadata = draw_json(seed);
	r.result = draw_json(seed);
	r.artifacts = draw_json(seed);
	r.checkpoint = draw_json(seed);
	r.log_data = draw_json(seed);
	if (draw(seed) % 4 == 0)
		r.step_name = SLICE("here");
	if (draw(seed) % 4 == 0)
		r.error_type = SLICE("Fatal");
	r.retryable = (int8_t)(draw(seed) % 8) - 1 > 0 ? 1 : -1;
	if (draw(seed) % 4 == 0)
		r.retry_after_ms = (int64_t)(draw(seed) % 5) * 1000;
	return r;
}

/* Whatever is due by now has its effect, the earliest first. */
static void
fire(struct world *w, int64_t word)
{
	int64_t end = w->now;

	for (;;) {
		unsigned first = TIMER_COUNT;

		for (unsigned t = 0; t < TIMER_COUNT; t++)
			if (w->x.due[t] != 0 && w->x.due[t] <= end &&
			    (first == TIMER_COUNT ||
				w->x.due[t] < w->x.due[first]))
				first = t;
		if (first == TIMER_COUNT)
			break;
		world_timer(w, (enum timer)first, word);
	}
}

/* The last claims, current or long over. */
struct claims {
	struct fence f[8];
	unsigned n;
};

/* Somebody asks for work, and may not get as far as hearing of it. */
static void
claim(struct world *w, uint64_t *seed, struct claims *c)
{
	struct fence *f = &c->f[c->n % 8];
	unsigned i = (unsigned)(draw(seed) % (w->x.nsteps + 1u));
	int64_t lease = (int64_t)(draw(seed) % 3) * 7000;

	if (i == w->x.nsteps && execution_is_ready(&w->x))
		*f = world_claim(w, -1, lease);
	else if (i < w->x.nsteps && w->steps[i].status == STEP_READY &&
	    (execution_is_ready(&w->x) ||
		execution_is_step_ready(&w->x, &w->steps[i])))
		*f = world_claim(w, (int)i, lease);
	else
		return;
	c->n++;
	if (draw(seed) % 5 == 0)
		world_give_back(w, f);
}

/* What a worker shows: nothing, an attempt, or a claim, of now or of old. */
static struct fence
draw_fence(uint64_t *seed, const struct claims *c)
{
	if (c->n > 0 && draw(seed) % 2 == 0)
		return c->f[draw(seed) % (c->n < 8 ? c->n : 8)];
	if (draw(seed) % 3 == 0)
		return (struct fence){.attempt = (uint32_t)(draw(seed) % 4)};
	return (struct fence){0};
}

static void
live(struct world *w, uint64_t *seed, struct claims *c)
{
	int64_t word = w->now;
	struct report r[4];
	struct fence f;
	unsigned n;

	w->noise = draw(seed);
	w->now += (int64_t)(draw(seed) % (draw(seed) % 8 == 0 ? 90000 : 9000));
	if (draw(seed) % 2 == 0)
		word = w->now;
	fire(w, word);
	if (draw(seed) % 40 == 0)
		world_cancel(w);
	if (draw(seed) % 20 == 0)
		world_interrupt(w);
	if (draw(seed) % 2 == 0)
		claim(w, seed, c);
	n = 1 + (unsigned)(draw(seed) % 4);
	for (unsigned i = 0; i < n; i++)
		r[i] = draw_report(seed, i + 1 == n);
	f = draw_fence(seed, c);
	world_fenced(w, r, n, &f);
}

/* What events say of themselves is what was so. */
static void
check_journal(const struct world *w)
{
	struct execution x = {.nsteps = w->x.nsteps};
	struct step steps[WORLD_STEPS] = {0};

	for (unsigned i = 0; i < w->n; i++) {
		const struct journal_event *ev = &w->journal[i];

		assert_true(uuid_eq(&ev->execution, &w->x.id));
		assert_int_equal(ev->prev, i);
		assert_int_equal(ev->nth, i + 1);
		if (ev->type != EVENT_STEP)
			assert_int_equal(ev->cause != 0,
			    ev->type == EVENT_STATUS || i == 0);
		assert_int_equal(ev->attempt,
		    x.attempt +
			(i == 0 ||
			    (ev->type == EVENT_STATUS &&
				ev->status == STATUS_QUEUED &&
				ev->cause != CAUSE_GIVEN_BACK)));
		if (ev->type == EVENT_STATUS)
			assert_int_equal(ev->previous, x.status);
		else if (ev->type == EVENT_STEP)
			assert_int_equal(ev->previous, steps[ev->step].status);
		else
			assert_int_equal(ev->previous, 0);
		lifecycle_apply(w->job, ev, &x, steps);
		if (ev->type == EVENT_STATUS || i == 0)
			assert_int_equal(ev->status, x.status);
	}
}

/* Whatever happens, the rows hold together and the journal tells them. */
static void
test_random(void **state)
{
	unsigned ends[STATUS_COUNT] = {0};
	uint64_t seed = UINT64_C(0x9e3779b97f4a7c15);

	(void)state;
	for (unsigned i = 0; i < 600; i++) {
		struct world *w =
		    world_new(lives[i % (sizeof(lives) / sizeof(lives[0]))],
			"{\"k\":1}");
		struct claims c = {.n = 0};

		for (unsigned k = 0; k < 30; k++)
			live(w, &seed, &c);
		check_journal(w);
		ends[w->x.status]++;
		world_free(w);
	}
	assert_true(ends[STATUS_COMPLETED] > 0 && ends[STATUS_FAILED] > 0);
	assert_true(ends[STATUS_TIMED_OUT] > 0 && ends[STATUS_CANCELLED] > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_table),
	    cmocka_unit_test(test_create),
	    cmocka_unit_test(test_least),
	    cmocka_unit_test(test_create_too_large),
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_random),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
