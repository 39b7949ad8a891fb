/*
 * A stream has one claim in the engine while it may hold more, and none
 * otherwise.  The journal says what its worker holds no longer, as it does to
 * http/wait.c; what was not sent when the worker goes is given back.
 */
#include "http/claims_stream.h"

#include <stdlib.h>
#include <sys/queue.h>

#include "core/hash.h"
#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "engine/wheel.h"
#include "http/app.h"
#include "http/claims_read.h"
#include "http/claims_view.h"
#include "http/give_back.h"
#include "http/lookup.h"
#include "http/request.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/rows.h"

#define TICK_MS 50
#define RETRY_MS 1000		/* after a turn that was lost */
#define UNSENT_MAX (256u << 10) /* then the worker must read first */
#define AT_ONCE (4u << 20)	/* of events, in one turn */

/* One thing that the worker of a stream holds. */
struct held {
	LIST_ENTRY(held) of_execution;
	TAILQ_ENTRY(held) of_stream;
	struct stream *stream;
	struct handed what;
	bool sent;
};

LIST_HEAD(held_list, held);

struct stream {
	struct cmd cmd;
	struct claim claim;
	struct claims_stream *all;
	struct request *req; /* NULL: it is over */
	struct uuid key;     /* who opened it */
	struct arena arena;  /* what its claim names */
	unsigned max;
	TAILQ_HEAD(, held) held;
	unsigned nheld;
	bool asking; /* the claim is the engine's */
	bool last;   /* nothing is asked for any more */
	/* of the turn that is under way: */
	struct buf out;
	struct handed *drawn; /* room for max */
	unsigned ndrawn;
	struct wheel_node due;
	LIST_ENTRY(stream) entry;
};

struct claims_stream {
	struct app *app;
	struct wheel *wheel;
	struct jsonw *json;
	struct hash *by_execution; /* id -> struct held_list, never empty */
	uint64_t seq;		   /* looked at up to here */
	LIST_HEAD(, stream) streams;
	bool draining;
};

/* ---- what a worker holds ---- */

/* Still the claim that was handed out? */
static bool
is_current(struct store_txn *t, const struct handed *h)
{
	const struct fence *f = &h->fence;
	struct execution x;
	struct step *steps;
	bool is;

	if (!rows_get(t, &h->id, &x) || !status_is_held(x.status))
		return false;
	if (!f->of_step)
		return x.claim.seq == f->claim;
	steps = mem_zalloc((x.nsteps + 1u) * sizeof *steps);
	is = f->step < x.nsteps && rows_get_steps(t, &x.id, steps, x.nsteps) &&
	    steps[f->step].status == STEP_RUNNING &&
	    steps[f->step].claim.seq == f->claim;
	free(steps);
	return is;
}

/* Count it as held, unless it is over already. */
static void
hold(struct stream *st, const struct handed *what)
{
	struct claims_stream *cs = st->all;
	struct store_txn *t = engine_snapshot(cs->app->engine);
	struct held_list *list;
	struct held *h;

	if (!is_current(t, what))
		return;
	if (hash_count(cs->by_execution) == 0)
		cs->seq = store_seq(t);
	list = hash_get(cs->by_execution, &what->id);
	if (list == NULL) {
		list = mem_zalloc(sizeof *list);
		LIST_INIT(list);
		hash_set(cs->by_execution, &what->id, list);
	}
	h = mem_zalloc(sizeof *h);
	h->stream = st;
	h->what = *what;
	LIST_INSERT_HEAD(list, h, of_execution);
	TAILQ_INSERT_TAIL(&st->held, h, of_stream);
	st->nheld++;
}

/* It is held no longer. */
static void
let_go(struct held *h)
{
	struct stream *st = h->stream;
	struct hash *by = st->all->by_execution;
	struct held_list *list = hash_get(by, &h->what.id);

	LIST_REMOVE(h, of_execution);
	if (LIST_EMPTY(list)) {
		hash_remove(by, &h->what.id);
		free(list);
	}
	TAILQ_REMOVE(&st->held, h, of_stream);
	st->nheld--;
	free(h);
}

/* ---- asking ---- */

/* Have a claim in the engine, if there is room for what it may bring. */
static void
ask(struct stream *st)
{
	if (st->asking || st->last || st->req == NULL || st->nheld >= st->max ||
	    request_stream_unsent(st->req) > UNSENT_MAX)
		return;
	st->claim.max = st->max - st->nheld;
	st->claim.waits = true;
	st->asking = true;
	engine_submit(st->all->app->engine, &st->cmd);
}

/* Ask for nothing more; what is decided already is still to come. */
static void
stop_asking(struct stream *st)
{
	st->last = true;
	st->claim.waits = false;
	if (st->asking && st->claim.waiter != NULL) {
		engine_withdraw(st->all->app->engine, &st->cmd);
		st->asking = false;
	}
}

/* Free what is over, once the engine has nothing of it. */
static void
reap(struct stream *st)
{
	if (st->req != NULL || st->asking)
		return;
	wheel_clear(st->all->wheel, &st->due);
	LIST_REMOVE(st, entry);
	arena_free(&st->arena);
	buf_free(&st->out);
	free(st->drawn);
	free(st);
}

/* The request is no more: its worker goes on with what it was sent. */
static void
forget(struct stream *st, bool lost)
{
	struct held *h;

	st->req = NULL;
	stop_asking(st);
	while ((h = TAILQ_FIRST(&st->held)) != NULL) {
		if (lost && !h->sent)
			give_back(st->all->app, &h->what);
		let_go(h);
	}
	reap(st);
}

/* End it from here, when the engine has nothing of it. */
static void
end(struct stream *st)
{
	if (st->asking || st->req == NULL)
		return;
	request_stream_end(st->req, true);
	forget(st, false);
}

/* ---- what comes of it ---- */

/*
 * An event.  What clients sent as JSON is drawn as it was sent, and a line
 * break there would end the line.
 */
static void
draw(struct stream *st, const struct outcome *o)
{
	struct jsonw *w = st->all->json;
	size_t i;

	buf_add_str(&st->out, "event: claim\ndata: ");
	i = st->out.len;
	jsonw_reset(w, &st->out);
	claims_view(w, st->all->app, o);
	for (; i < st->out.len; i++)
		if (st->out.p[i] == '\n' || st->out.p[i] == '\r')
			st->out.p[i] = ' ';
	buf_add_str(&st->out, "\n\n");
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct stream *st = c->arg;

	if (o->code == OUTCOME_NOT_FOUND) {
		st->last = true; /* a job that it names is gone */
	} else if (o->code == OUTCOME_DONE) {
		draw(st, o);
		INVARIANT(st->ndrawn < st->max);
		st->drawn[st->ndrawn++] = handed_of(o);
		st->claim.drawn = st->out.len;
		if (st->out.len > AT_ONCE)
			st->claim.max = st->ndrawn;
	}
}

/* Send what is on disk, or give it back where nobody reads any more. */
static void
hand_over(struct stream *st)
{
	bool lost = st->req == NULL || request_is_gone(st->req);
	unsigned i;

	for (i = 0; i < st->ndrawn; i++)
		if (lost)
			give_back(st->all->app, &st->drawn[i]);
		else
			hold(st, &st->drawn[i]);
	if (lost)
		st->last = true;
	else
		request_stream_add(st->req, buf_slice(&st->out));
}

static void
on_settled(struct cmd *c, int rc)
{
	struct stream *st = c->arg;

	st->asking = false;
	if (rc == 0 && st->ndrawn > 0)
		hand_over(st);
	st->ndrawn = 0;
	buf_free(&st->out);
	if (st->req == NULL)
		reap(st);
	else if (st->last)
		end(st);
	else if (rc == 0)
		ask(st);
	else
		wheel_set(st->all->wheel, &st->due, wheel_clock(), RETRY_MS);
}

/* Something to say now and then, so that the dead are found. */
static void
on_due(struct wheel_node *n, void *arg)
{
	struct stream *st =
	    (struct stream *)(void *)((char *)n - offsetof(struct stream, due));
	struct claims_stream *cs = arg;

	if (request_stream_unsent(st->req) == 0)
		request_stream_add(st->req, SLICE(": keep-alive\n\n"));
	wheel_set(cs->wheel, n, wheel_clock(), cs->app->keepalive_ms);
	ask(st);
}

/* The worker's socket has taken all there was. */
static void
on_more(void *arg)
{
	struct stream *st = arg;
	struct held *h;

	TAILQ_FOREACH(h, &st->held, of_stream)
	h->sent = true;
	ask(st);
}

static void
on_gone(void *arg)
{
	struct stream *st = arg;

	wheel_clear(st->all->wheel, &st->due);
	forget(st, true);
}

/* ---- opening ---- */

/* Every job it names must be there; answers 422 itself. */
static bool
check_jobs(struct request *r, const struct claim *cl)
{
	struct jobs_head head;
	unsigned i;

	for (i = 0; i < cl->njobs; i++) {
		if (lookup_job(r, cl->jobs[i], &head) && !head.deleted)
			continue;
		request_error(r, 422, "jobs", "'%.*s' is no job's id or name",
		    SLICE_FMT(cl->jobs[i]));
		return false;
	}
	return true;
}

static struct stream *
make(struct request *r)
{
	struct stream *st = mem_zalloc(sizeof *st);

	st->all = r->app->claims_stream;
	st->req = r;
	st->key = r->auth.key;
	st->cmd.kind = CMD_CLAIM;
	st->cmd.claim = &st->claim;
	st->cmd.tenant = r->auth.project;
	st->cmd.answer = on_answer;
	st->cmd.settled = on_settled;
	st->cmd.arg = st;
	TAILQ_INIT(&st->held);
	LIST_INSERT_HEAD(&st->all->streams, st, entry);
	return st;
}

/* Begin: from here on the worker is told. */
static void
begin(struct stream *st)
{
	struct claims_stream *cs = st->all;
	const struct request_flow flow = {on_more, on_gone, st};
	struct request *r = st->req;

	st->max = st->claim.max;
	st->drawn = mem_resize(NULL, st->max, sizeof *st->drawn);
	request_add_header(r, "Cache-Control", "no-cache, no-transform");
	request_add_header(r, "X-Accel-Buffering", "no");
	if (!request_stream(r, "text/event-stream", &flow)) {
		forget(st, false);
		return;
	}
	wheel_set(cs->wheel, &st->due, wheel_clock(), cs->app->keepalive_ms);
	if (cs->draining)
		end(st);
	else
		ask(st);
}

/* GET /api/claims/stream */
void
claims_stream_open(struct request *r)
{
	struct errors e = {0};
	struct stream *st = make(r);
	struct claims_query q = {r, &e, &st->arena};

	claims_read_query(&q, &st->claim);
	if (e.n > 0)
		errors_send(r, &e);
	if (e.n > 0 || !check_jobs(r, &st->claim))
		forget(st, false);
	else
		begin(st);
}

/* ---- all streams ---- */

/* None yet. */
struct claims_stream *
claims_stream_new(struct app *app)
{
	struct claims_stream *cs = mem_zalloc(sizeof *cs);

	cs->app = app;
	cs->wheel = wheel_new(app->base, TICK_MS, on_due, cs);
	cs->json = jsonw_new(NULL);
	cs->by_execution = hash_new(engine_noise(app->engine));
	LIST_INIT(&cs->streams);
	return cs;
}

/* Forget it. */
void
claims_stream_free(struct claims_stream *cs)
{
	if (cs == NULL)
		return;
	INVARIANT(hash_count(cs->by_execution) == 0);
	wheel_free(cs->wheel);
	jsonw_free(cs->json);
	hash_free(cs->by_execution);
	free(cs);
}

/* Something happened to an execution: see who holds it no longer. */
static bool
look(void *arg, const struct journal_event *ev)
{
	struct claims_stream *cs = arg;
	struct held_list *list = hash_get(cs->by_execution, &ev->execution);
	struct store_txn *t = engine_snapshot(cs->app->engine);
	struct held *h, *next;

	if (list == NULL ||
	    (ev->type != EVENT_STATUS && ev->type != EVENT_STEP))
		return true;
	for (h = LIST_FIRST(list); h != NULL; h = next) {
		struct stream *st = h->stream;

		next = LIST_NEXT(h, of_execution);
		if (is_current(t, &h->what))
			continue;
		let_go(h);
		ask(st);
	}
	return true;
}

/* Look at what is new. */
void
claims_stream_advance(struct claims_stream *cs, uint64_t seq)
{
	struct store_txn *t = engine_snapshot(cs->app->engine);
	const struct journal_visit v = {look, cs};

	while (hash_count(cs->by_execution) > 0 && cs->seq < seq) {
		uint64_t at = cs->seq;

		cs->seq = journal_walk(t, at, JOURNAL_PAGE, &v);
		if (cs->seq == at)
			return;
	}
}

/* End some of them. */
void
claims_stream_dismiss(struct claims_stream *cs, const struct uuid *key)
{
	struct stream *st, *next;

	for (st = LIST_FIRST(&cs->streams); st != NULL; st = next) {
		next = LIST_NEXT(st, entry);
		if (!uuid_eq(&st->key, key))
			continue;
		stop_asking(st);
		end(st);
	}
}

/* End them. */
void
claims_stream_drain(struct claims_stream *cs)
{
	struct stream *st, *next;

	cs->draining = true;
	for (st = LIST_FIRST(&cs->streams); st != NULL; st = next) {
		next = LIST_NEXT(st, entry);
		stop_asking(st);
		end(st);
	}
}
