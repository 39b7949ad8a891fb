/*
 * What people change: labels, and an end without the worker.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "tests/core/lifecycle.h"

#define JOB "{'name':'j'," WAIT10 ",'steps':[{'name':'a'},{'name':'b'}]}"

static bool
tags(struct world *w, const char *patch)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	d.steps = NULL;
	return world_settle(w, &d, lifecycle_tags(&d, slice_str(patch)));
}

static bool
patch(struct world *w, enum status to, const char *info)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	return world_settle(w, &d, lifecycle_patch(&d, to, slice_str(info)));
}

static void
test_tags(void **state)
{
	struct world *w = world_new(JOB, "{}");
	char many[1000] = "{";
	size_t n = 1;

	(void)state;
	assert_true(tags(w, "{}"));
	assert_true(w->repeated);
	assert_events(w, "");
	assert_true(tags(w, "{\"env\":\"prod\",\"x\":null}"));
	assert_false(w->repeated);
	assert_events(w, "tags");
	assert_true(tags(w, "{\"env\":\"prod\"}"));
	assert_true(w->repeated);
	assert_true(tags(w, "{\"owner\":\"@ove\",\"env\":null}"));
	assert_text(world_brief(w, &w->x.tags, MEMBER_TAGS),
	    "{\"owner\":\"@ove\"}");
	for (unsigned i = 0; i < 64; i++)
		n += (size_t)snprintf(many + n, sizeof(many) - n,
		    "%s\"k%u\":\"v\"", i > 0 ? "," : "", i);
	snprintf(many + n, sizeof(many) - n, "}");
	assert_false(tags(w, many));
	assert_refused(w, REFUSAL_INVALID, "tags");
	accept(w, completes("1"));
	assert_true(tags(w, "{\"owner\":null}"));
	assert_text(world_brief(w, &w->x.tags, MEMBER_TAGS), "{}");
	world_free(w);
}

/* From every status that is not terminal, to every one of the three. */
static void
test_patch(void **state)
{
	static const enum status ends[] = {STATUS_COMPLETED, STATUS_FAILED,
	    STATUS_CANCELLED};
	static const char *const steps[] = {"skipped skipped", "failed skipped",
	    "cancelled cancelled"};

	(void)state;
	for (unsigned from = 0; from < 5; from++) {
		for (unsigned to = 0; to < 3; to++) {
			struct world *w = world_new(JOB, "{}");

			if (from > 0)
				accept(w, say_step(REPORT_STEP_RUNNING, "a"));
			if (from == 2)
				world_interrupt(w);
			if (from == 3)
				world_cancel(w);
			if (from == 4)
				accept(w, say(REPORT_FAIL));
			assert_true(patch(w, ends[to], NULL));
			assert_int_equal(w->x.status, ends[to]);
			assert_int_equal(w->x.cause, CAUSE_REQUEST);
			if (from > 0)
				assert_steps(w, steps[to]);
			assert_due(w, "");
			assert_false(patch(w, ends[to], NULL));
			assert_refused(w, REFUSAL_TERMINAL, "status");
			assert_too_late(w, say(REPORT_PROGRESS));
			world_free(w);
		}
	}
}

static const struct {
	const char *info, *message, *type;
} infos[] = {
    {NULL, "Marked as failed", NULL},
    {"{}", "Marked as failed", NULL},
    {"{\"message\":\"gone\",\"type\":\"Stale\"}", "gone", "Stale"},
    {"{\"error\":\"gone\",\"error_type\":\"ETIMEDOUT\"}", "gone", "ETIMEDOUT"},
    {"{\"message\":7,\"reason\":\"why\",\"type\":[]}", "why", NULL},
    {"{\"message\":\"\"}", "Marked as failed", NULL},
};

static void
test_info(void **state)
{
	(void)state;
	for (size_t i = 0; i < COUNT(infos); i++) {
		struct world *w = world_new(JOB, "{}");
		const struct journal_event *ev;

		assert_true(patch(w, STATUS_FAILED, infos[i].info));
		ev = &w->journal[w->x.error.seq - 1];
		assert_text(event_get(ev, MEMBER_ERROR_MESSAGE),
		    infos[i].message);
		if (infos[i].type == NULL)
			assert_null(event_get(ev, MEMBER_ERROR_TYPE).p);
		else
			assert_text(event_get(ev, MEMBER_ERROR_TYPE),
			    infos[i].type);
		if (infos[i].info == NULL)
			assert_null(event_get(ev, MEMBER_ERROR_INFO).p);
		else
			assert_text(event_get(ev, MEMBER_ERROR_INFO),
			    infos[i].info);
		world_free(w);
	}
}

/* Only a failure is one; the others keep the info all the same. */
static void
test_info_otherwise(void **state)
{
	struct world *w = world_new(JOB, "{}");

	(void)state;
	accept(w, say(REPORT_FAIL));
	assert_true(patch(w, STATUS_COMPLETED, "{\"by\":\"hand\"}"));
	assert_int_equal(w->x.error.seq, 0);
	assert_text(event_get(&w->journal[w->x.last.seq - 1],
			MEMBER_ERROR_INFO),
	    "{\"by\":\"hand\"}");
	world_free(w);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_tags),
	    cmocka_unit_test(test_patch),
	    cmocka_unit_test(test_info),
	    cmocka_unit_test(test_info_otherwise),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
