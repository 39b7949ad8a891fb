/*
 * Changing executions in Factflow's way: each endpoint reads its body into a
 * command, and draws what came of it.
 */
#include "http/factflow.h"

#include <stdlib.h>

#include "core/labels.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "http/draw.h"
#include "http/factflow_error.h"
#include "http/factflow_view.h"
#include "http/invalid.h"
#include "http/lookup.h"
#include "http/submit.h"
#include "store/journal.h"

#define KEY_MAX 255 /* characters of an idempotency key */

struct op {
	struct cmd cmd;
	struct request *req;
	void (*draw)(struct op *, const struct outcome *);
	struct invalid invalid; /* while its request is read */
};

/* ---- commands ---- */

/* Say why a command was not carried out; false when it was. */
static bool
refused(struct op *op, const struct outcome *o)
{
	bool run = op->cmd.kind == CMD_TRIGGER && op->req->param[0].p == NULL;

	switch (o->code) {
	case OUTCOME_NOT_FOUND:
		if (run)
			request_error(op->req, 400, "detail",
			    "config not found");
		else
			request_error(op->req, 404, "detail", "%s not found",
			    op->cmd.kind == CMD_TRIGGER ? "config"
							: "execution");
		return true;
	case OUTCOME_NO_JOB:
		request_error(op->req, 400, "detail", "config not found");
		return true;
	case OUTCOME_NAME_TAKEN:
		request_error(op->req, 409, "detail",
		    "the tag '%.*s' is already taken",
		    SLICE_FMT(op->cmd.unique_name));
		return true;
	case OUTCOME_NOT_RUNNABLE:
		factflow_error_broken(op->req, o->job);
		return true;
	default:
		return false;
	}
}

/* A decision's refusal: 422 for what is too much, 400 for what cannot be. */
static void
send_refusal(struct op *op, const struct refusal *f)
{
	if (op->cmd.kind == CMD_TRIGGER)
		request_error(op->req, 422, "trigger_context", "%s", f->text);
	else if (op->cmd.kind == CMD_TAGS)
		request_error(op->req, 422, f->field, "%s", f->text);
	else if (op->cmd.kind == CMD_REPLAY)
		request_error(op->req, 400, "detail", "%s: %s", f->field,
		    f->text);
	else
		request_error(op->req, 400, "detail", "%s", f->text);
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;

	if (refused(op, o))
		return;
	if (o->code == OUTCOME_REFUSED)
		send_refusal(op, o->refusal);
	else
		op->draw(op, o);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	free(op);
}

static struct op *
op_new(struct request *r, enum cmd_kind kind,
    void (*draw)(struct op *, const struct outcome *))
{
	struct op *op = mem_zalloc(sizeof *op);

	op->req = r;
	op->draw = draw;
	op->cmd.kind = kind;
	op->cmd.answer = on_answer;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	op->cmd.priority = -1;
	return op;
}

/* Hand it to the engine, or answer with what is wrong. */
static void
submit(struct op *op)
{
	struct request *r = op->req;

	if (op->invalid.n > 0) {
		invalid_send(r, &op->invalid);
		free(op);
		return;
	}
	submit_cmd(r, &op->cmd);
}

/* ---- answers ---- */

static struct factflow_view
view_of(const struct outcome *o)
{
	return (struct factflow_view){.txn = o->txn, .x = o->x, .job = o->job};
}

/* A new execution, or the one that an idempotency key met. */
static void
draw_row(struct op *op, const struct outcome *o)
{
	struct factflow_view v = view_of(o);

	factflow_view_row(request_body(op->req), &v);
	request_send(op->req, o->code == OUTCOME_EXISTING ? 200 : 201);
}

static void
draw_cancel(struct op *op, const struct outcome *o)
{
	struct factflow_view v = view_of(o);
	struct jsonw *w = request_body(op->req);

	jsonw_object(w);
	factflow_view_members(w, &v);
	draw_cstr(w, "message",
	    o->repeated ? "Execution is already being cancelled"
			: "Cancellation requested");
	jsonw_end(w);
	request_send(op->req, 200);
}

static void
draw_tags(struct op *op, const struct outcome *o)
{
	struct factflow_view v = view_of(o);
	struct jsonw *w = request_body(op->req);

	jsonw_object(w);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &o->x->id);
	factflow_view_tags(w, &v);
	jsonw_end(w);
	request_send(op->req, 200);
}

/* What it was is told by the event that changed it. */
static void
draw_patch(struct op *op, const struct outcome *o)
{
	struct jsonw *w = request_body(op->req);
	const char *from, *to = factflow_view_word(o->x->status);
	struct journal_event ev;
	struct buf text = {0};

	INVARIANT(journal_get(o->txn, o->x->last.seq, &ev));
	from = factflow_view_word(ev.previous);
	buf_addf(&text, "Execution status changed from %s to %s", from, to);
	jsonw_object(w);
	draw_bool(w, "success", true);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &o->x->id);
	draw_cstr(w, "previous_status", from);
	draw_cstr(w, "current_status", to);
	draw_text(w, "message", buf_slice(&text));
	jsonw_end(w);
	request_send(op->req, 200);
	buf_free(&text);
}

/* ---- members of bodies ---- */

/* A string; one that must be there has at least one character. */
static struct slice
read_text(struct op *op, const struct json_node *body, const char *member,
    bool required)
{
	const struct json_node *n = json_get(body, member);

	if (json_absent(n)) {
		if (required)
			invalid_member(&op->invalid, member, n,
			    n == NULL ? "Field required" : "must be a string");
		return SLICE_NONE;
	}
	if (n->type == JSON_STRING && (n->str.n > 0 || !required))
		return n->str;
	invalid_member(&op->invalid, member, n,
	    required ? "must be a string of at least one character"
		     : "must be a string");
	return SLICE_NONE;
}

/* An object, or none. */
static struct slice
read_object(struct op *op, const struct json_node *body, const char *member)
{
	const struct json_node *n = json_get(body, member);

	if (json_absent(n))
		return SLICE_NONE;
	if (n->type != JSON_OBJECT)
		invalid_member(&op->invalid, member, n, "must be an object");
	return n->raw;
}

/* tag: a unique name. */
static void
read_name(struct op *op, const struct json_node *body)
{
	const struct json_node *n = json_get(body, "tag");
	const char *why;

	if (json_absent(n))
		return;
	why = n->type == JSON_STRING ? labels_check_name(n->str)
				     : "must be a string";
	if (why != NULL)
		invalid_member(&op->invalid, "tag", n, why);
	else
		op->cmd.unique_name = n->str;
}

static void
read_key(struct op *op, const struct json_node *body)
{
	const struct json_node *n = json_get(body, "idempotency_key");

	if (json_absent(n))
		return;
	if (n->type != JSON_STRING || n->str.n == 0 ||
	    utf8_count(n->str) > KEY_MAX) {
		invalid_member(&op->invalid, "idempotency_key", n,
		    "must be a string of 1 to 255 characters");
		return;
	}
	op->cmd.idempotency_key = n->str;
	op->cmd.scope = CMD_SCOPE_FACTFLOW;
}

/* ---- making executions ---- */

/* POST /api/v1/executions */
void
factflow_create(struct request *r)
{
	const struct json_node *body = request_json(r), *context;
	struct op *op;

	if (body == NULL)
		return;
	op = op_new(r, CMD_TRIGGER, draw_row);
	op->cmd.name = read_text(op, body, "config_id", true);
	context = json_get(body, "trigger_context");
	if (!json_absent(context))
		op->cmd.input = context->raw;
	op->cmd.metadata = read_object(op, body, "metadata");
	read_name(op, body);
	read_key(op, body);
	submit(op);
}

/* skip_init_message=: as FastAPI reads booleans. */
static bool
read_skip(struct op *op)
{
	static const char *const yes[] = {"true", "1", "yes", "on", "t", "y"};
	static const char *const no[] = {"false", "0", "no", "off", "f", "n"};
	struct slice text;
	unsigned i;

	if (!request_query(op->req, "skip_init_message", 0, &text))
		return false;
	for (i = 0; i < sizeof yes / sizeof yes[0]; i++) {
		if (slice_is_nocase(text, yes[i]))
			return true;
		if (slice_is_nocase(text, no[i]))
			return false;
	}
	invalid_query(&op->invalid, "skip_init_message", text,
	    "must be true or false");
	return false;
}

/* POST /api/v1/configs/{id}/run: the body is laid over the payload. */
void
factflow_run(struct request *r)
{
	const struct json_node *body = request_json(r);
	const char *why;
	struct slice tag;
	struct op *op;

	if (body == NULL)
		return;
	op = op_new(r, CMD_TRIGGER, draw_row);
	op->cmd.name = r->param[0];
	op->cmd.input_form = CMD_INPUT_OVER;
	if (body->count > 0)
		op->cmd.input = body->raw;
	if (read_skip(op))
		op->cmd.input_form = CMD_INPUT_NONE;
	if (request_query(r, "tag", 0, &tag)) {
		why = labels_check_name(tag);
		if (why != NULL)
			invalid_query(&op->invalid, "tag", tag, why);
		op->cmd.unique_name = tag;
	}
	submit(op);
}

/* The source of a replay: one of three words. */
static void
read_source(struct op *op, const struct json_node *body)
{
	static const char *const words[] = {"storage", "lineage", "manual"};
	const struct json_node *n = json_get(body, "replay_source");
	unsigned i;

	op->cmd.replay_source = SLICE("storage");
	if (json_absent(n))
		return;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (n->type == JSON_STRING && slice_is(n->str, words[i])) {
			op->cmd.replay_source = n->str;
			return;
		}
	invalid_member(&op->invalid, "replay_source", n,
	    "must be one of storage, lineage, manual");
}

/* POST .../replay */
void
factflow_replay(struct request *r)
{
	const struct json_node *body = request_json(r), *route;
	struct execution parent;
	struct op *op;

	if (body == NULL || !lookup_path_execution(r, &parent))
		return;
	op = op_new(r, CMD_REPLAY, draw_row);
	op->cmd.id = parent.id;
	read_source(op, body);
	op->cmd.from_stage = read_text(op, body, "from_stage", true);
	route = json_get(body, "to_route");
	if (!json_absent(route))
		op->cmd.to_route = read_text(op, body, "to_route", true);
	op->cmd.from_path = read_text(op, body, "from_path", false);
	op->cmd.name = read_text(op, body, "config_id", false);
	op->cmd.metadata = read_object(op, body, "metadata");
	read_name(op, body);
	submit(op);
}

/* ---- changing one ---- */

/* A command on the path's execution; NULL when there is none, answered. */
static struct op *
op_on_path(struct request *r, enum cmd_kind kind,
    void (*draw)(struct op *, const struct outcome *))
{
	struct execution x;
	struct op *op;

	if (!lookup_path_execution(r, &x))
		return NULL;
	op = op_new(r, kind, draw);
	op->cmd.id = x.id;
	return op;
}

/* POST .../cancel */
void
factflow_cancel(struct request *r)
{
	struct op *op = op_on_path(r, CMD_CANCEL, draw_cancel);

	if (op != NULL)
		submit(op);
}

/* POST .../tag */
void
factflow_tag(struct request *r)
{
	const struct json_node *body = request_json(r), *at;
	const char *why;
	struct op *op;

	if (body == NULL)
		return;
	op = op_on_path(r, CMD_TAGS, draw_tags);
	if (op == NULL)
		return;
	why = labels_check(body, true, &at);
	if (why != NULL)
		invalid_add(&op->invalid,
		    (struct invalid_at){"body",
			at != NULL ? at->key : SLICE_NONE, "value_error",
			at != NULL ? at->raw : body->raw},
		    why);
	op->cmd.tags = body->raw;
	submit(op);
}

/* The status that an administrator sets. */
static void
read_end(struct op *op, const struct json_node *body)
{
	static const enum status ends[] = {STATUS_CANCELLED, STATUS_FAILED,
	    STATUS_COMPLETED};
	const struct json_node *n = json_get(body, "status");
	unsigned i;

	if (n != NULL && n->type == JSON_STRING)
		for (i = 0; i < sizeof ends / sizeof ends[0]; i++)
			if (slice_is(n->str, status_name(ends[i])))
				op->cmd.status = ends[i];
	if (op->cmd.status == 0)
		invalid_member(&op->invalid, "status", n,
		    n == NULL ? "Field required"
			      : "must be one of cancelled, failed, completed");
}

/* PATCH .../{id}: who may cancel may not say that it completed or failed. */
void
factflow_patch(struct request *r)
{
	const struct json_node *body = request_json(r);
	struct op *op;

	if (body == NULL)
		return;
	op = op_on_path(r, CMD_PATCH, draw_patch);
	if (op == NULL)
		return;
	read_end(op, body);
	op->cmd.error_info = read_object(op, body, "error_info");
	if (op->invalid.n == 0 && op->cmd.status != STATUS_CANCELLED &&
	    r->auth.scope < SCOPE_ADMIN) {
		free(op);
		request_error(r, 403, "detail",
		    "only an admin's API key may set this status");
		return;
	}
	submit(op);
}
