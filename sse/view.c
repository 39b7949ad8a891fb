/*
 * Filters.  Neighbours: topic.c finds the views an event concerns, gather.c
 * asks again for each event on a subscriber's way.
 */
#include "sse/view.h"

#include <stdlib.h>

#include "core/mem.h"

static uint8_t
form_of(const struct sse_request *r)
{
	return (uint8_t)((r->http10 ? FRAME_PLAIN : 0) |
	    (r->names ? 0 : FRAME_UNNAMED) |
	    (r->factflow ? FRAME_FACTFLOW : 0));
}

/* The further labels, with their texts behind them. */
static struct slice *
copy_labels(const struct sse_filter *f)
{
	size_t n = f->nmore * sizeof(struct slice), at = n;
	struct slice *copy;

	for (unsigned i = 0; i < f->nmore; i++)
		n += f->more[i].n;
	copy = mem_zalloc(n);
	for (unsigned i = 0; i < f->nmore; i++) {
		copy[i] = (struct slice){(char *)copy + at, f->more[i].n};
		memcpy((char *)copy + at, f->more[i].p, f->more[i].n);
		at += f->more[i].n;
	}
	return copy;
}

/* Make a view; what the filter points at is copied. */
struct view *
view_new(const struct sse_request *r)
{
	struct view *v = mem_zalloc(sizeof(*v));

	LIST_INIT(&v->members);
	v->form = form_of(r);
	v->heartbeat_event = r->heartbeat_event;
	v->ends = r->ends;
	v->filter = r->filter;
	v->filter.jobs = NULL;
	v->filter.label.p = NULL;
	v->filter.executions = NULL;
	v->filter.more = NULL;
	if (r->filter.nexecutions > 0)
		v->filter.executions =
		    (const void *)mem_dup(r->filter.executions,
			r->filter.nexecutions * sizeof(*r->filter.executions));
	if (r->filter.nmore > 0)
		v->filter.more = copy_labels(&r->filter);
	if (r->filter.njobs > 0)
		v->filter.jobs = (const void *)mem_dup(r->filter.jobs,
		    r->filter.njobs * sizeof(*r->filter.jobs));
	if (r->filter.label.n > 0)
		v->filter.label.p =
		    mem_dup(r->filter.label.p, r->filter.label.n);
	return v;
}

/* Release a view without members. */
void
view_free(struct view *v)
{
	if (v == NULL)
		return;
	free((void *)(uintptr_t)v->filter.jobs);
	free((void *)(uintptr_t)v->filter.executions);
	free((void *)(uintptr_t)v->filter.more);
	free((void *)(uintptr_t)v->filter.label.p);
	free(v);
}

static bool
same_jobs(const struct sse_filter *a, const struct sse_filter *b)
{
	return a->njobs == b->njobs &&
	    (a->njobs == 0 ||
		memcmp(a->jobs, b->jobs, a->njobs * sizeof(*a->jobs)) == 0);
}

static bool
same_executions(const struct sse_filter *a, const struct sse_filter *b)
{
	return uuid_eq(&a->execution, &b->execution) &&
	    a->nexecutions == b->nexecutions &&
	    (a->nexecutions == 0 ||
		memcmp(a->executions, b->executions,
		    a->nexecutions * sizeof(*a->executions)) == 0);
}

static bool
same_labels(const struct sse_filter *a, const struct sse_filter *b)
{
	bool same = slice_eq(a->label, b->label) && a->nmore == b->nmore;

	for (unsigned i = 0; same && i < a->nmore; i++)
		same = slice_eq(a->more[i], b->more[i]);
	return same;
}

/* Compare all that tells one view from another. */
bool
view_is(const struct view *v, const struct sse_request *r)
{
	const struct sse_filter *a = &v->filter, *b = &r->filter;

	return v->form == form_of(r) &&
	    v->heartbeat_event == r->heartbeat_event && v->ends == r->ends &&
	    same_executions(a, b) && same_jobs(a, b) && same_labels(a, b) &&
	    a->project == b->project && a->types == b->types &&
	    a->statuses == b->statuses;
}

/* By type and status alone.  A created execution is a status event too. */
bool
view_wants_type(const struct view *v, const struct tail_about *a)
{
	unsigned types = SSE_TYPE(a->type);
	bool status = a->type == EVENT_STATUS || a->type == EVENT_CREATED;

	if (frame_name((enum event_type)a->type) == NULL)
		return false;
	if (status)
		types |= SSE_TYPE(EVENT_STATUS);
	if ((v->filter.types & types) == 0)
		return false;
	return !status || v->filter.statuses == 0 ||
	    (v->filter.statuses & 1u << a->status) != 0;
}

static bool
wants_job(const struct sse_filter *f, const struct uuid *job)
{
	for (unsigned i = 0; i < f->njobs; i++)
		if (uuid_eq(&f->jobs[i], job))
			return true;
	return f->njobs == 0;
}

static bool
wants_execution(const struct sse_filter *f, const struct uuid *id)
{
	if (!uuid_is_zero(&f->execution))
		return uuid_eq(&f->execution, id);
	for (unsigned i = 0; i < f->nexecutions; i++)
		if (uuid_eq(&f->executions[i], id))
			return true;
	return f->nexecutions == 0;
}

static bool
wants_labels(const struct sse_filter *f, const struct labels *l)
{
	bool has = f->label.n == 0 || label_has(l, f->label);

	for (unsigned i = 0; has && i < f->nmore; i++)
		has = label_has(l, f->more[i]);
	return has;
}

/* By everything the filter says. */
bool
view_wants(const struct view *v, const struct tail_about *a)
{
	const struct sse_filter *f = &v->filter;

	if (!view_wants_type(v, a))
		return false;
	if (!wants_execution(f, &a->execution))
		return false;
	if (!wants_job(f, &a->job))
		return false;
	if (f->project != 0 && f->project != a->project)
		return false;
	return wants_labels(f, a->labels);
}

/* The execution's terminal status is also looked at where it is not sent. */
bool
view_ends(const struct view *v, const struct tail_about *a)
{
	return v->ends && a->type == EVENT_STATUS &&
	    status_is_terminal((enum status)a->status) &&
	    uuid_eq(&v->filter.execution, &a->execution);
}

/* Sum an event up for filters. */
struct tail_about
view_about(const struct journal_event *ev, const struct facts *f)
{
	struct tail_about a = {
	    .execution = ev->execution,
	    .type = (uint8_t)ev->type,
	    .status =
		ev->type == EVENT_CREATED ? (uint8_t)STATUS_QUEUED : ev->status,
	};

	if (f != NULL) {
		a.job = f->x.job;
		a.project = f->x.project;
		a.labels = f->labels;
	}
	return a;
}
