/*
 * Gathering queues: one look at each job and its counters, none at any
 * execution but those that waited longest.
 */
#include "http/queues_view.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "store/jobs.h"
#include "store/pauses.h"
#include "store/ready.h"
#include "store/rows.h"

#define PAGE 100 /* jobs read at once */

/* What one job, or all of them, add to a queue. */
struct queue {
	struct slice name; /* in the request's arena */
	int64_t paused_at;
	uint64_t jobs, queued, running;
	int64_t oldest; /* ready since then; 0: nothing is */
};

struct gathering {
	struct request *req;
	struct store_txn *txn;
	struct slice only; /* NULL p: any */
	struct queue *all;
	unsigned n, cap;
};

static struct slice
keep(struct request *r, struct slice s)
{
	char *p = arena_get(&r->arena, s.n);

	memcpy(p, s.p, s.n);
	return (struct slice){p, s.n};
}

/* A new entry; several may have one name until they are merged. */
static struct queue *
add(struct gathering *g, struct slice name)
{
	struct queue *q;

	if (g->n == g->cap) {
		g->cap = g->cap == 0 ? 16 : g->cap * 2;
		g->all = mem_resize(g->all, g->cap, sizeof *g->all);
	}
	q = &g->all[g->n++];
	*q = (struct queue){.name = keep(g->req, name)};
	return q;
}

static uint64_t
count(const struct gathering *g, const struct uuid *job, bool held)
{
	struct rows_filter f = {.job = *job, .project = g->req->auth.project};
	uint64_t n = 0;

	for (enum status s = STATUS_QUEUED; s < STATUS_COUNT; s++)
		if (held ? status_is_held(s) : s == STATUS_QUEUED) {
			f.status[0] = s;
			n += (uint64_t)rows_count(g->txn, &f);
		}
	return n;
}

/* One job; one that was deleted counts while it has work. */
static void
add_job(struct gathering *g, const struct jobs_head *head)
{
	const struct job *job;
	uint64_t queued, running;
	struct queue *q;

	if (head->project != 0 && !auth_sees(&g->req->auth, head->project))
		return;
	job = jobs_get(g->txn, &head->id, head->version);
	INVARIANT(job != NULL);
	if (g->only.p != NULL && !slice_eq(g->only, job->queue))
		return;
	queued = count(g, &head->id, false);
	running = count(g, &head->id, true);
	if (head->deleted && queued + running == 0)
		return;
	q = add(g, job->queue);
	q->jobs = !head->deleted;
	q->queued = queued;
	q->running = running;
	if (queued + running > 0)
		q->oldest =
		    ready_oldest(g->txn, &head->id, g->req->auth.project);
}

static void
add_jobs(struct gathering *g,
    unsigned (*list)(struct store_txn *, const struct uuid *,
	struct jobs_head *, unsigned))
{
	struct jobs_head heads[PAGE];
	struct uuid at = {{0}};
	unsigned i, n;

	do {
		n = list(g->txn, &at, heads, PAGE);
		for (i = 0; i < n; i++)
			add_job(g, &heads[i]);
		if (n > 0)
			at = heads[n - 1].id;
	} while (n == PAGE);
}

static void
on_paused(void *arg, struct slice name, int64_t since)
{
	struct gathering *g = arg;

	if (g->only.p == NULL || slice_eq(g->only, name))
		add(g, name)->paused_at = since;
}

static int
by_name(const void *a, const void *b)
{
	return slice_cmp(((const struct queue *)a)->name,
	    ((const struct queue *)b)->name);
}

/* Let one entry be left of each name. */
static void
merge(struct gathering *g)
{
	struct queue *to = g->all;
	unsigned i;

	if (g->n == 0)
		return;
	qsort(g->all, g->n, sizeof *g->all, by_name);
	for (i = 1; i < g->n; i++) {
		const struct queue *q = &g->all[i];

		if (!slice_eq(to->name, q->name)) {
			*++to = *q;
			continue;
		}
		to->paused_at += q->paused_at;
		to->jobs += q->jobs;
		to->queued += q->queued;
		to->running += q->running;
		if (to->oldest == 0 ||
		    (q->oldest != 0 && q->oldest < to->oldest))
			to->oldest = q->oldest;
	}
	g->n = (unsigned)(to - g->all) + 1;
}

static void
draw(struct jsonw *w, const struct gathering *g, const struct queue *q)
{
	struct engine *e = g->req->app->engine;

	jsonw_object(w);
	draw_text(w, "name", q->name);
	draw_millis(w, "paused_at", q->paused_at);
	draw_u64(w, "jobs", q->jobs);
	draw_u64(w, "queued", q->queued);
	draw_u64(w, "running", q->running);
	/* Whose they are nobody says, so they are shown to who sees all. */
	draw_said(w, "waiting_workers",
	    g->req->auth.project != 0 ? UINT64_MAX : engine_waiting(e, q->name),
	    UINT64_MAX);
	draw_millis(w, "oldest_ready_at", q->oldest);
	jsonw_end(w);
}

/* Gather and draw; see queues_view.h. */
bool
queues_view(struct request *r, struct jsonw *w, struct slice name, bool anyway)
{
	struct gathering g = {.req = r, .only = name};
	bool found;
	unsigned i;

	g.txn = engine_snapshot(r->app->engine);
	add_jobs(&g, jobs_list);
	add_jobs(&g, jobs_list_deleted);
	pauses_queues(g.txn, on_paused, &g);
	if (anyway)
		add(&g, name);
	merge(&g);
	found = name.p == NULL || g.n > 0;
	if (name.p == NULL)
		jsonw_array(w);
	for (i = 0; i < g.n; i++)
		draw(w, &g, &g.all[i]);
	if (name.p == NULL)
		jsonw_end(w);
	free(g.all);
	return found;
}
