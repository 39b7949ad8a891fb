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

/* Compare all that tells one view from another. */
bool
view_is(const struct view *v, const struct sse_request *r)
{
	const struct sse_filter *a = &v->filter, *b = &r->filter;

	return v->form == form_of(r) &&
	    v->heartbeat_event == r->heartbeat_event && v->ends == r->ends &&
	    uuid_eq(&a->execution, &b->execution) && same_jobs(a, b) &&
	    a->project == b->project && a->types == b->types &&
	    a->statuses == b->statuses && slice_eq(a->label, b->label);
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

/* By everything the filter says. */
bool
view_wants(const struct view *v, const struct tail_about *a)
{
	const struct sse_filter *f = &v->filter;

	if (!view_wants_type(v, a))
		return false;
	if (!uuid_is_zero(&f->execution) &&
	    !uuid_eq(&f->execution, &a->execution))
		return false;
	if (!wants_job(f, &a->job))
		return false;
	if (f->project != 0 && f->project != a->project)
		return false;
	return f->label.n == 0 || label_has(a->labels, f->label);
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
