/*
 * Looking at queues, and holding back what waits there: of a queue, or of one
 * job.  Pauses are the admin's, whose key is bound to no project, since they
 * concern everybody's work.
 */
#include "http/queues.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "http/jobs_view.h"
#include "http/queues_view.h"
#include "http/request.h"
#include "http/submit.h"
#include "store/jobs.h"

#define NAME_MAX 200 /* characters, as in a job */

struct op {
	struct cmd cmd;
	struct request *req;
};

static void
send_missing(struct request *r)
{
	request_error(r, 404, "detail", "queue not found");
}

/* {"data":{queue}} */
static void
send_queue(struct request *r, bool anyway)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	if (!queues_view(r, w, r->param[0], anyway)) {
		send_missing(r);
		return;
	}
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/queues */
void
queues_list(struct request *r)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	queues_view(r, w, SLICE_NONE, false);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /api/queues/{name} */
void
queues_get(struct request *r)
{
	send_queue(r, false);
}

/* A job is drawn as it is in the turn. */
static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct jobs_head head;
	struct jsonw *w;

	if (o->code == OUTCOME_NOT_FOUND) {
		request_error(op->req, 404, "detail", "job not found");
		return;
	}
	if (o->job == NULL || !jobs_head(o->txn, &o->job->id, &head))
		return;
	w = request_body(op->req);
	jsonw_object(w);
	jsonw_key(w, "data");
	jobs_view(w, o->txn, o->job, &head);
	jsonw_end(w);
	request_send(op->req, 200);
}

static void
on_job_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	free(op);
}

/* A queue is drawn when the turn is over, since it is made of all its jobs. */
static void
on_queue_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	if (rc == 0)
		send_queue(op->req, true);
	request_settle(op->req, rc);
	free(op);
}

/* Pause what the path names, or let it go on. */
static void
submit(struct request *r, bool of_job, bool pause)
{
	struct op *op;

	if (r->auth.project != 0) {
		request_error(r, 403, "detail",
		    "a key that is bound to a project cannot pause: it would "
		    "hold back other projects' work");
		return;
	}
	op = mem_zalloc(sizeof *op);
	op->req = r;
	op->cmd.kind = CMD_PAUSE;
	op->cmd.answer = on_answer;
	op->cmd.settled = of_job ? on_job_settled : on_queue_settled;
	op->cmd.arg = op;
	op->cmd.pause = pause;
	if (of_job)
		op->cmd.name = r->param[0];
	else
		op->cmd.queue = r->param[0];
	submit_cmd(r, &op->cmd);
}

/* The same of a queue: any name a job may have given. */
static void
submit_queue(struct request *r, bool pause)
{
	if (r->param[0].n == 0 || utf8_count(r->param[0]) > NAME_MAX)
		send_missing(r);
	else
		submit(r, false, pause);
}

/* POST /api/queues/{name}/pause */
void
queues_pause(struct request *r)
{
	submit_queue(r, true);
}

/* POST /api/queues/{name}/resume */
void
queues_resume(struct request *r)
{
	submit_queue(r, false);
}

/* POST /api/jobs/{job}/pause */
void
queues_pause_job(struct request *r)
{
	submit(r, true, true);
}

/* POST /api/jobs/{job}/resume */
void
queues_resume_job(struct request *r)
{
	submit(r, true, false);
}
