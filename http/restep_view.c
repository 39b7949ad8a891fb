/*
 * Drawing executions as Restep answers.  Rows say where things are; texts and
 * payloads are read from the journal, and written as they were sent.
 */
#include "http/restep_view.h"

#include "core/failure.h"
#include "core/rfc3339.h"
#include "store/journal.h"

/* True when a retry waits because time ran out, not because it failed. */
static bool
is_timeout(const struct execution *x)
{
	return x->cause == CAUSE_HEARTBEAT_TIMEOUT ||
	    x->cause == CAUSE_ATTEMPT_TIMEOUT;
}

/* The Restep word for its status. */
const char *
restep_view_status(const struct execution *x)
{
	static const char *const words[STATUS_COUNT] = {
	    [STATUS_QUEUED] = "pending",
	    [STATUS_RUNNING] = "running",
	    [STATUS_RETRYING] = "failed",
	    [STATUS_CANCELLING] = "cancelled",
	    [STATUS_INTERRUPTED] = "running",
	    [STATUS_COMPLETED] = "completed",
	    [STATUS_FAILED] = "failed",
	    [STATUS_TIMED_OUT] = "timeout",
	    [STATUS_CANCELLED] = "cancelled",
	};

	if (x->status == STATUS_RETRYING && is_timeout(x))
		return "timeout";
	return words[x->status];
}

/* What the worker should do. */
const char *
restep_view_command(const struct execution *x)
{
	bool stop =
	    x->status == STATUS_CANCELLING || x->status == STATUS_CANCELLED;

	return stop ? "cancel" : NULL;
}

/* Write key and a time. */
void
restep_view_time(struct jsonw *w, const char *key, int64_t ms)
{
	char text[RFC3339_MAX];

	jsonw_key(w, key);
	if (ms == 0) {
		jsonw_null(w);
		return;
	}
	rfc3339_seconds(ms, text);
	jsonw_cstr(w, text);
}

/* A member of an earlier event; empty when there is none. */
static struct slice
get(const struct restep_view *v, struct ref at, enum member m)
{
	struct journal_event ev;

	if (at.seq == 0 || !journal_get(v->txn, at.seq, &ev))
		return SLICE_NONE;
	return event_get(&ev, m);
}

static void
write_json(struct jsonw *w, const char *key, struct slice json)
{
	jsonw_key(w, key);
	jsonw_raw_or_null(w, json);
}

static void
write_text(struct jsonw *w, const char *key, struct slice text)
{
	jsonw_key(w, key);
	if (text.p == NULL)
		jsonw_null(w);
	else
		jsonw_str(w, text);
}

static void
write_cstr(struct jsonw *w, const char *key, const char *text)
{
	jsonw_key(w, key);
	jsonw_cstr(w, text);
}

static void
write_u64(struct jsonw *w, const char *key, uint64_t n)
{
	jsonw_key(w, key);
	jsonw_u64(w, n);
}

/* A number, null where it is its type's "not said". */
static void
write_said(struct jsonw *w, const char *key, uint64_t n, uint64_t unsaid)
{
	jsonw_key(w, key);
	if (n == unsaid)
		jsonw_null(w);
	else
		jsonw_u64(w, n);
}

static void
write_duration(struct jsonw *w, int64_t from, int64_t to)
{
	jsonw_key(w, "duration_ms");
	if (from == 0 || to == 0)
		jsonw_null(w);
	else
		jsonw_int(w, to - from);
}

/* What went wrong, text by text. */
static void
write_error(struct jsonw *w, const struct restep_view *v, struct ref at,
    bool stack)
{
	write_text(w, "error_message", get(v, at, MEMBER_ERROR_MESSAGE));
	write_text(w, "error_type", get(v, at, MEMBER_ERROR_TYPE));
	if (stack)
		write_text(w, "error_stack", get(v, at, MEMBER_ERROR_STACK));
}

/* The failure in the taxonomy all dialects share. */
static void
write_failure(struct jsonw *w, const struct restep_view *v)
{
	bool timeout = v->x->failure == FAILURE_TIMEOUT;
	const struct failure *f;
	unsigned i;

	jsonw_key(w, "failure");
	if (v->x->failure == FAILURE_NONE) {
		jsonw_null(w);
		return;
	}
	f = failure_get(timeout ? "EXECUTION_TIMEOUT" : "EXECUTION_FAILED",
	    v->x->failure);
	jsonw_object(w);
	write_cstr(w, "taxonomy_version", FAILURE_TAXONOMY);
	write_cstr(w, "category", failure_category_name(v->x->failure));
	write_cstr(w, "code", f->code);
	write_text(w, "message", get(v, v->x->error, MEMBER_ERROR_MESSAGE));
	jsonw_key(w, "retryable");
	jsonw_bool(w, f->retryable);
	jsonw_key(w, "fix_required");
	jsonw_bool(w, f->fix_required);
	jsonw_key(w, "remediation_hints");
	jsonw_array(w);
	jsonw_cstr(w, f->hint);
	jsonw_end(w);
	jsonw_key(w, "next_actions");
	jsonw_array(w);
	for (i = 0; i < 3 && f->next_actions[i] != NULL; i++)
		jsonw_cstr(w, f->next_actions[i]);
	jsonw_end(w);
	jsonw_end(w);
}

/* When it ended: for whom it is being cancelled for, that was at once. */
static int64_t
ended_at(const struct execution *x)
{
	if (x->status == STATUS_CANCELLING || x->status == STATUS_CANCELLED)
		return x->cancel_at;
	return x->completed_at;
}

/* The members that a report's answer has, too. */
static void
write_state(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;

	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &x->id);
	write_cstr(w, "status", restep_view_status(x));
	write_u64(w, "attempt", x->attempt);
	write_said(w, "progress_percent", x->percent, EVENT_NO_PERCENT);
	write_text(w, "current_step_name",
	    get(v, x->step_name, MEMBER_STEP_NAME));
	write_said(w, "current_step_index", x->step_index, EVENT_NO_INDEX);
	restep_view_time(w, "last_heartbeat_at", v->last_word);
	restep_view_time(w, "started_at", x->started_at);
	restep_view_time(w, "updated_at", x->updated_at);
	write_cstr(w, "command", restep_view_command(x));
}

/* Briefly. */
void
restep_view_brief(struct jsonw *w, const struct restep_view *v)
{
	jsonw_object(w);
	write_state(w, v);
	jsonw_end(w);
}

/* Briefly, with what was said of the progress. */
void
restep_view_progress(struct jsonw *w, const struct restep_view *v)
{
	jsonw_object(w);
	write_state(w, v);
	write_json(w, "progress_metadata",
	    get(v, v->x->metadata, MEMBER_METADATA));
	jsonw_end(w);
}

static void
write_uuid_or_null(struct jsonw *w, const char *key, const struct uuid *u)
{
	jsonw_key(w, key);
	if (uuid_is_zero(u))
		jsonw_null(w);
	else
		jsonw_uuid(w, u);
}

/* What lists show as well. */
static void
write_facts(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;

	write_state(w, v);
	write_u64(w, "number", x->number);
	jsonw_key(w, "job_id");
	jsonw_uuid(w, &x->job);
	write_text(w, "job_name", v->job->name);
	write_u64(w, "job_version", x->job_version);
	write_u64(w, "max_attempts", v->job->retry.max_attempts);
	write_u64(w, "priority", x->priority);
	write_text(w, "queue", v->job->queue);
	write_said(w, "project_id", x->project, 0);
	write_uuid_or_null(w, "parent_execution_id", &x->parent);
	jsonw_key(w, "tags");
	if (x->tags.seq == 0)
		jsonw_raw(w, SLICE("{}"));
	else
		jsonw_raw_or_null(w, get(v, x->tags, MEMBER_TAGS));
	restep_view_time(w, "retry_at", x->due[TIMER_RETRY]);
	restep_view_time(w, "created_at", x->created_at);
	restep_view_time(w, "completed_at", ended_at(x));
	write_duration(w, x->started_at, ended_at(x));
	write_error(w, v, x->error, false);
	write_failure(w, v);
}

/* As a list's entry. */
void
restep_view_entry(struct jsonw *w, const struct restep_view *v)
{
	jsonw_object(w);
	write_facts(w, v);
	jsonw_end(w);
}

static void
write_depends(struct jsonw *w, const struct job *job, const struct job_step *js)
{
	unsigned i;

	jsonw_key(w, "depends_on");
	jsonw_array(w);
	for (i = 0; i < js->ndepends; i++)
		jsonw_str(w, job->steps[js->depends[i]].name);
	jsonw_end(w);
}

/* What a step was given and has given. */
static void
write_step_payloads(struct jsonw *w, const struct restep_view *v,
    const struct step *s)
{
	write_json(w, "metadata", get(v, s->metadata, MEMBER_METADATA));
	write_json(w, "input_params", get(v, s->input, MEMBER_INPUT));
	write_json(w, "result_data", get(v, s->result, MEMBER_RESULT));
	write_json(w, "artifacts", get(v, s->artifacts, MEMBER_ARTIFACTS));
	write_json(w, "checkpoint_data",
	    get(v, s->checkpoint, s->checkpoint_member));
	write_said(w, "checkpoint_size_bytes", s->checkpoint_bytes,
	    s->checkpoint.seq == 0 ? 0 : UINT64_MAX);
	write_error(w, v, s->error, true);
}

static void
write_step(struct jsonw *w, const struct restep_view *v, const struct step *s)
{
	const struct job_step *js = &v->job->steps[s->index];

	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &s->id);
	write_text(w, "name", js->name);
	write_u64(w, "step_index", js->step_index);
	write_text(w, "step_type", js->type);
	write_depends(w, v->job, js);
	write_cstr(w, "status", status_step_name(s->status));
	write_u64(w, "attempt", s->attempt);
	write_said(w, "progress_percent", s->percent, EVENT_NO_PERCENT);
	write_step_payloads(w, v, s);
	restep_view_time(w, "started_at", s->started_at);
	restep_view_time(w, "completed_at", s->completed_at);
	write_duration(w, s->started_at, s->completed_at);
	jsonw_end(w);
}

/* The whole of it. */
void
restep_view_execution(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;
	unsigned i;

	jsonw_object(w);
	write_facts(w, v);
	write_json(w, "input_params", get(v, x->created, MEMBER_INPUT));
	write_json(w, "metadata", get(v, x->created, MEMBER_METADATA));
	write_json(w, "progress_metadata",
	    get(v, x->metadata, MEMBER_METADATA));
	write_json(w, "result_data", get(v, x->result, MEMBER_RESULT));
	write_text(w, "error_stack", get(v, x->error, MEMBER_ERROR_STACK));
	if (v->steps != NULL) {
		jsonw_key(w, "steps");
		jsonw_array(w);
		for (i = 0; i < x->nsteps; i++)
			write_step(w, v, &v->steps[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
}
