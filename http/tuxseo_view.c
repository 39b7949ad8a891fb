/*
 * Drawing jobs for TuxSEO.  The history is the chain of status events in the
 * journal, an entry for each change that this dialect has a word for.
 */
#include "http/tuxseo_view.h"

#include <stdlib.h>

#include "core/json.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "core/rollback.h"
#include "core/wire.h"
#include "engine/cmd.h"
#include "http/draw.h"
#include "store/history.h"
#include "store/journal.h"

#define HISTORY_MAX 10000 /* the newest entries that are shown */
#define HISTORY_LIST 200  /* the same in a list */
#define PAYLOAD_MAX 16384 /* bytes; larger inputs are not shown */
#define MESSAGE_MAX 2000  /* characters of an error */
#define CANCELED "Canceled via Public API"

static const char *const words[STATUS_COUNT] = {
    [STATUS_QUEUED] = "queued",
    [STATUS_RUNNING] = "running",
    [STATUS_RETRYING] = "queued",
    [STATUS_CANCELLING] = "canceled",
    [STATUS_INTERRUPTED] = "running",
    [STATUS_COMPLETED] = "succeeded",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMED_OUT] = "failed",
    [STATUS_CANCELLED] = "canceled",
};

/* What is read before anything is drawn. */
struct facts {
	const struct tuxseo_view *v;
	struct jsonw *w;
	struct journal_event created;
	struct json *input; /* NULL: none, or too large */
	bool has_title;
	int64_t title;	     /* title_suggestion_id */
	uint64_t post;	     /* blog_post_id; 0: none */
	int64_t rolled_back; /* ms; 0: it is not */
};

/* The statuses of a word. */
bool
tuxseo_view_statuses(struct slice word, enum status out[STATUS_COUNT])
{
	return draw_statuses(words, word, slice_is_nocase, out);
}

static bool
is_canceled(const struct execution *x)
{
	return x->status == STATUS_CANCELLING || x->status == STATUS_CANCELLED;
}

/* ---- reading ---- */

static void
read_input(struct facts *f)
{
	struct slice input = event_get(&f->created, MEMBER_INPUT);
	struct json_error err;
	const struct json_node *root;

	if (input.n == 0 || input.n > PAYLOAD_MAX)
		return;
	f->input = json_parse(input, &err);
	if (f->input == NULL)
		return;
	root = json_root(f->input);
	f->has_title = json_int(json_get(root, "title_suggestion_id"),
	    INT64_MIN, INT64_MAX, &f->title);
}

static void
read_post(struct facts *f)
{
	struct journal_event ev;
	struct wire w;

	if (!history_completion(f->v->txn, f->v->x, &ev, &f->rolled_back))
		return;
	w = wire_read(event_get(&ev, MEMBER_ARTICLES));
	f->post = wire_uint(&w, 8, UINT64_MAX);
}

static struct facts
read_facts(struct jsonw *w, const struct tuxseo_view *v)
{
	struct facts f = {.v = v, .w = w};

	if (!journal_get(v->txn, v->x->created.seq, &f.created))
		f.created = event_make(EVENT_CREATED);
	read_input(&f);
	read_post(&f);
	return f;
}

/* ---- pieces ---- */

/* The first characters of an error's message. */
static struct slice
cut(struct slice m)
{
	size_t n = 0, chars = 0;

	for (; n < m.n; n++)
		if (((unsigned char)m.p[n] & 0xc0) != 0x80 &&
		    ++chars > MESSAGE_MAX)
			break;
	return (struct slice){m.p, n};
}

static void
write_time(struct jsonw *w, const char *key, int64_t ms, bool offset)
{
	char text[RFC3339_MAX];

	rfc3339_micros(ms, offset, text);
	draw_cstr(w, key, ms == 0 ? NULL : text);
}

static void
write_title(const struct facts *f)
{
	jsonw_key(f->w, "title_suggestion_id");
	if (f->has_title)
		jsonw_int(f->w, f->title);
	else
		jsonw_null(f->w);
}

/* The key's text stands behind scope and tenant, and a job of that scope's. */
static void
write_key(const struct facts *f)
{
	struct slice key = event_get(&f->created, MEMBER_IDEMPOTENCY);
	size_t head = 9;

	if (key.n > 0 && key.p[0] == CMD_SCOPE_TUXSEO)
		head += sizeof(struct uuid);
	if (key.n <= head)
		key = SLICE("");
	else
		key = (struct slice){key.p + head, key.n - head};
	draw_text(f->w, "idempotency_key", key);
}

static void
write_payload(const struct facts *f)
{
	jsonw_key(f->w, "payload");
	if (f->input != NULL && json_root(f->input)->type == JSON_OBJECT)
		jsonw_raw(f->w, json_root(f->input)->raw);
	else
		jsonw_raw(f->w, SLICE("{}"));
}

/* ---- history ---- */

/* Open an entry; its details are the caller's to write. */
static void
begin_entry(const struct facts *f, const struct journal_event *ev,
    const char *name, const char *status, bool offset)
{
	jsonw_object(f->w);
	draw_cstr(f->w, "event", name);
	draw_cstr(f->w, "status", status);
	write_time(f->w, "at", ev->at, offset);
	jsonw_key(f->w, "details");
	jsonw_object(f->w);
}

static void
end_entry(const struct facts *f)
{
	jsonw_end(f->w);
	jsonw_end(f->w);
}

static void
write_created(const struct facts *f, const struct journal_event *ev)
{
	struct wire w = wire_read(event_get(ev, MEMBER_RETRY_OF));
	uint64_t base = wire_uint(&w, 8, UINT64_MAX);

	begin_entry(f, ev, base != 0 ? "JOB_RETRIED" : "JOB_CREATED", "queued",
	    false);
	if (base != 0)
		draw_u64(f->w, "retry_of", base);
	else
		write_title(f);
	end_entry(f);
}

/* The next attempt of the same job waits. */
static void
write_retrying(const struct facts *f, const struct journal_event *ev)
{
	begin_entry(f, ev, "JOB_RETRIED", "queued", false);
	draw_u64(f->w, "retry_of", f->v->x->number);
	draw_u64(f->w, "attempt", ev->attempt + 1);
	write_time(f->w, "retry_at", ev->due, true);
	draw_text(f->w, "error_message",
	    cut(event_get(ev, MEMBER_ERROR_MESSAGE)));
	end_entry(f);
}

static void
write_started(const struct facts *f, const struct journal_event *ev)
{
	begin_entry(f, ev, "JOB_STARTED", "running", true);
	draw_text(f->w, "operation", f->v->job->name);
	end_entry(f);
}

static void
write_succeeded(const struct facts *f, const struct journal_event *ev)
{
	begin_entry(f, ev, "JOB_SUCCEEDED", "succeeded", true);
	draw_said(f->w, "blog_post_id", f->post, 0);
	write_title(f);
	end_entry(f);
}

static void
write_failed(const struct facts *f, const struct journal_event *ev)
{
	struct slice type = event_get(ev, MEMBER_ERROR_TYPE);

	begin_entry(f, ev, "JOB_FAILED", "failed", true);
	if (slice_is(type, "UNSUPPORTED_OPERATION"))
		draw_text(f->w, "operation", f->v->job->name);
	else if (slice_is(type, "TITLE_SUGGESTION_NOT_FOUND"))
		draw_cstr(f->w, "reason", "title_suggestion_not_found");
	else if (ev->status == STATUS_TIMED_OUT)
		draw_cstr(f->w, "reason", "execution_timeout");
	else
		draw_cstr(f->w, "reason", "unexpected_error");
	end_entry(f);
}

static void
write_canceled(const struct facts *f, const struct journal_event *ev)
{
	begin_entry(f, ev, "JOB_CANCELED", "canceled", true);
	draw_cstr(f->w, "reason", CANCELED);
	end_entry(f);
}

static void
write_rolled_back(const struct facts *f, const struct journal_event *ev)
{
	begin_entry(f, ev, "JOB_ROLLBACK_COMPLETED", "succeeded", false);
	draw_said(f->w, "reverted_blog_post_id", f->post, 0);
	end_entry(f);
}

/* An entry for a status event that changes this dialect's word, else none. */
static void
write_status(const struct facts *f, const struct journal_event *ev)
{
	if (strcmp(words[ev->status], words[ev->previous]) == 0)
		return;
	switch ((enum status)ev->status) {
	case STATUS_RUNNING:
		write_started(f, ev);
		return;
	case STATUS_RETRYING:
		write_retrying(f, ev);
		return;
	case STATUS_COMPLETED:
		write_succeeded(f, ev);
		return;
	case STATUS_FAILED:
	case STATUS_TIMED_OUT:
		write_failed(f, ev);
		return;
	case STATUS_CANCELLING:
	case STATUS_CANCELLED:
		write_canceled(f, ev);
		return;
	default:
		return;
	}
}

static void
write_history(const struct facts *f)
{
	unsigned max = f->v->in_list ? HISTORY_LIST : HISTORY_MAX, i, n;
	struct journal_event ev;
	uint64_t *seqs;

	if (max > f->v->x->nevents)
		max = f->v->x->nevents;
	seqs = mem_zalloc(max * sizeof *seqs);
	jsonw_key(f->w, "history");
	jsonw_array(f->w);
	n = history_read(f->v->txn, f->v->x, seqs, max);
	for (i = 0; i < n; i++) {
		if (!journal_get(f->v->txn, seqs[i], &ev))
			continue;
		if (ev.type == EVENT_CREATED)
			write_created(f, &ev);
		else if (ev.type == EVENT_ROLLBACK)
			write_rolled_back(f, &ev);
		else
			write_status(f, &ev);
	}
	jsonw_end(f->w);
	free(seqs);
}

/* ---- what went wrong ---- */

/* What is said of it. */
static struct slice
message_of(const struct facts *f)
{
	struct slice m =
	    journal_member(f->v->txn, f->v->x->error, MEMBER_ERROR_MESSAGE);

	if (is_canceled(f->v->x))
		return SLICE(CANCELED);
	return m.p != NULL ? cut(m) : SLICE("");
}

/* The row of the taxonomy; NULL when nothing went wrong. */
static const struct failure *
failure_for(const struct facts *f)
{
	if (is_canceled(f->v->x))
		return failure_get("CANCELED", FAILURE_POLICY);
	return failure_of(f->v->x,
	    journal_member(f->v->txn, f->v->x->error, MEMBER_ERROR_TYPE));
}

static void
write_failure(const struct facts *f, const struct failure *row)
{
	jsonw_key(f->w, "failure");
	if (row == NULL)
		jsonw_null(f->w);
	else
		draw_failure(f->w, row,
		    is_canceled(f->v->x) ? row->category : f->v->x->failure,
		    message_of(f));
}

/* ---- rollback ---- */

struct state {
	const char *word, *summary;
	bool supported;
};

static struct state
rollback_state(const struct facts *f)
{
	struct rollback look = {.operation = f->v->job->name,
	    .status = f->v->x->status,
	    .done = f->rolled_back != 0,
	    .post = f->post};

	switch (rollback_check(&look)) {
	case ROLLBACK_OK:
		return (struct state){"available",
		    "The generated draft can be deleted.", true};
	case ROLLBACK_DONE:
		return (struct state){"completed",
		    "The generated draft was deleted.", true};
	case ROLLBACK_NOT_SUPPORTED:
		return (struct state){"unavailable",
		    "This operation has no rollback.", false};
	case ROLLBACK_NOT_ALLOWED:
		return (struct state){"unavailable",
		    "A job can be rolled back once it has succeeded.", true};
	default:
		return (struct state){"unavailable",
		    "The result does not name a blog post.", true};
	}
}

static void
write_hook(const struct facts *f, bool supported)
{
	struct buf hook = {0};

	buf_addf(&hook, "/public-api/executions/%llu/rollback",
	    (unsigned long long)f->v->x->number);
	draw_text(f->w, "hook", supported ? buf_slice(&hook) : SLICE_NONE);
	buf_free(&hook);
}

static void
write_rollback(const struct facts *f)
{
	struct state s = rollback_state(f);

	jsonw_key(f->w, "rollback");
	jsonw_object(f->w);
	draw_bool(f->w, "supported", s.supported);
	draw_cstr(f->w, "state", s.word);
	write_hook(f, s.supported);
	draw_cstr(f->w, "summary", s.summary);
	write_time(f->w, "executed_at", f->rolled_back, true);
	draw_said(f->w, "reverted_blog_post_id",
	    f->rolled_back != 0 ? f->post : 0, 0);
	jsonw_end(f->w);
}

/* ---- the whole ---- */

/* What the product stores as a result: history, and what there is. */
static void
write_result(const struct facts *f, const struct failure *row)
{
	jsonw_key(f->w, "result");
	jsonw_object(f->w);
	if (f->post != 0)
		draw_u64(f->w, "blog_post_id", f->post);
	if (f->has_title && f->v->x->status == STATUS_COMPLETED)
		write_title(f);
	write_history(f);
	if (row != NULL)
		write_failure(f, row);
	if (f->v->x->status == STATUS_COMPLETED &&
	    rollback_is_supported(f->v->job->name))
		write_rollback(f);
	jsonw_end(f->w);
}

static void
write_times(const struct facts *f)
{
	const struct execution *x = f->v->x;

	write_time(f->w, "queued_at", x->created_at, true);
	write_time(f->w, "started_at", x->started_at, true);
	write_time(f->w, "completed_at", draw_ended_at(x), true);
	write_time(f->w, "canceled_at", is_canceled(x) ? x->cancel_at : 0,
	    true);
	write_time(f->w, "created_at", x->created_at, true);
	write_time(f->w, "updated_at", x->updated_at, true);
}

/* Draw a job. */
void
tuxseo_view_job(struct jsonw *w, const struct tuxseo_view *v)
{
	struct facts f = read_facts(w, v);
	const struct failure *row = failure_for(&f);

	jsonw_object(w);
	draw_u64(w, "id", v->x->number);
	draw_u64(w, "project_id", v->x->project);
	draw_text(w, "operation", v->job->name);
	draw_cstr(w, "status", words[v->x->status]);
	write_key(&f);
	write_payload(&f);
	write_result(&f, row);
	draw_cstr(w, "error_code", row != NULL ? row->code : "");
	draw_text(w, "error_message", row != NULL ? message_of(&f) : SLICE(""));
	write_failure(&f, row);
	write_rollback(&f);
	write_history(&f);
	write_times(&f);
	jsonw_end(w);
	json_free(f.input);
}
