/*
 * Runs by their ids, and lists of them.  http/lineage_query.c reads what a
 * list asks for; http/factflow_work.c reads and draws an execution's runs.
 */
#include "http/lineage_api.h"

#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/factflow_work.h"
#include "http/lineage_query.h"
#include "http/lookup.h"
#include "store/rows.h"

/* ---- one run ---- */

/* A run that a path names, in its execution's work. */
struct run {
	struct execution x;
	struct factflow_work *work; /* owned */
	struct factflow_runs runs;
	unsigned at;
};

static struct factflow_work *
work_of(struct request *r, const struct execution *x)
{
	struct factflow_view v = factflow_view_of(r, x);

	return factflow_work_new(&v, engine_now(r->app->engine));
}

/* Find the run with that id among those of its execution. */
static bool
find_in_work(struct run *run, const struct uuid *id)
{
	for (run->at = 0; run->at < run->runs.n; run->at++) {
		struct uuid one = factflow_work_id(run->work, run->at);

		if (uuid_eq(&one, id))
			return true;
	}
	return false;
}

/* Find the path's run, or say that there is none. */
static bool
find(struct request *r, struct run *run)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	if (uuid_parse(r->param[0], &id) && rows_get_owner(t, &id, &run->x) &&
	    auth_sees(&r->auth, run->x.project)) {
		run->work = work_of(r, &run->x);
		run->runs = factflow_work_runs(run->work);
		if (find_in_work(run, &id))
			return true;
		factflow_work_free(run->work);
	}
	request_error(r, 404, "detail", "lineage entry not found");
	return false;
}

/* GET /api/v1/lineage/{correlation_id} */
void
lineage_api_get(struct request *r)
{
	struct run run;

	if (!find(r, &run))
		return;
	factflow_work_write_run(request_body(r), run.work, run.at);
	request_send(r, 200);
	factflow_work_free(run.work);
}

/* Draw the runs that are chosen, as far as they fit into an answer. */
static void
write_chosen(struct jsonw *w, const struct run *run, const bool *chosen)
{
	uint64_t total = 0;
	size_t bytes = 0;
	bool cut = run->runs.cut;

	jsonw_key(w, "entries");
	jsonw_array(w);
	for (unsigned i = 0; i < run->runs.n; i++) {
		if (!chosen[i])
			continue;
		total++;
		bytes += factflow_work_payload(run->work, i);
		if (total == 1 ||
		    (bytes <= FACTFLOW_WORK_BYTES && total <= LINEAGE_API_RUNS))
			factflow_work_write_run(w, run->work, i);
		else
			cut = true;
	}
	jsonw_end(w);
	draw_u64(w, "total", total);
	draw_bool(w, "truncated", cut);
}

static void
send_chosen(struct request *r, const struct run *run, const bool *chosen)
{
	struct jsonw *w = request_body(r);
	struct uuid id = factflow_work_id(run->work, run->at);

	jsonw_object(w);
	jsonw_key(w, "correlation_id");
	jsonw_uuid(w, &id);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &run->x.id);
	write_chosen(w, run, chosen);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/v1/lineage/{correlation_id}/children */
void
lineage_api_children(struct request *r)
{
	struct run run;
	bool *chosen;

	if (!find(r, &run))
		return;
	chosen = mem_zalloc(run.runs.n);
	for (unsigned i = 0; i < run.runs.n; i++)
		chosen[i] = run.runs.entry[i].parent == (int)run.at;
	send_chosen(r, &run, chosen);
	free(chosen);
	factflow_work_free(run.work);
}

/* GET /api/v1/lineage/{correlation_id}/chain: a parent stands before it. */
void
lineage_api_chain(struct request *r)
{
	struct run run;
	bool *chosen;
	int up;

	if (!find(r, &run))
		return;
	chosen = mem_zalloc(run.runs.n);
	chosen[run.at] = true;
	for (unsigned i = run.at + 1; i < run.runs.n; i++) {
		int parent = run.runs.entry[i].parent;

		chosen[i] = parent >= (int)run.at && chosen[parent];
	}
	up = (int)run.at;
	while ((up = run.runs.entry[up].parent) >= 0)
		chosen[up] = true;
	send_chosen(r, &run, chosen);
	free(chosen);
	factflow_work_free(run.work);
}

/* ---- lists ---- */

struct found {
	const struct factflow_work *work;
	unsigned at;
	struct lineage_key key;
};

struct list {
	struct lineage_query q;
	struct execution x[LINEAGE_API_EXECUTIONS];
	struct factflow_work *work[LINEAGE_API_EXECUTIONS];
	unsigned nx, nwork;
	bool cut; /* there are executions or events that were not looked at */
	struct found *found;
	size_t n, cap;
};

/* Choose the executions: the one that is named, or the newest. */
static bool
choose(struct request *r, struct list *l)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct rows_filter f = {.project = r->auth.project};
	struct uuid at = {{0}};

	if (l->q.execution.p == NULL) {
		l->nx = rows_list(t, &f, &at, l->x, LINEAGE_API_EXECUTIONS);
		l->cut = !uuid_is_zero(&at);
		return true;
	}
	l->nx = 1;
	if (lookup_execution(r, l->q.execution, &l->x[0]))
		return true;
	request_error(r, 404, "detail", "execution not found");
	return false;
}

static void
add(struct list *l, const struct factflow_work *work, unsigned at)
{
	if (l->n == l->cap) {
		l->cap = l->cap == 0 ? 64 : l->cap * 2;
		l->found = mem_resize(l->found, l->cap, sizeof *l->found);
	}
	l->found[l->n++] =
	    (struct found){work, at, lineage_query_key(&l->q, work, at)};
}

/* Look at the runs of each, as long as there are not too many events. */
static void
gather(struct request *r, struct list *l)
{
	uint64_t events = 0;

	for (unsigned i = 0; i < l->nx; i++) {
		struct factflow_runs runs;

		events += l->x[i].nevents;
		if (i > 0 && events > LINEAGE_API_EVENTS) {
			l->cut = true;
			break;
		}
		l->work[l->nwork] = work_of(r, &l->x[i]);
		runs = factflow_work_runs(l->work[l->nwork]);
		l->cut = l->cut || runs.cut;
		for (unsigned j = 0; j < runs.n; j++)
			if (lineage_query_matches(&l->q, l->work[l->nwork], j))
				add(l, l->work[l->nwork], j);
		l->nwork++;
	}
}

static int
compare(const void *a, const void *b)
{
	const struct found *fa = a, *fb = b;

	return lineage_query_compare(&fa->key, &fb->key);
}

/* Draw the page; true when there is more behind it. */
static bool
write_page(struct jsonw *w, const struct list *l)
{
	size_t bytes = 0;
	uint64_t i;

	jsonw_key(w, "entries");
	jsonw_array(w);
	for (i = l->q.offset; i < l->n && i - l->q.offset < l->q.limit; i++) {
		const struct found *f = &l->found[i];

		bytes += factflow_work_payload(f->work, f->at);
		if (i > l->q.offset && bytes > FACTFLOW_WORK_BYTES)
			break;
		factflow_work_write_run(w, f->work, f->at);
	}
	jsonw_end(w);
	return i < l->n;
}

static void
send_list(struct request *r, const struct list *l)
{
	struct jsonw *w = request_body(r);
	bool more;

	jsonw_object(w);
	draw_u64(w, "total", l->n);
	draw_u64(w, "limit", l->q.limit);
	draw_u64(w, "offset", l->q.offset);
	more = write_page(w, l);
	draw_bool(w, "has_more", more);
	draw_bool(w, "truncated", l->cut);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/v1/lineage */
void
lineage_api_list(struct request *r)
{
	struct list *l = mem_zalloc(sizeof *l);

	if (lineage_query_read(r, &l->q) && choose(r, l)) {
		gather(r, l);
		if (l->n > 0)
			qsort(l->found, l->n, sizeof *l->found, compare);
		send_list(r, l);
	}
	for (unsigned i = 0; i < l->nwork; i++)
		factflow_work_free(l->work[i]);
	free(l->found);
	free(l);
}

/* GET /api/v1/lineage/batch/{batch_id}: a batch is a replay. */
void
lineage_api_batch(struct request *r)
{
	struct run run = {.at = 0};
	struct jsonw *w;
	bool *chosen;

	if (!lookup_id(r, r->param[0], &run.x) || uuid_is_zero(&run.x.parent)) {
		request_error(r, 404, "detail", "batch not found");
		return;
	}
	run.work = work_of(r, &run.x);
	run.runs = factflow_work_runs(run.work);
	chosen = mem_zalloc(run.runs.n + 1u);
	memset(chosen, true, run.runs.n);
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "batch_id");
	jsonw_uuid(w, &run.x.id);
	write_chosen(w, &run, chosen);
	jsonw_end(w);
	request_send(r, 200);
	free(chosen);
	factflow_work_free(run.work);
}
