/*
 * One execution, its steps and its journal in memory: what the engine does
 * with a decision, without a store.  After every decision the rows are
 * checked, and made again from the journal alone.
 */
#ifndef TESTS_CORE_LIFECYCLE_H
#define TESTS_CORE_LIFECYCLE_H

#include <stdio.h>
#include <stdlib.h>

#include "core/lifecycle.h"
#include "core/mem.h"

/* When the world begins, in ms; times in tests are seconds from there. */
#define BEGIN INT64_C(1700000000000)
#define WORLD_STEPS 16
#define COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* b and c wait for a, d for both. */
#define DIAMOND                                                          \
	"'steps':[{'name':'a'},{'name':'b','depends_on':['a']},"         \
	"{'name':'c','depends_on':['a']},{'name':'d','depends_on':['c'," \
	"'b']}]"
#define WAIT10                                  \
	"'retry':{'max_attempts':3,'jitter':0," \
	"'initial_interval_ms':10000,'backoff_coefficient':1}"

struct world {
	struct job *job;
	struct execution x;
	struct step steps[WORLD_STEPS];
	struct change change;
	int64_t now;
	uint64_t noise;
	struct journal_event *journal; /* members are owned */
	unsigned n, first;	       /* first: of the last decision's */
	/* of the last decision: */
	bool ok, repeated;
	struct refusal refusal;
	const struct step *about;
};

/* A job from JSON with ' for ". */
static inline struct job *
world_job(const char *text)
{
	struct uuid id = {{1}};
	struct buf b = {0};
	struct json_error bad;
	struct job_error err;
	struct job *checked, *j;
	struct json *doc;

	for (; *text != '\0'; text++)
		buf_add_byte(&b, *text == '\'' ? '"' : (unsigned char)*text);
	doc = json_parse(buf_slice(&b), &bad);
	if (doc == NULL)
		fail_msg("%s: %.*s", bad.text, SLICE_FMT(buf_slice(&b)));
	checked = job_new(json_root(doc), &err);
	if (checked == NULL)
		fail_msg("%s %s", err.field, err.text);
	j = job_load(checked->definition, &id, 1);
	job_free(checked);
	json_free(doc);
	buf_free(&b);
	return j;
}

/* Set the clock to that many seconds from the beginning. */
static inline void
world_at(struct world *w, int64_t seconds)
{
	w->now = BEGIN + seconds * 1000;
}

/* ---- the journal ---- */

static inline void
world_keep(struct world *w, const struct journal_event *ev)
{
	struct journal_event *to;

	assert_int_equal(ev->seq, w->n + 1);
	w->journal = mem_resize(w->journal, w->n + 1, sizeof(w->journal[0]));
	to = &w->journal[w->n++];
	*to = *ev;
	for (unsigned i = 0; i < to->nmembers; i++) {
		struct slice *s = &to->member[i].bytes;

		s->p = mem_dup(s->p, s->n);
	}
}

static inline struct slice
world_get(void *arg, struct ref at, enum member m)
{
	const struct world *w = arg;

	assert_in_range(at.seq, 1, w->n);
	return event_get(&w->journal[at.seq - 1], m);
}

/* The member a row points at; it must be there. */
static inline struct slice
world_member(const struct world *w, struct ref at, enum member m)
{
	struct slice s;

	if (at.seq == 0)
		return SLICE_NONE;
	assert_in_range(at.seq, 1, w->n);
	s = event_get(&w->journal[at.seq - 1], m);
	assert_non_null(s.p);
	return s;
}

/* The same of what a row may have: what it has is what was said. */
static inline struct slice
world_brief(const struct world *w, const struct brief *b, enum member m)
{
	struct slice said = world_member(w, b->at, m), kept;

	assert_int_equal(brief_read(b, &kept), said.n <= BRIEF_MAX);
	assert_int_equal(kept.p != NULL, said.p != NULL && said.n <= BRIEF_MAX);
	if (kept.p != NULL)
		assert_true(slice_eq(kept, said));
	return said;
}

/* ---- what must always hold ---- */

static inline void
world_check_step(const struct world *w, const struct step *s)
{
	world_member(w, s->artifacts, MEMBER_ARTIFACTS);
	world_member(w, s->result, MEMBER_RESULT);
	world_member(w, s->metadata, MEMBER_METADATA);
	if (s->checkpoint.seq != 0)
		assert_int_equal(s->checkpoint_bytes,
		    world_member(w, s->checkpoint, s->checkpoint_member).n);
	if (s->error.seq != 0)
		assert_int_equal(w->journal[s->error.seq - 1].type, EVENT_STEP);
	if (s->input.seq != 0 && s->input.seq != w->x.created.seq)
		world_member(w, s->input, MEMBER_INPUT);
	assert_int_equal(s->status != STEP_COMPLETED || s->completed_at != 0,
	    true);
	if (s->status == STEP_READY || s->status == STEP_RUNNING)
		assert_true(s->input.seq != 0);
	if (s->claim.seq != 0)
		assert_true(w->journal[s->claim.seq - 1].due != 0);
	assert_true(s->claim.seq == 0 || (s->tries > 0 && s->lease_ms > 0));
	if (s->due != 0)
		assert_true(s->status == STEP_FAILED ||
		    (s->status == STEP_RUNNING && s->claim.seq != 0));
	assert_true(s->attempt <= w->x.attempt);
}

/* Where steps are claimed by themselves, one timer stands for the first. */
static inline void
world_check_units(const struct world *w)
{
	const struct execution *x = &w->x;
	bool ready = false;
	int64_t first = 0;

	if (x->status == STATUS_QUEUED)
		assert_true(x->unit == UNIT_NONE && x->claim.seq == 0);
	if (x->unit == UNIT_EXECUTION)
		world_member(w, x->claim, MEMBER_WORKER);
	assert_int_equal(x->unit == UNIT_EXECUTION, x->lease_ms != 0);
	for (unsigned i = 0; i < x->nsteps; i++) {
		int64_t due = w->steps[i].due;

		if (due != 0 && (first == 0 || due < first))
			first = due;
		ready = ready || w->steps[i].status == STEP_READY;
	}
	if (x->unit != UNIT_STEP || x->status != STATUS_RUNNING)
		return;
	/* Somebody can go on, or will be able to. */
	assert_true(ready || first != 0);
	assert_int_equal(first != 0, x->due[TIMER_HEARTBEAT] != 0);
	assert_true(x->due[TIMER_HEARTBEAT] <= first);
}

/* Which timers a status may have, one bit each. */
static inline unsigned
world_timers(enum status s)
{
	switch (s) {
	case STATUS_QUEUED:
		return 1u << TIMER_TOTAL | 1u << TIMER_READY |
		    1u << TIMER_ATTEMPT;
	case STATUS_RUNNING:
	case STATUS_INTERRUPTED:
		return 1u << TIMER_TOTAL | 1u << TIMER_HEARTBEAT |
		    1u << TIMER_ATTEMPT;
	case STATUS_RETRYING:
		return 1u << TIMER_TOTAL | 1u << TIMER_READY;
	case STATUS_CANCELLING:
		return 1u << TIMER_GRACE;
	default:
		return 0;
	}
}

static inline void
world_check(const struct world *w)
{
	const struct execution *x = &w->x;
	bool held = status_is_held(x->status);
	unsigned may = world_timers(x->status);

	for (unsigned t = 0; t < TIMER_COUNT; t++)
		if (x->due[t] != 0)
			assert_true((may & 1u << t) != 0);
	if (x->status != STATUS_QUEUED)
		assert_int_equal(x->due[TIMER_READY] != 0,
		    x->status == STATUS_RETRYING);
	assert_int_equal(x->due[TIMER_GRACE] != 0,
	    x->status == STATUS_CANCELLING);
	if (x->unit != UNIT_STEP)
		assert_int_equal(x->due[TIMER_HEARTBEAT] != 0,
		    held && x->status != STATUS_CANCELLING);
	assert_int_equal(x->completed_at != 0, status_is_terminal(x->status));
	if (held)
		assert_true(x->attempt_started_at != 0);
	assert_in_range(x->attempt, 1, w->job->retry.max_attempts);
	assert_int_equal(x->error.seq != 0, x->failure != FAILURE_NONE);
	assert_in_range(x->last.seq, 1, w->n);
	world_brief(w, &x->input, MEMBER_INPUT);
	world_brief(w, &x->given, MEMBER_METADATA);
	world_brief(w, &x->tags, MEMBER_TAGS);
	world_brief(w, &x->step_name, MEMBER_STEP_NAME);
	world_brief(w, &x->metadata, MEMBER_METADATA);
	world_brief(w, &x->result, MEMBER_RESULT);
	world_member(w, x->error, MEMBER_ERROR_MESSAGE);
	for (unsigned i = 0; i < x->nsteps; i++)
		world_check_step(w, &w->steps[i]);
	world_check_units(w);
}

/* The journal alone tells the rows, but for what heartbeats move. */
static inline void
world_replay(const struct world *w)
{
	struct execution x = {.id = w->x.id, .nsteps = w->x.nsteps};
	uint8_t a[EXECUTION_ROW], b[EXECUTION_ROW];
	struct step steps[WORLD_STEPS] = {0};
	unsigned i;

	assert_true(execution_decode_origin(event_get(&w->journal[0],
						MEMBER_ROW),
	    &x));
	for (i = 0; i < x.nsteps; i++)
		steps[i].id = w->steps[i].id;
	for (i = 0; i < w->n; i++)
		lifecycle_apply(w->job, &w->journal[i], &x, steps);
	x.heartbeat_at = w->x.heartbeat_at;
	x.due[TIMER_HEARTBEAT] = w->x.due[TIMER_HEARTBEAT];
	assert_int_equal(execution_encode(&x, a), execution_encode(&w->x, b));
	assert_memory_equal(a, b, execution_encode(&x, a));
	for (i = 0; i < x.nsteps; i++) {
		size_t n;

		if (steps[i].status == STEP_RUNNING)
			steps[i].due = w->steps[i].due;
		n = execution_encode_step(&steps[i], a);
		assert_int_equal(execution_encode_step(&w->steps[i], b), n);
		assert_memory_equal(a, b, n);
	}
}

/* ---- decisions ---- */

/* A decision about copies of the rows, in x and steps. */
static inline struct decision
world_decision(struct world *w, struct execution *x, struct step *steps)
{
	*x = w->x;
	memcpy(steps, w->steps, sizeof(w->steps));
	lifecycle_change_reset(&w->change);
	return (struct decision){
	    .job = w->job,
	    .now = w->now,
	    .noise = w->noise,
	    .seq = w->n + 1,
	    .get = world_get,
	    .arg = w,
	    .x = x,
	    .steps = steps,
	    .change = &w->change,
	};
}

/* Keep what came of it, as the engine does. */
static inline bool
world_settle(struct world *w, const struct decision *d, bool ok)
{
	w->ok = ok;
	w->refusal = d->refusal;
	w->repeated = d->repeated;
	w->about = NULL;
	assert_int_equal(ok, d->refusal.code == REFUSAL_NONE);
	w->first = w->n;
	for (unsigned i = 0; i < w->change.nevents; i++) {
		if (!ok)
			assert_int_equal(w->change.events[i].type,
			    EVENT_IGNORED);
		assert_int_equal(w->change.events[i].at, w->now);
		world_keep(w, &w->change.events[i]);
	}
	if (!ok) {
		assert_in_range(w->n - w->first, 0, 1);
		if (w->n > w->first) {
			w->x = *d->x; /* its tail, and nothing else */
			world_replay(w);
		}
		return false;
	}
	w->x = *d->x;
	if (d->steps != NULL)
		memcpy(w->steps, d->steps, sizeof(w->steps));
	if (d->about != NULL)
		w->about = &w->steps[d->about->index];
	world_check(w);
	world_replay(w);
	return true;
}

/* Reports, with steps loaded only when they must be. */
static inline bool
world_fenced(struct world *w, const struct report *r, unsigned n,
    const struct fence *f)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	if (!lifecycle_needs_steps(r, n, f))
		d.steps = NULL;
	return world_settle(w, &d, lifecycle_report(&d, r, n, f));
}

static inline bool
world_reports(struct world *w, const struct report *r, unsigned n,
    uint32_t attempt)
{
	return world_fenced(w, r, n, &(struct fence){.attempt = attempt});
}

/* Hand it out, or step i of it; what the worker may show from then on. */
static inline struct fence
world_claim(struct world *w, int i, int64_t lease_ms)
{
	struct claim_terms terms = {SLICE("w"), lease_ms};
	struct fence f = {.of_step = i >= 0, .step = (uint16_t)i};
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	if (i >= 0)
		lifecycle_claim_step(&d, f.step, &terms);
	else
		lifecycle_claim(&d, &terms);
	world_settle(w, &d, true);
	f.claim = i >= 0 ? w->steps[i].claim.seq : w->x.claim.seq;
	/* Who has the claim of a step may say its tries, or nothing. */
	f.attempt = w->x.attempt;
	if (i >= 0)
		f.attempt = lease_ms == 0 ? 0 : w->steps[i].tries;
	return f;
}

static inline void
world_give_back(struct world *w, const struct fence *f)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	lifecycle_give_back(&d, f);
	world_settle(w, &d, true);
}

static inline bool
world_report(struct world *w, struct report r)
{
	return world_reports(w, &r, 1, 0);
}

static inline bool
world_cancel(struct world *w)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	return world_settle(w, &d, lifecycle_cancel(&d));
}

static inline void
world_interrupt(struct world *w)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	d.steps = NULL;
	lifecycle_interrupt(&d);
	world_settle(w, &d, true);
}

/* The timer falls due; word: the last one heard, in ms. */
static inline void
world_timer(struct world *w, enum timer t, int64_t word)
{
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d = world_decision(w, &x, steps);

	lifecycle_timer(&d, t, word);
	world_settle(w, &d, true);
}

/* Make an execution of the job; false when that is refused. */
static inline bool
world_create(struct world *w, const char *input)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	uint8_t origin[EXECUTION_ORIGIN];
	struct step steps[WORLD_STEPS];
	struct execution x;
	struct decision d;
	bool ok;

	assert_in_range(w->job->nsteps, 0, WORLD_STEPS);
	w->x = (struct execution){.id = {{2}},
	    .number = 7,
	    .job = w->job->id,
	    .job_version = w->job->version,
	    .priority = w->job->priority,
	    .nsteps = w->job->nsteps};
	for (unsigned i = 0; i < w->job->nsteps; i++)
		w->steps[i] = (struct step){.id = {{3, (uint8_t)(i + 1)}}};
	execution_encode_origin(&w->x, origin);
	event_add_member(&ev, MEMBER_ROW,
	    (struct slice){(char *)origin, sizeof(origin)});
	event_add_member(&ev, MEMBER_INPUT, slice_str(input));
	d = world_decision(w, &x, steps);
	ok = lifecycle_create(&d, &ev);
	return world_settle(w, &d, ok);
}

/* A world with one new execution of a job, at its beginning. */
static inline struct world *
world_new(const char *job, const char *input)
{
	struct world *w = mem_zalloc(sizeof(*w));

	w->job = world_job(job);
	w->noise = UINT64_C(1) << 63; /* the middle: no jitter */
	world_at(w, 0);
	assert_true(world_create(w, input));
	return w;
}

static inline void
world_free(struct world *w)
{
	for (unsigned i = 0; i < w->n; i++)
		for (unsigned k = 0; k < w->journal[i].nmembers; k++)
			free(
			    (char *)(uintptr_t)w->journal[i].member[k].bytes.p);
	free(w->journal);
	lifecycle_change_free(&w->change);
	job_free(w->job);
	free(w);
}

/* ---- reports in few words ---- */

static inline struct report
say(enum report_kind kind)
{
	struct report r = report_make(kind);

	if (kind == REPORT_LOG) {
		r.level = LEVEL_INFO;
		r.message = SLICE("m");
	} else if (kind == REPORT_FAIL || kind == REPORT_STEP_FAILED) {
		r.error_message = SLICE("broken");
		r.error_type = SLICE("Odd");
	}
	return r;
}

static inline struct report
say_step(enum report_kind kind, const char *step)
{
	struct report r = say(kind);

	r.step = slice_str(step);
	return r;
}

static inline struct report
fails(const char *type)
{
	struct report r = say(REPORT_FAIL);

	r.error_type = slice_str(type);
	return r;
}

static inline struct report
completes(const char *result)
{
	struct report r = say(REPORT_COMPLETE);

	r.result = slice_str(result);
	return r;
}

/* The step completed and hands these artifacts on. */
static inline struct report
hands_on(const char *step, const char *artifacts)
{
	struct report r = say_step(REPORT_STEP_COMPLETED, step);

	r.artifacts = slice_str(artifacts);
	return r;
}

static inline void
accept(struct world *w, struct report r)
{
	if (!world_report(w, r))
		fail_msg("%s: %s", w->refusal.field, w->refusal.text);
}

/* All steps' statuses: "completed running pending". */
static inline void
assert_steps(const struct world *w, const char *want)
{
	char got[200];
	size_t n = 0;

	for (unsigned i = 0; i < w->x.nsteps; i++)
		n += (size_t)snprintf(got + n, sizeof(got) - n, "%s%s",
		    i > 0 ? " " : "", status_step_name(w->steps[i].status));
	assert_string_equal(got, want);
}

/* A JSON string of n bytes, owned. */
static inline char *
world_string(size_t n)
{
	char *s = mem_zalloc(n + 1);

	memset(s, 'y', n);
	s[0] = s[n - 1] = '"';
	return s;
}

/* ---- what happened, as text ---- */

static inline void
world_write_event(const struct world *w, const struct journal_event *ev,
    struct buf *out)
{
	struct slice step = ev->step == EVENT_NO_STEP
	    ? SLICE_NONE
	    : w->job->steps[ev->step].name;

	if (step.p != NULL)
		buf_addf(out, "%.*s ", SLICE_FMT(step));
	if (ev->type == EVENT_STATUS)
		buf_add_str(out, status_name(ev->status));
	else if (ev->type == EVENT_STEP)
		buf_add_str(out, status_step_name(ev->status));
	else
		buf_add_str(out, event_type_name(ev->type));
}

/* The last decision's events: "running, a completed, b ready". */
static inline void
world_events(const struct world *w, char out[200])
{
	struct buf b = {0};

	for (unsigned i = w->first; i < w->n; i++) {
		if (i > w->first)
			buf_add_str(&b, ", ");
		world_write_event(w, &w->journal[i], &b);
	}
	snprintf(out, 200, "%.*s", SLICE_FMT(buf_slice(&b)));
	buf_free(&b);
}

/* The deadlines, in seconds from the beginning: "heartbeat 400 total 900". */
static inline void
world_due(const struct world *w, char out[200])
{
	static const char *const names[] = {
	    [TIMER_HEARTBEAT] = "heartbeat",
	    [TIMER_READY] = "retry",
	    [TIMER_ATTEMPT] = "attempt",
	    [TIMER_TOTAL] = "total",
	    [TIMER_GRACE] = "grace",
	};
	size_t n = 0;

	out[0] = '\0';
	for (unsigned t = 0; t < TIMER_COUNT; t++)
		if (w->x.due[t] != 0)
			n += (size_t)snprintf(out + n, 200 - n, "%s%s %lld",
			    n > 0 ? " " : "", names[t],
			    (long long)(w->x.due[t] - BEGIN) / 1000);
}

static inline void
assert_events(const struct world *w, const char *want)
{
	char got[200];

	world_events(w, got);
	assert_string_equal(got, want);
}

static inline void
assert_due(const struct world *w, const char *want)
{
	char got[200];

	world_due(w, got);
	assert_string_equal(got, want);
}

static inline void
assert_refused(const struct world *w, enum refusal_code code, const char *field)
{
	assert_false(w->ok);
	assert_int_equal(w->refusal.code, code);
	assert_string_equal(w->refusal.field, field);
}

static inline void
assert_text(struct slice got, const char *want)
{
	if (!slice_is(got, want))
		fail_msg("%.*s, not %s", SLICE_FMT(got), want);
}

static inline void
assert_said_again(struct world *w, struct report r)
{
	unsigned n = w->n;

	accept(w, r);
	assert_true(w->repeated);
	assert_int_equal(w->n, n);
}

static inline void
assert_too_late(struct world *w, struct report r)
{
	assert_false(world_report(w, r));
	assert_refused(w, REFUSAL_TERMINAL, "status");
	assert_events(w, "ignored");
}

#endif
