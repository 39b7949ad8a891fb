/*
 * Drawing executions as Restep answers.  Rows say where things are; texts and
 * payloads are read from the journal, and written as they were sent.
 */
#include "http/restep_view.h"

#include "engine/engine.h"
#include "http/draw.h"
#include "store/journal.h"

#define STEP_PAYLOADS_MAX (16u << 20) /* bytes, in one answer */

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

	/* A retry waits because time ran out, not because it failed. */
	if (x->status == STATUS_RETRYING && execution_is_timeout(x->cause))
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

/* A member of an earlier event; empty when there is none. */
static struct slice
get(const struct restep_view *v, struct ref at, enum member m)
{
	return journal_member(v->txn, at, m);
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
	draw_text(w, "error_message", get(v, at, MEMBER_ERROR_MESSAGE));
	draw_text(w, "error_type", get(v, at, MEMBER_ERROR_TYPE));
	if (stack)
		draw_text(w, "error_stack", get(v, at, MEMBER_ERROR_STACK));
}

/* The failure in the taxonomy all dialects share. */
static void
write_failure(struct jsonw *w, const struct restep_view *v)
{
	struct slice type = get(v, v->x->error, MEMBER_ERROR_TYPE);

	jsonw_key(w, "failure");
	if (v->x->failure == FAILURE_NONE)
		jsonw_null(w);
	else
		draw_failure(w, failure_of(v->x, type), v->x->failure,
		    get(v, v->x->error, MEMBER_ERROR_MESSAGE));
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
	draw_cstr(w, "status", restep_view_status(x));
	draw_u64(w, "attempt", x->attempt);
	draw_said(w, "progress_percent", x->percent, EVENT_NO_PERCENT);
	draw_text(w, "current_step_name",
	    journal_brief(v->txn, &x->step_name, MEMBER_STEP_NAME));
	draw_said(w, "current_step_index", x->step_index, EVENT_NO_INDEX);
	draw_seconds(w, "last_heartbeat_at", v->last_word);
	draw_seconds(w, "started_at", x->started_at);
	draw_seconds(w, "updated_at", x->updated_at);
	draw_cstr(w, "command", restep_view_command(x));
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
	draw_json(w, "progress_metadata",
	    journal_brief(v->txn, &v->x->metadata, MEMBER_METADATA));
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

/*
 * When it was to run, where that was said.  What was said is in the event
 * that made it; until it has failed once, the row has it, too.
 */
static int64_t
run_at(const struct restep_view *v)
{
	const struct execution *x = v->x;
	struct execution made = {0};

	if (x->attempt == 1)
		return x->ready_at > x->created_at ? x->ready_at : 0;
	if (!execution_decode_origin(get(v, x->created, MEMBER_ROW), &made))
		return 0;
	return made.ready_at > x->created_at ? made.ready_at : 0;
}

/* Who works on it, and until when without another word. */
static void
write_holder(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;
	struct ref claim = {0};
	int64_t due = 0;

	if (status_is_held(x->status) && x->claim.seq != 0) {
		claim = x->claim;
		due = engine_lease_end(v->engine, x, v->job);
	}
	draw_text(w, "worker", get(v, claim, MEMBER_WORKER));
	draw_millis(w, "lease_expires_at", due);
}

/* What lists show as well. */
static void
write_facts(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;

	write_state(w, v);
	draw_u64(w, "number", x->number);
	jsonw_key(w, "job_id");
	jsonw_uuid(w, &x->job);
	draw_text(w, "job_name", v->job->name);
	draw_u64(w, "job_version", x->job_version);
	draw_u64(w, "max_attempts", v->job->retry.max_attempts);
	draw_u64(w, "priority", x->priority);
	draw_text(w, "queue", v->job->queue);
	draw_said(w, "project_id", x->project, 0);
	write_uuid_or_null(w, "parent_execution_id", &x->parent);
	jsonw_key(w, "tags");
	if (x->tags.at.seq == 0)
		jsonw_raw(w, SLICE("{}"));
	else
		jsonw_raw_or_null(w,
		    journal_brief(v->txn, &x->tags, MEMBER_TAGS));
	draw_seconds(w, "retry_at",
	    x->status == STATUS_RETRYING ? x->due[TIMER_READY] : 0);
	draw_millis(w, "run_at", run_at(v));
	draw_text(w, "concurrency_key",
	    x->lane == 0 ? SLICE_NONE : get(v, x->created, MEMBER_CONCURRENCY));
	write_holder(w, v);
	draw_seconds(w, "created_at", x->created_at);
	draw_seconds(w, "completed_at", draw_ended_at(x));
	write_duration(w, x->started_at, draw_ended_at(x));
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

/* What a step was given: where nothing is mapped, what its execution was. */
static struct slice
input_of(const struct restep_view *v, const struct step *s)
{
	if (s->input.seq == v->x->created.seq)
		return journal_brief(v->txn, &v->x->input, MEMBER_INPUT);
	return get(v, s->input, MEMBER_INPUT);
}

/*
 * What a step was given and has given.  Steps can share large inputs, so one
 * answer shows so much of it all; what no longer fits is null, and said so.
 */
static void
write_step_payloads(struct jsonw *w, const struct restep_view *v,
    const struct step *s, size_t *left)
{
	const struct {
		const char *key;
		struct slice json;
	} all[] = {
	    {"metadata", get(v, s->metadata, MEMBER_METADATA)},
	    {"input_params", input_of(v, s)},
	    {"result_data", get(v, s->result, MEMBER_RESULT)},
	    {"artifacts", get(v, s->artifacts, MEMBER_ARTIFACTS)},
	    {"checkpoint_data", get(v, s->checkpoint, s->checkpoint_member)},
	};
	bool cut = false;
	unsigned i;

	for (i = 0; i < sizeof all / sizeof all[0]; i++) {
		bool fits = all[i].json.n <= *left;

		draw_json(w, all[i].key, fits ? all[i].json : SLICE_NONE);
		*left -= fits ? all[i].json.n : 0;
		cut = cut || !fits;
	}
	if (cut)
		draw_bool(w, "payloads_cut", true);
	draw_said(w, "checkpoint_size_bytes", s->checkpoint_bytes,
	    s->checkpoint.seq == 0 ? 0 : UINT64_MAX);
	write_error(w, v, s->error, true);
}

/* Of steps that are claimed one by one: who has it, or when it is retried. */
static void
write_step_holder(struct jsonw *w, const struct restep_view *v,
    const struct step *s)
{
	struct ref none = {0};
	bool runs = s->status == STEP_RUNNING && s->claim.seq != 0;

	draw_u64(w, "tries", s->tries);
	draw_millis(w, "retry_at", s->status == STEP_FAILED ? s->due : 0);
	draw_text(w, "worker", get(v, runs ? s->claim : none, MEMBER_WORKER));
	draw_millis(w, "lease_expires_at",
	    runs ? engine_step_lease_end(v->engine, s) : 0);
}

static void
write_step(struct jsonw *w, const struct restep_view *v, const struct step *s,
    size_t *left)
{
	const struct job_step *js = &v->job->steps[s->index];

	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &s->id);
	draw_text(w, "name", js->name);
	draw_u64(w, "step_index", js->step_index);
	draw_text(w, "step_type", js->type);
	write_depends(w, v->job, js);
	draw_cstr(w, "status", status_step_name(s->status));
	draw_u64(w, "attempt", s->attempt);
	draw_said(w, "progress_percent", s->percent, EVENT_NO_PERCENT);
	write_step_payloads(w, v, s, left);
	draw_seconds(w, "started_at", s->started_at);
	draw_seconds(w, "completed_at", s->completed_at);
	write_duration(w, s->started_at, s->completed_at);
	if (v->x->unit == UNIT_STEP)
		write_step_holder(w, v, s);
	jsonw_end(w);
}

/* One step. */
void
restep_view_step(struct jsonw *w, const struct restep_view *v,
    const struct step *s)
{
	size_t left = STEP_PAYLOADS_MAX;

	write_step(w, v, s, &left);
}

/* The whole of it. */
void
restep_view_execution(struct jsonw *w, const struct restep_view *v)
{
	const struct execution *x = v->x;
	size_t left = STEP_PAYLOADS_MAX;
	unsigned i;

	jsonw_object(w);
	write_facts(w, v);
	draw_json(w, "input_params",
	    journal_brief(v->txn, &x->input, MEMBER_INPUT));
	draw_json(w, "metadata",
	    journal_brief(v->txn, &x->given, MEMBER_METADATA));
	draw_json(w, "progress_metadata",
	    journal_brief(v->txn, &x->metadata, MEMBER_METADATA));
	draw_json(w, "result_data",
	    journal_brief(v->txn, &x->result, MEMBER_RESULT));
	draw_text(w, "error_stack", get(v, x->error, MEMBER_ERROR_STACK));
	if (v->steps != NULL) {
		jsonw_key(w, "steps");
		jsonw_array(w);
		for (i = 0; i < x->nsteps; i++)
			write_step(w, v, &v->steps[i], &left);
		jsonw_end(w);
	}
	jsonw_end(w);
}
