/*
 * Workers who ask for work: what they get, in which order, when they are
 * woken, and what becomes of it.  Every test ends with a check of the store.
 * Neighbour: test_dispatch.c does anything, and compares.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/ready.h"
#include "store/rows.h"
#include "tests/engine/worker.h"

static const char diamond[] =
    "{'name':'d','retry':{'max_attempts':2,'jitter':0,"
    "'initial_interval_ms':10000,'backoff_coefficient':1},"
    "'steps':[{'name':'a'},{'name':'b','depends_on':['a']},"
    "{'name':'c','depends_on':['a']},{'name':'d','depends_on':['c','b']}]}";

/* ---- order ---- */

static void
test_order(void **state)
{
	struct ground *g = ground_new();
	struct execution x[4];
	struct worker w;

	(void)state;
	ground_job(g, "{'name':'j'}");
	x[0] = trigger(g, "j", 5, NULL, 0);
	x[1] = trigger(g, "j", 9, NULL, 0);
	ground_advance(g, 1);
	x[2] = trigger(g, "j", 5, NULL, 0);
	x[3] = trigger(g, "j", 0, NULL, 0);
	worker_init(g, &w, NULL);
	w.claim.max = 3;
	assert_int_equal(ask(&w), 3);
	assert_int_equal(w.got[0].number, x[1].number);
	assert_int_equal(w.got[1].number, x[0].number);
	assert_int_equal(w.got[2].number, x[2].number);
	assert_int_equal(w.got[0].fence.attempt, 1);
	x[0] = ground_row(g, &w.got[0].id);
	assert_int_equal(w.got[0].lease_due,
	    x[0].attempt_started_at + LEASE * 1000);
	assert_int_equal(ask(&w), 1);
	assert_int_equal(w.got[0].number, x[3].number);
	assert_int_equal(ask(&w), 0);
	assert_int_equal(w.code, OUTCOME_NO_WORK);
	assert_int_equal(ground_count(g, STATUS_RUNNING), 4);
	ground_free(g);
}

/* With several queues each gives one in turn, and none is always first. */
static void
test_fair(void **state)
{
	struct ground *g = ground_new();
	unsigned from[2] = {0, 0}, i;
	struct uuid small, job;
	struct worker w;

	(void)state;
	ground_job(g, "{'name':'big','queue':'q1'}");
	small = ground_job(g, "{'name':'small','queue':'q2'}");
	for (i = 0; i < 10; i++)
		ground_trigger(g, "big");
	for (i = 0; i < 4; i++)
		ground_trigger(g, "small");
	worker_init(g, &w, "q1");
	w.queues[1] = SLICE("q2");
	w.claim.nqueues = 2;
	for (i = 0; i < 8; i++) {
		assert_int_equal(ask(&w), 1);
		job = ground_row(g, &w.got[0].id).job;
		from[uuid_eq(&job, &small)]++;
	}
	assert_int_equal(from[0], 4);
	assert_int_equal(from[1], 4);
	w.claim.max = 16;
	assert_int_equal(ask(&w), 6);
	ground_free(g);
}

/* A claim by job sees only that job, by id or name. */
static void
test_by_job(void **state)
{
	struct ground *g = ground_new();
	char text[UUID_TEXT + 1];
	struct uuid a;
	struct worker w;

	(void)state;
	a = ground_job(g, "{'name':'a','queue':'q'}");
	ground_job(g, "{'name':'b','queue':'q'}");
	ground_trigger(g, "b");
	worker_init(g, &w, NULL);
	uuid_format(&a, text);
	w.claim.nqueues = 0;
	w.claim.njobs = 1;
	w.jobs[0] = slice_str(text);
	assert_int_equal(ask(&w), 0);
	ground_trigger(g, "a");
	assert_int_equal(ask(&w), 1);
	w.jobs[0] = SLICE("b");
	assert_int_equal(ask(&w), 1);
	w.jobs[1] = SLICE("none");
	w.claim.njobs = 2;
	assert_int_equal(ask(&w), 0);
	assert_int_equal(w.code, OUTCOME_NOT_FOUND);
	ground_free(g);
}

/* A key of a project is handed that project's work alone. */
static void
test_tenant(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j'}");
	ground_trigger(g, "j");
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("j");
	a.cmd.project = 7;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	worker_init(g, &w, NULL);
	w.cmd.tenant = 8;
	assert_int_equal(ask(&w), 0);
	w.cmd.tenant = 7;
	assert_int_equal(ask(&w), 1);
	assert_int_equal(w.got[0].number, a.x.number);
	assert_int_equal(ask(&w), 0);
	ground_free(g);
}

/* ---- waiting ---- */

static void
test_woken(void **state)
{
	struct ground *g = ground_new();
	struct worker w[3];
	struct ask a;
	unsigned i;

	(void)state;
	ground_job(g, "{'name':'j'}");
	for (i = 0; i < 3; i++) {
		worker_init(g, &w[i], NULL);
		w[i].claim.waits = true;
		assert_int_equal(ask(&w[i]), 0);
		assert_false(w[i].settled);
	}
	assert_int_equal(engine_waiting(g->engine, SLICE("default")), 3);
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("j");
	ground_submit(&a);
	i = (unsigned)engine_commits(g->engine);
	ground_turn(g);
	/* In the same turn, and the one who came first. */
	assert_int_equal(engine_commits(g->engine), i + 1);
	assert_int_equal(w[0].n, 1);
	assert_true(w[0].settled);
	assert_int_equal(w[1].n, 0);
	engine_withdraw(g->engine, &w[1].cmd);
	ground_trigger(g, "j");
	assert_false(w[1].settled);
	assert_int_equal(w[2].n, 1);
	assert_int_equal(engine_waiting(g->engine, SLICE("default")), 0);
	ground_free(g);
}

/* One that wants steps does not stand in the way of one that does not. */
static void
test_woken_by_kind(void **state)
{
	struct ground *g = ground_new();
	struct worker steps, whole;

	(void)state;
	ground_job(g, "{'name':'j'}");
	worker_init(g, &steps, NULL);
	steps.claim.waits = steps.claim.of_steps = true;
	ask(&steps);
	worker_init(g, &whole, NULL);
	whole.claim.waits = true;
	ask(&whole);
	ground_trigger(g, "j");
	assert_int_equal(whole.n, 1);
	assert_int_equal(steps.n, 0);
	engine_withdraw(g->engine, &steps.cmd);
	ground_free(g);
}

/* A retry that falls due, and a lease that ends, wake whoever waits. */
static void
test_lease(void **state)
{
	struct ground *g = ground_new();
	struct worker first, next;
	struct execution x;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'j','retry':{'initial_interval_ms':0,'jitter':0}}");
	ground_trigger(g, "j");
	assert_int_equal(ask_one(g, &first), 1);
	worker_init(g, &next, NULL);
	next.claim.waits = true;
	ask(&next);
	ground_advance(g, LEASE - 20);
	assert_int_equal(report_as(&first, 0, says(REPORT_HEARTBEAT), &a),
	    OUTCOME_DONE);
	ground_advance(g, LEASE - 1);
	assert_int_equal(next.n, 0);
	ground_advance(g, 2);
	assert_int_equal(next.n, 1);
	assert_int_equal(next.got[0].fence.attempt, 2);
	assert_true(next.got[0].fence.claim > first.got[0].fence.claim);
	assert_int_equal(report_as(&first, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_STALE);
	assert_int_equal(report_as(&next, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	x = ground_row(g, &next.got[0].id);
	assert_int_equal(x.status, STATUS_COMPLETED);
	/* The latest claim may say its end again. */
	assert_int_equal(report_as(&next, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	assert_true(a.repeated);
	ground_free(g);
}

/* A restart is nobody's silence: each lease is a full one from then. */
static void
test_restart(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j'}");
	ground_trigger(g, "j");
	ground_trigger(g, "j");
	assert_int_equal(ask_one(g, &w), 1);
	ground_advance(g, LEASE - 1);
	/* The clock of a new server begins anew, so leases look longer. */
	ground_restart(g, false);
	assert_int_equal(ground_row(g, &w.got[0].id).status,
	    STATUS_INTERRUPTED);
	w.g = g;
	assert_int_equal(report_as(&w, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	assert_int_equal(ask_one(g, &w), 1);
	assert_int_equal(ask(&w), 0);
	ground_free(g);
}

/* ---- giving back ---- */

static void
test_give_back(void **state)
{
	struct ground *g = ground_new();
	struct worker first, next;
	struct execution before, x;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j','steps':[{'name':'s'}]}");
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("j");
	a.cmd.start_timeout_ms = 100000;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	before = a.x;
	ground_trigger(g, "j");
	assert_int_equal(ask_one(g, &first), 1);
	assert_int_equal(ground_row(g, &before.id).due[TIMER_ATTEMPT], 0);
	give_back(&first, 0);
	x = ground_row(g, &before.id);
	assert_int_equal(x.status, STATUS_QUEUED);
	assert_int_equal(x.ready_at, before.ready_at);
	assert_int_equal(x.due[TIMER_ATTEMPT], before.due[TIMER_ATTEMPT]);
	assert_int_equal(x.started_at, 0);
	/* In its old place, as the same attempt, but not the same claim. */
	assert_int_equal(ask_one(g, &next), 1);
	assert_int_equal(next.got[0].number, before.number);
	assert_int_equal(next.got[0].fence.attempt, 1);
	assert_int_equal(report_as(&first, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_STALE);
	/* Too late: it has spoken. */
	assert_int_equal(report_as(&next, 0, says(REPORT_LOG), &a),
	    OUTCOME_DONE);
	give_back(&next, 0);
	assert_int_equal(ground_row(g, &before.id).status, STATUS_RUNNING);
	ground_free(g);
}

/* ---- limits ---- */

static void
test_max_concurrency(void **state)
{
	struct ground *g = ground_new();
	struct worker w, waits;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j','max_concurrency':2}");
	ground_job(g, "{'name':'k'}");
	for (unsigned i = 0; i < 4; i++)
		ground_trigger(g, "j");
	ground_trigger(g, "k");
	worker_init(g, &w, NULL);
	w.claim.max = 10;
	assert_int_equal(ask(&w), 3);
	worker_init(g, &waits, NULL);
	waits.claim.waits = true;
	ask(&waits);
	assert_int_equal(waits.n, 0);
	/* A retry that waits holds nothing. */
	assert_int_equal(report_as(&w, 0, says(REPORT_FAIL), &a), OUTCOME_DONE);
	assert_int_equal(waits.n, 1);
	worker_init(g, &waits, NULL);
	assert_int_equal(ask(&waits), 0);
	ground_free(g);
}

/* A new limit counts from now on. */
static void
test_new_limit(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j','max_concurrency':1}");
	ground_trigger(g, "j");
	ground_trigger(g, "j");
	assert_int_equal(ask_one(g, &w), 1);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	assert_int_equal(ask(&w), 0);
	ground_ask(g, &a, CMD_JOB_REPLACE);
	a.cmd.name = SLICE("j");
	a.cmd.job = ground_read_job("{'name':'j','max_concurrency':2}");
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	job_free(a.cmd.job);
	assert_int_equal(w.n, 1);
	ground_free(g);
}

static void
test_concurrency_key(void **state)
{
	struct ground *g = ground_new();
	struct execution x[4];
	struct worker w, waits;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j'}");
	x[0] = trigger(g, "j", -1, "ann", 0);
	x[1] = trigger(g, "j", -1, "ann", 0);
	x[2] = trigger(g, "j", -1, "bob", 0);
	x[3] = trigger(g, "j", -1, NULL, 0);
	worker_init(g, &w, NULL);
	w.claim.max = 10;
	assert_int_equal(ask(&w), 3);
	assert_int_equal(w.got[0].number, x[0].number);
	assert_int_equal(w.got[1].number, x[2].number);
	assert_int_equal(w.got[2].number, x[3].number);
	worker_init(g, &waits, NULL);
	waits.claim.waits = true;
	ask(&waits);
	assert_int_equal(report_as(&w, 1, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	assert_int_equal(waits.n, 0);
	assert_int_equal(report_as(&w, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	assert_int_equal(waits.n, 1);
	assert_int_equal(waits.got[0].number, x[1].number);
	ground_free(g);
}

/* ---- time ---- */

static void
test_run_at(void **state)
{
	struct ground *g = ground_new();
	struct execution x, now;
	struct worker w;

	(void)state;
	ground_job(g, "{'name':'j'}");
	x = trigger(g, "j", -1, NULL, 30000);
	assert_int_equal(x.status, STATUS_QUEUED);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	ask(&w);
	ground_advance(g, 29);
	assert_int_equal(w.n, 0);
	engine_withdraw(g->engine, &w.cmd);
	ground_restart(g, true);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	ask(&w);
	ground_advance(g, 31);
	assert_int_equal(w.n, 1);
	now = ground_row(g, &x.id);
	assert_int_equal(now.ready_at, x.ready_at);
	assert_int_equal(now.due[TIMER_READY], 0);
	ground_free(g);
}

/* The time an execution may take begins when it may begin. */
static void
test_total_behind_run_at(void **state)
{
	struct ground *g = ground_new();
	struct execution x;

	(void)state;
	ground_job(g, "{'name':'j','total_timeout_seconds':10}");
	x = trigger(g, "j", -1, NULL, 30000);
	ground_advance(g, 35);
	assert_int_equal(ground_row(g, &x.id).status, STATUS_QUEUED);
	ground_advance(g, 6);
	assert_int_equal(ground_row(g, &x.id).cause, CAUSE_TOTAL_TIMEOUT);
	ground_free(g);
}

static void
test_start_timeout(void **state)
{
	struct ground *g = ground_new();
	struct execution x;
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j'}");
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("j");
	a.cmd.start_timeout_ms = 10000;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	ground_advance(g, 11);
	x = ground_row(g, &a.x.id);
	assert_int_equal(x.status, STATUS_TIMED_OUT);
	assert_int_equal(x.cause, CAUSE_START_TIMEOUT);
	assert_int_equal(x.failure, FAILURE_TIMEOUT);
	assert_int_equal(ask_one(g, &w), 0);
	ground_free(g);
}

/* ---- steps ---- */

static void
test_steps(void **state)
{
	struct ground *g = ground_new();
	struct worker w[4];
	struct execution x;
	struct uuid id;
	struct ask a;
	unsigned i;

	(void)state;
	ground_job(g, diamond);
	id = ground_trigger(g, "d");
	for (i = 0; i < 4; i++) {
		worker_init(g, &w[i], NULL);
		w[i].claim.of_steps = true;
		w[i].claim.waits = i != 0;
	}
	assert_int_equal(ask(&w[0]), 1);
	assert_int_equal(w[0].got[0].fence.step, 0);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_RUNNING);
	assert_int_equal(x.unit, UNIT_STEP);
	for (i = 1; i < 4; i++)
		assert_int_equal(ask(&w[i]), 0);
	/* b and c become ready together, and go to two workers. */
	assert_int_equal(report_as(&w[0], 0,
			     says_step(REPORT_STEP_COMPLETED, "a"), &a),
	    OUTCOME_DONE);
	assert_int_equal(w[1].n, 1);
	assert_int_equal(w[2].n, 1);
	assert_int_equal(w[3].n, 0);
	assert_int_equal(w[1].got[0].fence.step, 1);
	assert_int_equal(w[2].got[0].fence.step, 2);
	/* A claim is of its own step. */
	assert_int_equal(report_as(&w[1], 0,
			     says_step(REPORT_STEP_COMPLETED, "c"), &a),
	    OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_FENCED);
	assert_int_equal(report_as(&w[1], 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_FENCED);
	assert_int_equal(report_as(&w[1], 0, says(REPORT_LOG), &a),
	    OUTCOME_DONE);
	assert_int_equal(report_as(&w[1], 0,
			     says_step(REPORT_STEP_COMPLETED, "b"), &a),
	    OUTCOME_DONE);
	assert_int_equal(w[3].n, 0);
	assert_int_equal(report_as(&w[2], 0,
			     says_step(REPORT_STEP_COMPLETED, "c"), &a),
	    OUTCOME_DONE);
	assert_int_equal(w[3].n, 1);
	assert_int_equal(report_as(&w[3], 0,
			     says_step(REPORT_STEP_COMPLETED, "d"), &a),
	    OUTCOME_DONE);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_COMPLETED);
	assert_int_equal(x.cause, CAUSE_AUTO_COMPLETE);
	ground_free(g);
}

/* A step is tried again, by itself; its last try ends the execution. */
static void
test_step_fails(void **state)
{
	struct ground *g = ground_new();
	struct worker w, next;
	struct execution x;
	struct uuid id;
	struct ask a;

	(void)state;
	ground_job(g, diamond);
	id = ground_trigger(g, "d");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	assert_int_equal(ask(&w), 1);
	assert_int_equal(w.got[0].step.tries, 1);
	ground_advance(g, LEASE - 10);
	assert_int_equal(report_as(&w, 0, says(REPORT_HEARTBEAT), &a),
	    OUTCOME_DONE);
	ground_advance(g, LEASE - 1);
	assert_int_equal(ground_row(g, &id).due[TIMER_HEARTBEAT] != 0, true);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_PROGRESS, "a"),
			     &a),
	    OUTCOME_DONE);
	ground_advance(g, LEASE + 1); /* silence: the retry is in 10 s */
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_RUNNING, "a"),
			     &a),
	    OUTCOME_DONE); /* late truth: it was only slow */
	ground_advance(g, LEASE + 1);
	worker_init(g, &next, NULL);
	next.claim.of_steps = next.claim.waits = true;
	assert_int_equal(ask(&next), 0);
	ground_advance(g, 10);
	assert_int_equal(next.n, 1);
	assert_int_equal(next.got[0].step.tries, 2);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_COMPLETED, "a"),
			     &a),
	    OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_STALE);
	assert_int_equal(report_as(&next, 0, says_step(REPORT_STEP_FAILED, "a"),
			     &a),
	    OUTCOME_DONE);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_FAILED);
	assert_int_equal(x.cause, CAUSE_STEP_FAILED);
	ground_free(g);
}

/* Nobody works on it: a cancel ends it at once, else with the last step. */
static void
test_step_cancel(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct uuid id;
	struct ask a;

	(void)state;
	ground_job(g, diamond);
	id = ground_trigger(g, "d");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	assert_int_equal(ask(&w), 1);
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(ground_row(g, &id).status, STATUS_CANCELLING);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_FAILED, "a"),
			     &a),
	    OUTCOME_DONE);
	assert_int_equal(ground_row(g, &id).status, STATUS_CANCELLED);
	id = ground_trigger(g, "d");
	assert_int_equal(ask(&w), 1);
	give_back(&w, 0);
	assert_int_equal(ask(&w), 1);
	assert_int_equal(w.got[0].step.tries, 1);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_COMPLETED, "a"),
			     &a),
	    OUTCOME_DONE);
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(ground_row(g, &id).status, STATUS_CANCELLED);
	ground_free(g);
}

/* The server dies: leases of steps go on, and what is ready is still so. */
static void
test_step_restart(void **state)
{
	struct ground *g = ground_new();
	struct worker w, more;
	struct uuid id;
	struct ask a;

	(void)state;
	ground_job(g, diamond);
	id = ground_trigger(g, "d");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	assert_int_equal(ask(&w), 1);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_COMPLETED, "a"),
			     &a),
	    OUTCOME_DONE);
	assert_int_equal(ask(&w), 1);
	ground_restart(g, false);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	worker_init(g, &more, NULL);
	more.claim.of_steps = true;
	assert_int_equal(ask(&more), 1);
	assert_int_equal(more.got[0].fence.step, 2);
	assert_int_equal(ask(&more), 0);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_COMPLETED, "b"),
			     &a),
	    OUTCOME_DONE);
	ground_free(g);
}

/* ---- pauses ---- */

static void
test_pause(void **state)
{
	struct ground *g = ground_new();
	struct worker w;

	(void)state;
	ground_job(g, "{'name':'j'}");
	ground_trigger(g, "j");
	ground_trigger(g, "j");
	pause_it(g, "j", NULL, true);
	pause_it(g, "j", NULL, true);
	assert_int_equal(ask_one(g, &w), 0);
	ground_restart(g, true);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	assert_int_equal(ask(&w), 0);
	pause_it(g, "j", NULL, false);
	assert_int_equal(w.n, 1);
	pause_it(g, NULL, "default", true);
	ground_restart(g, false);
	assert_int_equal(ask_one(g, &w), 0);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	assert_int_equal(ask(&w), 0);
	pause_it(g, NULL, "default", false);
	assert_int_equal(w.n, 1);
	ground_free(g);
}

/* ---- a turn that is lost ---- */

static void
test_lost_turn(void **state)
{
	struct ground *g = ground_new();
	struct worker w, waits;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j','max_concurrency':1}");
	ground_trigger(g, "j");
	worker_init(g, &w, NULL);
	ground_limit_files(g, true);
	assert_int_equal(ask(&w), 1);
	assert_true(w.rc != 0);
	ground_limit_files(g, false);
	assert_int_equal(ask(&w), 1); /* it was not handed out */
	assert_int_equal(w.rc, 0);
	ground_trigger(g, "j");
	worker_init(g, &waits, NULL);
	waits.claim.waits = true;
	assert_int_equal(ask(&waits), 0);
	ground_limit_files(g, true);
	ground_ask(g, &a, CMD_REPORT);
	a.report = says(REPORT_COMPLETE);
	a.cmd.reports = &a.report;
	a.cmd.nreports = 1;
	a.cmd.id = w.got[0].id;
	ground_submit(&a);
	ground_turns(g);
	assert_true(a.rc != 0);
	ground_limit_files(g, false);
	if (waits.settled)
		ask(&waits);
	assert_int_equal(waits.n, waits.settled ? 1 : 0);
	assert_int_equal(report_as(&w, 0, says(REPORT_COMPLETE), &a),
	    OUTCOME_DONE);
	if (!waits.settled || waits.n == 0)
		ask(&waits);
	assert_int_equal(waits.n, 1);
	assert_int_equal(waits.rc, 0);
	ground_free(g);
}

/* ---- batches ---- */

static void
on_item(struct cmd *c, const struct outcome *o)
{
	unsigned *n = c->arg;

	assert_int_equal(o->code, OUTCOME_DONE);
	++*n;
}

static void
test_batch(void **state)
{
	struct ground *g = ground_new();
	struct cmd items[5] = {{0}};
	unsigned made = 0, i;
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g, "{'name':'j'}");
	for (i = 0; i < 5; i++) {
		items[i].priority = (int)i;
		items[i].answer = on_item;
		items[i].arg = &made;
	}
	ground_ask(g, &a, CMD_TRIGGER_BATCH);
	a.cmd.name = SLICE("j");
	a.cmd.items = items;
	a.cmd.nitems = 5;
	ground_submit(&a);
	ground_turns(g);
	assert_int_equal(made, 5);
	assert_int_equal(a.rc, 0);
	worker_init(g, &w, NULL);
	w.claim.max = 10;
	assert_int_equal(ask(&w), 5);
	ground_free(g);
}

/* ---- what was found by looking for trouble ---- */

/* Nobody heard of either of two steps: both go back, whichever is first. */
static void
test_give_back_steps(void **state)
{
	struct report r = says_step(REPORT_STEP_PROGRESS, "b");
	struct ground *g = ground_new();
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'j','steps':[{'name':'a'},{'name':'b'},"
	    "{'name':'c'}]}");
	ground_trigger(g, "j");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	w.claim.max = 3;
	assert_int_equal(ask(&w), 3);
	ground_advance(g, 1);
	r.percent = 1;
	assert_int_equal(report_as(&w, 1, r, &a), OUTCOME_DONE);
	give_back(&w, 0);
	give_back(&w, 1); /* it has spoken */
	give_back(&w, 2);
	give_back(&w, 2);
	assert_int_equal(ask(&w), 2);
	assert_int_equal(w.got[0].fence.step, 0);
	assert_int_equal(w.got[0].step.tries, 1);
	assert_int_equal(w.got[1].fence.step, 2);
	ground_free(g);
}

/* What an attempt has completed is over with that attempt. */
static void
test_token_of_old_attempt(void **state)
{
	static const enum report_kind kinds[] = {REPORT_HEARTBEAT, REPORT_LOG};
	struct ground *g = ground_new();
	struct worker a, b, next;
	struct uuid id;
	struct ask ask_;
	unsigned i;

	(void)state;
	ground_job(g,
	    "{'name':'j','timeout_seconds':30,'retry':"
	    "{'initial_interval_ms':0,'jitter':0},"
	    "'steps':[{'name':'a'},{'name':'b'}]}");
	id = ground_trigger(g, "j");
	worker_init(g, &a, NULL);
	a.claim.of_steps = true;
	assert_int_equal(ask(&a), 1);
	worker_init(g, &b, NULL);
	b.claim.of_steps = true;
	assert_int_equal(ask(&b), 1);
	a.got[0].fence.attempt = 0; /* a token does not say it */
	assert_int_equal(report_as(&a, 0, says_step(REPORT_STEP_COMPLETED, "a"),
			     &ask_),
	    OUTCOME_DONE);
	ground_advance(g, 31);
	assert_int_equal(ground_row(g, &id).status, STATUS_QUEUED);
	assert_int_equal(ground_row(g, &id).attempt, 2);
	for (i = 0; i < 2; i++) {
		assert_int_equal(report_as(&a, 0, says(kinds[i]), &ask_),
		    OUTCOME_REFUSED);
		assert_int_equal(ask_.refusal.code, REFUSAL_STALE);
	}
	assert_int_equal(ask_one(g, &next), 1);
	assert_int_equal(next.got[0].fence.attempt, 2);
	ground_free(g);
}

/* A queue is not left out because others ask between. */
static void
test_fair_among_workers(void **state)
{
	struct ground *g = ground_new();
	struct worker both, one;
	unsigned i, small = 0;
	struct uuid id, job;

	(void)state;
	ground_job(g, "{'name':'big','queue':'q1'}");
	id = ground_job(g, "{'name':'small','queue':'q2'}");
	for (i = 0; i < 30; i++)
		ground_trigger(g, "big");
	for (i = 0; i < 5; i++)
		ground_trigger(g, "small");
	worker_init(g, &one, "q1");
	assert_int_equal(ask(&one), 1);
	for (i = 0; i < 8; i++) {
		worker_init(g, &both, "q1");
		both.queues[1] = SLICE("q2");
		both.claim.nqueues = 2;
		assert_int_equal(ask(&both), 1);
		job = ground_row(g, &both.got[0].id).job;
		small += uuid_eq(&job, &id);
		worker_init(g, &one, "q1");
		assert_int_equal(ask(&one), 1);
	}
	assert_int_equal(small, 5);
	ground_free(g);
}

/*
 * Where steps are claimed one by one, who begins one without a claim is held
 * to the job's timeout: nobody else would find out that it has gone.
 */
static void
test_step_without_claim(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct uuid id;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'j','heartbeat_timeout_seconds':20,"
	    "'retry':{'max_attempts':2,'initial_interval_ms':0,"
	    "'jitter':0},'steps':[{'name':'a'},{'name':'b'}]}");
	id = ground_trigger(g, "j");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	assert_int_equal(ask(&w), 1);
	w.got[0].fence = (struct fence){0};
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_RUNNING, "b"),
			     &a),
	    OUTCOME_DONE);
	ground_advance(g, 19);
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_PROGRESS, "b"),
			     &a),
	    OUTCOME_DONE);
	ground_advance(g, 19);
	assert_int_equal(ask(&w), 0);
	ground_advance(g, 2);
	assert_int_equal(ask(&w), 1);
	assert_int_equal(w.got[0].fence.step, 1);
	assert_int_equal(w.got[0].step.tries, 2);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	ground_free(g);
}

/* The same for one that fails without having been claimed. */
static void
test_step_fails_without_claim(void **state)
{
	struct ground *g = ground_new();
	struct worker w;
	struct uuid id;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'j','retry':{'max_attempts':1},"
	    "'steps':[{'name':'a'},{'name':'b'}]}");
	id = ground_trigger(g, "j");
	worker_init(g, &w, NULL);
	w.claim.of_steps = true;
	assert_int_equal(ask(&w), 1);
	w.got[0].fence = (struct fence){0};
	assert_int_equal(report_as(&w, 0, says_step(REPORT_STEP_FAILED, "b"),
			     &a),
	    OUTCOME_DONE);
	assert_int_equal(ground_row(g, &id).status, STATUS_FAILED);
	assert_int_equal(ground_row(g, &id).cause, CAUSE_STEP_FAILED);
	ground_free(g);
}

/* A job that was paused and deleted may go on, by its id. */
static void
test_resume_deleted(void **state)
{
	struct ground *g = ground_new();
	char text[UUID_TEXT + 1];
	struct uuid id;
	struct worker w;
	struct ask a;

	(void)state;
	id = ground_job(g, "{'name':'j'}");
	uuid_format(&id, text);
	ground_trigger(g, "j");
	pause_it(g, "j", NULL, true);
	ground_ask(g, &a, CMD_JOB_DELETE);
	a.cmd.name = SLICE("j");
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	worker_init(g, &w, NULL);
	w.claim.waits = true;
	assert_int_equal(ask(&w), 0);
	ground_ask(g, &a, CMD_PAUSE);
	a.cmd.name = SLICE("j");
	assert_int_equal(ground_run(&a), OUTCOME_NOT_FOUND);
	pause_it(g, text, NULL, false);
	assert_int_equal(w.n, 1);
	/* Nothing of it is to come, so it is not paused again. */
	ground_ask(g, &a, CMD_PAUSE);
	a.cmd.name = slice_str(text);
	a.cmd.pause = true;
	assert_int_equal(ground_run(&a), OUTCOME_NOT_FOUND);
	ground_free(g);
}

/* Made again of what had a concurrency key, it has the same. */
static void
test_made_again(void **state)
{
	struct report r = says_step(REPORT_STEP_COMPLETED, "s");
	struct ground *g = ground_new();
	struct execution x;
	struct worker w;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'j','retry':{'max_attempts':1},"
	    "'steps':[{'name':'s'},"
	    "{'name':'e','depends_on':['s']}]}");
	x = trigger(g, "j", -1, "ann", 0);
	assert_int_equal(ask_one(g, &w), 1);
	r.artifacts = SLICE("{}");
	assert_int_equal(report_as(&w, 0, r, &a), OUTCOME_DONE);
	assert_int_equal(report_as(&w, 0, says(REPORT_FAIL), &a), OUTCOME_DONE);
	trigger(g, "j", 9, "ann", 0);
	assert_int_equal(ask_one(g, &w), 1);
	ground_ask(g, &a, CMD_RETRY);
	a.cmd.id = x.id;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.x.lane, x.lane);
	ground_ask(g, &a, CMD_REPLAY);
	a.cmd.id = x.id;
	a.cmd.from_stage = SLICE("s");
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.x.lane, x.lane);
	assert_int_equal(ask_one(g, &w), 0);
	ground_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_fair),
	    cmocka_unit_test(test_by_job),
	    cmocka_unit_test(test_tenant),
	    cmocka_unit_test(test_woken),
	    cmocka_unit_test(test_woken_by_kind),
	    cmocka_unit_test(test_lease),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_give_back),
	    cmocka_unit_test(test_max_concurrency),
	    cmocka_unit_test(test_new_limit),
	    cmocka_unit_test(test_concurrency_key),
	    cmocka_unit_test(test_run_at),
	    cmocka_unit_test(test_total_behind_run_at),
	    cmocka_unit_test(test_start_timeout),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_step_fails),
	    cmocka_unit_test(test_step_cancel),
	    cmocka_unit_test(test_step_restart),
	    cmocka_unit_test(test_pause),
	    cmocka_unit_test(test_lost_turn),
	    cmocka_unit_test(test_batch),
	    cmocka_unit_test(test_give_back_steps),
	    cmocka_unit_test(test_token_of_old_attempt),
	    cmocka_unit_test(test_fair_among_workers),
	    cmocka_unit_test(test_step_without_claim),
	    cmocka_unit_test(test_step_fails_without_claim),
	    cmocka_unit_test(test_resume_deleted),
	    cmocka_unit_test(test_made_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
