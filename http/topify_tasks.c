/*
 * Topify's tasks: executions of one job, for whoever lists or makes them; and
 * any execution, for whoever knows its id, since its articles name it.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/lookup.h"
#include "http/param.h"
#include "http/submit.h"
#include "http/topify.h"
#include "http/topify_error.h"
#include "http/topify_read.h"
#include "http/topify_view.h"
#include "store/articles.h"
#include "store/jobs.h"
#include "store/rows.h"

#define LIST_MAX 100
#define LIST_DEFAULT 20
#define LIST_INPUT 16384 /* bytes of an input that a list reads */

struct op {
	struct cmd cmd;
	struct request *req;
	struct buf input;
};

static void
send_missing(struct request *r)
{
	topify_error_send(r, 404, "TASK_NOT_FOUND", "task not found");
}

static void
send_task(struct request *r, int status, struct store_txn *t,
    const struct execution *x)
{
	topify_view_task(request_body(r), t, x, SIZE_MAX);
	request_send(r, status);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	buf_free(&op->input);
	free(op);
}

static void
submit(struct request *r, struct op *op,
    void (*answer)(struct cmd *, const struct outcome *))
{
	op->req = r;
	op->cmd.answer = answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	submit_cmd(r, &op->cmd);
}

/* ---- create ---- */

static void
on_created(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;

	if (o->code == OUTCOME_DONE)
		send_task(op->req, 202, o->txn, o->x);
	else if (o->code == OUTCOME_TOO_MANY)
		topify_error_send(op->req, 429, "RATE_LIMIT_ERROR",
		    "too many tasks are pending or processing; wait until one "
		    "has ended");
	else
		topify_error_send(op->req, 500, "WORKFLOW_ERROR",
		    "the job article_generation is missing or cannot run");
}

/* POST /api/v1/tasks */
void
topify_task_create(struct request *r)
{
	const struct json_node *body = request_json(r);
	struct topify_fault fault;
	struct op *op;

	if (body == NULL)
		return;
	op = mem_zalloc(sizeof *op);
	if (!topify_read_task(body, &op->input, &fault)) {
		topify_error_send(r, 400, "VALIDATION_ERROR", fault.text);
		free(op);
		return;
	}
	op->cmd.kind = CMD_TRIGGER;
	op->cmd.name = TOPIFY_JOB;
	op->cmd.input = buf_slice(&op->input);
	op->cmd.priority = -1;
	op->cmd.max_active = r->app->max_active_tasks;
	op->cmd.asker = r->auth.key;
	submit(r, op, on_created);
}

/* ---- look ---- */

/* GET /api/v1/tasks/{task_id} */
void
topify_task_get(struct request *r)
{
	struct execution x;

	if (lookup_id(r, r->param[0], &x))
		send_task(r, 200, engine_snapshot(r->app->engine), &x);
	else
		send_missing(r);
}

/* status=; answers 400 itself. */
static bool
read_status(struct request *r, struct rows_filter *f)
{
	struct slice text;

	if (!request_query(r, "status", 0, &text) ||
	    topify_view_statuses(text, f->status))
		return true;
	request_error(r, 400, "status",
	    "must be one of pending, processing, completed, failed, cancelled");
	return false;
}

static void
send_list(struct request *r, const struct rows_page *p, uint64_t limit)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jsonw *w = request_body(r);
	unsigned i;

	jsonw_object(w);
	jsonw_key(w, "tasks");
	jsonw_array(w);
	for (i = 0; i < p->n; i++)
		topify_view_task(w, t, &p->out[i], LIST_INPUT);
	jsonw_end(w);
	draw_u64(w, "total", p->total);
	draw_u64(w, "limit", limit);
	draw_u64(w, "offset", p->offset);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/v1/tasks */
void
topify_task_list(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct rows_filter f = {.project = r->auth.project};
	struct rows_page p = {.n = 0};
	uint64_t limit = LIST_DEFAULT;

	if (!param_u64(r, "limit", 1, LIST_MAX, &limit) ||
	    !param_u64(r, "offset", 0, INT64_MAX, &p.offset) ||
	    !read_status(r, &f))
		return;
	p.out = mem_zalloc(LIST_MAX * sizeof *p.out);
	p.max = (unsigned)limit;
	if (jobs_find(t, TOPIFY_JOB, &f.job) && !rows_page_read(t, &f, &p))
		request_error(r, 400, "offset", "must be at most %d",
		    ROWS_LOOK_MAX);
	else
		send_list(r, &p, limit);
	free(p.out);
}

/* ---- cancel ---- */

/* One that is being cancelled has ended already, in this dialect. */
static void
on_cancelled(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;

	if (o->code == OUTCOME_NOT_FOUND)
		send_missing(op->req);
	else if (o->code == OUTCOME_DONE && !o->repeated)
		send_task(op->req, 200, o->txn, o->x);
	else
		request_error(op->req, 409, "detail", "the task is already %s",
		    topify_view_status(o->x->status));
}

/* DELETE /api/v1/tasks/{task_id} */
void
topify_task_cancel(struct request *r)
{
	struct op *op;
	struct uuid id;

	if (!uuid_parse(r->param[0], &id)) {
		send_missing(r);
		return;
	}
	op = mem_zalloc(sizeof *op);
	op->cmd.kind = CMD_CANCEL;
	op->cmd.id = id;
	submit(r, op, on_cancelled);
}

/* ---- articles ---- */

/* GET /api/v1/tasks/{task_id}/articles: all of them, oldest first. */
void
topify_task_articles(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct articles_filter f = {.status = ARTICLE_DELETED};
	struct articles_page p = {.max = ARTICLE_MAX};
	struct execution x;
	struct jsonw *w;

	if (!lookup_id(r, r->param[0], &x)) {
		send_missing(r);
		return;
	}
	f.execution = x.id;
	p.out = mem_zalloc(ARTICLE_MAX * sizeof *p.out);
	articles_page(t, &f, &p);
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "articles");
	jsonw_array(w);
	while (p.n-- > 0)
		topify_view_article(w, t, &p.out[p.n]);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
	free(p.out);
}
