/*
 * Changing TuxSEO's jobs: cancel, retry, rollback.  The rules are core's;
 * this file knows the codes and messages of their answers.
 */
#include "http/tuxseo.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/utf8.h"
#include "http/app.h"
#include "http/submit.h"
#include "http/tuxseo_impl.h"
#include "store/rows.h"

#define KEY_MAX 255 /* characters */

/* ---- shared ---- */

static void
send_missing(struct request *r)
{
	tuxseo_error_send(r, 404, "JOB_NOT_FOUND", "Execution job not found");
}

/* Find the path's job. */
bool
tuxseo_find(struct request *r, struct execution *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct tuxseo_invalid v = {.n = 0};
	struct lax_error err;
	int64_t number;

	if (!lax_nearest(r->param[0], &number, &err)) {
		tuxseo_invalid_add(&v, "path", "job_id", NULL, err);
		tuxseo_invalid_send(r, &v);
		return false;
	}
	if (number > 0 && rows_get_by_number(t, (uint64_t)number, out) &&
	    auth_sees(&r->auth, out->project))
		return true;
	send_missing(r);
	return false;
}

/* Read the key. */
bool
tuxseo_key(struct request *r, const char *missing, struct slice *key)
{
	*key = request_header(r, "Idempotency-Key");
	if (key->n == 0)
		*key = request_header(r, "X-Idempotency-Key");
	if (key->n == 0) {
		tuxseo_error_send(r, 400, "MISSING_IDEMPOTENCY_KEY", missing);
		return false;
	}
	if (!utf8_valid(*key, NULL) || utf8_count(*key) > KEY_MAX) {
		tuxseo_error_send(r, 400, "INVALID_IDEMPOTENCY_KEY",
		    "Idempotency-Key must be text of at most 255 characters");
		return false;
	}
	return true;
}

static void
on_settled(struct cmd *c, int rc)
{
	struct tuxseo_op *op = c->arg;

	request_settle(op->req, rc);
	free(op);
}

/* Hand it over. */
void
tuxseo_submit(struct request *r, struct tuxseo_op *op,
    void (*answer)(struct cmd *, const struct outcome *))
{
	op->req = r;
	op->cmd.answer = answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	submit_cmd(r, &op->cmd);
}

/* Answer with the job as it is now. */
void
tuxseo_send_job(struct request *r, const struct outcome *o, const char *message,
    int created)
{
	struct tuxseo_view v = {o->txn, o->x, o->job, false};
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "status");
	jsonw_cstr(w, "success");
	jsonw_key(w, "message");
	jsonw_cstr(w, message);
	if (created >= 0) {
		jsonw_key(w, "created");
		jsonw_bool(w, created != 0);
	}
	jsonw_key(w, "job");
	tuxseo_view_job(w, &v);
	jsonw_end(w);
	request_send(r, 200);
}

/* A command on the execution x. */
static struct tuxseo_op *
op_on(const struct execution *x, enum cmd_kind kind)
{
	struct tuxseo_op *op = mem_zalloc(sizeof *op);

	op->cmd.kind = kind;
	op->cmd.id = x->id;
	return op;
}

/* ---- cancel ---- */

static void
on_canceled(struct cmd *c, const struct outcome *o)
{
	struct tuxseo_op *op = c->arg;

	if (o->x == NULL)
		send_missing(op->req);
	else if (o->code == OUTCOME_DONE && !o->repeated)
		tuxseo_send_job(op->req, o, "Execution job canceled", -1);
	else if (o->code == OUTCOME_DONE || o->x->status == STATUS_CANCELLED)
		tuxseo_send_job(op->req, o, "Execution job already canceled",
		    -1);
	else
		tuxseo_error_send(op->req, 400, "JOB_ALREADY_TERMINAL",
		    "Execution job has already ended");
}

/* POST /public-api/executions/{job_id}/cancel */
void
tuxseo_cancel(struct request *r)
{
	struct execution x;

	if (tuxseo_find(r, &x))
		tuxseo_submit(r, op_on(&x, CMD_CANCEL), on_canceled);
}

/* ---- retry ---- */

static void
on_retried(struct cmd *c, const struct outcome *o)
{
	struct tuxseo_op *op = c->arg;

	if (o->code == OUTCOME_DONE)
		tuxseo_send_job(op->req, o, "Execution job retried", -1);
	else if (o->code == OUTCOME_EXISTING)
		tuxseo_send_job(op->req, o,
		    "Existing retry job returned for idempotency key", -1);
	else
		tuxseo_error_send(op->req, 400, "JOB_CREATION_FAILED",
		    "Execution job could not be created");
}

/* POST /public-api/executions/{job_id}/retry */
void
tuxseo_retry(struct request *r)
{
	struct tuxseo_op *op;
	struct execution x;
	struct slice key;

	if (!tuxseo_find(r, &x))
		return;
	if (!status_may_retry(x.status)) {
		tuxseo_error_send(r, 400, "RETRY_NOT_ALLOWED",
		    "Only failed or canceled execution jobs can be retried");
		return;
	}
	if (!tuxseo_key(r,
		"Idempotency-Key header is required to retry an execution job",
		&key))
		return;
	op = op_on(&x, CMD_RETRY);
	op->cmd.idempotency_key = key;
	op->cmd.scope = CMD_SCOPE_TUXSEO;
	tuxseo_submit(r, op, on_retried);
}

/* ---- rollback ---- */

static const struct {
	const char *code, *message;
} refusals[] = {
    [ROLLBACK_NOT_SUPPORTED] = {"ROLLBACK_NOT_SUPPORTED",
	"This operation cannot be rolled back"},
    [ROLLBACK_NOT_ALLOWED] = {"ROLLBACK_NOT_ALLOWED",
	"Only succeeded execution jobs can be rolled back"},
    [ROLLBACK_CONTEXT_MISSING] = {"ROLLBACK_CONTEXT_MISSING",
	"Execution job result has no blog post to roll back"},
    [ROLLBACK_PUBLISHED] = {"ROLLBACK_REQUIRES_MANUAL_UNPUBLISH",
	"The generated blog post is already published"},
};

static void
on_rolled_back(struct cmd *c, const struct outcome *o)
{
	struct tuxseo_op *op = c->arg;

	if (o->x == NULL)
		send_missing(op->req);
	else if (o->verdict == ROLLBACK_OK)
		tuxseo_send_job(op->req, o, "Execution rollback completed", -1);
	else if (o->verdict == ROLLBACK_DONE)
		tuxseo_send_job(op->req, o,
		    "Execution rollback already completed", -1);
	else
		tuxseo_error_send(op->req, 400, refusals[o->verdict].code,
		    refusals[o->verdict].message);
}

/* POST /public-api/executions/{job_id}/rollback */
void
tuxseo_rollback(struct request *r)
{
	struct execution x;

	if (tuxseo_find(r, &x))
		tuxseo_submit(r, op_on(&x, CMD_ROLLBACK), on_rolled_back);
}
