/*
 * Triggering a job: POST /api/jobs/{job}/trigger makes an execution.
 */
#include <stdlib.h>

#include "core/labels.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/errors.h"
#include "http/jobs_api.h"
#include "http/request.h"
#include "http/restep_view.h"
#include "http/submit.h"

#define KEY_MAX 255

struct op {
	struct cmd cmd;
	struct request *req;
};

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct restep_view v = {.txn = o->txn,
	    .x = o->x,
	    .job = o->job,
	    .steps = o->steps};
	struct jsonw *w;

	if (o->code == OUTCOME_NOT_FOUND) {
		request_error(op->req, 404, "detail", "job not found");
		return;
	}
	if (o->code == OUTCOME_NOT_RUNNABLE) {
		request_error(op->req, 422, "job",
		    "is a config with errors and cannot run");
		return;
	}
	if (o->code == OUTCOME_REFUSED) {
		request_error(op->req, 422, o->refusal->field, "%s",
		    o->refusal->text);
		return;
	}
	v.last_word = engine_last_word(op->req->app->engine, o->x);
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
	free(op);
}

/* tags: an object of strings. */
static void
read_tags(struct errors *e, const struct json_node *tags, struct cmd *c)
{
	const char *why = labels_check(tags, false, NULL);

	if (why != NULL)
		errors_add(e, "", "tags", why);
	c->tags = tags->raw;
}

/* idempotency_key: 1-255 characters. */
static void
read_key(struct errors *e, const struct json_node *key, struct cmd *c)
{
	if (key->type != JSON_STRING || key->str.n == 0 ||
	    utf8_count(key->str) > KEY_MAX) {
		errors_add(e, "", "idempotency_key",
		    "must be a string of 1 to 255 characters");
		return;
	}
	c->idempotency_key = key->str;
	c->scope = CMD_SCOPE_RESTEP;
}

/* priority and project_id. */
static void
read_numbers(struct errors *e, const struct json_node *body, struct cmd *c)
{
	const struct json_node *priority = json_get(body, "priority");
	const struct json_node *project = json_get(body, "project_id");
	int64_t n;

	c->priority = -1;
	if (!json_absent(priority)) {
		if (json_int(priority, 0, 9, &n))
			c->priority = (int)n;
		else
			errors_add(e, "", "priority",
			    "must be an integer from 0 to 9");
	}
	if (json_absent(project))
		return;
	if (json_int(project, 1, INT64_MAX, &n))
		c->project = (uint64_t)n;
	else
		errors_add(e, "", "project_id", "must be an integer from 1");
}

/* The whole body; what was wrong is in e. */
static void
read_body(struct errors *e, const struct json_node *body, struct cmd *c)
{
	const struct json_node *input = json_get(body, "input_params");
	const struct json_node *metadata = json_get(body, "metadata");
	const struct json_node *tags = json_get(body, "tags");
	const struct json_node *key = json_get(body, "idempotency_key");

	if (!json_absent(input))
		c->input = input->raw;
	if (!json_absent(metadata)) {
		if (metadata->type != JSON_OBJECT)
			errors_add(e, "", "metadata", "must be an object");
		c->metadata = metadata->raw;
	}
	if (!json_absent(tags))
		read_tags(e, tags, c);
	if (!json_absent(key))
		read_key(e, key, c);
	read_numbers(e, body, c);
}

/* A key bound to a project makes only that project's things. */
static bool
may_make(const struct request *r, const struct cmd *c)
{
	return r->auth.project == 0 || c->project == 0 ||
	    c->project == r->auth.project;
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
	read_body(&e, body, &op->cmd);
	if (!may_make(r, &op->cmd))
		errors_add(&e, "", "project_id",
		    "is not the project of this key");
	if (e.n > 0) {
		errors_send(r, &e);
		free(op);
		return;
	}
	op->req = r;
	op->cmd.kind = CMD_TRIGGER;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	op->cmd.name = r->param[0];
	submit_cmd(r, &op->cmd);
}
