/*
 * Topify's articles: what completed executions have written.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/param.h"
#include "http/submit.h"
#include "http/topify.h"
#include "http/topify_error.h"
#include "http/topify_view.h"
#include "store/articles.h"

#define PAGE_MAX 100
#define PAGE_DEFAULT 20

struct op {
	struct cmd cmd;
	struct request *req;
	struct article_edit edit; /* borrows from the body */
};

static void
send_missing(struct request *r)
{
	topify_error_send(r, 404, "ARTICLE_NOT_FOUND", "article not found");
}

/* The article of the path; answers 404 itself. */
static bool
find(struct request *r, struct article *out)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct uuid id;

	if (uuid_parse(r->param[0], &id) && articles_get(t, &id, out) &&
	    auth_sees(&r->auth, out->project))
		return true;
	send_missing(r);
	return false;
}

static void
send_article(struct request *r, struct store_txn *t, const struct article *a)
{
	topify_view_article(request_body(r), t, a);
	request_send(r, 200);
}

/* GET /api/v1/articles/{article_id} */
void
topify_article_get(struct request *r)
{
	struct article a;

	if (find(r, &a))
		send_article(r, engine_snapshot(r->app->engine), &a);
}

/* ---- the list ---- */

static void
send_list(struct request *r, const struct articles_page *p, uint64_t page)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct jsonw *w = request_body(r);
	unsigned i;

	jsonw_object(w);
	jsonw_key(w, "articles");
	jsonw_array(w);
	for (i = 0; i < p->n; i++)
		topify_view_article(w, t, &p->out[i]);
	jsonw_end(w);
	draw_u64(w, "total", p->total);
	draw_u64(w, "page", page);
	draw_u64(w, "page_size", p->max);
	jsonw_end(w);
	request_send(r, 200);
}

/* publication_status=; answers 400 itself. */
static bool
read_status(struct request *r, struct articles_filter *f)
{
	struct slice text;

	if (!request_query(r, "publication_status", 0, &text) ||
	    article_status_parse(text, &f->status))
		return true;
	request_error(r, 400, "publication_status",
	    "must be one of draft, published, archived");
	return false;
}

/* GET /api/v1/articles */
void
topify_article_list(struct request *r)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct articles_filter f = {.project = r->auth.project};
	uint64_t page = 1, size = PAGE_DEFAULT;
	struct articles_page p = {.n = 0};

	if (!param_u64(r, "page", 1, INT32_MAX, &page) ||
	    !param_u64(r, "page_size", 1, PAGE_MAX, &size) ||
	    !read_status(r, &f))
		return;
	p.out = mem_zalloc(PAGE_MAX * sizeof *p.out);
	p.max = (unsigned)size;
	p.offset = (page - 1) * size;
	if (articles_page(t, &f, &p))
		send_list(r, &p, page);
	else
		request_error(r, 400, "page",
		    "must not be behind the %dth article", ARTICLES_SKIP_MAX);
	free(p.out);
}

/* ---- change ---- */

static void
on_changed(struct cmd *c, const struct outcome *o)
{
	struct op *op = c->arg;

	if (o->code == OUTCOME_NOT_FOUND)
		send_missing(op->req);
	else if (c->kind == CMD_ARTICLE_DELETE)
		request_send_bytes(op->req, 204, NULL, SLICE_NONE);
	else
		send_article(op->req, o->txn, o->article);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct op *op = c->arg;

	request_settle(op->req, rc);
	free(op);
}

/* Hand a change to the engine; edit NULL: delete. */
static void
submit(struct request *r, const struct uuid *id,
    const struct article_edit *edit)
{
	struct op *op = mem_zalloc(sizeof *op);

	op->req = r;
	op->cmd.kind = edit != NULL ? CMD_ARTICLE_EDIT : CMD_ARTICLE_DELETE;
	op->cmd.id = *id;
	op->cmd.answer = on_changed;
	op->cmd.settled = on_settled;
	op->cmd.arg = op;
	if (edit != NULL) {
		op->edit = *edit;
		op->cmd.edit = &op->edit;
	}
	submit_cmd(r, &op->cmd);
}

/* PATCH /api/v1/articles/{article_id} */
void
topify_article_edit(struct request *r)
{
	const struct json_node *body = request_json(r);
	struct article_edit edit;
	const char *member, *why;
	struct article a;

	if (body == NULL || !find(r, &a))
		return;
	member = article_edit_read(body, &edit, &why);
	if (member != NULL)
		request_error(r, 400, member, "%s", why);
	else
		submit(r, &a.id, &edit);
}

/* DELETE /api/v1/articles/{article_id} */
void
topify_article_delete(struct request *r)
{
	struct article a;

	if (find(r, &a))
		submit(r, &a.id, NULL);
}
