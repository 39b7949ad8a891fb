/*
 * Triggering a job: POST /api/jobs/{job}/trigger makes an execution, and
 * .../trigger/batch as many as are said, all or none.  What is said of one is
 * read by http/trigger_read.c.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/jobs_api.h"
#include "http/request.h"
#include "http/restep_view.h"
#include "http/submit.h"
#include "http/trigger_read.h"

#define BATCH_MAX 1000

struct op {
	struct cmd cmd;
	struct request *req;
	struct cmd *items; /* of a batch; owned */
	unsigned nanswers; /* of them */
	struct jsonw *w;   /* of the batch's answer, once it is begun */
};

/* Why nothing was made; prefix names the one at fault, or is empty. */
static void
send_refusal(struct request *r, const struct outcome *o, const char *prefix)
{
	switch (o->code) {
	case OUTCOME_NOT_FOUND:
		request_error(r, 404, "detail", "job not found");
		return;
	case OUTCOME_NOT_RUNNABLE:
		request_error(r, 422, "job",
		    "is a config with errors and cannot run");
		return;
	default: {
		char field[120];

		snprintf(field, sizeof field, "%s%s%s", prefix,
		    prefix[0] == '\0' ? "" : ".", o->refusal->field);
		request_error(r, 422, field, "%s", o->refusal->text);
	}
	}
}

static bool
is_made(const struct outcome *o)
{
	return o->code == OUTCOME_DONE || o->code == OUTCOME_EXISTING;
}

static struct restep_view
view(const struct op *op, const struct outcome *o)
{
	const struct engine *e = op->req->app->engine;

	return (struct restep_view){.txn = o->txn,
	    .engine = e,
	    .x = o->x,
	    .job = o->job,
	    .steps = o->steps,
	    .last_word = engine_last_word(e, o->x)};
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct restep_view v;
	struct jsonw *w;

	if (!is_made(o)) {
		send_refusal(op->req, o, "");
		return;
	}
	v = view(op, o);
	w = request_body(op->req);
	jsonw_object(w);
	jsonw_key(w, "data");
	restep_view_execution(w, &v);
	jsonw_key(w, "message");
	jsonw_cstr(w,
	    o->code == OUTCOME_EXISTING ? "Existing execution returned"
					: "Execution created");
	jsonw_end(w);
	request_send(op->req, 200);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	free(op->items);
	free(op);
}

/*
 * One of a batch is made, or refused and with it all.  Nobody else answers
 * between the first and the last, so the shared body holds.
 */
static void
on_item(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct restep_view v;
	struct jsonw *w = op->w;
	char prefix[40];

	if (!is_made(o)) {
		snprintf(prefix, sizeof prefix, "executions.%u",
		    (unsigned)(c - op->items));
		send_refusal(op->req, o, prefix);
		return;
	}
	v = view(op, o);
	if (op->nanswers++ == 0) {
		op->w = w = request_body(op->req);
		jsonw_object(w);
		jsonw_key(w, "data");
		jsonw_array(w);
	}
	restep_view_entry(w, &v);
	if (op->nanswers < op->cmd.nitems)
		return;
	jsonw_end(w);
	draw_cstr(w, "message", "Executions created");
	jsonw_end(w);
	request_send(op->req, 200);
}

/* A whole command, ready to be submitted. */
static void
submit(struct request *r, struct op *op, enum cmd_kind kind)
{
	op->req = r;
	op->cmd.kind = kind;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	op->cmd.name = r->param[0];
	submit_cmd(r, &op->cmd);
}

/* POST /api/jobs/{job}/trigger */
void
jobs_api_trigger(struct request *r)
{
	const struct json_node *body = request_json(r);
	struct errors e = {0};
	struct op *op;

	if (body == NULL)
		return;
	op = mem_zalloc(sizeof *op);
	trigger_read(r, &e, "", body, &op->cmd);
	if (e.n == 0) {
		submit(r, op, CMD_TRIGGER);
		return;
	}
	errors_send(r, &e);
	free(op);
}

/* Read each of the batch; what was wrong is in e. */
static void
read_items(struct request *r, struct errors *e, const struct json_node *list,
    struct op *op)
{
	const struct json_node *n = list->child;
	char prefix[40];
	unsigned i;

	op->items = mem_zalloc(list->count * sizeof *op->items);
	op->cmd.items = op->items;
	op->cmd.nitems = list->count;
	for (i = 0; n != NULL; n = n->next, i++) {
		snprintf(prefix, sizeof prefix, "executions.%u", i);
		if (n->type != JSON_OBJECT)
			errors_add(e, "", prefix, "must be an object");
		else
			trigger_read(r, e, prefix, n, &op->items[i]);
		op->items[i].answer = on_item;
		op->items[i].arg = op;
	}
}

/* POST /api/jobs/{job}/trigger/batch */
void
jobs_api_trigger_batch(struct request *r)
{
	const struct json_node *body = request_json(r), *list;
	struct errors e = {0};
	struct op *op;

	if (body == NULL)
		return;
	list = json_get(body, "executions");
	if (json_absent(list) || list->type != JSON_ARRAY || list->count == 0 ||
	    list->count > BATCH_MAX) {
		request_error(r, 422, "executions",
		    "must be an array of 1 to %d objects", BATCH_MAX);
		return;
	}
	op = mem_zalloc(sizeof *op);
	read_items(r, &e, list, op);
	if (e.n == 0) {
		submit(r, op, CMD_TRIGGER_BATCH);
		return;
	}
	errors_send(r, &e);
	free(op->items);
	free(op);
}
