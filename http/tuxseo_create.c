/*
 * POST /public-api/projects/{project_id}/executions: the checks, in the
 * contract's order, and the one command.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "http/app.h"
#include "http/tuxseo.h"
#include "http/tuxseo_impl.h"
#include "store/jobs.h"
#include "store/keys.h"
#include "store/rows.h"

/* What was asked for. */
struct asked {
	int64_t project;
	struct slice operation;
	bool has_title;
	int64_t title; /* title_suggestion_id */
};

/* The body; an empty one is {}.  Answers 400 when it is no JSON. */
static const struct json_node *
read_json(struct request *r)
{
	struct slice text = r->body.n > 0 ? r->body : SLICE("{}");
	struct json_error err;

	r->json = json_parse(text, &err);
	if (r->json != NULL)
		return json_root(r->json);
	request_error(r, 400, "detail",
	    "Cannot parse request body: line %u, column %u", err.line,
	    err.column);
	return NULL;
}

static void
read_operation(const struct json_node *body, struct asked *a,
    struct tuxseo_invalid *v)
{
	static const struct lax_error missing = {"missing", "Field required"};
	static const struct lax_error wrong = {"string_type",
	    "Input should be a valid string"};
	const struct json_node *n = json_get(body, "operation");

	if (n == NULL)
		tuxseo_invalid_add(v, "body", "data", "operation", missing);
	else if (n->type != JSON_STRING)
		tuxseo_invalid_add(v, "body", "data", "operation", wrong);
	else
		a->operation = n->str;
}

static void
read_title(const struct json_node *body, struct asked *a,
    struct tuxseo_invalid *v)
{
	const struct json_node *n = json_get(body, "title_suggestion_id");
	struct lax_error err;

	if (json_absent(n))
		return;
	a->has_title = lax_json_int(n, &a->title, &err);
	if (!a->has_title)
		tuxseo_invalid_add(v, "body", "data", "title_suggestion_id",
		    err);
}

/* Path and body; answers 400 or 422 itself. */
static bool
read_request(struct request *r, struct asked *a)
{
	static const struct lax_error wrong = {"model_attributes_type",
	    "Input should be a valid dictionary or object to extract fields "
	    "from"};
	const struct json_node *body = read_json(r);
	struct tuxseo_invalid v = {.n = 0};
	struct lax_error err;

	if (body == NULL)
		return false;
	if (!lax_int(r->param[0], &a->project, &err))
		tuxseo_invalid_add(&v, "path", "project_id", NULL, err);
	if (body->type != JSON_OBJECT) {
		tuxseo_invalid_add(&v, "body", "data", NULL, wrong);
	} else {
		read_operation(body, a, &v);
		read_title(body, a, &v);
	}
	return !tuxseo_invalid_send(r, &v);
}

/* A project that a key is bound to, or in which something was made. */
static bool
is_known(struct store_txn *t, uint64_t project)
{
	struct rows_filter f = {.project = project};

	return rows_count(t, &f) > 0 || keys_bound(t, project);
}

/* Any positive project exists, unless the server is strict about them. */
static bool
check_project(struct request *r, const struct asked *a)
{
	struct store_txn *t = engine_snapshot(r->app->engine);

	if (a->project > 0 && auth_sees(&r->auth, (uint64_t)a->project) &&
	    (!r->app->strict_projects || is_known(t, (uint64_t)a->project)))
		return true;
	tuxseo_error_send(r, 404, "PROJECT_NOT_FOUND", "Project not found");
	return false;
}

/* The job that the operation names, and the suggestion it may need. */
static bool
check_operation(struct request *r, const struct asked *a, struct uuid *job)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jobs_head head;

	if (!jobs_find(t, a->operation, job) || !jobs_head(t, job, &head) ||
	    (head.project != 0 && !auth_sees(&r->auth, head.project))) {
		tuxseo_error_send(r, 400, "INVALID_OPERATION",
		    "Unsupported operation");
		return false;
	}
	if (a->has_title || !slice_is(a->operation, "GENERATE_BLOG_POST"))
		return true;
	tuxseo_error_send(r, 400, "MISSING_TITLE_SUGGESTION_ID",
	    "title_suggestion_id is required for GENERATE_BLOG_POST");
	return false;
}

static void
on_created(struct cmd *c, const struct outcome *o)
{
	struct tuxseo_op *op = c->arg;

	if (o->code == OUTCOME_DONE)
		tuxseo_send_job(op->req, o, "Execution job created", 1);
	else if (o->code == OUTCOME_EXISTING && o->x->project != c->project)
		tuxseo_error_send(op->req, 400, "IDEMPOTENCY_KEY_CONFLICT",
		    "Idempotency key is already used for another project");
	else if (o->code == OUTCOME_EXISTING)
		tuxseo_send_job(op->req, o,
		    "Existing execution job returned for idempotency key", 0);
	else
		tuxseo_error_send(op->req, 400, "JOB_CREATION_FAILED",
		    "Execution job could not be created");
}

/* Create it, once for each key. */
void
tuxseo_create(struct request *r)
{
	struct asked a = {.project = 0};
	struct tuxseo_op *op;
	struct slice key;
	struct uuid job;

	if (!read_request(r, &a) || !check_project(r, &a) ||
	    !tuxseo_key(r, "Idempotency-Key header is required", &key) ||
	    !check_operation(r, &a, &job))
		return;
	op = mem_zalloc(sizeof *op);
	uuid_format(&job, op->job);
	snprintf(op->input, sizeof op->input,
	    a.has_title ? "{\"title_suggestion_id\":%" PRId64 "}" : "{}",
	    a.title);
	op->cmd.kind = CMD_TRIGGER;
	op->cmd.name = slice_str(op->job);
	op->cmd.input = slice_str(op->input);
	op->cmd.idempotency_key = key;
	op->cmd.scope = CMD_SCOPE_TUXSEO;
	op->cmd.priority = -1;
	op->cmd.project = (uint64_t)a.project;
	tuxseo_submit(r, op, on_created);
}
