/*
 * Configs over HTTP.  What a config must be is core/config.c's to say; this
 * file reads, submits, and draws.
 */
#include "http/configs_api.h"

#include "core/config.h"
#include "core/log.h"
#include "core/utf8.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/configs_view.h"
#include "http/draw.h"
#include "http/factflow_error.h"
#include "http/invalid.h"
#include "http/lookup.h"
#include "http/submit.h"
#include "store/jobs.h"

#define LIST_MAX 1000
#define LIST_DEFAULT 100
#define DESCRIPTION_MAX 10000
#define PATH_MAX_CHARS 1000

/* ---- reading ---- */

/* A string of at most so many characters, or none. */
static struct slice
read_text(struct invalid *v, const struct json_node *body, const char *member,
    unsigned chars)
{
	const struct json_node *n = json_get(body, member);

	if (json_absent(n))
		return SLICE_NONE;
	if (n->type == JSON_STRING && utf8_count(n->str) <= chars)
		return n->str;
	invalid_member(v, member, n,
	    chars == DESCRIPTION_MAX
		? "must be a string of at most 10000 characters"
		: "must be a string of at most 1000 characters");
	return SLICE_NONE;
}

static void
read_name(struct invalid *v, const struct json_node *body, struct slice *out)
{
	const struct json_node *n = json_get(body, "name");
	size_t chars;

	if (json_absent(n)) {
		invalid_member(v, "name", n,
		    n == NULL ? "Field required" : "must be a string");
		return;
	}
	chars = n->type == JSON_STRING ? utf8_count(n->str) : 0;
	if (chars < 1 || chars > JOB_NAME_CHARS)
		invalid_member(v, "name", n,
		    "must be a string of 1 to 200 characters");
	*out = n->str;
}

/* config_yaml or definition. */
static void
read_source(struct invalid *v, const struct json_node *body,
    struct config_source *src)
{
	const struct json_node *yaml = json_get(body, "config_yaml");

	src->definition = json_get(body, "definition");
	if (!json_absent(yaml) && yaml->type != JSON_STRING)
		invalid_member(v, "config_yaml", yaml, "must be a string");
	else if (!json_absent(yaml))
		src->yaml = yaml->str;
	else if (json_absent(src->definition))
		invalid_member(v, "config_yaml", yaml,
		    "Field required, or else definition");
}

static void
read_source_type(struct invalid *v, const struct json_node *body,
    struct slice *out)
{
	static const char *const words[] = {"file", "api", "imported"};
	const struct json_node *n = json_get(body, "source_type");
	unsigned i;

	if (json_absent(n))
		return;
	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (n->type == JSON_STRING && slice_is(n->str, words[i])) {
			*out = n->str;
			return;
		}
	invalid_member(v, "source_type", n,
	    "must be one of file, api, imported");
}

/* The whole body; what is wrong is in v. */
static void
read_body(struct invalid *v, const struct json_node *body,
    struct config_source *src)
{
	read_name(v, body, &src->name);
	read_source(v, body, src);
	src->description = read_text(v, body, "description", DESCRIPTION_MAX);
	read_source_type(v, body, &src->source_type);
	if (!json_absent(json_get(body, "source_path")))
		src->source_path =
		    read_text(v, body, "source_path", PATH_MAX_CHARS);
}

/* ---- one ---- */

static void
send_missing(struct request *r)
{
	request_error(r, 404, "detail", "config not found");
}

/* The path's config, as its asker may see it; answers 404 itself. */
static bool
find(struct request *r, struct jobs_head *head)
{
	if (lookup_job(r, r->param[0], head) && !head->deleted)
		return true;
	send_missing(r);
	return false;
}

static void
send_config(struct request *r, int status, const struct job *job,
    const struct jobs_head *head)
{
	configs_view(request_body(r), job, head, true);
	request_send(r, status);
}

/* GET /api/v1/configs/{id} */
void
configs_api_get(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jobs_head head;

	if (find(r, &head))
		send_config(r, 200, jobs_get(t, &head.id, head.version), &head);
}

/* ---- changing ---- */

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct submit_job *op = c->arg;
	struct jobs_head head;

	if (o->code == OUTCOME_NOT_FOUND) {
		send_missing(op->req);
	} else if (o->code == OUTCOME_NAME_TAKEN) {
		request_error(op->req, 409, "detail",
		    "the name '%.*s' is already taken",
		    SLICE_FMT(op->job->name));
	} else if (c->kind == CMD_JOB_DELETE) {
		request_send_bytes(op->req, 204, NULL, SLICE_NONE);
	} else {
		INVARIANT(jobs_head(o->txn, &o->job->id, &head));
		send_config(op->req, c->kind == CMD_JOB_CREATE ? 201 : 200,
		    o->job, &head);
	}
}

/* Make the job of a source; NULL when it cannot be read, answered. */
static struct job *
make(struct request *r, struct config_source *src)
{
	static struct config_report report;
	struct slice bytes =
	    src->yaml.p != NULL ? src->yaml : src->definition->raw;
	struct jsonw *w;
	struct job *job;
	char hash[65];

	configs_view_hash(bytes, hash);
	src->hash = hash;
	job = config_new(src, &report);
	src->hash = NULL;
	if (job != NULL)
		return job;
	w = factflow_error_begin(r, report.issue[0].code,
	    slice_str(report.issue[0].message));
	jsonw_key(w, "validation_report");
	config_write_report(w, &report);
	jsonw_end(w);
	request_send(r, 400);
	return NULL;
}

/* Read a config and submit it; src has the defaults. */
static void
define(struct request *r, enum cmd_kind kind, struct config_source *src)
{
	const struct json_node *body = request_json(r);
	struct invalid v = {.n = 0};
	struct job *job;

	if (body == NULL)
		return;
	read_body(&v, body, src);
	if (v.n > 0)
		invalid_send(r, &v);
	else if ((job = make(r, src)) != NULL)
		submit_job(r, kind, job, on_answer);
}

/* POST /api/v1/configs */
void
configs_api_create(struct request *r)
{
	struct config_source src = {.source_type = SLICE("api")};

	define(r, CMD_JOB_CREATE, &src);
}

static struct slice
remembered(const struct job *job, const char *member, struct slice otherwise)
{
	const struct json_node *n = config_get(job, member);

	return n != NULL && n->type == JSON_STRING ? n->str : otherwise;
}

/* PUT /api/v1/configs/{id}: where it came from stays, unless said. */
void
configs_api_replace(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct config_source src = {.hash = NULL};
	const struct job *now;
	struct jobs_head head;

	if (!find(r, &head))
		return;
	now = jobs_get(t, &head.id, head.version);
	src.source_type = remembered(now, "source_type", SLICE("api"));
	src.source_path = remembered(now, "source_path", SLICE_NONE);
	define(r, CMD_JOB_REPLACE, &src);
}

/* DELETE /api/v1/configs/{id} */
void
configs_api_delete(struct request *r)
{
	submit_job(r, CMD_JOB_DELETE, NULL, on_answer);
}

/* POST /api/v1/configs/validate: nothing is stored, nothing refused. */
void
configs_api_validate(struct request *r)
{
	static struct config_report report;
	const struct json_node *body = request_json(r);
	struct config_source src = {.name = SLICE("validate")};
	struct invalid v = {.n = 0};

	if (body == NULL)
		return;
	read_source(&v, body, &src);
	if (v.n > 0) {
		invalid_send(r, &v);
		return;
	}
	job_free(config_new(&src, &report));
	config_write_report(request_body(r), &report);
	request_send(r, 200);
}

/* ---- lists ---- */

/* Where a list has come to: jobs are few, so those before are walked over. */
struct list {
	struct request *r;
	struct store_txn *t;
	struct jsonw *w;
	uint64_t limit, offset, total;
	bool deleted; /* those that were deleted */
};

static bool
is_visible(const struct request *r, const struct jobs_head *head)
{
	return head->project == 0 || auth_sees(&r->auth, head->project);
}

/* Draw what is on the page, count all. */
static void
walk(struct list *l)
{
	struct jobs_head heads[64];
	struct uuid at = {{0}};
	unsigned i, n;

	do {
		n = l->deleted ? jobs_list_deleted(l->t, &at, heads, 64)
			       : jobs_list(l->t, &at, heads, 64);
		for (i = 0; i < n; i++) {
			at = heads[i].id;
			if (!is_visible(l->r, &heads[i]))
				continue;
			if (l->total >= l->offset &&
			    l->total - l->offset < l->limit)
				configs_view(l->w,
				    jobs_get(l->t, &at, heads[i].version),
				    &heads[i], false);
			l->total++;
		}
	} while (n == 64);
}

static void
send_list(struct list *l)
{
	struct jsonw *w = request_body(l->r);

	l->t = engine_snapshot(l->r->app->engine);
	l->w = w;
	jsonw_object(w);
	jsonw_key(w, "configs");
	jsonw_array(w);
	walk(l);
	jsonw_end(w);
	draw_u64(w, "total", l->total);
	draw_u64(w, "limit", l->limit);
	draw_u64(w, "offset", l->offset);
	draw_bool(w, "has_more",
	    l->total > l->offset && l->total - l->offset > l->limit);
	jsonw_end(w);
	request_send(l->r, 200);
}

/* GET /api/v1/configs */
void
configs_api_list(struct request *r)
{
	static const uint64_t limits[2] = {1, LIST_MAX};
	static const uint64_t offsets[2] = {0, INT64_MAX};
	struct list l = {.r = r, .limit = LIST_DEFAULT};
	struct invalid v = {.n = 0};
	struct slice active;

	invalid_read_u64(&v, r, "limit", limits, &l.limit);
	invalid_read_u64(&v, r, "offset", offsets, &l.offset);
	if (request_query(r, "active", 0, &active)) {
		l.deleted = slice_is(active, "false");
		if (!l.deleted && !slice_is(active, "true"))
			invalid_query(&v, "active", active,
			    "must be true or false");
	}
	if (v.n > 0)
		invalid_send(r, &v);
	else
		send_list(&l);
}
