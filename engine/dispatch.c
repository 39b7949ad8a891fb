/*
 * Lanes, jobs and queues in memory, and choosing between them.  Neighbours:
 * dispatch_wait.c has the claims that wait, claim.c hands out what is chosen.
 */
#include "engine/dispatch.h"

#include <stdlib.h>

#include "core/mem.h"
#include "engine/dispatch_impl.h"
#include "engine/engine_impl.h"
#include "store/jobs.h"
#include "store/pauses.h"

static struct dispatch_lane *
lane_of(const struct heap_node *n)
{
	return (struct dispatch_lane *)(uintptr_t)n;
}

static bool
is_before(const struct heap_node *a, const struct heap_node *b)
{
	return ready_before(&lane_of(a)->head, &lane_of(b)->head);
}

/* A key for the table of lanes, or of queues. */
static struct uuid
digest_of(struct slice bytes)
{
	struct uuid key;
	uint64_t digest[2];

	slice_digest(bytes, digest);
	memcpy(key.b, digest, sizeof key.b);
	return key;
}

static struct uuid
lane_key(const struct ready_lane *lane)
{
	struct ready_key k = ready_key(&(struct ready_row){.lane = *lane});

	return digest_of((struct slice){(const char *)k.b, k.n});
}

/* Find a queue; NULL when it has neither jobs nor claims. */
struct dispatch_queue *
dispatch_queue_find(const struct dispatch *d, struct slice name)
{
	struct uuid key = digest_of(name);

	return hash_get(d->queues, &key);
}

/* Find a queue, made when it was not there. */
struct dispatch_queue *
dispatch_queue(struct dispatch *d, struct store_txn *t, struct slice name)
{
	struct uuid key = digest_of(name);
	struct dispatch_queue *q = hash_get(d->queues, &key);

	if (q != NULL)
		return q;
	q = mem_zalloc(sizeof *q);
	buf_add_slice(&q->name, name);
	q->paused = pauses_since(t, &(struct pause){.queue = name}) != 0;
	TAILQ_INIT(&q->offers);
	TAILQ_INIT(&q->source.waiting);
	hash_set(d->queues, &key, q);
	return q;
}

static void
free_queue(struct dispatch_queue *q)
{
	buf_free(&q->name);
	free(q);
}

/* Forget a queue that nobody needs: anybody may name one. */
void
dispatch_queue_leave(struct dispatch *d, struct dispatch_queue *q)
{
	struct uuid key = digest_of(buf_slice(&q->name));

	if (q->njobs > 0 || q->source.count > 0)
		return;
	hash_remove(d->queues, &key);
	free_queue(q);
}

/* Move a job to the queue its definition names. */
static void
move_job(struct dispatch *d, struct store_txn *t, struct dispatch_job *j,
    struct slice queue)
{
	struct dispatch_queue *old = j->queue;

	if (j->offers)
		TAILQ_REMOVE(&old->offers, j, offer);
	j->offers = false;
	j->queue = dispatch_queue(d, t, queue);
	j->queue->njobs++;
	if (old == NULL)
		return;
	old->njobs--;
	dispatch_queue_leave(d, old);
}

/* True when the job has something that may be handed out. */
static bool
may_offer(const struct dispatch_job *j)
{
	if (j->paused)
		return false;
	return j->lanes[READY_STEP].n > 0 ||
	    (!j->full && j->lanes[READY_PLAIN].n + j->lanes[READY_STEPS].n > 0);
}

/* Put the job on its queue's list of offers, or take it off. */
static void
settle_offer(struct dispatch_job *j)
{
	bool may = may_offer(j);

	if (may && !j->offers)
		TAILQ_INSERT_TAIL(&j->queue->offers, j, offer);
	else if (!may && j->offers)
		TAILQ_REMOVE(&j->queue->offers, j, offer);
	j->offers = may;
}

/*
 * Something of a project, or of any, may be handed out that could not be:
 * claims are to look.
 */
static void
freshen(struct dispatch *d, struct dispatch_job *j, uint64_t project)
{
	settle_offer(j);
	if (!j->offers || j->queue->paused)
		return;
	dispatch_freshen(d, &j->queue->source, project);
	dispatch_freshen(d, &j->source, project);
}

/* Read what a job's definition and pauses say of it now. */
static void
read_job(struct dispatch *d, struct store_txn *t, struct dispatch_job *j)
{
	const struct job *def = NULL;
	struct jobs_head head;

	if (jobs_head(t, &j->id, &head))
		def = jobs_get(t, &head.id, head.version);
	if (def == NULL)
		return;
	move_job(d, t, j, def->queue);
	j->max = def->max_concurrency;
	j->max_per_key = def->max_per_key;
	j->paused = pauses_since(t, &(struct pause){.job = &j->id}) != 0;
	j->deleted = head.deleted;
	j->full = false;
}

/* Find a job, read when it was not there. */
struct dispatch_job *
dispatch_job(struct dispatch *d, struct store_txn *t, const struct uuid *id)
{
	struct dispatch_job *j = hash_get(d->jobs, id);
	unsigned i;

	if (j != NULL)
		return j;
	j = mem_zalloc(sizeof *j);
	j->id = *id;
	move_job(d, t, j, SLICE("default")); /* until it is read */
	for (i = 0; i < READY_KINDS; i++)
		j->lanes[i].before = is_before;
	TAILQ_INIT(&j->source.waiting);
	hash_set(d->jobs, id, j);
	read_job(d, t, j);
	return j;
}

/*
 * Forget a job that was deleted when no lane of it is left and nobody waits
 * for it.  Whatever is still held, and comes back, has it read again.
 */
void
dispatch_job_leave(struct dispatch *d, struct dispatch_job *j)
{
	unsigned i;

	if (!j->deleted || j->nlanes > 0 || j->source.count > 0)
		return;
	for (i = 0; i < READY_KINDS; i++)
		heap_free(&j->lanes[i]);
	hash_remove(d->jobs, &j->id);
	j->queue->njobs--;
	dispatch_queue_leave(d, j->queue);
	free(j);
}

/* A row stands in its lane: the lane's guess is at least as good. */
static void
join(struct dispatch *d, struct store_txn *t, const struct ready_row *row)
{
	struct uuid key = lane_key(&row->lane);
	struct dispatch_lane *lane = hash_get(d->lanes, &key);

	if (lane == NULL) {
		lane = mem_zalloc(sizeof *lane);
		lane->job = dispatch_job(d, t, &row->lane.job);
		lane->head = *row;
		hash_set(d->lanes, &key, lane);
		heap_add(&lane->job->lanes[row->lane.kind], &lane->node);
		lane->job->nlanes++;
	} else if (ready_before(row, &lane->head)) {
		lane->head = *row;
		if (!lane->held_back)
			heap_fix(&lane->job->lanes[row->lane.kind],
			    &lane->node);
	}
	if (!lane->held_back)
		freshen(d, lane->job, row->lane.project);
}

/* A lane is empty. */
static void
drop(struct dispatch *d, struct dispatch_lane *lane)
{
	struct uuid key = lane_key(&lane->head.lane);

	if (!lane->held_back)
		heap_remove(&lane->job->lanes[lane->head.lane.kind],
		    &lane->node);
	hash_remove(d->lanes, &key);
	lane->job->nlanes--;
	settle_offer(lane->job);
	free(lane);
}

/*
 * Nobody may ever look at the lanes of a job that was deleted, so those that
 * are empty go, and with the last of them the job.  One that stands behind a
 * lane with something in it goes when that has ended.
 */
static void
sweep(struct dispatch *d, struct store_txn *t, struct dispatch_job *j)
{
	struct dispatch_lane *lane;
	struct ready_row row;
	unsigned i;

	for (i = 0; i < READY_KINDS; i++)
		while ((lane = lane_of(heap_first(&j->lanes[i]))) != NULL &&
		    !ready_first(t, &lane->head.lane, &row))
			drop(d, lane);
	dispatch_job_leave(d, j);
}

/*
 * An execution waits no longer.  Keys are many, and where nobody claims none
 * is looked at, so a key's lane that is empty now goes at once.
 */
static void
left(struct dispatch *d, struct store_txn *t, const struct execution *x)
{
	struct ready_lane at = ready_lane_of(x);
	struct uuid key = lane_key(&at);
	struct dispatch_lane *lane;
	struct ready_row row;

	if (at.key == 0)
		return;
	lane = hash_get(d->lanes, &key);
	if (lane != NULL && !ready_first(t, &at, &row))
		drop(d, lane);
}

/* A worker let go of an execution: what its job or key held back may go. */
static void
release(struct dispatch *d, const struct execution *x)
{
	struct dispatch_job *j = hash_get(d->jobs, &x->job);
	struct ready_lane at = ready_lane_of(x);
	struct dispatch_lane *lane;
	struct uuid key;

	if (j == NULL)
		return;
	if (j->full) {
		j->full = false;
		freshen(d, j, EVERY_PROJECT);
	}
	for (at.kind = READY_PLAIN; x->lane != 0 && at.kind <= READY_STEPS;
	     at.kind++) {
		key = lane_key(&at);
		lane = hash_get(d->lanes, &key);
		if (lane == NULL || !lane->held_back)
			continue;
		lane->held_back = false;
		heap_add(&j->lanes[at.kind], &lane->node);
		freshen(d, j, x->project);
	}
}

/* An execution ended; it may be the last of a job that was deleted. */
static void
ended(struct dispatch *d, struct store_txn *t, const struct uuid *job)
{
	struct dispatch_job *j = hash_get(d->jobs, job);

	if (j != NULL && j->deleted)
		sweep(d, t, j);
}

/* Read every lane's first row. */
static void
load(struct dispatch *d, struct store_txn *t)
{
	struct ready_row row;
	bool there = ready_next_lane(t, NULL, &row);

	while (there) {
		struct ready_lane at = row.lane;

		join(d, t, &row);
		there = ready_next_lane(t, &at, &row);
	}
}

/* Set up on what the store has. */
struct dispatch *
dispatch_new(struct engine *e)
{
	struct dispatch *d = mem_zalloc(sizeof *d);

	d->engine = e;
	d->jobs = hash_new(engine_noise(e));
	d->queues = hash_new(engine_noise(e));
	d->lanes = hash_new(engine_noise(e));
	TAILQ_INIT(&d->fresh);
	load(d, engine_snapshot(e));
	return d;
}

/* Forget all lanes. */
static void
forget_lanes(struct dispatch *d)
{
	struct dispatch_lane *lane;
	struct dispatch_job *j;
	size_t at = 0;
	unsigned i;

	while ((lane = hash_next(d->lanes, &at)) != NULL)
		free(lane);
	hash_free(d->lanes);
	d->lanes = NULL;
	for (at = 0; (j = hash_next(d->jobs, &at)) != NULL;) {
		for (i = 0; i < READY_KINDS; i++)
			heap_free(&j->lanes[i]);
		j->nlanes = 0;
	}
}

/* Forget it all; claims that wait are their askers'. */
void
dispatch_free(struct dispatch *d)
{
	struct dispatch_queue *q;
	struct dispatch_job *j;
	size_t at = 0;

	if (d == NULL)
		return;
	forget_lanes(d);
	while ((j = hash_next(d->jobs, &at)) != NULL)
		free(j);
	for (at = 0; (q = hash_next(d->queues, &at)) != NULL;)
		free_queue(q);
	hash_free(d->jobs);
	hash_free(d->queues);
	free(d);
}

/* Read it all again, and let every claim that waits look. */
void
dispatch_reload(struct dispatch *d)
{
	struct store_txn *t = engine_snapshot(d->engine);
	struct dispatch_queue *q;
	struct dispatch_job *j;
	size_t at = 0;

	forget_lanes(d);
	d->lanes = hash_new(engine_noise(d->engine));
	while ((q = hash_next(d->queues, &at)) != NULL)
		q->paused =
		    pauses_since(t,
			&(struct pause){.queue = buf_slice(&q->name)}) != 0;
	/* A table must not change during a walk, and reading a job may add a
	   queue but never a job. */
	for (at = 0; (j = hash_next(d->jobs, &at)) != NULL;) {
		read_job(d, t, j);
		settle_offer(j);
	}
	load(d, t);
}

/* Follow rows that were stored. */
void
dispatch_follow(struct dispatch *d, struct store_txn *t,
    const struct engine_rows *r, bool created)
{
	const struct execution *old = created ? NULL : &r->before, *x = &r->x;
	struct ready_row row;
	unsigned i;

	if (old != NULL && status_is_held(old->status) &&
	    !status_is_held(x->status))
		release(d, x);
	if (old != NULL && execution_is_ready(old) && !execution_is_ready(x))
		left(d, t, x);
	if (execution_is_ready(x) &&
	    (old == NULL || !execution_is_ready(old))) {
		row = ready_row_of(x);
		join(d, t, &row);
	}
	for (i = 0; x->unit == UNIT_STEP && r->steps_loaded && i < x->nsteps;
	     i++) {
		if (!execution_is_step_ready(x, &r->steps[i]))
			continue;
		row = ready_row_of_step(x, &r->steps[i]);
		join(d, t, &row);
	}
	if (status_is_terminal(x->status))
		ended(d, t, &x->job);
}

/* A job's definition or pause has changed, or it was deleted. */
void
dispatch_job_changed(struct dispatch *d, struct store_txn *t,
    const struct uuid *job)
{
	struct dispatch_job *j = hash_get(d->jobs, job);
	struct dispatch_lane *lane;
	size_t at = 0;

	if (j == NULL)
		return;
	read_job(d, t, j);
	while ((lane = hash_next(d->lanes, &at)) != NULL) {
		if (lane->job != j || !lane->held_back)
			continue;
		lane->held_back = false; /* until it is looked at again */
		heap_add(&j->lanes[lane->head.lane.kind], &lane->node);
	}
	freshen(d, j, EVERY_PROJECT);
	if (j->deleted)
		sweep(d, t, j);
}

/* A queue's pause has changed. */
void
dispatch_queue_changed(struct dispatch *d, struct store_txn *t,
    struct slice queue)
{
	struct dispatch_queue *q = dispatch_queue_find(d, queue);
	struct dispatch_job *j;

	if (q == NULL)
		return;
	q->paused = pauses_since(t, &(struct pause){.queue = queue}) != 0;
	TAILQ_FOREACH(j, &q->offers, offer)
	freshen(d, j, EVERY_PROJECT);
}

/* May a claim have what stands in this lane? */
static bool
suits(const struct cmd *c, const struct dispatch_job *j, enum ready_kind kind)
{
	if (kind == READY_STEP)
		return c->claim->of_steps;
	if (j->full)
		return false;
	return kind == READY_STEPS || !c->claim->of_steps;
}

/* The best lane of one kind that the claim's asker may see. */
static struct dispatch_lane *
best_of_heap(const struct heap *h, uint64_t tenant)
{
	struct heap_node *best = NULL;
	unsigned i;

	if (tenant == 0)
		return lane_of(heap_first(h));
	for (i = 0; i < h->n; i++)
		if (lane_of(h->nodes[i])->head.lane.project == tenant &&
		    (best == NULL || is_before(h->nodes[i], best)))
			best = h->nodes[i];
	return lane_of(best);
}

static struct dispatch_lane *
better(struct dispatch_lane *a, struct dispatch_lane *b)
{
	if (a == NULL || (b != NULL && ready_before(&b->head, &a->head)))
		return b;
	return a;
}

static struct dispatch_lane *
best_of_job(const struct cmd *c, const struct dispatch_job *j)
{
	struct dispatch_lane *best = NULL;
	enum ready_kind k;

	if (!j->offers || j->queue->paused)
		return NULL;
	for (k = READY_PLAIN; k < READY_KINDS; k++)
		if (suits(c, j, k))
			best =
			    better(best, best_of_heap(&j->lanes[k], c->tenant));
	return best;
}

static struct dispatch_lane *
best_of_queue(const struct cmd *c, const struct dispatch_queue *q)
{
	struct dispatch_lane *best = NULL;
	struct dispatch_job *j;

	TAILQ_FOREACH(j, &q->offers, offer)
	best = better(best, best_of_job(c, j));
	return best;
}

/* The best of the queue whose turn it is, of those that have something. */
static struct dispatch_lane *
best_of_queues(struct dispatch *d, const struct cmd *c)
{
	const struct claim *cl = c->claim;
	struct dispatch_lane *best = NULL, *lane;
	struct dispatch_queue *q;
	unsigned i;

	for (i = 0; i < cl->nqueues; i++) {
		q = dispatch_queue_find(d, cl->queues[i]);
		if (q == NULL ||
		    (best != NULL && q->served >= best->job->queue->served))
			continue;
		lane = best_of_queue(c, q);
		if (lane != NULL)
			best = lane;
	}
	return best;
}

static struct dispatch_lane *
best_of_jobs(struct dispatch *d, const struct cmd *c)
{
	const struct dispatch_waiter *w = c->claim->waiter;
	struct dispatch_lane *best = NULL;
	const struct dispatch_job *j;
	unsigned i;

	for (i = 0; i < c->claim->njobs; i++) {
		j = hash_get(d->jobs, &w->jobs[i]);
		if (j != NULL)
			best = better(best, best_of_job(c, j));
	}
	return best;
}

/* As many as may be at a time are held, of its job or of its key. */
static bool
is_held_back(struct store_txn *t, struct dispatch_lane *lane)
{
	struct dispatch_job *j = lane->job;
	const struct ready_lane *at = &lane->head.lane;

	if (at->kind == READY_STEP)
		return false;
	if (j->max != 0 && ready_held(t, &j->id) >= j->max) {
		j->full = true;
		settle_offer(j);
		return true;
	}
	if (at->key == 0 ||
	    ready_held_lane(t, &j->id, at->key) < j->max_per_key)
		return false;
	heap_remove(&j->lanes[at->kind], &lane->node);
	lane->held_back = true;
	settle_offer(j);
	return true;
}

/* The lane's guess against the truth; false when it was wrong. */
static bool
is_true(struct dispatch *d, struct store_txn *t, struct dispatch_lane *lane)
{
	struct ready_row row;

	if (!ready_first(t, &lane->head.lane, &row)) {
		drop(d, lane);
		return false;
	}
	if (!ready_before(&lane->head, &row))
		return true;
	lane->head = row;
	heap_fix(&lane->job->lanes[row.lane.kind], &lane->node);
	return false;
}

/* Choose; see dispatch.h. */
bool
dispatch_pick(struct dispatch *d, struct store_txn *t, const struct cmd *c,
    struct ready_row *out)
{
	struct dispatch_lane *lane;

	while (store_error(t) == 0) {
		lane = c->claim->njobs > 0 ? best_of_jobs(d, c)
					   : best_of_queues(d, c);
		if (lane == NULL)
			return false;
		if (!is_true(d, t, lane) || is_held_back(t, lane))
			continue;
		lane->job->queue->served = ++d->served;
		*out = lane->head;
		return true;
	}
	return false;
}
