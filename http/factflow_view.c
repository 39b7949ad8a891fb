/*
 * Drawing executions as Factflow answers.  factflow_work.c draws what their
 * steps did.
 */
#include "http/factflow_view.h"

#include "core/config.h"
#include "core/failure.h"
#include "core/log.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/factflow_work.h"
#include "sse/frame.h"
#include "store/jobs.h"
#include "store/journal.h"

/* Gather what a drawing needs. */
struct factflow_view
factflow_view_of(struct request *r, const struct execution *x)
{
	struct factflow_view v = {.txn = engine_snapshot(r->app->engine),
	    .x = x};

	v.job = jobs_get(v.txn, &x->job, x->job_version);
	INVARIANT(v.job != NULL);
	return v;
}

/* The streams of these paths say the same words. */
const char *
factflow_view_word(enum status s)
{
	return frame_status(s, FRAME_FACTFLOW);
}

static void
write_uuid(struct jsonw *w, const char *key, const struct uuid *u)
{
	jsonw_key(w, key);
	if (uuid_is_zero(u))
		jsonw_null(w);
	else
		jsonw_uuid(w, u);
}

/* What only its creation tells: a name, and what it is a replay of. */
static void
write_origin(struct jsonw *w, const struct factflow_view *v)
{
	struct slice name = journal_member(v->txn, v->x->created, MEMBER_NAME);
	struct slice replay =
	    journal_member(v->txn, v->x->created, MEMBER_REPLAY);
	const struct json_node *source;
	struct json *doc = NULL;
	struct json_error err;

	if (replay.p != NULL)
		doc = json_parse(replay, &err);
	jsonw_key(w, "replay_source");
	source = doc == NULL ? NULL : json_get(json_root(doc), "replay_source");
	jsonw_raw_or_null(w, source == NULL ? SLICE_NONE : source->raw);
	json_free(doc);
	draw_text(w, "tag", name);
}

/* Its labels. */
void
factflow_view_tags(struct jsonw *w, const struct factflow_view *v)
{
	struct slice tags = journal_brief(v->txn, &v->x->tags, MEMBER_TAGS);

	jsonw_key(w, "tags");
	jsonw_raw(w, tags.p != NULL ? tags : SLICE("{}"));
}

/*
 * A row.  Factflow starts what it makes at once, so an execution started when
 * it was made, whether or not a worker has it yet.
 */
void
factflow_view_members(struct jsonw *w, const struct factflow_view *v)
{
	const struct execution *x = v->x;

	write_uuid(w, "id", &x->id);
	write_uuid(w, "execution_id", &x->id);
	write_uuid(w, "config_id", &x->job);
	draw_text(w, "config_name", v->job->name);
	draw_cstr(w, "status", factflow_view_word(x->status));
	draw_millis(w, "started_at", x->created_at);
	draw_millis(w, "completed_at", x->completed_at);
	write_uuid(w, "parent_execution_id", &x->parent);
	write_origin(w, v);
	factflow_view_tags(w, v);
	draw_u64(w, "attempt", x->attempt);
	draw_said(w, "progress_percent", x->percent, EVENT_NO_PERCENT);
}

/* A row as an object of its own. */
void
factflow_view_row(struct jsonw *w, const struct factflow_view *v)
{
	jsonw_object(w);
	factflow_view_members(w, v);
	jsonw_end(w);
}

/* What went wrong, text by text, where no administrator said it otherwise. */
static void
write_error(struct jsonw *w, const struct journal_event *ev)
{
	struct slice type = event_get(ev, MEMBER_ERROR_TYPE);
	enum failure_category category = failure_classify(type);

	if (execution_is_timeout((enum cause)ev->cause))
		category = FAILURE_TIMEOUT;
	jsonw_object(w);
	draw_text(w, "message", event_get(ev, MEMBER_ERROR_MESSAGE));
	draw_text(w, "type", type);
	draw_text(w, "stack", event_get(ev, MEMBER_ERROR_STACK));
	draw_cstr(w, "category", failure_category_name(category));
	jsonw_end(w);
}

/* The error that an event tells. */
void
factflow_view_error(struct jsonw *w, const char *key, struct store_txn *t,
    struct ref at)
{
	struct journal_event ev;
	struct slice said;

	jsonw_key(w, key);
	if (at.seq == 0 || !journal_get(t, at.seq, &ev)) {
		jsonw_null(w);
		return;
	}
	said = event_get(&ev, MEMBER_ERROR_INFO);
	if (said.p != NULL)
		jsonw_raw(w, said);
	else
		write_error(w, &ev);
}

/* The event that tells why it ended so, or why its last attempt did. */
static struct ref
error_of(const struct factflow_view *v)
{
	if (journal_member(v->txn, v->x->last, MEMBER_ERROR_INFO).p != NULL)
		return v->x->last;
	return v->x->error;
}

/* What the execution was made from, as it was then. */
static void
write_snapshot(struct jsonw *w, const struct job *j)
{
	const struct json_node *document = config_get(j, "document");

	jsonw_key(w, "config_snapshot");
	if (document != NULL && document->type == JSON_OBJECT)
		jsonw_raw(w, document->raw);
	else
		jsonw_raw(w, j->definition);
}

/* The whole of it. */
void
factflow_view_detail(struct jsonw *w, const struct factflow_view *v,
    const struct factflow_work *work)
{
	const struct execution *x = v->x;
	bool failed =
	    x->status == STATUS_FAILED || x->status == STATUS_TIMED_OUT;

	jsonw_object(w);
	factflow_view_members(w, v);
	write_snapshot(w, v->job);
	factflow_work_write_root(w, work);
	draw_json(w, "metadata",
	    journal_brief(v->txn, &x->given, MEMBER_METADATA));
	draw_json(w, "trigger_context",
	    journal_brief(v->txn, &x->input, MEMBER_INPUT));
	draw_json(w, "result",
	    journal_brief(v->txn, &x->result, MEMBER_RESULT));
	draw_text(w, "error",
	    failed ? journal_member(v->txn, x->error, MEMBER_ERROR_MESSAGE)
		   : SLICE_NONE);
	factflow_view_error(w, "error_info", v->txn, error_of(v));
	jsonw_key(w, "stats");
	factflow_work_write_totals(w, work);
	jsonw_end(w);
}
