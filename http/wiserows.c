/*
 * WiseRows' endpoints: every execution is a job here.
 */
#include "http/wiserows.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/lookup.h"
#include "http/param.h"
#include "http/request.h"
#include "http/submit.h"
#include "http/wiserows_view.h"
#include "store/jobs.h"
#include "store/rows.h"

#define LIST_MAX 200
#define LIST_DEFAULT 20

struct op {
	struct cmd cmd;
	struct request *req;
};

static void
send_missing(struct request *r)
{
	request_error(r, 404, "detail", "job not found");
}

/* The definition of an execution. */
static const struct job *
job_of(struct store_txn *t, const struct execution *x)
{
	const struct job *job = jobs_get(t, &x->job, x->job_version);

	INVARIANT(job != NULL);
	return job;
}

/* A job with its logs. */
static void
write_whole(struct jsonw *w, struct store_txn *t, const struct execution *x)
{
	wiserows_view_job(w, t, x, job_of(t, x));
	wiserows_view_logs(w, t, x);
}

/* GET /api/v1/jobs/{id}: the members at the top, and as `data`. */
void
wiserows_get(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct execution x;
	struct jsonw *w;

	if (!lookup_id(r, r->param[0], &x)) {
		send_missing(r);
		return;
	}
	w = request_body(r);
	jsonw_object(w);
	write_whole(w, t, &x);
	jsonw_key(w, "data");
	jsonw_object(w);
	write_whole(w, t, &x);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

/* ---- the list ---- */

/* status= and category=; answers 400 itself. */
static bool
read_filter(struct request *r, struct rows_filter *f)
{
	struct slice text;

	f->project = r->auth.project;
	if (request_query(r, "status", 0, &text) &&
	    !wiserows_view_statuses(text, f->status)) {
		request_error(r, 400, "status",
		    "must be one of pending, running, completed, failed, "
		    "cancelled");
		return false;
	}
	if (request_query(r, "category", 0, &text) &&
	    !category_parse(text, &f->category)) {
		request_error(r, 400, "category",
		    "must be one of seo, ai, sync, export");
		return false;
	}
	return true;
}

static void
send_list(struct request *r, const struct rows_page *p)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jsonw *w = request_body(r);
	unsigned i;

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_array(w);
	for (i = 0; i < p->n; i++) {
		jsonw_object(w);
		wiserows_view_job(w, t, &p->out[i], job_of(t, &p->out[i]));
		jsonw_end(w);
	}
	jsonw_end(w);
	draw_u64(w, "total", p->total);
	draw_bool(w, "hasMore", p->total > p->n);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/v1/jobs */
void
wiserows_list(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct rows_filter f = {.project = 0};
	struct rows_page p = {.n = 0};
	uint64_t limit = LIST_DEFAULT;

	if (!param_u64(r, "limit", 1, LIST_MAX, &limit) || !read_filter(r, &f))
		return;
	p.out = mem_zalloc(LIST_MAX * sizeof *p.out);
	p.max = (unsigned)limit;
	INVARIANT(rows_page_read(t, &f, &p)); /* offset is 0 */
	send_list(r, &p);
	free(p.out);
}

/* ---- cancel ---- */

/* {"id","status"}, at the top and as `data`. */
static void
send_cancelled(struct request *r, const struct execution *x)
{
	const char *status = wiserows_view_status(x->status);
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	draw_cstr(w, "status", status);
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	draw_cstr(w, "status", status);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

/* One that is being cancelled is cancelled already, in this dialect. */
static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;

	if (o->code == OUTCOME_NOT_FOUND)
		send_missing(op->req);
	else if (o->code == OUTCOME_DONE && !o->repeated)
		send_cancelled(op->req, o->x);
	else
		request_error(op->req, 409, "detail",
		    "cannot cancel: the job is already %s",
		    wiserows_view_status(o->x->status));
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	free(op);
}

/* POST /api/v1/jobs/{id}/cancel */
void
wiserows_cancel(struct request *r)
{
	struct op *op;
	struct uuid id;

	if (!uuid_parse(r->param[0], &id)) {
		send_missing(r);
		return;
	}
	op = mem_zalloc(sizeof *op);
	op->req = r;
	op->cmd.kind = CMD_CANCEL;
	op->cmd.id = id;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	submit_cmd(r, &op->cmd);
}
