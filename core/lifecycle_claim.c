/*
 * Claims: a worker asks for work and is handed an execution, or one step of
 * it, for as long as it keeps speaking.  What it then reports is decided in
 * lifecycle_report.c; whom it goes to, in engine/dispatch.c.
 */
#include "core/lifecycle_impl.h"
#include "core/log.h"
#include "core/utf8.h"
#include "core/wire.h"

/* When a lease that begins now ends. */
static int64_t
lease_end(const struct decision *d, const struct claim_terms *terms)
{
	int64_t ms = terms->lease_ms;

	return d->now + (ms > 0 ? ms : d->job->heartbeat_timeout_ms);
}

/* Hand the whole execution out. */
void
lifecycle_claim(struct decision *d, const struct claim_terms *terms)
{
	struct journal_event ev =
	    lifecycle_status(d, STATUS_RUNNING, CAUSE_CLAIMED);

	INVARIANT(execution_is_ready(d->x));
	ev.due = lease_end(d, terms);
	event_add_member(&ev, MEMBER_WORKER, terms->worker);
	lifecycle_emit(d, &ev);
}

/* Hand one step out; with the first the execution is under way. */
void
lifecycle_claim_step(struct decision *d, uint16_t i,
    const struct claim_terms *terms)
{
	struct journal_event ev;

	if (execution_is_ready(d->x)) {
		ev = lifecycle_status(d, STATUS_RUNNING, CAUSE_CLAIMED);
		lifecycle_emit(d, &ev);
	}
	if (i == EVENT_NO_STEP) {
		lifecycle_end_steps(d);
		return;
	}
	INVARIANT(execution_is_step_ready(d->x, &d->steps[i]));
	ev = lifecycle_event(d, EVENT_STEP);
	ev.cause = CAUSE_CLAIMED;
	ev.step = i;
	ev.previous = (uint8_t)d->steps[i].status;
	ev.status = STEP_RUNNING;
	ev.due = lease_end(d, terms);
	event_add_member(&ev, MEMBER_WORKER, terms->worker);
	lifecycle_emit(d, &ev);
}

/* A step is to be done (again). */
static void
ready_again(struct decision *d, uint16_t i, enum cause cause)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STEP);

	ev.cause = (uint8_t)cause;
	ev.step = i;
	ev.previous = (uint8_t)d->steps[i].status;
	ev.status = STEP_READY;
	lifecycle_emit(d, &ev);
}

/* By when it was to begin, as it was made. */
static int64_t
start_limit(const struct decision *d)
{
	struct execution made = {0};
	struct slice row = d->get(d->arg, d->x->created, MEMBER_ROW);

	INVARIANT(execution_decode_origin(row, &made));
	return d->x->attempt == 1 ? made.due[TIMER_ATTEMPT] : 0;
}

/*
 * True when nobody has spoken of what was handed out.  Of the execution a
 * word is an event; beside a step others may have been claimed since.
 */
static bool
is_untouched(const struct decision *d, const struct fence *f)
{
	const struct step *s;

	if (d->x->status != STATUS_RUNNING)
		return false;
	if (!f->of_step)
		return d->x->tail.seq == f->claim;
	INVARIANT(f->step < d->x->nsteps);
	s = &d->steps[f->step];
	return s->claim.seq == f->claim && s->status == STEP_RUNNING &&
	    s->updated_at == s->started_at;
}

/* Take back what nobody received. */
void
lifecycle_give_back(struct decision *d, const struct fence *f)
{
	struct journal_event ev;

	if (!is_untouched(d, f))
		return;
	if (f->of_step) {
		ready_again(d, f->step, CAUSE_GIVEN_BACK);
		return;
	}
	ev = lifecycle_status(d, STATUS_QUEUED, CAUSE_GIVEN_BACK);
	ev.due = start_limit(d);
	lifecycle_requeue(d, &ev);
}

/* Is any step under way? */
bool
lifecycle_any_runs(const struct decision *d)
{
	unsigned i;

	for (i = 0; i < d->x->nsteps; i++)
		if (d->steps[i].status == STEP_RUNNING)
			return true;
	return false;
}

/* Every step that there was to do is done. */
static bool
all_done(const struct decision *d)
{
	unsigned i;

	for (i = 0; i < d->x->nsteps; i++)
		if (d->steps[i].status != STEP_COMPLETED &&
		    d->steps[i].status != STEP_SKIPPED)
			return false;
	return true;
}

/* The claimed step whose last try failed; -1 when there is none. */
static int
failed_step(const struct decision *d)
{
	const struct step *s;
	unsigned i;

	for (i = 0; i < d->x->nsteps; i++) {
		s = &d->steps[i];
		if (s->status == STEP_FAILED && s->claim.seq != 0 &&
		    s->due == 0)
			return (int)i;
	}
	return -1;
}

/* Its last try failed, so the execution did. */
static void
fail_by_step(struct decision *d, unsigned i)
{
	struct journal_event ev =
	    lifecycle_status(d, STATUS_FAILED, CAUSE_STEP_FAILED);
	struct ref error = d->steps[i].error;
	struct buf *text = lifecycle_text(d);
	struct slice message = lifecycle_get(d, error, MEMBER_ERROR_MESSAGE);

	buf_addf(text, "step '%.*s' failed: ",
	    SLICE_FMT(utf8_prefix(d->job->steps[i].name, 200)));
	buf_add_slice(text, message);
	event_add_member(&ev, MEMBER_ERROR_MESSAGE, buf_slice(text));
	event_add_member(&ev, MEMBER_ERROR_TYPE,
	    lifecycle_get(d, error, MEMBER_ERROR_TYPE));
	lifecycle_emit(d, &ev);
}

/* End with the last step, where nobody else will. */
void
lifecycle_end_steps(struct decision *d)
{
	bool by_steps = d->x->unit == UNIT_STEP;
	bool cancelled = d->x->status == STATUS_CANCELLING;
	struct journal_event ev;

	if (status_is_terminal(d->x->status) ||
	    (!by_steps && !d->job->auto_complete))
		return;
	if (by_steps && !cancelled && failed_step(d) >= 0) {
		fail_by_step(d, (unsigned)failed_step(d));
		return;
	}
	if (!all_done(d) && (!cancelled || !by_steps || lifecycle_any_runs(d)))
		return;
	ev =
	    lifecycle_status(d, cancelled ? STATUS_CANCELLED : STATUS_COMPLETED,
		CAUSE_AUTO_COMPLETE);
	lifecycle_emit(d, &ev);
}

/* A step failed; see lifecycle_impl.h. */
void
lifecycle_fail_step(struct decision *d, uint16_t i, struct journal_event *ev,
    bool retry)
{
	struct step *s = &d->steps[i];
	bool again = d->x->unit == UNIT_STEP && s->claim.seq != 0 && retry &&
	    d->x->status == STATUS_RUNNING &&
	    retry_allowed(&d->job->retry, s->tries,
		event_get(ev, MEMBER_ERROR_TYPE));

	ev->step = i;
	ev->previous = (uint8_t)s->status;
	ev->status = STEP_FAILED;
	if (again)
		ev->due =
		    d->now + retry_delay(&d->job->retry, s->tries, d->noise);
	lifecycle_emit(d, ev);
}

/* A step's worker fell silent. */
static void
time_out_step(struct decision *d, uint16_t i)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STEP);
	struct buf *text = lifecycle_text(d);

	buf_addf(text, "No heartbeat within %lld seconds",
	    (long long)(d->steps[i].lease_ms / 1000));
	ev.cause = CAUSE_HEARTBEAT_TIMEOUT;
	event_add_member(&ev, MEMBER_ERROR_MESSAGE, buf_slice(text));
	event_add_member(&ev, MEMBER_ERROR_TYPE, SLICE("HeartbeatTimeout"));
	lifecycle_fail_step(d, i, &ev, true);
	lifecycle_end_steps(d);
}

/* A step's deadline has come: its lease ended, or its retry is due. */
static void
step_due(struct decision *d, uint16_t i)
{
	struct step *s = &d->steps[i];
	int64_t word = 0;

	if (s->status == STEP_FAILED) {
		ready_again(d, i, CAUSE_RETRY_DUE);
		return;
	}
	if (d->step_word != NULL)
		word = d->step_word(d->step_word_arg, &s->id);
	if (word + s->lease_ms > d->now)
		s->due = word + s->lease_ms;
	else
		time_out_step(d, i);
}

/* The first of the steps' deadlines has come, or one was moved since. */
void
lifecycle_step_timer(struct decision *d)
{
	struct execution *x = d->x;
	uint16_t i;

	/* A retry may be due as soon as its try has failed. */
	do {
		for (i = 0; i < x->nsteps && x->status == STATUS_RUNNING; i++)
			if (d->steps[i].due != 0 && d->steps[i].due <= d->now)
				step_due(d, i);
		lifecycle_step_deadlines(x, d->steps);
	} while (x->status == STATUS_RUNNING && x->due[TIMER_HEARTBEAT] != 0 &&
	    x->due[TIMER_HEARTBEAT] <= d->now);
}
