/*
 * API keys over HTTP.  The secret is made here, shown in this one answer, and
 * kept only as its hash.
 */
#include "http/keys_api.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/key.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/claims.h"
#include "http/claims_stream.h"
#include "http/draw.h"
#include "http/request.h"
#include "http/streams.h"
#include "http/submit.h"
#include "sse/sse.h"
#include "store/keys.h"

#define LIST_MAX 1000

struct op {
	struct cmd cmd;
	struct request *req;
	struct key key;
	char text[KEY_TEXT + 1];
	bool revoked;
};

/* The members of a key, its secret apart. */
static void
write_members(struct jsonw *w, const struct key *k)
{
	jsonw_key(w, "id");
	jsonw_uuid(w, &k->id);
	jsonw_key(w, "name");
	jsonw_cstr(w, k->name);
	jsonw_key(w, "scope");
	jsonw_cstr(w, key_scope_name(k->scope));
	jsonw_key(w, "project_id");
	if (k->project == 0)
		jsonw_null(w);
	else
		jsonw_u64(w, k->project);
	draw_seconds(w, "created_at", k->created_at);
}

static void
answer_create(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct jsonw *w = request_body(op->req);

	INVARIANT(o->code == OUTCOME_DONE);
	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_object(w);
	write_members(w, &op->key);
	jsonw_key(w, "key");
	jsonw_cstr(w, op->text);
	jsonw_end(w);
	jsonw_end(w);
	request_send(op->req, 201);
}

static void
answer_revoke(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;
	struct jsonw *w;

	if (o->code == OUTCOME_NOT_FOUND) {
		request_error(op->req, 404, "detail", "key not found");
		return;
	}
	op->revoked = true;
	w = request_body(op->req);
	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &c->id);
	jsonw_key(w, "revoked");
	jsonw_bool(w, true);
	jsonw_end(w);
	jsonw_end(w);
	request_send(op->req, 200);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;
	struct app *app = op->req->app;

	if (rc == 0 && op->revoked) {
		sse_dismiss(app->sse, streams_owner(&c->id));
		claims_stream_dismiss(app->claims_stream, &c->id);
		claims_dismiss(app->claims, &c->id);
	}
	request_settle(op->req, rc);
	explicit_bzero(op, sizeof *op);
	free(op);
}

static void
submit(struct request *r, struct op *op)
{
	op->req = r;
	op->cmd.key = &op->key;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	submit_cmd(r, &op->cmd);
}

/* Only an unbound admin may hand out keys: a bound one would escape. */
static bool
is_allowed(struct request *r)
{
	if (r->auth.project == 0)
		return true;
	request_error(r, 403, "detail",
	    "a key bound to a project cannot manage keys");
	return false;
}

/* name, scope and project_id; answers 422 itself. */
static bool
read_body(struct request *r, const struct json_node *body, struct key *k)
{
	const struct json_node *name = json_get(body, "name");
	const struct json_node *scope = json_get(body, "scope");
	const struct json_node *project = json_get(body, "project_id");
	int64_t n;

	if (json_absent(name) || name->type != JSON_STRING ||
	    name->str.n == 0 || name->str.n > KEY_NAME_MAX ||
	    memchr(name->str.p, '\0', name->str.n) != NULL) {
		request_error(r, 422, "name",
		    "must be a string of 1 to %d bytes without NUL",
		    KEY_NAME_MAX);
		return false;
	}
	memcpy(k->name, name->str.p, name->str.n);
	if (json_absent(scope) || scope->type != JSON_STRING ||
	    !key_scope_parse(scope->str, &k->scope)) {
		request_error(r, 422, "scope",
		    "must be one of read, worker, write, admin");
		return false;
	}
	if (json_absent(project))
		return true;
	if (!json_int(project, 1, INT64_MAX, &n)) {
		request_error(r, 422, "project_id",
		    "must be an integer from 1");
		return false;
	}
	k->project = (uint64_t)n;
	return true;
}

/* Make the secret and its hash. */
static void
make_secret(struct op *op)
{
	uint8_t secret[32];

	if (getrandom(secret, sizeof secret, 0) != sizeof secret)
		log_fatal("the system gives no random bytes");
	key_format(secret, op->text);
	auth_hash((struct slice){op->text, KEY_TEXT}, op->key.hash);
	explicit_bzero(secret, sizeof secret);
}

/* POST /api/keys */
void
keys_api_create(struct request *r)
{
	const struct json_node *body;
	struct op *op;

	if (!is_allowed(r) || (body = request_json(r)) == NULL)
		return;
	op = mem_zalloc(sizeof *op);
	if (!read_body(r, body, &op->key)) {
		free(op);
		return;
	}
	make_secret(op);
	op->cmd.kind = CMD_KEY_CREATE;
	op->cmd.answer = answer_create;
	submit(r, op);
}

/* DELETE /api/keys/{id} */
void
keys_api_revoke(struct request *r)
{
	struct uuid id;
	struct op *op;

	if (!is_allowed(r))
		return;
	if (!uuid_parse(r->param[0], &id)) {
		request_error(r, 404, "detail", "key not found");
		return;
	}
	op = mem_zalloc(sizeof *op);
	op->cmd.kind = CMD_KEY_REVOKE;
	op->cmd.id = id;
	op->cmd.answer = answer_revoke;
	submit(r, op);
}

static int
newest_first(const void *a, const void *b)
{
	const struct key *one = a, *two = b;

	return memcmp(two->id.b, one->id.b, sizeof one->id.b);
}

/* GET /api/keys */
void
keys_api_list(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct key *keys;
	struct jsonw *w;
	unsigned i, n;

	if (!is_allowed(r))
		return;
	keys = mem_zalloc(LIST_MAX * sizeof *keys);
	n = keys_list(t, keys, LIST_MAX);
	qsort(keys, n, sizeof *keys, newest_first);
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_array(w);
	for (i = 0; i < n; i++) {
		jsonw_object(w);
		write_members(w, &keys[i]);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
	free(keys);
}
