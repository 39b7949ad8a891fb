/*
 * Claims by long poll.  A claim that finds no work waits in the engine; how
 * long, and whether its worker is still there, is seen to here.
 *
 * What is handed out is drawn inside the turn, and sent when the turn is on
 * disk.  Whoever has gone by then is sent nothing, and the work goes back.
 */
#include "http/claims.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/queue.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "engine/wheel.h"
#include "http/app.h"
#include "http/claims_read.h"
#include "http/claims_view.h"
#include "http/give_back.h"
#include "http/request.h"
#include "http/submit.h"

#define TICK_MS 50
#define ANSWER_BYTES (4u << 20) /* then the worker asks again */

struct op {
	struct cmd cmd;
	struct claim claim;
	struct claims *claims;
	struct request *req;
	struct wheel_node due;
	LIST_ENTRY(op) entry;
	struct buf out;	       /* elements, as far as they are drawn */
	struct handed *handed; /* one for each */
	unsigned n, cap;
	bool refused; /* the answer says why */
	bool gone;    /* the client hung up before the claim was decided */
};

struct claims {
	struct app *app;
	struct wheel *wheel;
	struct jsonw *json;
	LIST_HEAD(, op) ops;
	unsigned count;
	bool draining;
};

static void
op_free(struct op *op)
{
	buf_free(&op->out);
	free(op->handed);
	free(op);
}

/* Note what goes out, so that it can be taken back. */
static void
remember(struct op *op, const struct outcome *o)
{
	if (op->n == op->cap) {
		op->cap = op->cap == 0 ? 1 : op->cap * 2;
		op->handed =
		    mem_resize(op->handed, op->cap, sizeof *op->handed);
	}
	op->handed[op->n++] = handed_of(o);
}

/* Draw one; where the answer is large enough it is the last. */
static void
draw(struct op *op, const struct outcome *o)
{
	if (op->n > 0)
		buf_add_byte(&op->out, ',');
	jsonw_reset(op->claims->json, &op->out);
	claims_view(op->claims->json, op->claims->app, o);
	remember(op, o);
	op->claim.drawn = op->out.len;
	if (op->out.len > ANSWER_BYTES)
		op->claim.max = op->n;
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	char field[40];

	if (o->code == OUTCOME_NOT_FOUND) {
		snprintf(field, sizeof field, "jobs.%u", o->item);
		request_error(op->req, 422, field, "is no job's id or name");
		op->refused = true;
	} else if (o->code == OUTCOME_DONE) {
		draw(op, o);
	}
}

/* Take everything back. */
static void
return_all(struct op *op)
{
	unsigned i;

	for (i = 0; i < op->n; i++)
		give_back(op->claims->app, &op->handed[i]);
	op->n = 0;
	op->out.len = 0;
}

/* {"data":[...]}; the elements stand there as they will in the array. */
static void
send_data(struct op *op)
{
	struct jsonw *w = request_body(op->req);

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_array(w);
	if (op->n > 0)
		jsonw_raw(w, buf_slice(&op->out));
	jsonw_end(w);
	jsonw_end(w);
	request_send(op->req, 200);
}

/* The claim is over: answer, and forget it. */
static void
finish(struct op *op, int rc)
{
	struct claims *cs = op->claims;

	wheel_clear(cs->wheel, &op->due);
	LIST_REMOVE(op, entry);
	cs->count--;
	request_on_hangup(op->req, NULL, NULL);
	if (rc == 0 && !op->refused) {
		if (op->n > 0 && (op->gone || request_is_gone(op->req)))
			return_all(op);
		send_data(op);
	}
	request_settle(op->req, rc);
	op_free(op);
}

static void
on_settled(struct cmd *c, int rc)
{
	finish(c->arg, rc);
}

/*
 * It waits no more.  One that waits in the engine is answered now; one that
 * is still to be decided is answered then, with or without work.
 */
static void
give_up(struct op *op)
{
	op->claim.waits = false;
	if (op->claim.waiter == NULL)
		return;
	engine_withdraw(op->claims->app->engine, &op->cmd);
	finish(op, 0);
}

static void
on_due(struct wheel_node *n, void *arg)
{
	(void)arg;
	give_up((struct op *)(void *)((char *)n - offsetof(struct op, due)));
}

static void
on_hangup(void *arg)
{
	struct op *op = arg;

	op->gone = true;
	give_up(op);
}

/* Nobody waits yet. */
struct claims *
claims_new(struct app *app)
{
	struct claims *cs = mem_zalloc(sizeof *cs);

	cs->app = app;
	cs->wheel = wheel_new(app->base, TICK_MS, on_due, cs);
	cs->json = jsonw_new(NULL);
	LIST_INIT(&cs->ops);
	return cs;
}

/* POST /api/claims */
void
claims_create(struct request *r)
{
	const struct json_node *body = request_json(r);
	struct claims *cs = r->app->claims;
	struct errors e = {0};
	int64_t wait_ms = 0;
	struct op *op;

	if (body == NULL)
		return;
	op = mem_zalloc(sizeof *op);
	claims_read(r, &e, body, &op->claim, &wait_ms);
	if (e.n > 0) {
		errors_send(r, &e);
		op_free(op);
		return;
	}
	/* It may wait long, and the tree is many times what was sent. */
	json_free(r->json);
	r->json = NULL;
	op->claims = cs;
	op->req = r;
	op->claim.waits = wait_ms > 0 && !cs->draining;
	op->cmd.kind = CMD_CLAIM;
	op->cmd.claim = &op->claim;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	LIST_INSERT_HEAD(&cs->ops, op, entry);
	cs->count++;
	if (op->claim.waits)
		wheel_set(cs->wheel, &op->due, wheel_clock(), wait_ms);
	submit_cmd(r, &op->cmd);
	request_on_hangup(r, on_hangup, op);
}

/* Forget it; who waited was told when the connections were closed. */
void
claims_free(struct claims *cs)
{
	if (cs == NULL)
		return;
	wheel_free(cs->wheel);
	jsonw_free(cs->json);
	free(cs);
}

/* How many wait. */
unsigned
claims_count(const struct claims *cs)
{
	return cs->count;
}

/* Answer some. */
void
claims_dismiss(struct claims *cs, const struct uuid *key)
{
	struct op *op, *next;

	for (op = LIST_FIRST(&cs->ops); op != NULL; op = next) {
		next = LIST_NEXT(op, entry);
		if (uuid_eq(&op->req->auth.key, key))
			give_up(op);
	}
}

/* Answer everybody. */
void
claims_drain(struct claims *cs)
{
	struct op *op, *next;

	cs->draining = true;
	for (op = LIST_FIRST(&cs->ops); op != NULL; op = next) {
		next = LIST_NEXT(op, entry);
		give_up(op);
	}
}
