/*
 * Jobs over HTTP.  What a definition must be is core/job.c's to say; this
 * file reads, submits, and draws.
 */
#include "http/jobs_api.h"

#include "core/log.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/jobs_view.h"
#include "http/lookup.h"
#include "http/param.h"
#include "http/request.h"
#include "http/submit.h"
#include "store/jobs.h"

#define LIST_MAX 100
#define LIST_DEFAULT 20
#define LIST_BYTES (4u << 20) /* of definitions; then a page is full */

static void
send_missing(struct request *r)
{
	request_error(r, 404, "detail", "job not found");
}

/* {"data":{job}} */
static void
send_job(struct request *r, struct store_txn *t, int status,
    const struct job *job, const struct jobs_head *head)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	jobs_view(w, t, job, head);
	jsonw_end(w);
	request_send(r, status);
}

/* {"data":{"id","deleted":true}} */
static void
send_deleted(struct request *r, const struct job *job)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &job->id);
	jsonw_key(w, "deleted");
	jsonw_bool(w, true);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct submit_job *op = c->arg;
	struct jobs_head head;

	switch (o->code) {
	case OUTCOME_NOT_FOUND:
		send_missing(op->req);
		return;
	case OUTCOME_NAME_TAKEN:
		request_error(op->req, 422, "name", "is already taken");
		return;
	default:
		break;
	}
	if (c->kind == CMD_JOB_DELETE) {
		send_deleted(op->req, o->job);
		return;
	}
	INVARIANT(jobs_head(o->txn, &o->job->id, &head));
	send_job(op->req, o->txn, c->kind == CMD_JOB_CREATE ? 201 : 200, o->job,
	    &head);
}

/* Read a definition and submit it; answers 422 itself. */
static void
define(struct request *r, enum cmd_kind kind)
{
	const struct json_node *body = request_json(r);
	struct job_error err;
	struct job *job;

	if (body == NULL)
		return;
	job = job_new(body, &err);
	if (job == NULL)
		request_error(r, 422, err.field, "%s", err.text);
	else
		submit_job(r, kind, job, on_answer);
}

/* POST /api/jobs */
void
jobs_api_create(struct request *r)
{
	define(r, CMD_JOB_CREATE);
}

/* PUT /api/jobs/{job} */
void
jobs_api_replace(struct request *r)
{
	define(r, CMD_JOB_REPLACE);
}

/* DELETE /api/jobs/{job} */
void
jobs_api_delete(struct request *r)
{
	submit_job(r, CMD_JOB_DELETE, NULL, on_answer);
}

/* True when the asker may see the job; project 0 is everybody's. */
static bool
is_visible(const struct request *r, const struct jobs_head *head)
{
	return !head->deleted &&
	    (head->project == 0 || auth_sees(&r->auth, head->project));
}

/* GET /api/jobs/{job} */
void
jobs_api_get(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jobs_head head;

	if (!lookup_job(r, r->param[0], &head) || head.deleted)
		send_missing(r);
	else
		send_job(r, t, 200, jobs_get(t, &head.id, head.version), &head);
}

/* Draw up to limit visible jobs older than *at; *at zero: no more. */
static void
draw_page(struct request *r, struct jsonw *w, uint64_t limit, struct uuid *at)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jobs_head heads[LIST_MAX + 1];
	unsigned i, n, drawn = 0;
	const struct job *job;
	size_t bytes = 0;

	do {
		n = jobs_list(t, at, heads, (unsigned)limit + 1);
		for (i = 0; i < n && drawn < limit && bytes < LIST_BYTES; i++) {
			*at = heads[i].id;
			if (!is_visible(r, &heads[i]))
				continue;
			job = jobs_get(t, at, heads[i].version);
			jobs_view(w, t, job, &heads[i]);
			bytes += job->definition.n;
			drawn++;
		}
	} while (n > limit && drawn < limit && bytes < LIST_BYTES);
	if (i == n && n <= limit)
		*at = (struct uuid){{0}};
}

/* GET /api/jobs */
void
jobs_api_list(struct request *r)
{
	uint64_t limit = LIST_DEFAULT;
	struct uuid at = {{0}};
	struct jsonw *w;

	if (!param_u64(r, "limit", 1, LIST_MAX, &limit) ||
	    !param_cursor(r, &at))
		return;
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_array(w);
	draw_page(r, w, limit, &at);
	jsonw_end(w);
	param_write_cursor(w, &at);
	jsonw_end(w);
	request_send(r, 200);
}
