/*
 * Rows to the snapshot event.  An execution's own stream shows its steps;
 * the others show counts and the newest executions that have not ended.
 */
#include "sse/snapshot.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/rfc3339.h"
#include "store/journal.h"

#include "sse/blob.h"

#define EXECUTIONS_MAX 100

static void
percent(struct jsonw *w, uint8_t v)
{
	jsonw_key(w, "progress_percent");
	if (v == EVENT_NO_PERCENT)
		jsonw_null(w);
	else
		jsonw_u64(w, v);
}

static void
status_member(struct jsonw *w, enum status status, unsigned form)
{
	jsonw_key(w, "status");
	jsonw_cstr(w, frame_status(status, form));
	if ((form & FRAME_FACTFLOW) != 0) {
		jsonw_key(w, "canonical_status");
		jsonw_cstr(w, status_name(status));
	}
}

static void
identity(struct jsonw *w, struct store_txn *t, const struct execution *x)
{
	const struct job *job = jobs_get(t, &x->job, x->job_version);

	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	jsonw_key(w, "number");
	jsonw_u64(w, x->number);
	jsonw_key(w, "job_id");
	jsonw_uuid(w, &x->job);
	jsonw_key(w, "job_name");
	if (job != NULL)
		jsonw_str(w, job->name);
	else
		jsonw_null(w);
}

/* The members of an execution, without its steps. */
static void
execution(struct jsonw *w, struct store_txn *t, const struct execution *x,
    unsigned form)
{
	bool retries = x->status == STATUS_RETRYING;

	identity(w, t, x);
	status_member(w, x->status, form);
	jsonw_key(w, "attempt");
	jsonw_u64(w, x->attempt);
	percent(w, x->percent);
	jsonw_text(w, "current_step_name",
	    journal_brief(t, &x->step_name, MEMBER_STEP_NAME));
	jsonw_key(w, "current_step_index");
	if (x->step_index == EVENT_NO_INDEX)
		jsonw_null(w);
	else
		jsonw_u64(w, x->step_index);
	frame_seconds(w, "retry_at", retries ? x->due[TIMER_READY] : 0);
	frame_seconds(w, "created_at", x->created_at);
	frame_seconds(w, "started_at", x->started_at);
	frame_seconds(w, "completed_at", x->completed_at);
	jsonw_text(w, "error_message",
	    journal_member(t, x->error, MEMBER_ERROR_MESSAGE));
	jsonw_text(w, "error_type",
	    journal_member(t, x->error, MEMBER_ERROR_TYPE));
}

static void
steps(struct jsonw *w, struct store_txn *t, const struct execution *x)
{
	const struct job *job = jobs_get(t, &x->job, x->job_version);
	struct step *s = mem_zalloc((size_t)(x->nsteps + 1) * sizeof(*s));
	unsigned n = 0;

	if (job != NULL && rows_get_steps(t, &x->id, s, x->nsteps))
		n = x->nsteps < job->nsteps ? x->nsteps : job->nsteps;
	jsonw_key(w, "steps");
	jsonw_array(w);
	for (unsigned i = 0; i < n; i++) {
		jsonw_object(w);
		jsonw_key(w, "id");
		jsonw_uuid(w, &s[i].id);
		jsonw_key(w, "name");
		jsonw_str(w, job->steps[i].name);
		jsonw_key(w, "step_index");
		jsonw_u64(w, job->steps[i].step_index);
		jsonw_key(w, "status");
		jsonw_cstr(w, status_step_name(s[i].status));
		jsonw_key(w, "attempt");
		jsonw_u64(w, s[i].attempt);
		percent(w, s[i].percent);
		jsonw_end(w);
	}
	jsonw_end(w);
	free(s);
}

static void
one_execution(struct jsonw *w, struct store_txn *t, const struct view *v)
{
	struct execution x;

	jsonw_key(w, "execution");
	if (!rows_get(t, &v->filter.execution, &x)) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	execution(w, t, &x, v->form);
	steps(w, t, &x);
	jsonw_end(w);
}

/* The rows of the view's i-th job, or of all where it names none. */
static struct rows_filter
filter_of(const struct view *v, unsigned i)
{
	struct rows_filter f = {
	    .project = v->filter.project,
	    .label = v->filter.label,
	    .more = v->filter.more,
	    .nmore = v->filter.nmore,
	};

	if (v->filter.njobs > 0)
		f.job = v->filter.jobs[i];
	return f;
}

/* How many row filters a view needs. */
static unsigned
nfilters(const struct view *v)
{
	return v->filter.njobs > 0 ? v->filter.njobs : 1;
}

/* Executions of that status; -1 where that is not counted. */
static int64_t
count(struct store_txn *t, const struct view *v, enum status status)
{
	int64_t sum = 0;

	for (unsigned i = 0; i < nfilters(v); i++) {
		struct rows_filter f = filter_of(v, i);
		int64_t n;

		f.status[0] = status;
		n = rows_count(t, &f);
		if (n < 0)
			return -1;
		sum += n;
	}
	return sum;
}

/* How many there are in each status; null where that is not counted. */
static void
counts(struct jsonw *w, struct store_txn *t, const struct view *v)
{
	jsonw_key(w, "counts");
	jsonw_object(w);
	for (unsigned s = 1; s < STATUS_COUNT; s++) {
		int64_t n = count(t, v, (enum status)s);

		jsonw_key(w, status_name((enum status)s));
		if (n < 0)
			jsonw_null(w);
		else
			jsonw_int(w, n);
	}
	jsonw_end(w);
}

/* Newest first: ids ascend in order of creation. */
static int
by_age(const void *a, const void *b)
{
	const struct execution *x = a, *y = b;

	return uuid_cmp(&y->id, &x->id);
}

/* The statuses to list: those that have not ended, as the filter has it. */
static unsigned
statuses_of(const struct view *v, enum status *out)
{
	unsigned wanted = v->filter.statuses, n = 0;

	for (unsigned s = 1; s < STATUS_COUNT; s++)
		if (!status_is_terminal((enum status)s) &&
		    (wanted == 0 || (wanted & 1u << s) != 0))
			out[n++] = (enum status)s;
	return n;
}

/* The newest of each job; the newest of all are among them. */
static unsigned
find(struct store_txn *t, const struct view *v, struct execution *x)
{
	unsigned n = 0;

	for (unsigned i = 0; i < nfilters(v); i++) {
		struct rows_filter f = filter_of(v, i);
		struct uuid at = {0};

		if (statuses_of(v, f.status) > 0)
			n += rows_list(t, &f, &at, x + n, EXECUTIONS_MAX);
	}
	if (nfilters(v) > 1)
		qsort(x, n, sizeof(*x), by_age);
	return n < EXECUTIONS_MAX ? n : EXECUTIONS_MAX;
}

/* Those the view names, ended or not. */
static unsigned
find_named(struct store_txn *t, const struct view *v, struct execution *x)
{
	const struct sse_filter *f = &v->filter;
	unsigned n = 0;

	for (unsigned i = 0; i < f->nexecutions && n < EXECUTIONS_MAX; i++)
		if (rows_get(t, &f->executions[i], &x[n]))
			n++;
	return n;
}

static void
executions(struct jsonw *w, struct store_txn *t, const struct view *v)
{
	struct execution *x =
	    mem_zalloc((size_t)nfilters(v) * EXECUTIONS_MAX * sizeof(*x));
	unsigned n =
	    v->filter.nexecutions > 0 ? find_named(t, v, x) : find(t, v, x);

	jsonw_key(w, "executions");
	jsonw_array(w);
	for (unsigned i = 0; i < n; i++) {
		jsonw_object(w);
		execution(w, t, &x[i], v->form);
		jsonw_end(w);
	}
	jsonw_end(w);
	free(x);
}

static void
write_snapshot(struct sse *s, struct store_txn *t, const struct view *v)
{
	const struct uuid *id = &v->filter.execution;
	struct jsonw *w = s->maker.w;
	struct frame_cuts cuts;
	char at[RFC3339_MAX];

	s->frame.len = s->scratch.len = 0;
	rfc3339_millis(s->now_ms, at);
	frame_begin(&s->maker, "snapshot", store_seq(t), &s->frame, &cuts);
	jsonw_key(w, "execution_id");
	if (uuid_is_zero(id))
		jsonw_null(w);
	else
		jsonw_uuid(w, id);
	jsonw_key(w, "seq");
	jsonw_u64(w, store_seq(t));
	jsonw_key(w, "at");
	jsonw_cstr(w, at);
	if (!uuid_is_zero(id)) {
		one_execution(w, t, v);
	} else {
		if (v->filter.nexecutions == 0)
			counts(w, t, v);
		executions(w, t, v);
	}
	frame_end(&s->maker, &s->frame);
	frame_wrap(buf_slice(&s->frame), &cuts, v->form, &s->scratch);
}

/* Make the snapshot, or share the one just made. */
struct blob *
snapshot_get(struct sse *s, struct store_txn *t, const struct view *v)
{
	if (s->snapshot == NULL || s->snapshot_view != v) {
		snapshot_forget(s);
		write_snapshot(s, t, v);
		s->snapshot = blob_new(buf_slice(&s->scratch));
		s->snapshot_view = v;
	}
	return blob_ref(s->snapshot);
}

/* Let go of the one just made. */
void
snapshot_forget(struct sse *s)
{
	blob_unref(s->snapshot);
	s->snapshot = NULL;
	s->snapshot_view = NULL;
}
