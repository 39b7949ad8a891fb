/*
 * The lifecycle, seen from the inside: making executions, timers, cancels.
 * What workers report is decided in lifecycle_report.c; lifecycle_apply.c
 * knows what an event does to the rows.
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
