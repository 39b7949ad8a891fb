/*
 * Handing commands to the engine; the files of the dialects make them.
 */
#include "http/submit.h"

#include <stdlib.h>

#include "core/mem.h"
#include "http/app.h"

/* Submit, and let the request wait. */
void
submit_cmd(struct request *r, struct cmd *c)
{
	c->tenant = r->auth.project;
	c->bytes = r->body.n;
	request_defer(r);
	engine_submit(r->app->engine, c);
}

static void
on_job_settled(struct cmd *c, int rc)
{
	struct submit_job *op = c->arg;

	job_free(op->job);
	request_settle(op->req, rc);
	free(op);
}

/* Submit what is to become of a job. */
void
submit_job(struct request *r, enum cmd_kind kind, struct job *job,
    void (*answer)(struct cmd *, const struct outcome *))
{
	struct submit_job *op = mem_zalloc(sizeof *op);

	op->req = r;
	op->job = op->cmd.job = job;
	op->cmd.kind = kind;
	op->cmd.answer = answer;
	op->cmd.settled = on_job_settled;
	op->cmd.arg = op;
	op->cmd.name = r->param[0];
	submit_cmd(r, &op->cmd);
}
