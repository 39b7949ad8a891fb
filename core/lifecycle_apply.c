/*
 * Applying events to the rows: the only place where a status is assigned.
 * The server does so when it decides, `tidewired check` and rebuild when they
 * replay the journal.  Neighbours: lifecycle.c decides which events there are.
 */
#include "core/failure.h"
#include "core/lifecycle_impl.h"
#include "core/log.h"

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
		s->cause = CAUSE_NONE;
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
		s->cause = CAUSE_NONE;
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
	brief_take(&x->input, ev, MEMBER_INPUT);
	brief_take(&x->given, ev, MEMBER_METADATA);
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
	s->cause = ev->cause;
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
