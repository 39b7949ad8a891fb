/*
 * Writing and reading objects.  Neighbours: storage_lists.c shows which there
 * are, storage_archive.c sends all of an execution.
 */
#include "http/storage_objects.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/configs_view.h"
#include "http/draw.h"
#include "http/lookup.h"
#include "http/storage_view.h"
#include "http/submit.h"

#define DEFAULT_TYPE "application/octet-stream"
/* Even shown in a window, it does nothing and is nobody. */
#define OBJECT_POLICY "sandbox; default-src 'none'; frame-ancestors 'none'"

/* ---- writing ---- */

struct put {
	struct cmd cmd;
	struct request *req;
	struct object_put object;
	struct buf key;
};

static int
status_of(enum refusal_code code)
{
	if (code == REFUSAL_FENCED)
		return 403;
	return code == REFUSAL_STALE ? 409 : 400;
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct put *p = c->arg;
	struct objects_row row;

	switch (o->code) {
	case OUTCOME_NOT_FOUND:
		request_error(p->req, 404, "detail", "execution not found");
		return;
	case OUTCOME_REFUSED:
		request_error(p->req, status_of(o->refusal->code), "detail",
		    "%s", o->refusal->text);
		return;
	default:
		break;
	}
	INVARIANT(objects_get(o->txn, p->object.key, &row));
	storage_view_row(request_body(p->req), &row,
	    store_epoch(p->req->app->store));
	request_send(p->req, o->code == OUTCOME_EXISTING ? 200 : 201);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct put *p = c->arg;

	request_settle(p->req, rc);
	buf_free(&p->key);
	free(p);
}

/* The attempt that the writer is of; answers itself when it is no number. */
static bool
read_attempt(struct request *r, uint32_t *attempt)
{
	struct slice text = request_header(r, "X-Attempt");
	uint64_t n = 0;

	if (text.n > 0 && (!slice_u64(text, UINT32_MAX, &n) || n == 0)) {
		request_error(r, 400, "detail",
		    "X-Attempt must be an integer from 1");
		return false;
	}
	*attempt = (uint32_t)n;
	return true;
}

/* Are the path's parts and the type fit for an object?  Answers itself. */
static bool
check_put(struct request *r, struct slice type)
{
	static const char *const words[] = {"route", "stage", "name"};
	const char *why;

	for (unsigned i = 0; i < 3; i++) {
		why = object_check_part(r->param[i + 1]);
		if (why == NULL)
			continue;
		request_error(r, 400, "detail", "%s %s", words[i], why);
		return false;
	}
	why = object_check_type(type);
	if (why != NULL)
		request_error(r, 400, "detail", "Content-Type %s", why);
	return why == NULL;
}

/* PUT .../storage/{route}/{stage}/{name} */
void
storage_objects_put(struct request *r)
{
	struct slice type = request_header(r, "Content-Type");
	struct execution x;
	uint32_t attempt;
	struct put *p;

	if (type.n == 0)
		type = SLICE(DEFAULT_TYPE);
	if (!lookup_path_execution(r, &x) || !check_put(r, type) ||
	    !read_attempt(r, &attempt))
		return;
	p = mem_zalloc(sizeof *p);
	p->req = r;
	object_key_put(&x.id, r->param + 1, &p->key);
	p->object.key = buf_slice(&p->key);
	p->object.content_type = type;
	p->object.bytes = r->body;
	p->cmd.kind = CMD_OBJECT_PUT;
	p->cmd.id = x.id;
	p->cmd.fence = r->auth.token.fence;
	p->cmd.fence.attempt = attempt;
	p->cmd.put = &p->object;
	p->cmd.answer = on_answer;
	p->cmd.settled = on_settled;
	p->cmd.arg = p;
	submit_cmd(r, &p->cmd);
}

/* ---- reading ---- */

/*
 * Find the object that the path names and its execution, or answer that there
 * is none.
 */
static bool
find(struct request *r, struct objects_row *row, struct execution *x)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	char id[UUID_TEXT + 1];
	struct buf key = {0};
	bool found = false;

	if (lookup_id(r, r->param[0], x)) {
		uuid_format(&x->id, id);
		buf_addf(&key, OBJECT_ROOT "%s", id);
		for (unsigned i = 1; i < 4; i++) {
			buf_add_byte(&key, '/');
			buf_add_slice(&key, r->param[i]);
		}
		found = objects_get(t, buf_slice(&key), row);
	}
	if (found) { /* its key outlives the one it was found by */
		char *p = arena_get(&r->arena, key.len);

		memcpy(p, key.p, key.len);
		row->key.p = p;
	} else {
		request_error(r, 404, "detail", "object not found");
	}
	buf_free(&key);
	return found;
}

/* Append what a file's name may hold in a header, %XX for the rest. */
static void
add_encoded(struct buf *out, struct slice name)
{
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if ((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
		    (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_')
			buf_add_byte(out, c);
		else
			buf_addf(out, "%%%02X", c);
	}
}

/* Say that it is a file to be kept, and its name. */
static void
add_disposition(struct request *r, struct slice key)
{
	struct object_parts parts = {.name = SLICE_NONE};
	struct buf text = {0};

	(void)object_split(key, &parts);
	buf_add_str(&text, "attachment; filename=\"");
	for (size_t i = 0; i < parts.name.n; i++) {
		unsigned char c = (unsigned char)parts.name.p[i];

		buf_add_byte(&text, c > 0x7e ? '_' : c);
	}
	buf_add_str(&text, "\"; filename*=UTF-8''");
	add_encoded(&text, parts.name);
	buf_add_byte(&text, '\0');
	request_add_header(r, "Content-Disposition", text.p);
	buf_free(&text);
}

/* Borrow a slice as a C string that lives as long as the request. */
static const char *
text_of(struct request *r, struct slice s)
{
	char *p = arena_get(&r->arena, s.n + 1);

	memcpy(p, s.p, s.n);
	p[s.n] = '\0';
	return p;
}

/* Is a quoted etag, or "*", among those of a header? */
static bool
is_among(struct slice list, const char *etag)
{
	return list.n > 0 &&
	    (slice_is(list, "*") ||
		memmem(list.p, list.n, etag, strlen(etag)) != NULL);
}

/* GET and HEAD .../storage/objects/executions/{id}/{route}/{stage}/{name} */
void
storage_objects_get(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	char etag[STORAGE_ETAG_MAX];
	struct objects_row row;
	struct execution x;
	struct slice bytes;

	if (!find(r, &row, &x))
		return;
	storage_view_etag(&row, store_epoch(r->app->store), etag);
	bytes = objects_bytes(t, &row);
	if (bytes.p == NULL) {
		request_error(r, 500, "detail", "the object is damaged");
		return;
	}
	request_add_header(r, "ETag", etag);
	request_add_header(r, "Cache-Control", "private, no-cache");
	if (is_among(request_header(r, "If-None-Match"), etag)) {
		request_send_bytes(r, 304, NULL, SLICE_NONE);
		return;
	}
	request_add_header(r, "Content-Security-Policy", OBJECT_POLICY);
	add_disposition(r, row.key);
	request_send_bytes(r, 200, text_of(r, row.content_type), bytes);
}

/* GET .../metadata */
void
storage_objects_metadata(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jsonw *w = request_body(r);
	struct factflow_work *k;
	struct objects_row row;
	struct factflow_view v;
	struct execution x;
	struct slice bytes;
	char hash[65];

	if (!find(r, &row, &x))
		return;
	bytes = objects_bytes(t, &row);
	if (bytes.p == NULL) {
		request_error(r, 500, "detail", "the object is damaged");
		return;
	}
	v = factflow_view_of(r, &x);
	k = factflow_work_new(&v, engine_now(r->app->engine));
	configs_view_hash(bytes, hash);
	jsonw_object(w);
	storage_view_members(w, &row, store_epoch(r->app->store));
	draw_cstr(w, "checksum", hash);
	storage_view_run(w, &row, k);
	draw_text(w, "original_object_key", SLICE_NONE);
	jsonw_end(w);
	request_send(r, 200);
	factflow_work_free(k);
}
