/*
 * Steps: their order, what an end and a new attempt do to them, what they
 * hand on, and completing the execution with the last one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "tests/core/lifecycle.h"

static const char plain[] = "{'name':'n'," WAIT10 "," DIAMOND "}";
static const char by_itself[] =
    "{'name':'n','auto_complete':true," WAIT10 "," DIAMOND "}";

/* ---- steps ---- */

static const struct {
	enum report_kind kind;
	const char *step, *field, *text;
	enum refusal_code code;
} misplaced[] = {
    {REPORT_STEP_RUNNING, "e", "detail", "step 'e' not found", REFUSAL_NO_STEP},
    {REPORT_STEP_RUNNING, "00000000-0000-0000-0000-000000000000", "detail",
	"step '00000000-0000-0000-0000-000000000000' not found",
	REFUSAL_NO_STEP},
    {REPORT_STEP_RUNNING, "d", "status",
	"the step depends on 'c', which is ready", REFUSAL_INVALID},
    {REPORT_STEP_PROGRESS, "d", "status",
	"the step depends on 'c', which is ready", REFUSAL_INVALID},
    {REPORT_STEP_COMPLETED, "d", "status",
	"the step depends on 'c', which is ready", REFUSAL_INVALID},
    {REPORT_STEP_FAILED, "d", "status",
	"the step depends on 'c', which is ready", REFUSAL_INVALID},
    {REPORT_STEP_RUNNING, "a", "status", "the step is already completed",
	REFUSAL_INVALID},
    {REPORT_STEP_PROGRESS, "a", "status", "the step is already completed",
	REFUSAL_INVALID},
    {REPORT_STEP_FAILED, "a", "status", "the step is already completed",
	REFUSAL_INVALID},
};

/* Steps are done in the order of the graph, and once. */
static void
test_step_order(void **state)
{
	struct world *w = world_new(plain, "{}");

	(void)state;
	accept(w, hands_on("a", NULL));
	for (size_t i = 0; i < COUNT(misplaced); i++) {
		assert_false(world_report(w,
		    say_step(misplaced[i].kind, misplaced[i].step)));
		assert_refused(w, misplaced[i].code, misplaced[i].field);
		assert_string_equal(w->refusal.text, misplaced[i].text);
		assert_events(w, "");
	}
	assert_steps(w, "completed ready ready pending");
	accept(w, hands_on("b", NULL));
	assert_events(w, "b completed");
	accept(w, hands_on("c", NULL));
	assert_events(w, "c completed, d ready");
	world_free(w);
}

/* A step's own life, by its id; what a run that is over said is forgotten. */
static void
test_step_life(void **state)
{
	struct world *w = world_new(plain, "{}");
	const struct step *a = &w->steps[0];
	struct report r = say_step(REPORT_STEP_PROGRESS,
	    "03010000-0000-0000-0000-000000000000");

	(void)state;
	world_at(w, 5);
	accept(w, r);
	assert_events(w, "running, a running");
	assert_ptr_equal(w->about, a);
	assert_int_equal(a->started_at, w->now);
	assert_int_equal(a->updated_at, w->now);
	r.percent = 30;
	r.metadata = SLICE("{\"m\":1}");
	r.checkpoint = SLICE("[1, 2]");
	world_at(w, 6);
	accept(w, r);
	assert_events(w, "a progress, a storage");
	assert_int_equal(a->percent, 30);
	assert_int_equal(a->updated_at, w->now);
	assert_int_equal(a->checkpoint_bytes, 6);
	assert_int_equal(a->checkpoint_member, MEMBER_CHECKPOINT);
	assert_int_equal(w->x.percent, EVENT_NO_PERCENT);
	accept(w, say_step(REPORT_STEP_FAILED, "a"));
	assert_events(w, "a failed");
	assert_int_equal(a->completed_at, w->now);
	assert_text(world_member(w, a->error, MEMBER_ERROR_MESSAGE), "broken");
	assert_int_equal(w->x.status, STATUS_RUNNING);
	world_at(w, 7);
	accept(w, say_step(REPORT_STEP_RUNNING, "a"));
	assert_int_equal(a->started_at, w->now);
	assert_int_equal(a->completed_at, 0);
	assert_int_equal(a->error.seq, 0);
	accept(w, hands_on("a", "{\"k\":1.50}"));
	assert_int_equal(a->percent, 100);
	assert_int_equal(a->checkpoint_member, MEMBER_ARTIFACTS);
	assert_int_equal(a->checkpoint_bytes, 10);
	assert_text(world_member(w, a->metadata, MEMBER_METADATA), "{\"m\":1}");
	world_free(w);
}

/* A step that only ever ended has begun when it ended. */
static void
test_step_at_once(void **state)
{
	struct world *w = world_new(plain, "{}");

	(void)state;
	world_at(w, 5);
	accept(w, say_step(REPORT_STEP_FAILED, "a"));
	assert_int_equal(w->steps[0].started_at, w->now);
	world_at(w, 6);
	accept(w, hands_on("a", NULL));
	assert_int_equal(w->steps[0].error.seq, 0);
	assert_int_equal(w->steps[0].started_at, BEGIN + 5000);
	accept(w, hands_on("b", NULL));
	assert_int_equal(w->steps[1].started_at, w->now);
	assert_int_equal(w->steps[1].artifacts.seq, 0);
	assert_int_equal(w->steps[1].checkpoint.seq, 0);
	world_free(w);
}

/* How an end leaves steps: a completed, b failed, c running, d pending. */
static const struct {
	enum report_kind kind;
	const char *steps;
} ends[] = {
    {REPORT_COMPLETE, "completed failed skipped skipped"},
    {REPORT_FAIL, "completed failed failed skipped"},
    {REPORT_CANCEL, "completed failed cancelled cancelled"},
};

static void
test_ends(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(ends); i++) {
		struct world *w =
		    world_new("{'name':'n','retry':{'max_attempts':1}," DIAMOND
			      "}",
			"{}");

		accept(w, hands_on("a", NULL));
		accept(w, say_step(REPORT_STEP_FAILED, "b"));
		accept(w, say_step(REPORT_STEP_RUNNING, "c"));
		assert_steps(w, "completed failed running pending");
		if (ends[i].kind == REPORT_CANCEL)
			assert_true(world_cancel(w));
		world_at(w, 3);
		accept(w, say(ends[i].kind));
		assert_steps(w, ends[i].steps);
		assert_int_equal(w->steps[0].updated_at, BEGIN);
		assert_int_equal(w->steps[3].updated_at, w->now);
		world_free(w);
	}
}

/* The next attempt keeps what was completed, and all checkpoints. */
static void
test_restart(void **state)
{
	struct world *w = world_new(plain, "{\"in\":1}");
	struct report r = say_step(REPORT_STEP_PROGRESS, "b");
	struct ref input;

	(void)state;
	accept(w, hands_on("a", "{\"rows\":3}"));
	r.checkpoint = SLICE("{\"at\":40}");
	r.percent = 40;
	accept(w, r);
	accept(w, say_step(REPORT_STEP_FAILED, "c"));
	input = w->steps[1].input;
	accept(w, fails("E"));
	assert_steps(w, "completed running failed pending");
	world_at(w, 10);
	world_timer(w, TIMER_READY, 0);
	assert_events(w, "queued, b ready, c ready");
	assert_steps(w, "completed ready ready pending");
	assert_int_equal(w->steps[0].attempt, 1);
	assert_int_equal(w->steps[1].attempt, 2);
	assert_int_equal(w->steps[3].attempt, 2);
	assert_int_equal(w->steps[3].updated_at, w->now);
	assert_int_equal(w->steps[1].percent, EVENT_NO_PERCENT);
	assert_int_equal(w->steps[1].started_at, 0);
	assert_text(world_member(w, w->steps[1].checkpoint, MEMBER_CHECKPOINT),
	    "{\"at\":40}");
	assert_int_equal(w->steps[1].input.seq, input.seq);
	assert_text(world_member(w, input, MEMBER_INPUT), "{\"rows\":3}");
	assert_text(world_member(w, w->steps[0].input, MEMBER_INPUT),
	    "{\"in\":1}");
	assert_int_equal(event_get(&w->journal[w->n - 1], MEMBER_INPUT).n, 0);
	world_free(w);
}

/* ---- what steps hand on ---- */

static struct slice
input_of(const struct world *w, unsigned i)
{
	return world_member(w, w->steps[i].input, MEMBER_INPUT);
}

/* From the journal, and from the very reports being decided. */
static void
test_inputs(void **state)
{
	struct world *w = world_new(plain, "{\"in\":1}");
	struct report r[] = {hands_on("a", "{\"x\": 1.0}"),
	    hands_on("b", "{\"y\":\"b\",\"z\":2}"),
	    hands_on("c", "{\"y\":\"c\"}")};

	(void)state;
	assert_true(world_reports(w, r, 2, 0));
	assert_text(input_of(w, 0), "{\"in\":1}");
	assert_text(input_of(w, 1), "{\"x\": 1.0}");
	assert_text(input_of(w, 2), "{\"x\": 1.0}");
	accept(w, r[2]);
	assert_text(input_of(w, 3), "{\"y\":\"b\",\"z\":2}");
	world_free(w);
}

static void
test_mapped_inputs(void **state)
{
	struct world *w = world_new(
	    "{'name':'n','steps':[{'name':'a'},{'name':'b','depends_on':['a'],"
	    "'input_mapping':{'x':'a.artifacts.k.0','r':'a.result_data',"
	    "'in':'job.input_params.in','none':'a.artifacts.no'}},"
	    "{'name':'c','depends_on':['b'],'input_mapping':{"
	    "'far':'a.artifacts.k','near':'b.artifacts'}}]}",
	    "{\"in\":[1]}");
	struct report r[] = {hands_on("a", "{\"k\":[1e2]}"),
	    hands_on("b", NULL)};

	(void)state;
	r[0].result = SLICE("\"done\"");
	assert_true(world_reports(w, r, 2, 0));
	assert_events(w,
	    "running, a completed, a storage, b ready, b completed, c ready");
	assert_text(input_of(w, 1),
	    "{\"x\":1e2,\"r\":\"done\",\"in\":[1],\"none\":null}");
	assert_text(input_of(w, 2), "{\"far\":[1e2],\"near\":null}");
	world_free(w);
}

/* A job of b, whose input holds a's artifacts n times. */
static struct world *
multiplied(unsigned n)
{
	struct buf job = {0};
	struct world *w;

	buf_add_str(&job,
	    "{'name':'n','steps':[{'name':'a'},{'name':'b',"
	    "'depends_on':['a'],'input_mapping':{");
	for (unsigned i = 0; i < n; i++)
		buf_addf(&job, "%s'k%02u':'a.artifacts'", i > 0 ? "," : "", i);
	buf_add(&job, "}}]}", 5);
	w = world_new(job.p, "{}");
	buf_free(&job);
	return w;
}

/* Too large an input is the fault of who makes it, and changes nothing. */
static void
test_input_too_large(void **state)
{
	struct world *w = multiplied(10);
	size_t most = (MAPPING_INPUT_MAX - 1) / 10 - strlen(",'k00':");
	char *text = world_string(most + 1);
	struct report r[] = {say(REPORT_PROGRESS), hands_on("a", text)};

	(void)state;
	r[0].percent = 5;
	r[1].field = "step_reports";
	assert_false(world_reports(w, r, 2, 0));
	assert_refused(w, REFUSAL_INVALID, "step_reports.0.artifacts");
	assert_string_equal(w->refusal.text,
	    "would make the input of steps.1 larger than 8 MiB, or take "
	    "too much reading");
	assert_events(w, "");
	assert_int_equal(w->x.status, STATUS_QUEUED);
	assert_steps(w, "ready pending");
	assert_false(world_report(w, hands_on("a", text)));
	assert_refused(w, REFUSAL_INVALID, "artifacts");
	free(text);
	text = world_string(most);
	accept(w, hands_on("a", text));
	assert_in_range(input_of(w, 1).n, MAPPING_INPUT_MAX - 10,
	    MAPPING_INPUT_MAX);
	/* The two texts before are its object's. */
	assert_true(w->change.texts[2].cap > MAPPING_INPUT_MAX / 2);
	lifecycle_change_reset(&w->change);
	assert_int_equal(w->change.texts[2].cap, 0);
	free(text);
	world_free(w);
}

/* Nor may many inputs together be, when one report makes them. */
static void
test_inputs_too_large(void **state)
{
	char *text = world_string(MAPPING_INPUT_MAX);

	(void)state;
	for (unsigned n = 8; n <= 9; n++) {
		struct buf job = {0};
		struct world *w;

		buf_add_str(&job, "{'name':'n','steps':[{'name':'a'}");
		for (unsigned i = 0; i < n; i++)
			buf_addf(&job, ",{'name':'%u','depends_on':['a']}", i);
		buf_add(&job, "]}", 3);
		w = world_new(job.p, "{}");
		world_report(w, hands_on("a", text));
		if (n == 9)
			assert_refused(w, REFUSAL_INVALID, "artifacts");
		assert_int_equal(w->ok, n == 8);
		world_free(w);
		buf_free(&job);
	}
	free(text);
}

/* ---- completing by itself ---- */

static void
test_auto_complete(void **state)
{
	struct world *w = world_new(by_itself, "{}");
	struct report r[] = {hands_on("b", NULL), hands_on("c", NULL),
	    hands_on("d", NULL), say(REPORT_LOG)};

	(void)state;
	accept(w, hands_on("a", NULL));
	assert_true(world_reports(w, r, 4, 0));
	assert_events(w,
	    "b completed, c completed, d ready, d completed, log, "
	    "completed");
	assert_int_equal(w->x.cause, CAUSE_AUTO_COMPLETE);
	assert_int_equal(w->x.percent, 100);
	assert_said_again(w, hands_on("d", NULL));
	assert_ptr_equal(w->about, &w->steps[3]);
	assert_said_again(w, completes("1"));
	assert_too_late(w, say_step(REPORT_STEP_RUNNING, "d"));
	assert_too_late(w, hands_on("e", NULL));
	world_free(w);
}

/* An outcome said together with the last step is the one that counts. */
static void
test_auto_complete_with_outcome(void **state)
{
	struct world *w = world_new(
	    "{'name':'n','auto_complete':true,'steps':[{'name':'a'}]}", "{}");
	struct report r[] = {hands_on("a", NULL), completes("7")};

	(void)state;
	assert_true(world_reports(w, r, 2, 0));
	assert_events(w, "running, a completed, completed, storage");
	assert_int_equal(w->x.cause, CAUSE_REPORT);
	assert_text(world_brief(w, &w->x.result, MEMBER_RESULT), "7");
	world_free(w);
	w = world_new("{'name':'n','auto_complete':true," WAIT10
		      ",'steps':[{'name':'a'}]}",
	    "{}");
	r[1] = fails("E");
	assert_true(world_reports(w, r, 2, 0));
	assert_events(w, "running, a completed, retrying");
	world_at(w, 10);
	world_timer(w, TIMER_READY, 0);
	assert_events(w, "queued");
	accept(w, say(REPORT_HEARTBEAT));
	assert_events(w, "running");
	accept(w, hands_on("a", NULL));
	assert_events(w, "completed");
	world_free(w);
}

static void
test_auto_complete_cancelling(void **state)
{
	struct world *w = world_new(
	    "{'name':'n','auto_complete':true,'steps':[{'name':'a'}]}", "{}");

	(void)state;
	accept(w, say(REPORT_HEARTBEAT));
	assert_true(world_cancel(w));
	accept(w, hands_on("a", NULL));
	assert_events(w, "a completed, cancelled");
	assert_steps(w, "completed");
	assert_said_again(w, hands_on("a", NULL));
	assert_said_again(w, say(REPORT_CANCEL));
	assert_too_late(w, completes(NULL));
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_step_order),
	    cmocka_unit_test(test_step_life),
	    cmocka_unit_test(test_step_at_once),
	    cmocka_unit_test(test_ends),
	    cmocka_unit_test(test_restart),
	    cmocka_unit_test(test_inputs),
	    cmocka_unit_test(test_mapped_inputs),
	    cmocka_unit_test(test_input_too_large),
	    cmocka_unit_test(test_inputs_too_large),
	    cmocka_unit_test(test_auto_complete),
	    cmocka_unit_test(test_auto_complete_with_outcome),
	    cmocka_unit_test(test_auto_complete_cancelling),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
