/*
 * Looking at executions: one, a page of them, one's logs.
 */

#include "core/log.h"
#include "core/rfc3339.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/lookup.h"
#include "http/param.h"
#include "http/request.h"
#include "http/restep.h"
#include "http/restep_view.h"
#include "http/wait.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/names.h"
#include "store/rows.h"

#define LIST_MAX 100
#define LIST_DEFAULT 20
#define TAGS_MAX 16
#define LOGS_MAX 1000
#define LOGS_DEFAULT 100
#define LOGS_BYTES (4u << 20) /* of messages and data; then a page is full */
#define LIST_VISITS 16	      /* pages looked at to fill one, at most */

/* The execution of the path, if the asker may see it; answers 404 itself. */
static bool
find(struct request *r, struct execution *x, struct step steps[JOB_STEPS_MAX])
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	if ((uuid_parse(r->param[0], &id) ||
		names_find(t, r->param[0], r->auth.project, &id)) &&
	    rows_get_whole(t, &id, x, steps) && auth_sees(&r->auth, x->project))
		return true;
	request_error(r, 404, "detail", "execution not found");
	return false;
}

/* What is needed to draw x. */
static struct restep_view
view(struct request *r, const struct execution *x)
{
	struct engine *e = r->app->engine;
	struct restep_view v = {.txn = engine_snapshot(e), .x = x, .engine = e};

	v.job = jobs_get(v.txn, &x->job, x->job_version);
	INVARIANT(v.job != NULL);
	v.last_word = engine_last_word(e, x);
	return v;
}

/* GET /api/executions/{id} */
void
restep_get(struct request *r)
{
	struct step steps[JOB_STEPS_MAX];
	struct execution x;
	struct restep_view v;
	struct jsonw *w;

	if (!find(r, &x, steps) || wait_begin(r, &x, restep_get))
		return;
	v = view(r, &x);
	v.steps = steps;
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "data");
	restep_view_execution(w, &v);
	jsonw_end(w);
	request_send(r, 200);
}

/* Restep's words for statuses, as sets of ours. */
static const struct {
	const char *word;
	enum status status[4];
} words[] = {
    {"pending", {STATUS_QUEUED}},
    {"running", {STATUS_RUNNING, STATUS_INTERRUPTED}},
    {"completed", {STATUS_COMPLETED}},
    {"failed", {STATUS_FAILED, STATUS_RETRYING}},
    {"timeout", {STATUS_TIMED_OUT, STATUS_RETRYING}},
    {"cancelled", {STATUS_CANCELLED, STATUS_CANCELLING}},
};
#define WORDS (sizeof words / sizeof words[0])

struct list {
	struct rows_filter filter;
	struct slice tags[TAGS_MAX];
	const char *word; /* the status asked for, or NULL */
	uint64_t limit;
	struct uuid at;
};

/* status=; answers 400 itself. */
static bool
read_status(struct request *r, struct list *l)
{
	struct slice text;
	unsigned i;

	if (!request_query(r, "status", 0, &text))
		return true;
	for (i = 0; i < WORDS; i++)
		if (slice_is(text, words[i].word)) {
			l->word = words[i].word;
			memcpy(l->filter.status, words[i].status,
			    sizeof words[i].status);
			return true;
		}
	request_error(r, 400, "status",
	    "must be one of pending, running, completed, failed, timeout, "
	    "cancelled");
	return false;
}

/* tag=, all of which must hold; answers 400 itself. */
static bool
read_tags(struct request *r, struct list *l)
{
	struct slice more;
	unsigned n = 0;

	for (; n < TAGS_MAX && request_query(r, "tag", n, &l->tags[n]); n++)
		if (memchr(l->tags[n].p, ':', l->tags[n].n) == NULL) {
			request_error(r, 400, "tag", "must be key:value");
			return false;
		}
	if (n == TAGS_MAX && request_query(r, "tag", n, &more)) {
		request_error(r, 400, "tag", "must be said at most %d times",
		    TAGS_MAX);
		return false;
	}
	if (n == 0)
		return true;
	l->filter.label = l->tags[0];
	l->filter.more = l->tags + 1;
	l->filter.nmore = n - 1;
	return true;
}

/* job_id= (an id or a name), tag=, cursor=; answers 400 itself. */
static bool
read_filter(struct request *r, struct list *l)
{
	struct jobs_head head;
	struct slice text;

	l->filter.project = r->auth.project;
	if (request_query(r, "job_id", 0, &text) &&
	    !uuid_parse(text, &l->filter.job)) {
		if (!lookup_job(r, text, &head)) {
			request_error(r, 400, "job_id",
			    "is no job's id or name");
			return false;
		}
		l->filter.job = head.id;
	}
	return read_tags(r, l) && param_cursor(r, &l->at);
}

/* Draw a page's rows; returns how many had the word asked for. */
static unsigned
draw(struct request *r, struct jsonw *w, const struct list *l,
    const struct execution *x, unsigned n)
{
	struct restep_view v;
	unsigned i, drawn = 0;

	for (i = 0; i < n; i++) {
		if (l->word != NULL &&
		    strcmp(restep_view_status(&x[i]), l->word) != 0)
			continue;
		v = view(r, &x[i]);
		restep_view_entry(w, &v);
		drawn++;
	}
	return drawn;
}

/* Write {"data":[...],"next_cursor":...}. */
static void
send_list(struct request *r, struct list *l)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct execution page[LIST_MAX];
	struct jsonw *w = request_body(r);
	unsigned n, wanted, drawn = 0, visits = 0;

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_array(w);
	/* A short page means that enough rows were looked at. */
	do {
		wanted = (unsigned)l->limit - drawn;
		n = rows_list(t, &l->filter, &l->at, page, wanted);
		drawn += draw(r, w, l, page, n);
	} while (n == wanted && drawn < l->limit && !uuid_is_zero(&l->at) &&
	    ++visits < LIST_VISITS);
	jsonw_end(w);
	param_write_cursor(w, &l->at);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/executions */
void
restep_list(struct request *r)
{
	struct list l = {.limit = LIST_DEFAULT};

	if (param_u64(r, "limit", 1, LIST_MAX, &l.limit) &&
	    read_status(r, &l) && read_filter(r, &l))
		send_list(r, &l);
}

struct logs {
	struct jsonw *w;
	const struct step *steps;
	enum level level; /* LEVEL_NONE: any */
	uint64_t limit, drawn, last;
	size_t bytes;
};

static void
write_time(struct jsonw *w, int64_t at)
{
	char text[RFC3339_MAX];

	jsonw_key(w, "at");
	rfc3339_millis(at, text);
	jsonw_cstr(w, text);
}

/* One entry, oldest first. */
static bool
draw_log(void *arg, const struct journal_event *ev)
{
	struct logs *l = arg;
	struct jsonw *w = l->w;

	if (ev->type != EVENT_LOG ||
	    (l->level != LEVEL_NONE && ev->level != l->level))
		return true;
	if (l->bytes > LOGS_BYTES)
		l->limit = l->drawn;
	if (l->drawn == l->limit)
		return false;
	l->drawn++;
	l->last = ev->seq;
	l->bytes +=
	    event_get(ev, MEMBER_MESSAGE).n + event_get(ev, MEMBER_LOG_DATA).n;
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_u64(w, ev->seq);
	jsonw_key(w, "seq");
	jsonw_u64(w, ev->seq);
	write_time(w, ev->at);
	jsonw_key(w, "level");
	jsonw_cstr(w, event_level_name(ev->level));
	jsonw_key(w, "message");
	jsonw_str(w, event_get(ev, MEMBER_MESSAGE));
	jsonw_key(w, "log_data");
	jsonw_raw_or_null(w, event_get(ev, MEMBER_LOG_DATA));
	jsonw_key(w, "progress_percent");
	if (ev->percent == EVENT_NO_PERCENT)
		jsonw_null(w);
	else
		jsonw_u64(w, ev->percent);
	jsonw_key(w, "execution_step_id");
	if (ev->step == EVENT_NO_STEP)
		jsonw_null(w);
	else
		jsonw_uuid(w, &l->steps[ev->step].id);
	jsonw_key(w, "attempt");
	jsonw_u64(w, ev->attempt);
	jsonw_end(w);
	return true;
}

/* level=; answers 400 itself. */
static bool
read_level(struct request *r, struct logs *l)
{
	struct slice text;

	if (!request_query(r, "level", 0, &text) ||
	    event_level_parse(text, &l->level))
		return true;
	request_error(r, 400, "level",
	    "must be one of debug, info, warn, error");
	return false;
}

/*
 * Walk in pages until the answer is full or the history ends; a history
 * without the level asked for is given up after some pages, with a cursor.
 */
static uint64_t
walk_logs(struct store_txn *t, const struct uuid *id, uint64_t after,
    struct logs *l)
{
	struct journal_visit visit = {draw_log, l};
	unsigned visits;
	uint64_t at;

	for (visits = 0; visits < LIST_VISITS; visits++) {
		at = journal_walk_execution(t, id, after, JOURNAL_PAGE, &visit);
		if (at == after)
			return 0;
		after = at;
		if (l->drawn == l->limit)
			return l->last;
	}
	return after;
}

/* GET /api/executions/{id}/logs */
void
restep_logs(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct logs l = {.limit = LOGS_DEFAULT};
	uint64_t after = 0, next;
	struct step steps[JOB_STEPS_MAX];
	struct execution x;

	if (!find(r, &x, steps) || !read_level(r, &l) ||
	    !param_u64(r, "limit", 1, LOGS_MAX, &l.limit) ||
	    !param_u64(r, "after", 0, UINT64_MAX, &after))
		return;
	l.steps = steps;
	l.w = request_body(r);
	jsonw_object(l.w);
	jsonw_key(l.w, "data");
	jsonw_array(l.w);
	next = walk_logs(t, &x.id, after, &l);
	jsonw_end(l.w);
	jsonw_key(l.w, "next_cursor");
	if (next == 0)
		jsonw_null(l.w);
	else
		jsonw_u64(l.w, next);
	jsonw_end(l.w);
	request_send(r, 200);
}
