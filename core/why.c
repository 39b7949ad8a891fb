/*
 * Reasons, status by status.
 */
#include "core/why.h"

#include "core/log.h"

struct list {
	const struct why_facts *f;
	struct why_reason *out;
	unsigned n;
};

/* The word for a code. */
const char *
why_code_name(enum why_code c)
{
	static const char *const names[] = {
	    [WHY_ENDED] = "ended",
	    [WHY_CANCELLING] = "cancelling",
	    [WHY_INTERRUPTED] = "interrupted",
	    [WHY_SCHEDULED] = "scheduled",
	    [WHY_RETRY_WAITING] = "retry_waiting",
	    [WHY_QUEUE_PAUSED] = "queue_paused",
	    [WHY_JOB_PAUSED] = "job_paused",
	    [WHY_CONCURRENCY_LIMIT] = "concurrency_limit",
	    [WHY_CONCURRENCY_KEY_LIMIT] = "concurrency_key_limit",
	    [WHY_WAITING_FOR_WORKER] = "waiting_for_worker",
	    [WHY_HELD] = "held",
	    [WHY_SILENT] = "silent",
	    [WHY_STEP_RUNNING] = "step_running",
	    [WHY_STEP_RETRY_WAITING] = "step_retry_waiting",
	    [WHY_STEP_READY] = "step_ready",
	    [WHY_STEP_WAITING] = "step_waiting",
	};

	return names[c];
}

static struct why_reason *
add(struct list *l, enum why_code code, int64_t since, int64_t until)
{
	struct why_reason *r = &l->out[l->n++];

	INVARIANT(l->n <= WHY_MAX);
	*r = (struct why_reason){.code = code,
	    .since = since,
	    .until = until,
	    .step = EVENT_NO_STEP};
	return r;
}

static void
add_pauses(struct list *l)
{
	const struct why_facts *f = l->f;

	if (f->queue_paused_at != 0)
		add(l, WHY_QUEUE_PAUSED, f->queue_paused_at, 0);
	if (f->job_paused_at != 0)
		add(l, WHY_JOB_PAUSED, f->job_paused_at, 0);
}

static void
add_limits(struct list *l)
{
	const struct why_facts *f = l->f;
	struct why_reason *r;

	if (f->max != 0 && f->held >= f->max) {
		r = add(l, WHY_CONCURRENCY_LIMIT, f->x->ready_at, 0);
		r->have = f->held;
		r->limit = f->max;
	}
	if (f->x->lane != 0 && f->held_of_key >= f->max_of_key) {
		r = add(l, WHY_CONCURRENCY_KEY_LIMIT, f->x->ready_at, 0);
		r->have = f->held_of_key;
		r->limit = f->max_of_key;
	}
}

/* It waits to be handed out: what keeps it, or that nobody asked. */
static void
add_waiting(struct list *l)
{
	const struct execution *x = l->f->x;

	if (x->due[TIMER_READY] != 0)
		add(l, WHY_SCHEDULED, x->created_at, x->due[TIMER_READY]);
	add_pauses(l);
	if (x->due[TIMER_READY] == 0)
		add_limits(l);
	if (l->n == 0)
		add(l, WHY_WAITING_FOR_WORKER, x->ready_at,
		    x->due[TIMER_ATTEMPT]);
}

/* Steps of one kind, in their order. */
static void
add_steps(struct list *l, enum why_code code)
{
	const struct why_facts *f = l->f;
	struct why_reason *r;
	uint16_t i;

	for (i = 0; i < f->x->nsteps; i++) {
		const struct step *s = &f->steps[i];
		bool retries = s->status == STEP_FAILED && s->due != 0;

		if ((code == WHY_STEP_RUNNING && s->status != STEP_RUNNING) ||
		    (code == WHY_STEP_RETRY_WAITING && !retries) ||
		    (code == WHY_STEP_READY && s->status != STEP_READY) ||
		    (code == WHY_STEP_WAITING && s->status != STEP_PENDING))
			continue;
		r = add(l, code,
		    code == WHY_STEP_READY ? s->ready_at : s->started_at,
		    s->due);
		r->step = i;
	}
}

static bool
is_any_step(const struct why_facts *f, enum step_status status)
{
	unsigned i;

	for (i = 0; i < f->x->nsteps; i++)
		if (f->steps[i].status == status)
			return true;
	return false;
}

/* It is under way: who has it, and where its steps are. */
static void
add_running(struct list *l)
{
	const struct why_facts *f = l->f;

	if (f->x->unit == UNIT_EXECUTION)
		add(l, WHY_HELD, f->last_word, f->lease_end);
	else if (f->x->unit == UNIT_NONE)
		add(l, WHY_SILENT, f->last_word, f->lease_end);
	else if (is_any_step(f, STEP_READY))
		add_pauses(l);
	add_steps(l, WHY_STEP_RUNNING);
	add_steps(l, WHY_STEP_RETRY_WAITING);
	add_steps(l, WHY_STEP_READY);
	add_steps(l, WHY_STEP_WAITING);
	if (l->n == 0)
		add(l, WHY_SILENT, f->last_word, f->lease_end);
}

/* Say why. */
unsigned
why(const struct why_facts *f, struct why_reason out[WHY_MAX])
{
	const struct execution *x = f->x;
	struct list l = {f, out, 0};

	switch (x->status) {
	case STATUS_QUEUED:
		add_waiting(&l);
		break;
	case STATUS_RETRYING:
		add(&l, WHY_RETRY_WAITING, x->updated_at, x->due[TIMER_READY]);
		add_pauses(&l);
		break;
	case STATUS_CANCELLING:
		add(&l, WHY_CANCELLING, x->cancel_at, x->due[TIMER_GRACE]);
		break;
	case STATUS_INTERRUPTED:
		add(&l, WHY_INTERRUPTED, f->last_word, f->lease_end);
		add_running(&l);
		break;
	case STATUS_RUNNING:
		add_running(&l);
		break;
	default:
		add(&l, WHY_ENDED, x->completed_at, 0);
		break;
	}
	return l.n;
}

/* The first timer. */
const char *
why_next_timer(const struct execution *x, int64_t *at)
{
	static const char *const names[TIMER_COUNT] = {
	    [TIMER_HEARTBEAT] = "heartbeat",
	    [TIMER_READY] = "ready",
	    [TIMER_ATTEMPT] = "attempt",
	    [TIMER_TOTAL] = "total",
	    [TIMER_GRACE] = "grace",
	};
	unsigned i, first = TIMER_COUNT;

	for (i = 0; i < TIMER_COUNT; i++)
		if (x->due[i] != 0 &&
		    (first == TIMER_COUNT || x->due[i] < x->due[first]))
			first = i;
	if (first == TIMER_COUNT)
		return NULL;
	*at = x->due[first];
	if (first == TIMER_ATTEMPT && x->status == STATUS_QUEUED)
		return "start";
	return names[first];
}
