/*
 * Reading and drawing what steps did.  core/lineage.c makes runs of events,
 * core/dag.c routes of steps; here both meet the rows.
 */
#include "http/factflow_work.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/dag.h"
#include "core/log.h"
#include "core/mem.h"
#include "http/draw.h"
#include "store/journal.h"
#include "store/rows.h"

struct factflow_work {
	struct factflow_view v;
	int64_t until; /* its end, or now */
	bool cut;
	struct dag *dag;
	struct lineage *lineage;
	struct step *steps;
	struct lineage_sums sums[JOB_STEPS_MAX], total;
};

static bool
on_event(void *arg, const struct journal_event *ev)
{
	lineage_apply(arg, ev);
	return true;
}

/* Read the execution's events, up to the bound. */
static void
read_events(struct factflow_work *k)
{
	struct journal_visit visit = {on_event, k->lineage};
	const struct uuid *id = &k->v.x->id;
	uint64_t after = 0, at;
	unsigned seen;

	if (k->v.job->nsteps == 0)
		return;
	for (seen = 0; seen < FACTFLOW_WORK_EVENTS; seen += JOURNAL_PAGE) {
		at = journal_walk_execution(k->v.txn, id, after, JOURNAL_PAGE,
		    &visit);
		if (at == after)
			return;
		after = at;
	}
	k->cut = true;
}

/* Read it all. */
struct factflow_work *
factflow_work_new(const struct factflow_view *v, int64_t now)
{
	struct factflow_work *k = mem_zalloc(sizeof *k);
	unsigned i;

	k->v = *v;
	k->until = v->x->completed_at != 0 ? v->x->completed_at : now;
	k->dag = dag_new(v->job);
	k->lineage = lineage_new(v->job);
	k->steps = mem_zalloc((v->x->nsteps + 1u) * sizeof *k->steps);
	INVARIANT(rows_get_steps(v->txn, &v->x->id, k->steps, v->x->nsteps));
	read_events(k);
	lineage_end(k->lineage);
	lineage_sum(k->lineage, k->steps, k->sums);
	for (i = 0; i < v->job->nsteps; i++)
		lineage_add(&k->total, &k->sums[i]);
	return k;
}

/* Release it. */
void
factflow_work_free(struct factflow_work *k)
{
	if (k == NULL)
		return;
	dag_free(k->dag);
	lineage_free(k->lineage);
	free(k->steps);
	free(k);
}

/* ---- small members ---- */

static void
write_id(struct jsonw *w, const struct factflow_work *k)
{
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &k->v.x->id);
}

/* A number to three places. */
static double
rounded(double v)
{
	return (double)(int64_t)(v * 1000 + 0.5) / 1000;
}

static int64_t
duration_ms(const struct factflow_work *k)
{
	int64_t ms = k->until - k->v.x->created_at;

	return ms > 0 ? ms : 0; /* a clock may have stepped back */
}

static void
write_average(struct jsonw *w, const struct lineage_sums *s)
{
	jsonw_key(w, "avg_duration_ms");
	if (s->timed == 0)
		jsonw_null(w);
	else
		jsonw_double(w,
		    rounded((double)s->duration_ms / (double)s->timed));
}

static void
write_throughput(struct jsonw *w, const struct factflow_work *k,
    const struct lineage_sums *s)
{
	int64_t ms = duration_ms(k);

	jsonw_key(w, "throughput_per_s");
	jsonw_double(w,
	    ms == 0 ? 0.0 : rounded((double)s->completed * 1000 / (double)ms));
}

static uint64_t
runs(const struct lineage_sums *s)
{
	return s->completed + s->failed + s->cancelled + s->in_progress;
}

static struct slice
step_name(const struct factflow_work *k, unsigned i)
{
	return k->v.job->steps[i].name;
}

/* ---- stats ---- */

static void
write_counts(struct jsonw *w, const struct lineage_sums *s)
{
	draw_u64(w, "completed", s->completed);
	draw_u64(w, "failed", s->failed);
	draw_u64(w, "cancelled", s->cancelled);
	draw_u64(w, "pending", s->pending);
	draw_u64(w, "in_progress", s->in_progress);
}

/* What all steps come to. */
void
factflow_work_write_totals(struct jsonw *w, const struct factflow_work *k)
{
	jsonw_object(w);
	draw_u64(w, "total_messages", runs(&k->total));
	write_counts(w, &k->total);
	write_average(w, &k->total);
	write_throughput(w, k, &k->total);
	draw_u64(w, "duration_ms", (uint64_t)duration_ms(k));
	jsonw_end(w);
}

/* GET .../stats */
void
factflow_work_write_stats(struct jsonw *w, const struct factflow_work *k)
{
	unsigned i;

	jsonw_object(w);
	write_id(w, k);
	draw_cstr(w, "status", factflow_view_word(k->v.x->status));
	jsonw_key(w, "adapters");
	jsonw_array(w);
	for (i = 0; i < k->v.job->nsteps; i++) {
		jsonw_object(w);
		draw_text(w, "route_id", k->v.job->steps[i].route);
		draw_text(w, "adapter", step_name(k, i));
		write_counts(w, &k->sums[i]);
		write_average(w, &k->sums[i]);
		write_throughput(w, k, &k->sums[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_key(w, "totals");
	factflow_work_write_totals(w, k);
	draw_u64(w, "duration_ms", (uint64_t)duration_ms(k));
	draw_bool(w, "truncated", k->cut);
	jsonw_end(w);
}

/* ---- routes ---- */

static struct slice
route_name(const struct factflow_work *k, unsigned node)
{
	struct slice id = k->dag->node[node].route;
	const struct json_node *route = config_route(k->v.job, id);
	const struct json_node *name = json_get(route, "name");

	return json_absent(name) || name->type != JSON_STRING ? id : name->str;
}

/* What a route's processor is about, by its steps. */
static const char *
processor_status(const struct factflow_work *k, unsigned node)
{
	bool failed = false, left = false, running = false;
	unsigned i;

	for (i = 0; i < k->v.job->nsteps; i++) {
		enum step_status s = k->steps[i].status;

		if (k->dag->of[i] != node)
			continue;
		running = running || s == STEP_RUNNING;
		failed = failed || s == STEP_FAILED;
		left = left || s != STEP_COMPLETED;
	}
	if (!left)
		return "completed";
	if (status_is_terminal(k->v.x->status))
		return failed ? "failed" : "stopped";
	if (running)
		return "running";
	return failed ? "failed" : "waiting";
}

static struct lineage_sums
route_sums(const struct factflow_work *k, unsigned node)
{
	struct lineage_sums sum = {0};
	unsigned i;

	for (i = 0; i < k->v.job->nsteps; i++)
		if (k->dag->of[i] == node)
			lineage_add(&sum, &k->sums[i]);
	return sum;
}

static void
write_routes(struct jsonw *w, const struct factflow_work *k)
{
	unsigned i;

	jsonw_key(w, "routes");
	jsonw_array(w);
	for (i = 0; i < k->dag->nnodes; i++) {
		struct lineage_sums sum = route_sums(k, i);

		jsonw_object(w);
		draw_text(w, "route_id", k->dag->node[i].route);
		draw_text(w, "name", route_name(k, i));
		draw_u64(w, "total_messages", runs(&sum));
		write_counts(w, &sum);
		write_average(w, &sum);
		draw_text(w, "queue", k->dag->node[i].queue);
		draw_cstr(w, "processor_status", processor_status(k, i));
		draw_u64(w, "in_flight", sum.in_progress);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* GET .../routes */
void
factflow_work_write_routes(struct jsonw *w, const struct factflow_work *k)
{
	jsonw_object(w);
	write_id(w, k);
	write_routes(w, k);
	jsonw_end(w);
}

/* ---- the graph ---- */

static void
write_node(struct jsonw *w, const struct factflow_work *k, unsigned node)
{
	unsigned i;

	jsonw_object(w);
	draw_text(w, "route_id", k->dag->node[node].route);
	draw_text(w, "name", route_name(k, node));
	jsonw_key(w, "adapters");
	jsonw_array(w);
	for (i = 0; i < k->v.job->nsteps; i++)
		if (k->dag->of[i] == node)
			jsonw_str(w, step_name(k, i));
	jsonw_end(w);
	jsonw_end(w);
}

/* GET .../dag */
void
factflow_work_write_dag(struct jsonw *w, const struct factflow_work *k)
{
	const struct dag *d = k->dag;
	unsigned i;

	jsonw_object(w);
	write_id(w, k);
	draw_text(w, "init_queue", d->init_queue);
	jsonw_key(w, "nodes");
	jsonw_array(w);
	for (i = 0; i < d->nnodes; i++)
		write_node(w, k, i);
	jsonw_end(w);
	jsonw_key(w, "edges");
	jsonw_array(w);
	for (i = 0; i < d->nedges; i++) {
		jsonw_object(w);
		draw_text(w, "from_route", d->node[d->edge[i].from].route);
		draw_text(w, "to_route", d->node[d->edge[i].to].route);
		draw_text(w, "queue", d->edge[i].queue);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
}

/* ---- lineage ---- */

/* What there is. */
struct factflow_runs
factflow_work_runs(const struct factflow_work *k)
{
	return (struct factflow_runs){.entry = k->lineage->entry,
	    .step = k->steps,
	    .n = k->lineage->n,
	    .cut = k->cut};
}

/* What it was read of. */
const struct factflow_view *
factflow_work_view(const struct factflow_work *k)
{
	return &k->v;
}

/* The id of a run. */
struct uuid
factflow_work_id(const struct factflow_work *k, unsigned i)
{
	const struct lineage_entry *e = &k->lineage->entry[i];

	return lineage_id(&k->steps[e->step].id, e->run);
}

static void
write_entry_id(struct jsonw *w, const char *key, const struct factflow_work *k,
    int entry)
{
	struct uuid id;

	jsonw_key(w, key);
	if (entry < 0) {
		jsonw_null(w);
		return;
	}
	id = factflow_work_id(k, (unsigned)entry);
	jsonw_uuid(w, &id);
}

static void
write_times(struct jsonw *w, const struct lineage_entry *e)
{
	draw_millis(w, "started_at", e->started_at);
	draw_millis(w, "completed_at", e->completed_at);
	jsonw_key(w, "duration_ms");
	if (e->completed_at == 0)
		jsonw_null(w);
	else
		jsonw_int(w, e->completed_at - e->started_at);
}

static void
write_metadata(struct jsonw *w, const struct factflow_work *k, struct ref at)
{
	draw_json(w, "metadata", journal_member(k->v.txn, at, MEMBER_METADATA));
}

/* Everything a replay does is one batch, named after it. */
static void
write_batch(struct jsonw *w, const struct factflow_work *k)
{
	jsonw_key(w, "replay_batch_id");
	if (uuid_is_zero(&k->v.x->parent))
		jsonw_null(w);
	else
		jsonw_uuid(w, &k->v.x->id);
}

/* Draw a run. */
void
factflow_work_write_run(struct jsonw *w, const struct factflow_work *k,
    unsigned i)
{
	const struct lineage_entry *e = &k->lineage->entry[i];

	jsonw_object(w);
	write_entry_id(w, "id", k, (int)i);
	write_entry_id(w, "correlation_id", k, (int)i);
	write_entry_id(w, "parent_correlation_id", k, e->parent);
	write_batch(w, k);
	write_id(w, k);
	draw_text(w, "route_id", k->v.job->steps[e->step].route);
	draw_text(w, "adapter_name", step_name(k, e->step));
	draw_u64(w, "adapter_index", k->dag->at[e->step]);
	draw_text(w, "stage_name", step_name(k, e->step));
	draw_cstr(w, "stage_status", lineage_status_name(e->status));
	jsonw_key(w, "stage_input_hash");
	jsonw_null(w);
	draw_u64(w, "attempt", e->attempt);
	write_times(w, e);
	write_metadata(w, k, e->metadata);
	factflow_view_error(w, "error_info", k->v.txn, e->error);
	jsonw_end(w);
}

/* Bytes of what a client sent in an entry. */
size_t
factflow_work_payload(const struct factflow_work *k, unsigned i)
{
	const struct lineage_entry *e = &k->lineage->entry[i];
	size_t n = journal_member(k->v.txn, e->metadata, MEMBER_METADATA).n;

	n += journal_member(k->v.txn, e->error, MEMBER_ERROR_MESSAGE).n;
	n += journal_member(k->v.txn, e->error, MEMBER_ERROR_INFO).n;
	return n + journal_member(k->v.txn, e->error, MEMBER_ERROR_STACK).n;
}

/* How many entries fit into an answer. */
static unsigned
entries_that_fit(const struct factflow_work *k, uint64_t limit)
{
	size_t n = 0;
	unsigned i;

	for (i = 0; i < k->lineage->n && i < limit; i++) {
		n += factflow_work_payload(k, i);
		if (n > FACTFLOW_WORK_BYTES && i > 0)
			break;
	}
	return i;
}

/* GET .../lineage */
void
factflow_work_write_lineage(struct jsonw *w, const struct factflow_work *k,
    uint64_t limit)
{
	unsigned fit = entries_that_fit(k, limit), i;
	bool cut = k->cut || (fit < limit && fit < k->lineage->n);

	jsonw_object(w);
	draw_u64(w, "total", k->lineage->n);
	write_id(w, k);
	jsonw_key(w, "entries");
	jsonw_array(w);
	for (i = 0; i < fit; i++)
		factflow_work_write_run(w, k, i);
	jsonw_end(w);
	draw_bool(w, "truncated", cut);
	jsonw_end(w);
}

/* Where all began. */
void
factflow_work_write_root(struct jsonw *w, const struct factflow_work *k)
{
	unsigned i;

	jsonw_key(w, "root_correlation_id");
	for (i = 0; i < k->v.job->nsteps; i++) {
		if (k->v.job->steps[i].ndepends == 0) {
			jsonw_uuid(w, &k->steps[i].id);
			return;
		}
	}
	jsonw_null(w);
}

/* GET .../monitor */
void
factflow_work_write_monitor(struct jsonw *w, const struct factflow_work *k)
{
	jsonw_object(w);
	write_id(w, k);
	jsonw_key(w, "config_id");
	jsonw_uuid(w, &k->v.x->job);
	draw_cstr(w, "status", factflow_view_word(k->v.x->status));
	draw_millis(w, "started_at", k->v.x->created_at);
	jsonw_key(w, "dag");
	factflow_work_write_dag(w, k);
	write_routes(w, k);
	jsonw_key(w, "metrics");
	jsonw_object(w);
	draw_u64(w, "total", runs(&k->total));
	draw_u64(w, "completed", k->total.completed);
	draw_u64(w, "failed", k->total.failed);
	draw_u64(w, "processing", k->total.in_progress);
	jsonw_end(w);
	jsonw_end(w);
}
