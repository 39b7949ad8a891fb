/*
 * Claims that wait for work.  Each stands at every queue or job it names, in
 * the order in which they came; a source where something became ready is
 * fresh, and its claims are served before the turn is committed.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"
#include "engine/dispatch_impl.h"
#include "engine/engine_impl.h"

/* Claims are to look at it. */
void
dispatch_freshen(struct dispatch *d, struct dispatch_source *s,
    uint64_t project)
{
	if (s->fresh && s->project != project)
		s->project = EVERY_PROJECT;
	if (s->fresh || TAILQ_EMPTY(&s->waiting))
		return;
	s->fresh = true;
	s->project = project;
	TAILQ_INSERT_TAIL(&d->fresh, s, entry);
}

/* All was looked at. */
static void
stale(struct dispatch *d, struct dispatch_source *s)
{
	if (!s->fresh)
		return;
	s->fresh = false;
	TAILQ_REMOVE(&d->fresh, s, entry);
}

/* Begin. */
void
dispatch_begin(struct dispatch *d, struct cmd *c, const struct uuid *jobs)
{
	struct claim *cl = c->claim;
	struct dispatch_waiter *w = mem_zalloc(sizeof *w);

	INVARIANT(cl->waiter == NULL);
	w->dispatch = d;
	w->nlinks = cl->njobs > 0 ? cl->njobs : cl->nqueues;
	w->jobs = mem_resize(NULL, cl->njobs + 1u, sizeof *w->jobs);
	if (cl->njobs > 0)
		memcpy(w->jobs, jobs, cl->njobs * sizeof *jobs);
	cl->waiter = w;
}

static void
leave(struct dispatch *d, struct dispatch_link *link)
{
	struct dispatch_source *s = link->source;

	TAILQ_REMOVE(&s->waiting, link, entry);
	s->count--;
	if (s->count > 0)
		return;
	stale(d, s);
	if (link->queue != NULL)
		dispatch_queue_leave(d, link->queue);
	else
		dispatch_job_leave(d, link->job);
}

/* Forget a claim. */
void
dispatch_end(struct cmd *c)
{
	struct dispatch_waiter *w = c->claim->waiter;
	unsigned i;

	for (i = 0; w->waits && i < w->nlinks; i++)
		leave(w->dispatch, &w->links[i]);
	free(w->links);
	free(w->jobs);
	free(w);
	c->claim->waiter = NULL;
}

/* Does it wait? */
bool
dispatch_waits(const struct cmd *c)
{
	return c->claim->waiter != NULL && c->claim->waiter->waits;
}

/* Stand at every source. */
void
dispatch_wait(struct dispatch *d, struct store_txn *t, struct cmd *c)
{
	const struct claim *cl = c->claim;
	struct dispatch_waiter *w = cl->waiter;
	struct dispatch_link *link;
	unsigned i;

	w->links = mem_resize(NULL, w->nlinks, sizeof *w->links);
	for (i = 0; i < w->nlinks; i++) {
		link = &w->links[i];
		link->cmd = c;
		if (cl->njobs > 0) {
			link->queue = NULL;
			link->job = dispatch_job(d, t, &w->jobs[i]);
			link->source = &link->job->source;
		} else {
			link->job = NULL;
			link->queue = dispatch_queue(d, t, cl->queues[i]);
			link->source = &link->queue->source;
		}
		TAILQ_INSERT_TAIL(&link->source->waiting, link, entry);
		link->source->count++;
	}
	w->waits = true;
}

/* Count those at a queue. */
unsigned
dispatch_waiting(const struct dispatch *d, struct slice queue)
{
	const struct dispatch_queue *q = dispatch_queue_find(d, queue);

	return q == NULL ? 0 : q->source.count;
}

/* Who found nothing at a source: for no claim that is like it is there any. */
struct nothing {
	bool unbound[2]; /* where none is bound, nothing is looked up */
	struct hash *bound;
};

static struct uuid
kind_of(const struct cmd *c)
{
	struct uuid key = {{0}};

	wire_put(wire_put(key.b, 8, c->tenant), 1, c->claim->of_steps);
	return key;
}

static bool
is_nothing(const struct nothing *no, const struct cmd *c)
{
	struct uuid key = kind_of(c);

	if (c->tenant == 0)
		return no->unbound[c->claim->of_steps];
	return no->bound != NULL && hash_get(no->bound, &key) != NULL;
}

static void
note_nothing(struct nothing *no, struct cmd *c)
{
	struct uuid key = kind_of(c);

	if (c->tenant == 0) {
		no->unbound[c->claim->of_steps] = true;
		return;
	}
	if (no->bound == NULL)
		no->bound = hash_new(0);
	hash_set(no->bound, &key, no);
}

/* Serve the first claim at s that finds something. */
static struct cmd *
serve(struct dispatch *d, struct store_txn *t, struct dispatch_source *s)
{
	struct nothing no = {{false, false}, NULL};
	struct dispatch_link *link;
	struct cmd *c, *served = NULL;

	TAILQ_FOREACH(link, &s->waiting, entry)
	{
		c = link->cmd;
		if (is_nothing(&no, c) ||
		    (c->tenant != 0 && s->project != EVERY_PROJECT &&
			s->project != c->tenant))
			continue;
		if (engine_hand_out(d->engine, t, c) > 0) {
			dispatch_end(c);
			served = c;
			break;
		}
		note_nothing(&no, c);
	}
	if (no.bound != NULL)
		hash_free(no.bound);
	return served;
}

/* Serve one. */
struct cmd *
dispatch_serve(struct dispatch *d, struct store_txn *t)
{
	struct dispatch_source *s;
	struct cmd *c;

	while ((s = TAILQ_FIRST(&d->fresh)) != NULL) {
		c = serve(d, t, s);
		if (c != NULL)
			return c;
		stale(d, s);
	}
	return NULL;
}

/* Is there anything to look at? */
bool
dispatch_pending(const struct dispatch *d)
{
	return !TAILQ_EMPTY(&d->fresh);
}
