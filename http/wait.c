/*
 * Who waits for which execution.  The journal says who is over: the same
 * events that streams are made of.
 */
#include "http/wait.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "engine/wheel.h"
#include "http/app.h"
#include "store/journal.h"

#define WAIT_MAX 60 /* seconds */
#define TICK_MS 50

struct waiter {
	struct wheel_node due;
	LIST_ENTRY(waiter) entry; /* of its execution's */
	struct wait *wait;
	struct uuid id;
	struct request *req;
	void (*handler)(struct request *);
};

LIST_HEAD(waiters, waiter);

struct wait {
	struct app *app;
	struct hash *by_execution; /* id -> struct waiters, never empty */
	struct wheel *wheel;
	unsigned count;
	uint64_t seq; /* looked at up to here */
	bool draining;
};

/* Take a waiter out; what it waited for is its caller's to say. */
static struct request *
leave(struct waiter *p)
{
	struct wait *w = p->wait;
	struct waiters *all = hash_get(w->by_execution, &p->id);
	struct request *r = p->req;

	wheel_clear(w->wheel, &p->due);
	LIST_REMOVE(p, entry);
	w->count--;
	if (LIST_EMPTY(all)) {
		hash_remove(w->by_execution, &p->id);
		free(all);
	}
	free(p);
	return r;
}

/* Let the handler answer now. */
static void
answer(struct waiter *p)
{
	void (*handler)(struct request *) = p->handler;
	struct request *r = leave(p);

	request_on_hangup(r, NULL, NULL);
	r->waited = true;
	handler(r);
	request_settle(r, 0);
}

static void
on_due(struct wheel_node *n, void *arg)
{
	(void)arg;
	answer((struct waiter *)(void *)((char *)n -
	    offsetof(struct waiter, due)));
}

/* It may only have said its last word: the answer goes where it can. */
static void
on_hangup(void *arg)
{
	answer(arg);
}

/* Nobody waits yet. */
struct wait *
wait_new(struct app *app)
{
	struct wait *w = mem_zalloc(sizeof *w);

	w->app = app;
	w->by_execution = hash_new(engine_noise(app->engine));
	w->wheel = wheel_new(app->base, TICK_MS, on_due, w);
	return w;
}

/* Forget it, after the connections are gone and with them who waited. */
void
wait_free(struct wait *w)
{
	if (w == NULL)
		return;
	INVARIANT(hash_count(w->by_execution) == 0);
	wheel_free(w->wheel);
	hash_free(w->by_execution);
	free(w);
}

static void
join(struct request *r, const struct uuid *id, int64_t ms,
    void (*handler)(struct request *))
{
	struct wait *w = r->app->wait;
	struct waiters *all = hash_get(w->by_execution, id);
	struct waiter *p = mem_zalloc(sizeof *p);

	if (all == NULL) {
		if (hash_count(w->by_execution) == 0)
			w->seq = store_seq(engine_snapshot(r->app->engine));
		all = mem_zalloc(sizeof *all);
		LIST_INIT(all);
		hash_set(w->by_execution, id, all);
	}
	p->wait = w;
	p->id = *id;
	p->req = r;
	p->handler = handler;
	LIST_INSERT_HEAD(all, p, entry);
	w->count++;
	wheel_set(w->wheel, &p->due, wheel_clock(), ms);
	request_defer(r);
	request_on_hangup(r, on_hangup, p);
}

/* Put a request off; see wait.h. */
bool
wait_begin(struct request *r, const struct execution *x,
    void (*handler)(struct request *))
{
	struct slice text;
	uint64_t seconds;

	if (r->waited || !request_query(r, "wait", 0, &text))
		return false;
	if (!slice_u64(text, WAIT_MAX, &seconds) || seconds == 0) {
		request_error(r, 422, "wait",
		    "must be a number of seconds from 1 to %d", WAIT_MAX);
		return true;
	}
	if (status_is_terminal(x->status) || r->app->wait->draining)
		return false;
	join(r, &x->id, (int64_t)seconds * 1000, handler);
	return true;
}

/* An execution ended: everyone who waits for it is answered. */
static bool
look(void *arg, const struct journal_event *ev)
{
	struct wait *w = arg;
	struct waiters *all;

	if (ev->type != EVENT_STATUS || !status_is_terminal(ev->status))
		return true;
	while ((all = hash_get(w->by_execution, &ev->execution)) != NULL)
		answer(LIST_FIRST(all));
	return true;
}

/* Look at what is new; see wait.h. */
void
wait_advance(struct wait *w, uint64_t seq)
{
	struct store_txn *t = engine_snapshot(w->app->engine);
	const struct journal_visit v = {look, w};

	while (hash_count(w->by_execution) > 0 && w->seq < seq) {
		uint64_t at = w->seq;

		w->seq = journal_walk(t, at, JOURNAL_PAGE, &v);
		if (w->seq == at)
			return;
	}
}

/* How many there are. */
unsigned
wait_count(const struct wait *w)
{
	return w->count;
}

/* Answer everybody, and from now on at once. */
void
wait_drain(struct wait *w)
{
	struct waiters *all;
	size_t at = 0;

	w->draining = true;
	while ((all = hash_next(w->by_execution, &at)) != NULL) {
		answer(LIST_FIRST(all));
		at = 0; /* the table has changed */
	}
}
