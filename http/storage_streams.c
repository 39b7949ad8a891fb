/*
 * Streams of storage writes.  Neighbours: streams.c reads what all streams
 * have in common; sse/view.c knows which objects a filter lets through.
 */
#include "http/storage_streams.h"

#include "http/app.h"
#include "http/lookup.h"
#include "http/request.h"
#include "http/streams.h"
#include "sse/sse.h"

#define TIMEOUT_EXECUTION 300 /* seconds */
#define EXECUTIONS_MAX 100

/* A storage stream that is being asked for. */
struct ask {
	struct sse_request q;
	struct uuid ids[EXECUTIONS_MAX];
	struct buf extensions;
};

/* keep_open=; answers 422 itself. */
static bool
read_keep_open(struct request *r, struct sse_request *q)
{
	static const char *const yes[] = {"true", "1", "yes", "on"};
	static const char *const no[] = {"false", "0", "no", "off"};
	struct slice text;
	unsigned i;

	if (!request_query(r, "keep_open", 0, &text))
		return true;
	for (i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (slice_is_nocase(text, yes[i]))
			q->ends = false;
		if (slice_is_nocase(text, yes[i]) ||
		    slice_is_nocase(text, no[i]))
			return true;
	}
	request_error(r, 422, "keep_open", "must be true or false");
	return false;
}

/* "md, .json" and the like as ".md,.json". */
static void
add_extensions(struct buf *out, struct slice list)
{
	struct slice item;
	size_t at = 0;

	while (at < list.n) {
		item = (struct slice){list.p + at, 0};
		while (at + item.n < list.n && item.p[item.n] != ',')
			item.n++;
		at += item.n + 1;
		item = slice_trim(item);
		if (item.n == 0)
			continue;
		if (out->len > 0)
			buf_add_byte(out, ',');
		if (item.p[0] != '.')
			buf_add_byte(out, '.');
		buf_add_slice(out, item);
	}
}

/* stage=, path=, extension=. */
static void
read_objects(struct request *r, struct ask *a)
{
	struct sse_filter *f = &a->q.filter;
	struct slice text;
	unsigned nth;

	(void)request_query(r, "stage", 0, &f->stage);
	(void)request_query(r, "path", 0, &f->path);
	for (nth = 0; request_query(r, "extension", nth, &text); nth++)
		add_extensions(&a->extensions, text);
	f->extensions = buf_slice(&a->extensions);
}

/* execution_id=, repeated; answers 404 or 422 itself. */
static bool
read_executions(struct request *r, struct ask *a)
{
	struct sse_filter *f = &a->q.filter;
	struct execution x;
	struct slice text;
	unsigned n;

	for (n = 0; request_query(r, "execution_id", n, &text); n++) {
		if (n == EXECUTIONS_MAX) {
			request_error(r, 422, "execution_id",
			    "must name at most %d executions", EXECUTIONS_MAX);
			return false;
		}
		if (!lookup_execution(r, text, &x)) {
			request_error(r, 404, "detail", "execution not found");
			return false;
		}
		a->ids[n] = x.id;
	}
	if (n == 0) {
		request_error(r, 422, "execution_id", "Field required");
		return false;
	}
	f->executions = a->ids;
	f->nexecutions = n > 1 ? n : 0;
	if (n == 1)
		f->execution = a->ids[0];
	return true;
}

/* Has the asker seen all there will ever be? */
static bool
is_over(struct request *r, const struct sse_request *q)
{
	const struct sse_filter *f = &q->filter;
	unsigned i;

	if (!q->ends || q->from != SSE_FROM_SEQ)
		return false;
	if (f->nexecutions == 0)
		return sse_is_over(r->app->sse, &f->execution, q->seq);
	for (i = 0; i < f->nexecutions; i++)
		if (!sse_is_over(r->app->sse, &f->executions[i], q->seq))
			return false;
	return true;
}

/* Read the rest of the query, and begin. */
static void
open_stream(struct request *r, struct ask *a)
{
	struct sse_request *q = &a->q;

	q->filter.types = SSE_TYPE(EVENT_STORAGE);
	q->filter.project = r->auth.project;
	streams_read_form(r, q);
	read_objects(r, a);
	if ((!q->ends || read_keep_open(r, q)) && streams_read_timeout(r, q) &&
	    streams_read_cursor(r, q)) {
		if (is_over(r, q))
			request_send_bytes(r, 204, NULL, SLICE_NONE);
		else
			streams_subscribe(r, q);
	}
	buf_free(&a->extensions);
}

/* GET /storage-stream */
void
storage_streams_all(struct request *r)
{
	struct ask a = {.q = {.from = SSE_FROM_NOW}};

	open_stream(r, &a);
}

/* What those of named executions have in common. */
static const struct sse_request of_named = {
    .factflow = true,
    .ends = true,
    .timeout_ms = TIMEOUT_EXECUTION * 1000,
};

/* GET /api/v1/executions/{id}/storage-stream */
void
storage_streams_execution(struct request *r)
{
	struct ask a = {.q = of_named};
	struct execution x;

	if (!lookup_path_execution(r, &x))
		return;
	a.q.filter.execution = x.id;
	open_stream(r, &a);
}

/* GET /api/v1/storage/events */
void
storage_streams_several(struct request *r)
{
	struct ask a = {.q = of_named};

	if (read_executions(r, &a))
		open_stream(r, &a);
}
