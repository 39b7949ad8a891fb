/*
 * What ran, when, and how it ended.  The rows say how each step stands now
 * (core/lifecycle.c); only the events know of the runs before.
 */
#include "core/lineage.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"

/* Begin. */
struct lineage *
lineage_new(const struct job *j)
{
	struct lineage *l = mem_zalloc(sizeof(*l));

	l->job = j;
	for (unsigned i = 0; i < JOB_STEPS_MAX; i++)
		l->step[i].last = -1;
	return l;
}

/* Release it. */
void
lineage_free(struct lineage *l)
{
	if (l == NULL)
		return;
	free(l->entry);
	free(l);
}

/* The entry a step's first dependency ended with. */
static int
parent_of(const struct lineage *l, uint16_t step)
{
	const struct job_step *s = &l->job->steps[step];

	return s->ndepends == 0 ? -1 : l->step[s->depends[0]].last;
}

static struct lineage_entry *
add(struct lineage *l, const struct journal_event *ev)
{
	struct lineage_entry *e;

	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 16 : l->cap * 2;
		l->entry = mem_resize(l->entry, l->cap, sizeof(*l->entry));
	}
	e = &l->entry[l->n];
	*e = (struct lineage_entry){.step = ev->step,
	    .run = ++l->step[ev->step].runs,
	    .attempt = ev->attempt,
	    .started_at = ev->at,
	    .parent = parent_of(l, ev->step)};
	l->step[ev->step].last = (int)l->n++;
	return e;
}

/* The entry of the step's present run; NULL when it does not run. */
static struct lineage_entry *
running(struct lineage *l, uint16_t step)
{
	struct lineage_entry *e;

	if (l->step[step].last < 0)
		return NULL;
	e = &l->entry[l->step[step].last];
	return e->status == LINEAGE_PROCESSING ? e : NULL;
}

/* A step reported its end; it may never have said that it began. */
static void
end_step(struct lineage *l, const struct journal_event *ev)
{
	struct lineage_entry *e = running(l, ev->step);

	if (e == NULL)
		e = add(l, ev);
	e->completed_at = ev->at;
	e->status =
	    ev->status == STEP_COMPLETED ? LINEAGE_COMPLETED : LINEAGE_FAILED;
	if (ev->status == STEP_FAILED)
		e->error.seq = ev->seq;
}

static void
apply_step(struct lineage *l, const struct journal_event *ev)
{
	if (ev->cause == CAUSE_REPLAY)
		return; /* it did not run here */
	if (ev->status == STEP_RUNNING && running(l, ev->step) == NULL)
		add(l, ev);
	else if (ev->status == STEP_COMPLETED || ev->status == STEP_FAILED)
		end_step(l, ev);
}

/* What still ran has ended with its attempt. */
static void
end_all(struct lineage *l, enum lineage_status s, int64_t at, struct ref why)
{
	for (uint16_t i = 0; i < l->job->nsteps; i++) {
		struct lineage_entry *e = running(l, i);

		if (e == NULL)
			continue;
		e->status = s;
		e->completed_at = at;
		if (s == LINEAGE_FAILED)
			e->error = why;
	}
}

static void
apply_status(struct lineage *l, const struct journal_event *ev)
{
	struct ref why = {ev->seq};

	switch (ev->status) {
	case STATUS_RETRYING:
		l->waits = true;
		l->waits_since = ev->at;
		l->why = why;
		return;
	case STATUS_RUNNING:
		l->waits = false;
		return;
	case STATUS_FAILED:
	case STATUS_TIMED_OUT:
		lineage_end(l);
		end_all(l, LINEAGE_FAILED, ev->at, why);
		return;
	case STATUS_COMPLETED:
	case STATUS_CANCELLED:
		lineage_end(l);
		end_all(l, LINEAGE_CANCELLED, ev->at, why);
		return;
	case STATUS_QUEUED:
		lineage_end(l);
		return;
	default:
		return;
	}
}

/* Take an event. */
void
lineage_apply(struct lineage *l, const struct journal_event *ev)
{
	bool of_step = ev->step < l->job->nsteps;
	struct lineage_entry *e;

	if (ev->type == EVENT_STATUS)
		apply_status(l, ev);
	else if (ev->type == EVENT_STEP && of_step)
		apply_step(l, ev);
	else if (ev->type == EVENT_PROGRESS && of_step &&
	    event_get(ev, MEMBER_METADATA).p != NULL &&
	    (e = running(l, ev->step)) != NULL)
		e->metadata.seq = ev->seq;
}

/* The attempt that ended before a retry was not revived. */
void
lineage_end(struct lineage *l)
{
	if (l->waits)
		end_all(l, LINEAGE_FAILED, l->waits_since, l->why);
	l->waits = false;
}

/* Name a status. */
const char *
lineage_status_name(enum lineage_status s)
{
	static const char *const names[] = {
	    [LINEAGE_PROCESSING] = "processing",
	    [LINEAGE_COMPLETED] = "completed",
	    [LINEAGE_FAILED] = "failed",
	    [LINEAGE_CANCELLED] = "cancelled",
	};

	INVARIANT((unsigned)s < sizeof(names) / sizeof(names[0]));
	return names[s];
}

/* The last four bytes of a v7 id are random; the run is folded into them. */
struct uuid
lineage_id(const struct uuid *step, uint32_t run)
{
	struct uuid id = *step;
	uint8_t fold[4];

	wire_put(fold, sizeof(fold), run - 1);
	for (unsigned i = 0; i < sizeof(fold); i++)
		id.b[sizeof(id.b) - sizeof(fold) + i] ^= fold[i];
	return id;
}

static void
sum_entry(struct lineage_sums *out, const struct lineage_entry *e)
{
	out->completed += e->status == LINEAGE_COMPLETED;
	out->failed += e->status == LINEAGE_FAILED;
	out->cancelled += e->status == LINEAGE_CANCELLED;
	out->in_progress += e->status == LINEAGE_PROCESSING;
	if (e->status != LINEAGE_COMPLETED && e->status != LINEAGE_FAILED)
		return;
	out->timed++;
	out->duration_ms += e->completed_at - e->started_at;
}

/* Add up each step. */
void
lineage_sum(const struct lineage *l, const struct step *rows,
    struct lineage_sums out[JOB_STEPS_MAX])
{
	memset(out, 0, JOB_STEPS_MAX * sizeof(*out));
	for (unsigned i = 0; i < l->job->nsteps; i++)
		out[i].pending = rows[i].status == STEP_PENDING ||
		    rows[i].status == STEP_READY;
	for (unsigned i = 0; i < l->n; i++)
		sum_entry(&out[l->entry[i].step], &l->entry[i]);
}

/* Add sums. */
void
lineage_add(struct lineage_sums *a, const struct lineage_sums *b)
{
	a->completed += b->completed;
	a->failed += b->failed;
	a->cancelled += b->cancelled;
	a->in_progress += b->in_progress;
	a->pending += b->pending;
	a->timed += b->timed;
	a->duration_ms += b->duration_ms;
}
