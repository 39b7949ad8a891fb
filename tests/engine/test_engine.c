/*
 * Turns: what is gathered becomes one transaction, and nobody is told of what
 * is not on disk.  Time is in test_engine_time.c, jobs and keys are in
 * test_engine_jobs.c.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/journal.h"
#include "store/rows.h"
#include "tests/engine/ground.h"

#define MANY 600

static const char job[] = "{'name':'n','steps':[{'name':'a'},"
			  "{'name':'b','depends_on':['a']}]}";

static struct report
says(enum report_kind kind)
{
	struct report r = report_make(kind);

	r.level = LEVEL_INFO;
	r.message = SLICE("m");
	r.error_message = SLICE("m");
	return r;
}

static void
ask_report(struct ground *g, struct ask *a, const struct uuid *id,
    enum report_kind kind)
{
	ground_ask(g, a, CMD_REPORT);
	a->report = says(kind);
	a->cmd.reports = &a->report;
	a->cmd.nreports = 1;
	a->cmd.id = *id;
}

static void
ask_trigger(struct ground *g, struct ask *a)
{
	ground_ask(g, a, CMD_TRIGGER);
	a->cmd.name = SLICE("n");
}

static struct ground *
with_job(void)
{
	struct ground *g = ground_new();

	ground_job(g, job);
	return g;
}

/* ---- a turn is a transaction ---- */

/* Ten commands, one commit; all answered before any is settled. */
static void
test_group(void **state)
{
	struct ground *g = with_job();
	uint64_t commits = engine_commits(g->engine);
	unsigned showings = g->showings;
	struct ask a[10];

	(void)state;
	g->order = 0;
	for (unsigned i = 0; i < 10; i++) {
		ask_trigger(g, &a[i]);
		ground_submit(&a[i]);
	}
	assert_false(engine_idle(g->engine));
	assert_int_equal(a[0].answered, 0);
	assert_false(ground_turn(g));
	assert_true(engine_idle(g->engine));
	assert_int_equal(engine_commits(g->engine), commits + 1);
	assert_int_equal(g->showings, showings + 1);
	assert_int_equal(g->shown, a[9].last_seq);
	for (unsigned i = 0; i < 10; i++) {
		assert_int_equal(a[i].answered, i + 1);
		assert_int_equal(a[i].settled, i + 11);
		assert_int_equal(a[i].commits, commits);
		assert_int_equal(a[i].rc, 0);
		assert_int_equal(a[i].code, OUTCOME_DONE);
		assert_int_equal(a[i].x.number, i + 1);
		assert_int_equal(a[i].last_seq, a[i].first_seq + 1);
		if (i > 0)
			assert_int_equal(a[i].first_seq, a[i - 1].last_seq + 1);
	}
	ground_free(g);
}

/* Within a turn each command sees what those before it did. */
static void
test_in_order(void **state)
{
	static const enum report_kind kinds[] = {REPORT_LOG, REPORT_FAIL,
	    REPORT_LOG, REPORT_FAIL, REPORT_CANCEL};
	static const enum outcome_code codes[] = {OUTCOME_DONE, OUTCOME_DONE,
	    OUTCOME_REFUSED, OUTCOME_DONE, OUTCOME_DONE};
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	struct ask a[5];

	(void)state;
	for (unsigned i = 0; i < 5; i++) {
		ask_report(g, &a[i], &id, kinds[i]);
		ground_submit(&a[i]);
	}
	assert_false(ground_turn(g));
	for (unsigned i = 0; i < 5; i++)
		assert_int_equal(a[i].code, codes[i]);
	assert_true(a[3].repeated);
	assert_int_equal(a[3].first_seq, 0);
	engine_turn_begin(g->engine);
	assert_int_equal(ground_row(g, &id).status, STATUS_CANCELLED);
	ground_free(g);
}

static void
complete_step(struct ground *g, const struct uuid *id, const char *step,
    const char *json)
{
	struct report r = says(REPORT_STEP_COMPLETED);

	r.step = slice_str(step);
	r.artifacts = r.result = slice_str(json);
	ground_report(g, id, r);
}

/* What steps hand on is found in the journal, turns later. */
static void
test_steps(void **state)
{
	struct ground *g = ground_new();
	struct step steps[3];
	struct journal_event ev;
	struct uuid id, other;
	struct ask a;

	(void)state;
	ground_job(g,
	    "{'name':'n','steps':[{'name':'a'},{'name':'b',"
	    "'depends_on':['a']},{'name':'c','depends_on':['b'],"
	    "'input_mapping':{'x':'a.artifacts.k',"
	    "'y':'job.input_params','z':'b.result_data'}}]}");
	ask_trigger(g, &a);
	a.cmd.input = SLICE("1.50");
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	id = a.x.id;
	other = ground_trigger(g, "n");
	complete_step(g, &id, "a", "{\"k\":[1]}");
	complete_step(g, &other, "a", "{\"k\":2}");
	complete_step(g, &id, "b", "{}");
	assert_true(rows_get_steps(engine_snapshot(g->engine), &id, steps, 3));
	assert_int_equal(steps[0].status, STEP_COMPLETED);
	assert_int_equal(steps[2].status, STEP_READY);
	assert_true(uuid_eq(&steps[2].id, &a.steps[2].id));
	assert_true(journal_get(engine_snapshot(g->engine), steps[2].input.seq,
	    &ev));
	assert_true(slice_is(event_get(&ev, MEMBER_INPUT),
	    "{\"x\":[1],\"y\":1.50,\"z\":{}}"));
	ask_report(g, &a, &id, REPORT_COMPLETE);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.steps[2].status, STEP_SKIPPED);
	assert_true(rows_get_steps(engine_snapshot(g->engine), &id, steps, 3));
	assert_int_equal(steps[2].status, STEP_SKIPPED);
	assert_true(rows_get_steps(engine_snapshot(g->engine), &other, steps,
	    3));
	assert_int_equal(steps[1].status, STEP_READY);
	assert_int_equal(steps[2].status, STEP_PENDING);
	ground_free(g);
}

/* A turn is bounded in commands; the rest is not forgotten. */
static void
test_many_commands(void **state)
{
	struct ground *g = with_job();
	struct ask *a = mem_zalloc(MANY * sizeof(*a));
	uint64_t commits = engine_commits(g->engine);

	(void)state;
	for (unsigned i = 0; i < MANY; i++) {
		ask_trigger(g, &a[i]);
		ground_submit(&a[i]);
	}
	assert_true(ground_turn(g));
	assert_int_equal(a[511].rc, 0);
	assert_true(a[511].settled != 0);
	assert_int_equal(a[512].answered, 0);
	assert_false(engine_idle(g->engine));
	assert_false(ground_turn(g));
	assert_true(a[MANY - 1].settled != 0);
	assert_int_equal(engine_commits(g->engine), commits + 2);
	free(a);
	ground_free(g);
}

/* And in bytes: the one that reaches the bound is the last. */
static void
test_many_bytes(void **state)
{
	struct ground *g = with_job();
	struct ask a[4];

	(void)state;
	for (unsigned i = 0; i < 4; i++) {
		ask_trigger(g, &a[i]);
		a[i].cmd.bytes = i < 2 ? 2 << 20 : 9 << 20;
		ground_submit(&a[i]);
	}
	assert_true(ground_turn(g));
	assert_true(a[1].settled != 0 && a[2].settled == 0);
	assert_true(ground_turn(g));
	assert_true(a[2].settled != 0 && a[3].settled == 0);
	assert_false(ground_turn(g));
	assert_true(a[3].settled != 0);
	ground_free(g);
}

/* With nothing gathered nothing is written. */
static void
test_idle(void **state)
{
	struct ground *g = with_job();
	uint64_t commits = engine_commits(g->engine);

	(void)state;
	for (unsigned i = 0; i < 5; i++)
		assert_false(ground_turn(g));
	assert_int_equal(engine_commits(g->engine), commits);
	ground_free(g);
}

/* ---- refused ---- */

/* The row is as it was, the journal says that somebody was late. */
static void
test_refused(void **state)
{
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	struct execution done, now;
	struct journal_event ev;
	struct ask a;

	(void)state;
	done = ground_report(g, &id, says(REPORT_COMPLETE));
	ask_report(g, &a, &id, REPORT_LOG);
	assert_int_equal(ground_run(&a), OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_TERMINAL);
	assert_true(a.had_x);
	assert_int_equal(a.x.status, STATUS_COMPLETED);
	assert_int_equal(a.first_seq, ground_seq(g));
	assert_true(journal_get(engine_snapshot(g->engine), a.first_seq, &ev));
	assert_int_equal(ev.type, EVENT_IGNORED);
	now = ground_row(g, &id);
	assert_int_equal(now.updated_at, done.updated_at);
	assert_int_equal(now.heartbeat_at, done.heartbeat_at);
	ask_report(g, &a, &id, REPORT_LOG);
	a.cmd.fence.attempt = 4;
	assert_int_equal(ground_run(&a), OUTCOME_REFUSED);
	assert_int_equal(a.refusal.code, REFUSAL_STALE);
	ground_free(g);
}

/* A list that fails in its middle leaves no trace. */
static void
test_all_or_nothing(void **state)
{
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	uint64_t seq = ground_seq(g);
	struct report r[3] = {says(REPORT_LOG), says(REPORT_STEP_RUNNING),
	    says(REPORT_STEP_RUNNING)};
	struct ask a;

	(void)state;
	r[1].step = SLICE("a");
	r[2].step = SLICE("b");
	ask_report(g, &a, &id, REPORT_LOG);
	a.cmd.reports = r;
	a.cmd.nreports = 3;
	assert_int_equal(ground_run(&a), OUTCOME_REFUSED);
	assert_int_equal(a.x.status, STATUS_QUEUED);
	assert_int_equal(ground_row(g, &id).status, STATUS_QUEUED);
	assert_int_equal(ground_seq(g), seq);
	assert_int_equal(engine_last_word(g->engine, &a.x), 0);
	ground_free(g);
}

static void
test_not_found(void **state)
{
	struct ground *g = with_job();
	struct uuid id = {{1}};
	struct ask a;

	(void)state;
	ask_report(g, &a, &id, REPORT_LOG);
	assert_int_equal(ground_run(&a), OUTCOME_NOT_FOUND);
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	assert_int_equal(ground_run(&a), OUTCOME_NOT_FOUND);
	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = SLICE("no such job");
	assert_int_equal(ground_run(&a), OUTCOME_NOT_FOUND);
	ground_free(g);
}

/* Somebody else than the worker asks. */
static void
test_cancel(void **state)
{
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	struct ask a;

	(void)state;
	ground_report(g, &id, says(REPORT_HEARTBEAT));
	for (unsigned again = 0; again < 2; again++) {
		ground_ask(g, &a, CMD_CANCEL);
		a.cmd.id = id;
		assert_int_equal(ground_run(&a), OUTCOME_DONE);
		assert_int_equal(a.x.status, STATUS_CANCELLING);
		assert_int_equal(a.repeated, again);
	}
	ground_report(g, &id, says(REPORT_COMPLETE));
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	assert_int_equal(ground_run(&a), OUTCOME_REFUSED);
	assert_int_equal(a.first_seq, 0);
	assert_int_equal(a.x.status, STATUS_CANCELLED);
	ground_free(g);
}

/* ---- lost turns ---- */

/* Too full to begin: everybody hears so, and nothing happened. */
static void
test_full(void **state)
{
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	uint64_t seq = ground_seq(g), commits = engine_commits(g->engine);
	struct ask *a = mem_zalloc(MANY * sizeof(*a));

	(void)state;
	store_set_free_mark(g->store, UINT64_MAX);
	for (unsigned i = 0; i < MANY; i++) {
		if (i % 2 == 0)
			ask_report(g, &a[i], &id, REPORT_COMPLETE);
		else
			ask_trigger(g, &a[i]);
		ground_submit(&a[i]);
	}
	assert_false(ground_turn(g));
	assert_true(engine_idle(g->engine));
	for (unsigned i = 0; i < MANY; i++) {
		assert_int_equal(a[i].answered, 0);
		assert_true(a[i].settled != 0);
		assert_int_equal(a[i].rc, ENOSPC);
	}
	engine_turn_begin(g->engine);
	assert_int_equal(ground_seq(g), seq);
	assert_int_equal(engine_commits(g->engine), commits);
	assert_int_equal(ground_row(g, &id).status, STATUS_QUEUED);
	store_set_free_mark(g->store, 0);
	assert_int_equal(ground_report(g, &id, says(REPORT_COMPLETE)).status,
	    STATUS_COMPLETED);
	free(a);
	ground_free(g);
}

/* Who asks again at once is not left waiting for the loop to wake. */
static void
test_submitted_when_settled(void **state)
{
	struct ground *g = with_job();
	struct ask a, b, c;

	(void)state;
	ask_trigger(g, &a);
	ask_trigger(g, &b);
	ask_trigger(g, &c);
	a.then = &b;
	b.then = &c;
	store_set_free_mark(g->store, UINT64_MAX);
	ground_submit(&a);
	assert_true(ground_turn(g));
	assert_int_equal(a.rc, ENOSPC);
	assert_int_equal(b.settled, 0);
	store_set_free_mark(g->store, 0);
	assert_true(ground_turn(g));
	assert_true(b.settled != 0);
	assert_int_equal(b.rc, 0);
	assert_int_equal(c.settled, 0);
	assert_false(ground_turn(g));
	assert_int_equal(c.rc, 0);
	ground_free(g);
}

/* The commit itself fails: what was answered is not sent, nor done. */
static void
test_commit_fails(void **state)
{
	struct ground *g = with_job();
	struct uuid id = ground_trigger(g, "n");
	uint64_t seq = ground_seq(g);
	unsigned showings = g->showings;
	char *input = mem_zalloc(1 << 20);
	struct ask a, b;

	(void)state;
	memset(input, 'y', 1 << 20);
	input[0] = input[(1 << 20) - 1] = '"';
	ask_report(g, &a, &id, REPORT_COMPLETE);
	ask_trigger(g, &b);
	b.cmd.input = (struct slice){input, 1 << 20};
	ground_limit_files(g, true);
	ground_submit(&a);
	ground_submit(&b);
	assert_false(ground_turn(g));
	ground_limit_files(g, false);
	assert_true(a.answered != 0 && b.answered != 0);
	assert_int_equal(a.rc, ENOSPC);
	assert_int_equal(b.rc, ENOSPC);
	assert_int_equal(g->showings, showings);
	engine_turn_begin(g->engine);
	assert_int_equal(ground_seq(g), seq);
	assert_int_equal(ground_row(g, &id).status, STATUS_QUEUED);
	ask_trigger(g, &a);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.x.number, 2);
	free(input);
	ground_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_group),
	    cmocka_unit_test(test_in_order),
	    cmocka_unit_test(test_steps),
	    cmocka_unit_test(test_many_commands),
	    cmocka_unit_test(test_many_bytes),
	    cmocka_unit_test(test_idle),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_all_or_nothing),
	    cmocka_unit_test(test_not_found),
	    cmocka_unit_test(test_cancel),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_submitted_when_settled),
	    cmocka_unit_test(test_commit_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
