/*
 * Opening event streams: the query becomes a filter and a cursor, and the
 * socket becomes sse's.  Everything that can be wrong is said before that,
 * because a browser gives up for good on any status but 200.
 */
#include "http/streams.h"

#include "core/rfc3339.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/lookup.h"
#include "http/request.h"
#include "sse/sse.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/rows.h"

#define TIMEOUT_MAX 3600 /* seconds; the Factflow contract's */
#define TIMEOUT_EXECUTION 300
#define EXECUTIONS_MAX 100
#define TAGS_MAX 16
#define JOBS_MAX 32

/* What types= may say. */
static const struct {
	const char *word;
	unsigned types;
} type_words[] = {
    {"all", SSE_TYPES_ALL},
    {"status", SSE_TYPE(EVENT_CREATED) | SSE_TYPE(EVENT_STATUS)},
    {"step", SSE_TYPE(EVENT_STEP)},
    {"progress", SSE_TYPE(EVENT_PROGRESS)},
    {"log", SSE_TYPE(EVENT_LOG)},
    {"storage.object.created", SSE_TYPE(EVENT_STORAGE)},
};
#define TYPE_WORDS (sizeof type_words / sizeof type_words[0])
#define TYPES_EXECUTION                                     \
	(SSE_TYPE(EVENT_CREATED) | SSE_TYPE(EVENT_STATUS) | \
	    SSE_TYPE(EVENT_STEP) | SSE_TYPE(EVENT_PROGRESS))

/* The next item of a comma list; false at its end. */
static bool
next_item(struct slice *list, struct slice *item)
{
	const char *comma;

	if (list->p == NULL)
		return false;
	comma = memchr(list->p, ',', list->n);
	*item = *list;
	if (comma == NULL) {
		*list = SLICE_NONE;
	} else {
		item->n = (size_t)(comma - list->p);
		list->p = comma + 1;
		list->n -= item->n + 1;
	}
	*item = slice_trim(*item);
	return true;
}

/* types=, repeated or as a comma list; answers 422 itself. */
static bool
read_types(struct request *r, struct sse_filter *f)
{
	struct slice list, item;
	unsigned i, nth, types = 0;

	for (nth = 0; request_query(r, "types", nth, &list) ||
	     (nth == 0 && request_query(r, "type", nth, &list));
	     nth++)
		while (next_item(&list, &item)) {
			for (i = 0; i < TYPE_WORDS; i++)
				if (slice_is(item, type_words[i].word))
					break;
			if (i == TYPE_WORDS) {
				request_error(r, 422, "types",
				    "must be of status, step, progress, log, "
				    "storage.object.created, all");
				return false;
			}
			types |= type_words[i].types;
		}
	if (types != 0)
		f->types = types;
	return true;
}

/* status=: canonical words; answers 422 itself. */
static bool
read_statuses(struct request *r, struct sse_filter *f)
{
	struct slice list, item;
	enum status s;
	unsigned nth;

	for (nth = 0; request_query(r, "status", nth, &list); nth++)
		while (next_item(&list, &item)) {
			if (!status_parse(item, &s)) {
				request_error(r, 422, "status",
				    "must be of queued, running, retrying, "
				    "cancelling, interrupted, completed, "
				    "failed, timed_out, cancelled");
				return false;
			}
			f->statuses |= 1u << s;
		}
	return true;
}

/* job=: ids or names, into jobs; answers 404 or 422 itself. */
static bool
read_jobs(struct request *r, struct uuid jobs[JOBS_MAX], struct sse_filter *f)
{
	struct slice list, item;
	struct jobs_head head;
	unsigned nth;

	f->jobs = jobs;
	for (nth = 0; request_query(r, "job", nth, &list); nth++)
		while (next_item(&list, &item)) {
			if (f->njobs == JOBS_MAX) {
				request_error(r, 422, "job",
				    "must name at most %d jobs", JOBS_MAX);
				return false;
			}
			if (!lookup_job(r, item, &head)) {
				request_error(r, 404, "job", "job not found");
				return false;
			}
			jobs[f->njobs++] = head.id;
		}
	return true;
}

/* One execution the asker may see. */
static bool
find_execution(struct request *r, struct slice text, struct uuid *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct execution x;

	return uuid_parse(text, out) && rows_get(t, out, &x) &&
	    auth_sees(&r->auth, x.project);
}

/* execution_id=: ids, into ids; answers 404 or 422 itself. */
static bool
read_executions(struct request *r, struct uuid ids[EXECUTIONS_MAX],
    struct sse_filter *f)
{
	struct slice list, item;
	unsigned nth;

	f->executions = ids;
	for (nth = 0; request_query(r, "execution_id", nth, &list); nth++)
		while (next_item(&list, &item)) {
			if (f->nexecutions == EXECUTIONS_MAX) {
				request_error(r, 422, "execution_id",
				    "must name at most %d executions",
				    EXECUTIONS_MAX);
				return false;
			}
			if (!find_execution(r, item, &ids[f->nexecutions])) {
				request_error(r, 404, "execution_id",
				    "execution not found");
				return false;
			}
			f->nexecutions++;
		}
	if (f->nexecutions == 1) {
		f->execution = ids[0];
		f->nexecutions = 0;
	}
	return true;
}

/* project=, narrowed to the key's own; answers 422 itself. */
static bool
read_project(struct request *r, struct sse_filter *f)
{
	struct slice text;

	if (request_query(r, "project", 0, &text) &&
	    (!slice_u64(text, INT64_MAX, &f->project) || f->project == 0)) {
		request_error(r, 422, "project", "must be an integer from 1");
		return false;
	}
	if (f->project != 0 && !auth_sees(&r->auth, f->project)) {
		request_error(r, 404, "project", "project not found");
		return false;
	}
	if (r->auth.project != 0)
		f->project = r->auth.project;
	return true;
}

/* tag=key:value, all of which must hold; answers 422 itself. */
static bool
read_tags(struct request *r, struct slice tags[TAGS_MAX], struct sse_filter *f)
{
	struct slice more;
	unsigned n = 0;

	for (; n < TAGS_MAX && request_query(r, "tag", n, &tags[n]); n++)
		if (memchr(tags[n].p, ':', tags[n].n) == NULL) {
			request_error(r, 422, "tag", "must be key:value");
			return false;
		}
	if (n == TAGS_MAX && request_query(r, "tag", n, &more)) {
		request_error(r, 422, "tag", "must be said at most %d times",
		    TAGS_MAX);
		return false;
	}
	if (n == 0)
		return true;
	f->label = tags[0];
	f->more = tags + 1;
	f->nmore = n - 1;
	return true;
}

/* since=all|now|SEQ|TIME; answers 422 itself. */
static bool
read_since(struct request *r, struct sse_request *q)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct slice text;
	uint64_t first;
	int64_t at;

	if (!request_query(r, "since", 0, &text) || slice_is(text, "now"))
		return true;
	if (slice_is(text, "all"))
		text = SLICE("0");
	if (rfc3339_parse(text, &at)) {
		first = journal_since(t, at);
		q->from = SSE_FROM_SEQ;
		q->seq = first == 0 ? store_seq(t) : first - 1;
		return true;
	}
	if (slice_u64(text, UINT64_MAX, &q->seq)) {
		sse_cursor(r->app->sse, text, q);
		return true;
	}
	request_error(r, 422, "since",
	    "must be all, now, a seq, or a time as RFC 3339");
	return false;
}

/* Where to start: Last-Event-ID wins over the query, that over since=. */
bool
streams_read_cursor(struct request *r, struct sse_request *q)
{
	struct slice text = request_header(r, "Last-Event-ID");

	q->from = SSE_FROM_NOW;
	if (text.n > 0 || request_query(r, "last_event_id", 0, &text) ||
	    request_query(r, "lastEventId", 0, &text)) {
		sse_cursor(r->app->sse, text, q);
		return true;
	}
	return read_since(r, q);
}

/* Seconds, as an integer or with a fraction, which counts to the ms. */
static bool
read_seconds(struct slice text, int64_t *ms)
{
	const char *dot = text.n > 0 ? memchr(text.p, '.', text.n) : NULL;
	struct slice fraction = SLICE("0");
	int64_t unit = 100; /* ms of a digit */
	uint64_t seconds;

	if (dot != NULL) {
		fraction.p = dot + 1;
		fraction.n = (size_t)(text.p + text.n - fraction.p);
		text.n = (size_t)(dot - text.p);
	}
	if (!slice_u64(text, TIMEOUT_MAX, &seconds) || fraction.n == 0)
		return false;
	*ms = (int64_t)seconds * 1000;
	for (size_t i = 0; i < fraction.n; i++, unit /= 10) {
		if (fraction.p[i] < '0' || fraction.p[i] > '9')
			return false;
		*ms += unit * (fraction.p[i] - '0');
	}
	return true;
}

/* timeout= in seconds; answers 422 itself. */
bool
streams_read_timeout(struct request *r, struct sse_request *q)
{
	struct slice text;
	int64_t ms;

	if (!request_query(r, "timeout", 0, &text))
		return true;
	if (!read_seconds(text, &ms) || ms < 1000 || ms > TIMEOUT_MAX * 1000) {
		request_error(r, 422, "timeout",
		    "must be a number of seconds from 1 to 3600");
		return false;
	}
	q->timeout_ms = ms;
	return true;
}

/* True when the query has name=value. */
static bool
query_is(struct request *r, const char *name, const char *value)
{
	struct slice text;

	return request_query(r, name, 0, &text) && slice_is(text, value);
}

/* The half of its id that is random. */
uint64_t
streams_owner(const struct uuid *key)
{
	uint64_t owner;

	memcpy(&owner, key->b + 8, sizeof owner);
	return owner;
}

/* How it is to look, and what it counts towards. */
void
streams_read_form(struct request *r, struct sse_request *q)
{
	q->http10 = r->http10;
	q->names = !query_is(r, "event", "off");
	q->heartbeat_event = query_is(r, "heartbeat", "event");
	q->owner = streams_owner(&r->auth.key);
}

/* Hand the socket over. */
void
streams_subscribe(struct request *r, const struct sse_request *q)
{
	if (r->head) {
		request_send_bytes(r, 200, "text/event-stream", SLICE(""));
		return;
	}
	sse_subscribe(r->app->sse, request_take_socket(r), q);
}

/* GET /events */
void
streams_all(struct request *r)
{
	struct sse_request q = {.filter.types = SSE_TYPES_ALL};
	struct uuid jobs[JOBS_MAX], ids[EXECUTIONS_MAX];
	struct slice tags[TAGS_MAX];

	streams_read_form(r, &q);
	if (read_types(r, &q.filter) && read_statuses(r, &q.filter) &&
	    read_jobs(r, jobs, &q.filter) &&
	    read_executions(r, ids, &q.filter) && read_project(r, &q.filter) &&
	    read_tags(r, tags, &q.filter) && streams_read_timeout(r, &q) &&
	    streams_read_cursor(r, &q))
		streams_subscribe(r, &q);
}

/* GET /api/v1/executions/{id}/events */
void
streams_execution(struct request *r)
{
	struct sse_request q = {.filter.types = TYPES_EXECUTION,
	    .factflow = true,
	    .ends = true,
	    .timeout_ms = TIMEOUT_EXECUTION * 1000};
	struct execution x;

	if (!lookup_path_execution(r, &x))
		return;
	q.filter.execution = x.id;
	streams_read_form(r, &q);
	if (!read_types(r, &q.filter) || !streams_read_timeout(r, &q) ||
	    !streams_read_cursor(r, &q))
		return;
	if (q.from == SSE_FROM_SEQ && sse_is_over(r->app->sse, &x.id, q.seq))
		request_send_bytes(r, 204, NULL, SLICE_NONE);
	else
		streams_subscribe(r, &q);
}
