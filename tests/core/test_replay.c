/*
 * Replays: which steps are copied, skipped and run, what they are given, and
 * that the new execution goes on like any other.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/replay.h"
#include "tests/core/lifecycle.h"

#define PARENT 1000000 /* added to the seqs of the parent's events */
#define PIPE                                                                 \
	"{'name':'p',"                                                       \
	"'retry':{'max_attempts':2,'jitter':0,'initial_interval_ms':10000}," \
	"'auto_complete':true,'steps':["                                     \
	"{'name':'a','route':'in'},"                                         \
	"{'name':'b','route':'mid','depends_on':['a']},"                     \
	"{'name':'c','route':'mid','depends_on':['b']},"                     \
	"{'name':'d','route':'out','depends_on':['c']},"                     \
	"{'name':'side','route':'side'},"                                    \
	"{'name':'join','route':'end','depends_on':['d','side']}]}"

struct both {
	struct world *parent, *w;
};

static struct slice
get(void *arg, struct ref at, enum member m)
{
	struct both *b = arg;

	if (at.seq > PARENT)
		return world_get(b->parent, (struct ref){at.seq - PARENT}, m);
	return world_get(b->w, at, m);
}

static void
move(struct ref *r)
{
	if (r->seq != 0)
		r->seq += PARENT;
}

/* A replay of parent with job; *ok when it was not refused. */
static struct world *
replay(struct world *parent, const char *job, struct replay r, bool *ok)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	struct world *w = mem_zalloc(sizeof(*w));
	struct both both = {parent, w};
	struct step steps[WORLD_STEPS], from[WORLD_STEPS];
	struct execution x, from_x = parent->x;
	uint8_t origin[EXECUTION_ORIGIN];
	struct decision d;

	memcpy(from, parent->steps, sizeof(from));
	for (unsigned i = 0; i < WORLD_STEPS; i++) {
		move(&from[i].artifacts);
		move(&from[i].result);
	}
	move(&from_x.created);
	w->job = world_job(job);
	w->now = parent->now + 1000;
	w->x = (struct execution){.id = {{9}},
	    .number = 8,
	    .job = w->job->id,
	    .job_version = w->job->version,
	    .parent = parent->x.id,
	    .nsteps = w->job->nsteps};
	for (unsigned i = 0; i < w->job->nsteps; i++)
		w->steps[i] = (struct step){.id = {{4, (uint8_t)(i + 1)}}};
	execution_encode_origin(&w->x, origin);
	event_add_member(&ev, MEMBER_ROW,
	    (struct slice){(char *)origin, sizeof(origin)});
	r.job = parent->job;
	r.x = &from_x;
	r.steps = from;
	d = world_decision(w, &x, steps);
	d.get = get;
	d.arg = &both;
	*ok = replay_create(&d, &r, &ev);
	world_settle(w, &d, *ok);
	return w;
}

static struct replay
from(const char *stage, const char *route)
{
	return (struct replay){.stage = slice_str(stage),
	    .route = slice_str(route),
	    .source = SLICE("storage")};
}

/* A parent that has done all steps, each with artifacts {"from":name}. */
static struct world *
done_parent(const char *job)
{
	struct world *w = world_new(job, "{\"in\":1}");
	char text[64];

	for (unsigned i = 0; i < w->job->nsteps; i++) {
		char name[32];
		struct report r;

		snprintf(name, sizeof(name), "%.*s",
		    SLICE_FMT(w->job->steps[i].name));
		snprintf(text, sizeof(text), "{\"%s\":1}", name);
		r = hands_on(name, text);
		r.result = SLICE("\"done\"");
		if (!status_is_terminal(w->x.status))
			accept(w, r);
	}
	return w;
}

static struct slice
input_of(const struct world *w, unsigned step)
{
	return world_member(w, w->steps[step].input, MEMBER_INPUT);
}

static const struct {
	const char *stage, *route, *steps;
	int entry; /* whose input is looked at */
	const char *input;
	const char *to_route;
} cases[] = {
    {"a", "", "completed ready pending pending completed pending", 1,
	"{\"a\":1}", "mid"},
    {"b", "", "completed completed ready pending completed pending", 2,
	"{\"b\":1}", "mid"},
    {"c", "", "completed completed completed ready completed pending", 3,
	"{\"c\":1}", "out"},
    {"mid", "out", "completed completed completed ready completed pending", 3,
	"{\"c\":1}", "out"},
    {"in", "mid", "completed ready pending pending completed pending", 1,
	"{\"a\":1}", "mid"},
    /* What lies between is left out, and its place taken by the artifacts. */
    {"a", "out", "completed skipped skipped ready completed pending", 3,
	"{\"a\":1}", "out"},
    {"b", "out", "completed completed skipped ready completed pending", 3,
	"{\"b\":1}", "out"},
    {"b", "mid", "completed completed ready pending completed pending", 2,
	"{\"b\":1}", "mid"},
    /* A join: its other side is copied. */
    {"d", "", "completed completed completed completed completed ready", 5,
	"{\"d\":1,\"side\":1}", "end"},
    {"side", "end", "completed completed completed completed completed ready",
	5, "{\"d\":1,\"side\":1}", "end"},
    {"a", "end", "completed skipped skipped skipped completed ready", 5,
	"{\"side\":1}", "end"},
    /* A route that begins by itself is given the artifacts, too. */
    {"a", "side", "completed skipped skipped skipped ready pending", 4,
	"{\"a\":1}", "side"},
};

static void
test_plans(void **state)
{
	struct world *parent = done_parent(PIPE);
	char words[200];

	(void)state;
	for (size_t i = 0; i < COUNT(cases); i++) {
		bool ok;
		struct world *w = replay(parent, PIPE,
		    from(cases[i].stage, cases[i].route), &ok);

		if (!ok)
			fail_msg("%s: %s", w->refusal.field, w->refusal.text);
		assert_steps(w, cases[i].steps);
		assert_text(input_of(w, (unsigned)cases[i].entry),
		    cases[i].input);
		snprintf(words, sizeof(words), "\"to_route\":\"%s\"}",
		    cases[i].to_route);
		assert_non_null(
		    strstr(event_get(&w->journal[0], MEMBER_REPLAY).p, words));
		assert_text(event_get(&w->journal[0], MEMBER_INPUT),
		    "{\"in\":1}");
		world_free(w);
	}
	world_free(parent);
}

/* A copy has the artifacts, as checkpoint too, and the result. */
static void
test_copies(void **state)
{
	struct world *parent = done_parent(PIPE), *w;
	bool ok;

	(void)state;
	w = replay(parent, PIPE, from("b", ""), &ok);
	assert_true(ok);
	for (unsigned i = 0; i < 2; i++) {
		const struct step *s = &w->steps[i];

		assert_text(world_member(w, s->artifacts, MEMBER_ARTIFACTS),
		    i == 0 ? "{\"a\":1}" : "{\"b\":1}");
		assert_text(world_member(w, s->result, MEMBER_RESULT),
		    "\"done\"");
		assert_int_equal(s->checkpoint_member, MEMBER_ARTIFACTS);
		assert_int_equal(s->completed_at, w->now);
		assert_int_equal(w->journal[s->artifacts.seq - 1].cause,
		    CAUSE_REPLAY);
	}
	assert_text(event_get(&w->journal[0], MEMBER_REPLAY),
	    "{\"replay_source\":\"storage\",\"from_stage\":\"b\","
	    "\"from_path\":null,\"to_route\":\"mid\"}");
	world_free(w);
	world_free(parent);
}

/* It goes on to its end, over a failed attempt; what is skipped stays so. */
static void
test_goes_on(void **state)
{
	struct world *parent = done_parent(PIPE), *w;
	bool ok;

	(void)state;
	w = replay(parent, PIPE, from("a", "out"), &ok);
	assert_true(ok);
	accept(w, say_step(REPORT_STEP_RUNNING, "d"));
	accept(w, fails("Odd"));
	w->now += 10000;
	world_timer(w, TIMER_READY, 0);
	assert_int_equal(w->x.status, STATUS_QUEUED);
	assert_steps(w, "completed skipped skipped ready completed pending");
	assert_text(input_of(w, 3), "{\"a\":1}");
	accept(w, hands_on("d", "{\"d\":2}"));
	assert_text(input_of(w, 5), "{\"d\":2,\"side\":1}");
	accept(w, hands_on("join", "{}"));
	assert_int_equal(w->x.status, STATUS_COMPLETED);
	assert_int_equal(w->x.cause, CAUSE_AUTO_COMPLETE);
	world_free(w);
	world_free(parent);
}

/* Of another job nothing is copied: the artifacts are its input. */
static void
test_other_job(void **state)
{
	static const char other[] =
	    "{'name':'o','steps':[{'name':'x','route':'in'},{'name':'y',"
	    "'route':'out','depends_on':['x']},{'name':'z','route':'out'}]}";
	struct world *parent = done_parent(PIPE), *w;
	bool ok;

	(void)state;
	parent->job->id.b[0] = 77;
	w = replay(parent, other, from("c", "out"), &ok);
	assert_true(ok);
	assert_steps(w, "skipped ready ready");
	assert_text(input_of(w, 1), "{\"c\":1}");
	assert_text(input_of(w, 2), "{\"c\":1}");
	assert_text(event_get(&w->journal[0], MEMBER_INPUT), "{\"c\":1}");
	assert_int_equal(w->steps[2].input.seq, 1);
	world_free(w);
	w = replay(parent, other, from("c", ""), &ok);
	assert_refused(w, REFUSAL_INVALID, "to_route");
	world_free(w);
	/* The same job in a newer version is another one. */
	parent->job->id.b[0] = 1;
	parent->job->version = 9;
	w = replay(parent, PIPE, from("c", "out"), &ok);
	assert_true(ok);
	assert_steps(w, "skipped skipped skipped ready skipped pending");
	world_free(w);
	world_free(parent);
}

static const struct {
	const char *stage, *route, *field, *text;
} refused[] = {
    {"nope", "", "from_stage", "the parent has no stage 'nope'"},
    {"b", "", "from_stage",
	"stage 'b' of the parent is not completed, but running"},
    {"mid", "out", "from_stage",
	"stage 'mid' of the parent is not completed, but pending"},
    {"side", "end", "from_stage",
	"stage 'side' of the parent has no artifacts"},
    {"a", "nope", "to_route", "there is no route 'nope'"},
    {"a", "in", "to_route", "route 'in' has nothing to run behind the stage"},
};

static void
test_refused(void **state)
{
	struct world *parent = world_new(PIPE, "{}");
	bool ok;

	(void)state;
	accept(parent, hands_on("a", "{}"));
	accept(parent, say_step(REPORT_STEP_RUNNING, "b"));
	accept(parent, say_step(REPORT_STEP_COMPLETED, "side"));
	for (size_t i = 0; i < COUNT(refused); i++) {
		struct world *w = replay(parent, PIPE,
		    from(refused[i].stage, refused[i].route), &ok);

		assert_refused(w, REFUSAL_INVALID, refused[i].field);
		assert_string_equal(w->refusal.text, refused[i].text);
		world_free(w);
	}
	world_free(parent);
	parent = done_parent("{'name':'p','steps':[{'name':'last'}]}");
	world_free(replay(parent, "{'name':'p','steps':[{'name':'last'}]}",
	    from("last", ""), &ok));
	assert_false(ok);
	world_free(parent);
}

/* What would be copied is bounded. */
static void
test_bound(void **state)
{
	static const char job[] =
	    "{'name':'p','steps':[{'name':'a'},{'name':'b'},{'name':'c',"
	    "'depends_on':['a','b']}]}";
	struct world *parent = world_new(job, "{}"), *w;
	struct buf big = {0};
	struct report r;
	char *s = world_string(REPLAY_COPY_MAX / 2);
	bool ok;

	(void)state;
	accept(parent, hands_on("a", "{}"));
	buf_addf(&big, "{\"x\":%s}", s);
	r = hands_on("b", "{}");
	r.artifacts = SLICE("{}");
	r.result = buf_slice(&big);
	accept(parent, r);
	w = replay(parent, job, from("a", ""), &ok);
	assert_true(ok);
	world_free(w);
	buf_addf(&big, "%s", s);
	for (unsigned i = 0; i < parent->n; i++) {
		struct journal_event *ev = &parent->journal[i];

		for (unsigned k = 0; k < ev->nmembers; k++) {
			if (ev->member[k].id != MEMBER_RESULT)
				continue;
			free((char *)(uintptr_t)ev->member[k].bytes.p);
			ev->member[k].bytes.p = mem_dup(big.p, big.len);
			ev->member[k].bytes.n = big.len;
		}
	}
	w = replay(parent, job, from("a", ""), &ok);
	assert_refused(w, REFUSAL_INVALID, "from_stage");
	assert_string_equal(w->refusal.text,
	    "more than 64 MiB would have to be copied");
	world_free(w);
	world_free(parent);
	buf_free(&big);
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_plans),
	    cmocka_unit_test(test_copies),
	    cmocka_unit_test(test_goes_on),
	    cmocka_unit_test(test_other_job),
	    cmocka_unit_test(test_refused),
	    cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
