/*
 * Filters.  Neighbours: topic.c finds the views an event concerns, gather.c
 * asks again for each event on a subscriber's way.
 */
#include "sse/view.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/object.h"

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

static struct slice
copy_text(struct slice s)
{
	return s.n > 0 ? (struct slice){mem_dup(s.p, s.n), s.n} : SLICE_NONE;
}

static void
free_text(struct slice s)
{
	free((void *)(uintptr_t)s.p);
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
	v->filter.label = copy_text(r->filter.label);
	v->filter.stage = copy_text(r->filter.stage);
	v->filter.path = copy_text(r->filter.path);
	v->filter.extensions = copy_text(r->filter.extensions);
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
	free_text(v->filter.label);
	free_text(v->filter.stage);
	free_text(v->filter.path);
	free_text(v->filter.extensions);
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

static bool
same_objects(const struct sse_filter *a, const struct sse_filter *b)
{
	return slice_eq(a->stage, b->stage) && slice_eq(a->path, b->path) &&
	    slice_eq(a->extensions, b->extensions);
}

/* Compare all that tells one view from another. */
bool
view_is(const struct view *v, const struct sse_request *r)
{
	const struct sse_filter *a = &v->filter, *b = &r->filter;

	return v->form == form_of(r) &&
	    v->heartbeat_event == r->heartbeat_event && v->ends == r->ends &&
	    same_executions(a, b) && same_jobs(a, b) && same_labels(a, b) &&
	    same_objects(a, b) && a->project == b->project &&
	    a->types == b->types && a->statuses == b->statuses;
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

static bool
begins(struct slice s, struct slice with)
{
	return with.n == 0 ||
	    (s.n >= with.n && memcmp(s.p, with.p, with.n) == 0);
}

/* Does s end in one of a comma list?  An empty list: yes. */
static bool
ends_in(struct slice s, struct slice list)
{
	size_t at = 0, n;

	while (at < list.n) {
		const char *p = list.p + at, *comma;

		comma = memchr(p, ',', list.n - at);
		n = comma != NULL ? (size_t)(comma - p) : list.n - at;
		if (n > 0 && s.n >= n && memcmp(s.p + s.n - n, p, n) == 0)
			return true;
		at += n + 1;
	}
	return list.n == 0;
}

/* An object whose key is not known here may be wanted. */
static bool
wants_object(const struct sse_filter *f, struct slice key)
{
	struct object_parts parts;

	if (f->stage.n == 0 && f->path.n == 0 && f->extensions.n == 0)
		return true;
	if (key.p == NULL)
		return true;
	return object_split(key, &parts) && begins(parts.stage, f->stage) &&
	    (begins(parts.path, f->path) || begins(key, f->path)) &&
	    ends_in(parts.name, f->extensions);
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
	if (a->type == EVENT_STORAGE && !wants_object(f, a->key))
		return false;
	return wants_labels(f, a->labels);
}

/* The execution's terminal status is also looked at where it is not sent. */
bool
view_ends(const struct view *v, const struct tail_about *a)
{
	return v->ends && a->type == EVENT_STATUS &&
	    status_is_terminal((enum status)a->status) &&
	    wants_execution(&v->filter, &a->execution);
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

	if (ev->type == EVENT_STORAGE)
		a.key = event_get(ev, MEMBER_KEY);
	if (f != NULL) {
		a.job = f->x.job;
		a.project = f->x.project;
		a.labels = f->labels;
	}
	return a;
}
