/*
 * What workers report, in the Restep document's words: each endpoint reads
 * its body into reports (http/reports.c), submits them as one command, and
 * draws what came of it (http/restep_view.c).
 */
#include "http/restep.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/reports.h"
#include "http/request.h"
#include "http/restep_view.h"
#include "http/submit.h"

struct op;

/* How an answer is drawn, beside its message. */
enum shape { BRIEF, PROGRESS, WHOLE, LOG_ID, LOG_COUNT, STEP, STEP_PROGRESS };

struct op {
	struct cmd cmd;
	struct request *req;
	struct reports reports;
	enum shape shape;
	const char *message;
};

/* {"data":{...},"message":...} */
static void
send_data(struct request *r, const struct restep_view *v, enum shape shape,
    const char *message)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	if (shape == WHOLE)
		restep_view_execution(w, v);
	else if (shape == PROGRESS)
		restep_view_progress(w, v);
	else
		restep_view_brief(w, v);
	jsonw_key(w, "message");
	jsonw_cstr(w, message);
	jsonw_end(w);
	request_send(r, 200);
}

/* {"status":"ok",...,"command":...} */
static void
send_ok(const struct op *op, const struct outcome *o)
{
	struct jsonw *w = request_body(op->req);

	jsonw_object(w);
	jsonw_key(w, "status");
	jsonw_cstr(w, "ok");
	if (op->shape == LOG_ID || op->shape == LOG_COUNT) {
		jsonw_key(w, op->shape == LOG_ID ? "log_id" : "count");
		jsonw_u64(w,
		    op->shape == LOG_ID ? o->last_seq : op->reports.nlogs);
	} else {
		INVARIANT(o->about != NULL);
		jsonw_key(w, "step");
		jsonw_object(w);
		jsonw_key(w, "id");
		jsonw_uuid(w, &o->about->id);
		jsonw_key(w, "status");
		jsonw_cstr(w, status_step_name(o->about->status));
		if (op->shape == STEP_PROGRESS) {
			jsonw_key(w, "progress_percent");
			if (o->about->percent == EVENT_NO_PERCENT)
				jsonw_null(w);
			else
				jsonw_u64(w, o->about->percent);
		}
		jsonw_end(w);
	}
	jsonw_key(w, "command");
	jsonw_cstr(w, restep_view_command(o->x));
	jsonw_end(w);
	request_send(op->req, 200);
}

/* {"errors":{...},"command":"stop"}: somebody else's work by now. */
static void
send_stop(struct request *r, const struct refusal *f)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "errors");
	jsonw_object(w);
	jsonw_key(w, f->field);
	jsonw_array(w);
	jsonw_cstr(w, f->text);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_key(w, "command");
	jsonw_cstr(w, "stop");
	jsonw_end(w);
	request_send(r, 409);
}

/* Say why it was refused, with the contract's code. */
static void
send_refusal(struct request *r, const struct refusal *f)
{
	static const int codes[] = {
	    [REFUSAL_NO_STEP] = 404,
	    [REFUSAL_FENCED] = 403,
	    [REFUSAL_TERMINAL] = 422,
	    [REFUSAL_INVALID] = 422,
	};

	if (f->code == REFUSAL_STALE)
		send_stop(r, f);
	else
		request_error(r, codes[f->code], f->field, "%s", f->text);
}

static void
send_missing(struct request *r)
{
	request_error(r, 404, "detail", "execution not found");
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct restep_view v = {.txn = o->txn,
	    .x = o->x,
	    .job = o->job,
	    .engine = op->req->app->engine};

	if (o->code == OUTCOME_NOT_FOUND) {
		send_missing(op->req);
		return;
	}
	if (o->code == OUTCOME_REFUSED) {
		send_refusal(op->req, o->refusal);
		return;
	}
	if (op->shape > WHOLE) {
		send_ok(op, o);
		return;
	}
	v.last_word = engine_last_word(op->req->app->engine, o->x);
	send_data(op->req, &v, op->shape, op->message);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	reports_free(&op->reports);
	request_settle(op->req, rc);
	free(op);
}

/* The execution of the path; answers 404 itself. */
static bool
read_id(struct request *r, struct uuid *id)
{
	if (uuid_parse(r->param[0], id))
		return true;
	send_missing(r);
	return false;
}

/* The attempt a header names; answers 422 itself when it is no number. */
static bool
read_attempt(struct request *r, uint32_t *attempt)
{
	struct slice text = request_header(r, "X-Attempt");
	uint64_t n;

	if (text.n == 0)
		return true;
	if (!slice_u64(text, UINT32_MAX, &n) || n == 0) {
		request_error(r, 422, "attempt", "must be an integer from 1");
		return false;
	}
	*attempt = (uint32_t)n;
	return true;
}

/* Hand the reports to the engine. */
static void
submit(struct request *r, struct op *op, const struct uuid *id)
{
	op->req = r;
	op->cmd.kind = CMD_REPORT;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	op->cmd.id = *id;
	op->cmd.reports = op->reports.items;
	op->cmd.nreports = op->reports.n;
	op->cmd.fence = r->auth.token.fence;
	op->cmd.fence.attempt = op->reports.attempt;
	submit_cmd(r, &op->cmd);
}

/* Which reader a body needs. */
enum reader { ONE, LOGS, ALL };

/* The way of every report: path, header, body, command. */
static void
report(struct request *r, enum reader reader, enum report_kind kind,
    enum shape shape, const char *message)
{
	const struct json_node *body;
	struct uuid id;
	struct op *op;
	bool ok, batch = false;

	if (!read_id(r, &id) || (body = request_json(r)) == NULL)
		return;
	op = mem_zalloc(sizeof *op);
	op->shape = shape;
	op->message = message;
	if (reader == ALL)
		ok = reports_read_all(&op->reports, body);
	else if (reader == LOGS)
		ok = reports_read_logs(&op->reports, body, &batch);
	else
		ok = reports_read(&op->reports, body, kind,
		    shape == STEP || shape == STEP_PROGRESS ? r->param[1]
							    : SLICE_NONE);
	if (batch)
		op->shape = LOG_COUNT;
	if (ok && read_attempt(r, &op->reports.attempt)) {
		submit(r, op, &id);
		return;
	}
	if (!ok)
		errors_send(r, &op->reports.errors);
	reports_free(&op->reports);
	free(op);
}

/* A heartbeat that changes nothing on disk is answered at once. */
void
restep_heartbeat(struct request *r)
{
	struct engine *e = r->app->engine;
	struct restep_view v = {0};
	struct execution x;
	struct uuid id;

	if ((r->body.n != 0 && !slice_is(r->body, "{}")) ||
	    request_header(r, "X-Attempt").n > 0 ||
	    !uuid_parse(r->param[0], &id) ||
	    engine_heartbeat(e, &id, r->auth.project, &r->auth.token.fence,
		&x) != ENGINE_HEARTBEAT_SOFT) {
		report(r, ONE, REPORT_HEARTBEAT, BRIEF, "Heartbeat updated");
		return;
	}
	v.txn = engine_snapshot(e);
	v.x = &x;
	v.last_word = x.heartbeat_at;
	send_data(r, &v, BRIEF, "Heartbeat updated");
}

void
restep_progress(struct request *r)
{
	report(r, ONE, REPORT_PROGRESS, PROGRESS, "Progress updated");
}

void
restep_log(struct request *r)
{
	report(r, LOGS, REPORT_LOG, LOG_ID, NULL);
}

void
restep_complete(struct request *r)
{
	report(r, ONE, REPORT_COMPLETE, WHOLE, "Execution marked as completed");
}

void
restep_fail(struct request *r)
{
	report(r, ONE, REPORT_FAIL, WHOLE, "Execution marked as failed");
}

void
restep_cancel(struct request *r)
{
	report(r, ONE, REPORT_CANCEL, WHOLE, "Execution cancelled");
}

void
restep_report(struct request *r)
{
	report(r, ALL, REPORT_HEARTBEAT, WHOLE, "Report accepted");
}

void
restep_step_running(struct request *r)
{
	report(r, ONE, REPORT_STEP_RUNNING, STEP, NULL);
}

void
restep_step_progress(struct request *r)
{
	report(r, ONE, REPORT_STEP_PROGRESS, STEP_PROGRESS, NULL);
}

void
restep_step_completed(struct request *r)
{
	report(r, ONE, REPORT_STEP_COMPLETED, STEP, NULL);
}

void
restep_step_failed(struct request *r)
{
	report(r, ONE, REPORT_STEP_FAILED, STEP, NULL);
}
