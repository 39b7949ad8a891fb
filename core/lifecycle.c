/*
 * The lifecycle, seen from the inside: applying events, making executions,
 * timers, cancels.  What workers report is decided in lifecycle_report.c.
 */
#include "core/lifecycle.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/failure.h"
#include "core/graph.h"
#include "core/lifecycle_impl.h"
#include "core/log.h"
#include "core/mem.h"

#define FIRST_CAP 8
#define TEXT_KEPT (64u << 10)  /* bytes of a text kept for the next one */
#define INPUTS_MAX (64u << 20) /* bytes of step inputs made by one decision */

/* Empty the change for the next decision, keeping what memory is usual. */
void
lifecycle_change_reset(struct change *c)
{
	unsigned i;

	for (i = 0; i < c->ntexts; i++)
		if (c->texts[i].cap > TEXT_KEPT)
			buf_free(&c->texts[i]);
		else
			c->texts[i].len = 0;
	c->nevents = 0;
	c->ntexts = 0;
}

/* Release the change's memory. */
void
lifecycle_change_free(struct change *c)
{
	unsigned i;

	for (i = 0; i < c->texts_cap; i++)
		buf_free(&c->texts[i]);
	free(c->texts);
	free(c->events);
	*c = (struct change){0};
}

/* Take an unused text of the change. */
struct buf *
lifecycle_text(struct decision *d)
{
	struct change *c = d->change;
	unsigned i, old = c->texts_cap;

	if (c->ntexts == old) {
		c->texts_cap = old == 0 ? FIRST_CAP : old * 2;
		c->texts = mem_resize(c->texts, c->texts_cap, sizeof *c->texts);
		for (i = old; i < c->texts_cap; i++)
			c->texts[i] = (struct buf){0};
	}
	return &c->texts[c->ntexts++];
}

/* Begin an event about the decision's execution. */
struct journal_event
lifecycle_event(const struct decision *d, enum event_type type)
{
	struct journal_event ev = event_make(type);

	ev.at = d->now;
	ev.execution = d->x->id;
	ev.attempt = d->x->attempt;
	return ev;
}

/* Begin a status event. */
struct journal_event
lifecycle_status(const struct decision *d, enum status s, enum cause c)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STATUS);

	ev.previous = (uint8_t)d->x->status;
	ev.status = (uint8_t)s;
	ev.cause = (uint8_t)c;
	return ev;
}

/* Keep the event and let it change the rows, in this one place. */
void
lifecycle_emit(struct decision *d, struct journal_event *ev)
{
	struct change *c = d->change;

	if (c->nevents == c->cap) {
		c->cap = c->cap == 0 ? FIRST_CAP : c->cap * 2;
		c->events = mem_resize(c->events, c->cap, sizeof *c->events);
	}
	ev->seq = d->seq + c->nevents;
	ev->prev = d->x->tail.seq;
	ev->nth = d->x->nevents + 1;
	c->events[c->nevents++] = *ev;
	lifecycle_apply(d->job, ev, d->x, d->steps);
	lifecycle_object(d, ev);
}

/* Refuse the whole command: nothing that was decided so far remains. */
bool
lifecycle_refuse(struct decision *d, enum refusal_code code, const char *field,
    const char *fmt, ...)
{
	struct refusal *r = &d->refusal;
	va_list ap;

	r->code = code;
	snprintf(r->field, sizeof r->field, "%s", field);
	va_start(ap, fmt);
	vsnprintf(r->text, sizeof r->text, fmt, ap);
	va_end(ap);
	lifecycle_change_reset(d->change);
	return false;
}

/* Steps that were under way or waiting end with the execution. */
static void
apply_end_steps(const struct journal_event *ev, struct execution *x,
    struct step *steps)
{
	struct step *s;
	unsigned i;

	for (i = 0; steps != NULL && i < x->nsteps; i++) {
		s = &steps[i];
		s->due = 0;
		if (s->status == STEP_COMPLETED || s->status == STEP_FAILED)
			continue;
		if (ev->status == STATUS_CANCELLED)
			s->status = STEP_CANCELLED;
		else if (ev->status != STATUS_COMPLETED &&
		    s->status == STEP_RUNNING)
			s->status = STEP_FAILED;
		else
			s->status = STEP_SKIPPED;
		s->updated_at = ev->at;
	}
}

/* The next attempt begins: what is not over and done with starts over. */
static void
apply_restart_steps(const struct journal_event *ev, struct execution *x,
    struct step *steps)
{
	struct step *s;
	unsigned i;

	for (i = 0; steps != NULL && i < x->nsteps; i++) {
		s = &steps[i];
		if (s->status == STEP_COMPLETED || s->status == STEP_SKIPPED)
			continue;
		s->status = STEP_PENDING;
		s->attempt = ev->attempt;
		s->percent = EVENT_NO_PERCENT;
		s->started_at = s->completed_at = 0;
		s->updated_at = ev->at;
		s->tries = 0;
		s->lease_ms = s->due = 0;
		s->claim.seq = 0;
	}
}

/* How long its worker may be silent. */
int64_t
lifecycle_lease(const struct execution *x, const struct job *job)
{
	return x->lease_ms > 0 ? x->lease_ms : job->heartbeat_timeout_ms;
}

/* A worker asked for it, or for a step of it. */
static void
apply_claim(const struct journal_event *ev, struct execution *x)
{
	if (event_get(ev, MEMBER_WORKER).p == NULL) {
		x->unit = UNIT_STEP;
		return;
	}
	x->unit = UNIT_EXECUTION;
	x->lease_ms = ev->due - ev->at;
	x->claim.seq = ev->seq;
}

/* It waits for a worker (again): whoever had it has it no more. */
static void
apply_queued(const struct journal_event *ev, struct execution *x,
    struct step *steps)
{
	x->attempt = ev->attempt;
	x->attempt_started_at = 0;
	x->due[TIMER_READY] = x->due[TIMER_HEARTBEAT] = 0;
	x->due[TIMER_ATTEMPT] = 0;
	x->unit = UNIT_NONE;
	x->lease_ms = 0;
	x->claim.seq = 0;
	if (ev->cause == CAUSE_GIVEN_BACK) {
		/* As if nobody had ever had it. */
		x->due[TIMER_ATTEMPT] = ev->due;
		if (x->attempt == 1)
			x->started_at = 0;
	} else {
		x->ready_at = ev->at;
	}
	apply_restart_steps(ev, x, steps);
}

/* The first deadline of steps that are claimed one by one. */
void
lifecycle_step_deadlines(struct execution *x, const struct step *steps)
{
	int64_t first = 0;
	unsigned i;

	if (x->unit != UNIT_STEP || x->status != STATUS_RUNNING)
		return;
	INVARIANT(steps != NULL);
	for (i = 0; i < x->nsteps; i++)
		if (steps[i].due != 0 && (first == 0 || steps[i].due < first))
			first = steps[i].due;
	x->due[TIMER_HEARTBEAT] = first;
}

/* A worker holds the execution now, for the first time or again. */
static void
apply_running(const struct job *job, const struct journal_event *ev,
    struct execution *x)
{
	if (x->started_at == 0)
		x->started_at = ev->at;
	if (x->attempt_started_at == 0)
		x->attempt_started_at = ev->at;
	x->error.seq = 0; /* of an attempt that is over */
	x->failure = FAILURE_NONE;
	x->due[TIMER_READY] = x->due[TIMER_ATTEMPT] = 0;
	x->due[TIMER_HEARTBEAT] = ev->at + lifecycle_lease(x, job);
	if (job->timeout_ms > 0)
		x->due[TIMER_ATTEMPT] = x->attempt_started_at + job->timeout_ms;
}

/* A terminal status: no timer is left, no step goes on. */
static void
apply_end(const struct journal_event *ev, struct execution *x,
    struct step *steps)
{
	unsigned i;

	x->completed_at = ev->at;
	for (i = 0; i < TIMER_COUNT; i++)
		x->due[i] = 0;
	if (ev->status == STATUS_CANCELLED && x->cancel_at == 0)
		x->cancel_at = ev->at;
	if (ev->status == STATUS_COMPLETED) {
		x->percent = 100;
		x->error.seq = 0;
		x->failure = FAILURE_NONE;
	}
	apply_end_steps(ev, x, steps);
}

/* Move the deadlines that a change of status moves. */
static void
apply_deadlines(const struct job *job, const struct journal_event *ev,
    struct execution *x, struct step *steps)
{
	switch (x->status) {
	case STATUS_RUNNING:
		apply_running(job, ev, x);
		break;
	case STATUS_QUEUED:
		apply_queued(ev, x, steps);
		break;
	case STATUS_RETRYING:
		x->due[TIMER_HEARTBEAT] = x->due[TIMER_ATTEMPT] = 0;
		x->due[TIMER_READY] = ev->due;
		break;
	case STATUS_CANCELLING:
		x->cancel_at = ev->at;
		x->due[TIMER_HEARTBEAT] = x->due[TIMER_ATTEMPT] = 0;
		x->due[TIMER_TOTAL] = 0;
		x->due[TIMER_GRACE] = ev->at + job->cancel_grace_ms;
		break;
	case STATUS_INTERRUPTED:
		x->due[TIMER_HEARTBEAT] = ev->at + lifecycle_lease(x, job);
		break;
	default:
		apply_end(ev, x, steps);
		break;
	}
}

/* What a failure was, in the taxonomy, at the moment it is recorded. */
static enum failure_category
apply_failure(const struct journal_event *ev)
{
	if (execution_is_timeout((enum cause)ev->cause))
		return FAILURE_TIMEOUT;
	return failure_classify(event_get(ev, MEMBER_ERROR_TYPE));
}

/* The status changes here and nowhere else. */
static void
apply_status(const struct job *job, const struct journal_event *ev,
    struct execution *x, struct step *steps)
{
	if (ev->status == STATUS_RUNNING)
		x->heartbeat_at = ev->at;
	x->status = ev->status;
	x->cause = ev->cause;
	x->last.seq = ev->seq;
	brief_take(&x->result, ev, MEMBER_RESULT);
	if (event_get(ev, MEMBER_ERROR_MESSAGE).p != NULL) {
		x->error.seq = ev->seq;
		x->failure = apply_failure(ev);
	}
	if (ev->cause == CAUSE_CLAIMED)
		apply_claim(ev, x);
	apply_deadlines(job, ev, x, steps);
	lifecycle_step_deadlines(x, steps);
}

/* A new execution and its steps, all still to come. */
static void
apply_created(const struct job *job, const struct journal_event *ev,
    struct execution *x, struct step *steps)
{
	unsigned i;

	x->status = STATUS_QUEUED;
	x->cause = CAUSE_REQUEST;
	x->attempt = 1;
	x->percent = EVENT_NO_PERCENT;
	x->step_index = EVENT_NO_INDEX;
	x->created_at = ev->at;
	x->created.seq = x->last.seq = ev->seq;
	x->category = category_of(job->category);
	if (x->ready_at > ev->at)
		x->due[TIMER_READY] = x->ready_at;
	else
		x->ready_at = ev->at;
	brief_take(&x->tags, ev, MEMBER_TAGS);
	if (job->total_timeout_ms > 0)
		x->due[TIMER_TOTAL] = x->ready_at + job->total_timeout_ms;
	for (i = 0; steps != NULL && i < x->nsteps; i++) {
		steps[i].index = (uint16_t)i;
		steps[i].status = STEP_PENDING;
		steps[i].attempt = 1;
		steps[i].percent = EVENT_NO_PERCENT;
		steps[i].updated_at = ev->at;
	}
}

/* Progress of the whole execution: what is not said stays as it was. */
static void
apply_progress(const struct journal_event *ev, struct execution *x)
{
	if (ev->percent != EVENT_NO_PERCENT)
		x->percent = ev->percent;
	if (ev->step_index != EVENT_NO_INDEX)
		x->step_index = ev->step_index;
	brief_take(&x->step_name, ev, MEMBER_STEP_NAME);
	brief_take(&x->metadata, ev, MEMBER_METADATA);
	if (event_get(ev, MEMBER_COUNTS).p != NULL)
		x->counts.seq = ev->seq;
	x->heartbeat_at = ev->at;
}

/* A checkpoint, be it said with progress or left by completing. */
static void
apply_checkpoint(const struct journal_event *ev, struct step *s, enum member m)
{
	struct slice bytes = event_get(ev, m);

	if (bytes.p == NULL)
		return;
	s->checkpoint.seq = ev->seq;
	s->checkpoint_member = m;
	s->checkpoint_bytes = bytes.n;
}

static void
apply_step_progress(const struct journal_event *ev, struct step *s)
{
	if (ev->percent != EVENT_NO_PERCENT)
		s->percent = ev->percent;
	if (event_get(ev, MEMBER_METADATA).p != NULL)
		s->metadata.seq = ev->seq;
	apply_checkpoint(ev, s, MEMBER_CHECKPOINT);
	s->updated_at = ev->at;
}

/* A step completed: what it hands on is its checkpoint, too. */
static void
apply_step_completed(const struct journal_event *ev, struct step *s)
{
	if (s->started_at == 0)
		s->started_at = ev->at;
	s->completed_at = ev->at;
	s->due = 0;
	s->error.seq = 0;
	s->percent = 100;
	if (event_get(ev, MEMBER_ARTIFACTS).p != NULL)
		s->artifacts.seq = ev->seq;
	if (event_get(ev, MEMBER_RESULT).p != NULL)
		s->result.seq = ev->seq;
	apply_checkpoint(ev, s, MEMBER_ARTIFACTS);
}

/* A step waits for a worker: what it is given is known. */
static void
apply_step_ready(const struct journal_event *ev, const struct execution *x,
    struct step *s)
{
	if (event_get(ev, MEMBER_INPUT).p != NULL)
		s->input.seq = ev->seq;
	else if (s->input.seq == 0)
		s->input = x->created;
	if (ev->cause == CAUSE_GIVEN_BACK)
		s->tries--;
	else
		s->ready_at = ev->at;
	if (s->tries == 0)
		s->lease_ms = 0;
	s->claim.seq = 0;
	s->due = 0;
}

/* A step runs: somebody claimed it, until ev->due, or says so. */
static void
apply_step_running(const struct journal_event *ev, struct step *s)
{
	s->started_at = ev->at;
	s->completed_at = 0;
	s->error.seq = 0; /* of a run that is over */
	if (ev->due != 0) {
		s->tries++;
		s->lease_ms = ev->due - ev->at;
		s->claim.seq = ev->seq;
	}
	if (s->claim.seq != 0)
		s->due = ev->at + s->lease_ms;
}

/* A step's status changes here, or with its execution's above. */
static void
apply_step(const struct journal_event *ev, const struct execution *x,
    struct step *s)
{
	s->status = ev->status;
	s->attempt = ev->attempt;
	s->updated_at = ev->at;
	switch (s->status) {
	case STEP_READY:
		apply_step_ready(ev, x, s);
		break;
	case STEP_RUNNING:
		apply_step_running(ev, s);
		break;
	case STEP_COMPLETED:
		apply_step_completed(ev, s);
		break;
	case STEP_FAILED:
		if (s->started_at == 0)
			s->started_at = ev->at;
		s->completed_at = ev->at;
		s->error.seq = ev->seq;
		s->due = ev->due;
		break;
	default:
		break;
	}
}

/* Apply an event to its rows; see lifecycle.h. */
void
lifecycle_apply(const struct job *job, const struct journal_event *ev,
    struct execution *x, struct step *steps)
{
	struct step *s = NULL;

	x->tail.seq = ev->seq;
	x->nevents = ev->nth;
	if (ev->step != EVENT_NO_STEP && ev->type != EVENT_LOG) {
		INVARIANT(steps != NULL && ev->step < x->nsteps);
		s = &steps[ev->step];
	}
	switch (ev->type) {
	case EVENT_CREATED:
		apply_created(job, ev, x, steps);
		break;
	case EVENT_STATUS:
		apply_status(job, ev, x, steps);
		break;
	case EVENT_PROGRESS:
		if (s != NULL)
			apply_step_progress(ev, s);
		else
			apply_progress(ev, x);
		break;
	case EVENT_LOG:
		x->heartbeat_at = ev->at;
		if (ev->percent == EVENT_NO_PERCENT)
			return;
		x->percent = ev->percent;
		break;
	case EVENT_STEP:
		INVARIANT(s != NULL);
		apply_step(ev, x, s);
		lifecycle_step_deadlines(x, steps);
		break;
	case EVENT_READY:
		x->due[TIMER_READY] = 0;
		break;
	case EVENT_TAGS:
		brief_take(&x->tags, ev, MEMBER_TAGS);
		break;
	case EVENT_ROLLBACK:
		x->rollback.seq = ev->seq;
		break;
	default:
		return;
	}
	x->updated_at = ev->at;
}

/* Read a member, of an event of this very change too. */
struct slice
lifecycle_get(void *arg, struct ref at, enum member m)
{
	struct decision *d = arg;

	if (at.seq >= d->seq && at.seq - d->seq < d->change->nevents)
		return event_get(&d->change->events[at.seq - d->seq], m);
	return d->get(d->arg, at, m);
}

/*
 * Make step i ready.  Its input_params are fixed the first time, for all it
 * depends on has completed for good.  False when they would be too large.
 */
static bool
ready_step(struct decision *d, const struct mapping_context *c, uint16_t i)
{
	const struct job_step *js = &d->job->steps[i];
	struct journal_event ev = lifecycle_event(d, EVENT_STEP);
	struct buf *text;

	ev.step = i;
	ev.previous = (uint8_t)d->steps[i].status;
	ev.status = STEP_READY;
	if (d->steps[i].input.seq == 0 &&
	    (js->nmappings > 0 || js->ndepends > 0)) {
		text = lifecycle_text(d);
		if (!mapping_input(c, i, text))
			return false;
		event_add_member(&ev, MEMBER_INPUT, buf_slice(text));
	}
	lifecycle_emit(d, &ev);
	return true;
}

/* The bytes of all step inputs made so far. */
static size_t
inputs_bytes(const struct change *c)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < c->nevents; i++)
		if (c->events[i].type == EVENT_STEP)
			n += event_get(&c->events[i], MEMBER_INPUT).n;
	return n;
}

static bool
ready_all(struct decision *d, const struct mapping_context *c, char why[120])
{
	uint16_t i;

	for (i = 0; i < d->x->nsteps; i++) {
		if (d->steps[i].status != STEP_PENDING ||
		    graph_unmet(d->job, d->steps, i) >= 0)
			continue;
		if (!ready_step(d, c, i)) {
			snprintf(why, 120,
			    "would make the input of steps.%u larger than "
			    "%u MiB, or take too much reading",
			    i, MAPPING_INPUT_MAX >> 20);
			return false;
		}
		if (inputs_bytes(d->change) > INPUTS_MAX) {
			snprintf(why, 120,
			    "would make the inputs of all steps that become "
			    "ready larger than %u MiB",
			    INPUTS_MAX >> 20);
			return false;
		}
	}
	return true;
}

/* Make every step ready that waits for nothing any more. */
bool
lifecycle_ready_steps(struct decision *d, char why[120])
{
	struct mapping_context c = {.job = d->job,
	    .steps = d->steps,
	    .created = d->x->created,
	    .get = lifecycle_get,
	    .arg = d,
	    .sources = d->sources};
	bool ok;

	if (d->sources == NULL)
		c.sources = mapping_sources_new();
	ok = ready_all(d, &c, why);
	if (d->sources == NULL)
		mapping_sources_free(c.sources);
	return ok;
}

/* Make a new execution. */
bool
lifecycle_create(struct decision *d, struct journal_event *created)
{
	char why[120];

	created->at = d->now;
	created->execution = d->x->id;
	created->attempt = 1;
	created->status = STATUS_QUEUED;
	created->cause = CAUSE_REQUEST;
	lifecycle_emit(d, created);
	if (!lifecycle_ready_steps(d, why))
		return lifecycle_refuse(d, REFUSAL_INVALID, "input_params",
		    "%s", why);
	return true;
}

/* End an attempt; see lifecycle_impl.h. */
void
lifecycle_end_attempt(struct decision *d, struct journal_event *ev, bool retry,
    int64_t after_ms)
{
	if (d->x->status == STATUS_CANCELLING) {
		ev->status = STATUS_CANCELLED;
	} else if (retry &&
	    retry_allowed(&d->job->retry, d->x->attempt,
		event_get(ev, MEMBER_ERROR_TYPE))) {
		if (after_ms < 0)
			after_ms = retry_delay(&d->job->retry, d->x->attempt,
			    d->noise);
		ev->status = STATUS_RETRYING;
		ev->due = d->now + after_ms;
	}
	lifecycle_emit(d, ev);
}

/* An attempt, or all of them, took too long, be it to begin. */
static void
time_out(struct decision *d, enum cause cause, int64_t limit_ms)
{
	static const struct {
		const char *type, *what;
	} words[] = {
	    [CAUSE_HEARTBEAT_TIMEOUT] = {"HeartbeatTimeout", "No heartbeat"},
	    [CAUSE_ATTEMPT_TIMEOUT] = {"AttemptTimeout",
		"The attempt did not end"},
	    [CAUSE_TOTAL_TIMEOUT] = {"TotalTimeout",
		"The execution did not end"},
	    [CAUSE_START_TIMEOUT] = {"StartTimeout", "No worker began it"},
	};
	struct journal_event ev = lifecycle_status(d, STATUS_TIMED_OUT, cause);
	struct buf *text = lifecycle_text(d);

	buf_addf(text, "%s within %lld seconds", words[cause].what,
	    (long long)(limit_ms / 1000));
	event_add_member(&ev, MEMBER_ERROR_MESSAGE, buf_slice(text));
	event_add_member(&ev, MEMBER_ERROR_TYPE, slice_str(words[cause].type));
	lifecycle_end_attempt(d, &ev,
	    cause == CAUSE_HEARTBEAT_TIMEOUT || cause == CAUSE_ATTEMPT_TIMEOUT,
	    -1);
}

/* The heartbeat's timer: silence ends the attempt, a late word moves it. */
static void
timer_heartbeat(struct decision *d, int64_t last_word)
{
	struct execution *x = d->x;
	int64_t limit = lifecycle_lease(x, d->job);

	if (x->status != STATUS_RUNNING && x->status != STATUS_INTERRUPTED)
		return;
	if (x->unit == UNIT_STEP) {
		lifecycle_step_timer(d);
		return;
	}
	if (last_word < x->heartbeat_at)
		last_word = x->heartbeat_at;
	if (last_word + limit <= d->now) {
		time_out(d, CAUSE_HEARTBEAT_TIMEOUT, limit);
		return;
	}
	x->due[TIMER_HEARTBEAT] = last_word + limit;
}

/* Put it in line again; see lifecycle_impl.h. */
void
lifecycle_requeue(struct decision *d, struct journal_event *ev)
{
	char why[120];

	lifecycle_emit(d, ev);
	/* They were ready before: their inputs are there. */
	INVARIANT(lifecycle_ready_steps(d, why));
}

/* run_at, or the retry's time, has come: it waits for a worker. */
static void
timer_ready(struct decision *d)
{
	struct journal_event ev;

	if (d->x->status == STATUS_QUEUED) {
		ev = lifecycle_event(d, EVENT_READY);
		lifecycle_emit(d, &ev);
	} else if (d->x->status == STATUS_RETRYING) {
		ev = lifecycle_status(d, STATUS_QUEUED, CAUSE_RETRY_DUE);
		ev.attempt++;
		lifecycle_requeue(d, &ev);
	}
}

/* The attempt was to have begun, or to have ended. */
static void
timer_attempt(struct decision *d)
{
	const struct execution *x = d->x;

	if (x->status == STATUS_QUEUED)
		time_out(d, CAUSE_START_TIMEOUT,
		    x->due[TIMER_ATTEMPT] - x->ready_at);
	else
		time_out(d, CAUSE_ATTEMPT_TIMEOUT, d->job->timeout_ms);
}

/* A timer fell due. */
void
lifecycle_timer(struct decision *d, enum timer t, int64_t last_word)
{
	struct execution *x = d->x;
	struct journal_event ev;

	if (x->due[t] == 0 || x->due[t] > d->now)
		return;
	switch (t) {
	case TIMER_HEARTBEAT:
		timer_heartbeat(d, last_word);
		break;
	case TIMER_READY:
		timer_ready(d);
		break;
	case TIMER_ATTEMPT:
		timer_attempt(d);
		break;
	case TIMER_TOTAL:
		time_out(d, CAUSE_TOTAL_TIMEOUT, d->job->total_timeout_ms);
		break;
	case TIMER_GRACE:
		ev = lifecycle_status(d, STATUS_CANCELLED, CAUSE_GRACE_OVER);
		lifecycle_emit(d, &ev);
		break;
	}
	INVARIANT(x->due[t] == 0 || x->due[t] > d->now);
}

/* Somebody asks to cancel. */
bool
lifecycle_cancel(struct decision *d)
{
	enum status s = d->x->status, to = STATUS_CANCELLING;
	struct journal_event ev;

	if (status_is_terminal(s))
		return lifecycle_refuse(d, REFUSAL_TERMINAL, "status",
		    "cannot cancel: the execution is %s", status_name(s));
	if (s == STATUS_CANCELLING) {
		d->repeated = true;
		return true;
	}
	if (s == STATUS_QUEUED || s == STATUS_RETRYING ||
	    (d->x->unit == UNIT_STEP && !lifecycle_any_runs(d)))
		to = STATUS_CANCELLED;
	ev = lifecycle_status(d, to, CAUSE_REQUEST);
	lifecycle_emit(d, &ev);
	return true;
}

/* The server died while it ran. */
void
lifecycle_interrupt(struct decision *d)
{
	struct journal_event ev;

	/* Steps that are claimed by themselves have leases of their own. */
	if (d->x->status != STATUS_RUNNING || d->x->unit == UNIT_STEP)
		return;
	ev = lifecycle_status(d, STATUS_INTERRUPTED, CAUSE_UNCLEAN_STOP);
	lifecycle_emit(d, &ev);
}
