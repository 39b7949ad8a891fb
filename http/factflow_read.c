/*
 * Looking at executions in Factflow's way: one, pages by offset, and what
 * their steps did.
 */
#include <stdlib.h>

#include "core/labels.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/factflow.h"
#include "http/factflow_view.h"
#include "http/factflow_work.h"
#include "http/invalid.h"
#include "http/lookup.h"
#include "http/wait.h"
#include "store/jobs.h"
#include "store/rows.h"

#define LIST_MAX 1000
#define LIST_DEFAULT 100
#define LINEAGE_MAX 10000
#define LINEAGE_DEFAULT 1000

/* ---- lists ---- */

struct list {
	struct rows_filter filter;
	struct slice label[LABELS_MAX];
	uint64_t limit, offset;
	struct invalid invalid;
};

/* The statuses that a word stands for, one bit each; 0: it is no word. */
static unsigned
statuses_of(struct slice word)
{
	unsigned set = 0;
	enum status s;

	if (slice_is(word, "created"))
		return 1u << STATUS_QUEUED;
	for (s = STATUS_QUEUED; s < STATUS_COUNT; s++)
		if (slice_is(word, factflow_view_word(s)))
			set |= 1u << s;
	return set;
}

/* status=, one or several. */
static void
read_statuses(struct request *r, struct list *l)
{
	unsigned set = 0, nth, n = 0;
	struct slice word;
	enum status s;

	for (nth = 0; request_query(r, "status", nth, &word); nth++) {
		if (statuses_of(word) == 0) {
			invalid_query(&l->invalid, "status", word,
			    "must be one of created, running, cancelling, "
			    "interrupted, completed, failed, cancelled");
			return;
		}
		set |= statuses_of(word);
	}
	for (s = STATUS_QUEUED; s < STATUS_COUNT; s++)
		if ((set & 1u << s) != 0)
			l->filter.status[n++] = s;
}

/* config_id=, an id or a name; one that is not there has no executions. */
static void
read_config(struct request *r, struct list *l)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct slice text;

	if (!request_query(r, "config_id", 0, &text) ||
	    uuid_parse(text, &l->filter.job) ||
	    jobs_find(t, text, &l->filter.job))
		return;
	memset(l->filter.job.b, 0xff, sizeof l->filter.job.b);
}

/* tag=key:value, all of which must hold. */
static void
read_labels(struct request *r, struct list *l)
{
	struct slice text;
	unsigned n;

	for (n = 0; request_query(r, "tag", n, &text); n++) {
		if (n == LABELS_MAX) {
			invalid_query(&l->invalid, "tag", text,
			    "must be there at most 64 times");
			return;
		}
		if (text.n == 0 || memchr(text.p, ':', text.n) == NULL) {
			invalid_query(&l->invalid, "tag", text,
			    "must be key:value");
			return;
		}
		l->label[n] = text;
	}
	l->filter.more = l->label;
	l->filter.nmore = n;
}

/* limit= and offset=. */
static void
read_page(struct request *r, struct list *l)
{
	static const uint64_t limits[2] = {1, LIST_MAX};
	static const uint64_t offsets[2] = {0, INT64_MAX};

	l->limit = LIST_DEFAULT;
	invalid_read_u64(&l->invalid, r, "limit", limits, &l->limit);
	invalid_read_u64(&l->invalid, r, "offset", offsets, &l->offset);
}

static void
write_page(struct request *r, const struct list *l, const struct rows_page *p)
{
	struct jsonw *w = request_body(r);
	uint64_t seen = p->n > 0 ? p->offset + p->n : p->total;
	struct factflow_view v;
	unsigned i;

	jsonw_object(w);
	draw_u64(w, "total", p->total);
	draw_u64(w, "limit", l->limit);
	draw_u64(w, "offset", l->offset);
	draw_bool(w, "has_more", p->total > seen || p->cut);
	jsonw_key(w, "executions");
	jsonw_array(w);
	for (i = 0; i < p->n; i++) {
		v = factflow_view_of(r, &p->out[i]);
		factflow_view_row(w, &v);
	}
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

/* Answer with a page, or with what is wrong about the query. */
static void
send_list(struct request *r, struct list *l)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct rows_page p = {.max = (unsigned)l->limit, .offset = l->offset};

	if (l->invalid.n > 0) {
		invalid_send(r, &l->invalid);
		return;
	}
	p.out = mem_resize(NULL, p.max, sizeof *p.out);
	if (rows_page_read(t, &l->filter, &p))
		write_page(r, l, &p);
	else
		request_error(r, 422, "offset",
		    "must be at most %d here: narrow the list by a filter",
		    ROWS_LOOK_MAX);
	free(p.out);
}

/* GET /api/v1/executions */
void
factflow_list(struct request *r)
{
	struct list l = {.filter.project = r->auth.project};

	read_page(r, &l);
	read_statuses(r, &l);
	read_config(r, &l);
	read_labels(r, &l);
	send_list(r, &l);
}

/* GET .../replays: they have their parent's project. */
void
factflow_replays(struct request *r)
{
	struct execution parent;
	struct list l = {.limit = 0};

	if (!lookup_path_execution(r, &parent))
		return;
	l.filter.parent = parent.id;
	read_page(r, &l);
	send_list(r, &l);
}

/* ---- one ---- */

static struct factflow_work *
work_of(struct request *r, const struct factflow_view *v)
{
	return factflow_work_new(v, engine_now(r->app->engine));
}

/* GET /api/v1/executions/{id} */
void
factflow_get(struct request *r)
{
	struct factflow_work *k;
	struct factflow_view v;
	struct execution x;

	if (!lookup_path_execution(r, &x) || wait_begin(r, &x, factflow_get))
		return;
	v = factflow_view_of(r, &x);
	k = work_of(r, &v);
	factflow_view_detail(request_body(r), &v, k);
	request_send(r, 200);
	factflow_work_free(k);
}

/* Answer with a drawing of what its steps did. */
static void
send_work(struct request *r,
    void (*draw)(struct jsonw *, const struct factflow_work *))
{
	struct factflow_work *k;
	struct factflow_view v;
	struct execution x;

	if (!lookup_path_execution(r, &x))
		return;
	v = factflow_view_of(r, &x);
	k = work_of(r, &v);
	draw(request_body(r), k);
	request_send(r, 200);
	factflow_work_free(k);
}

/* GET .../stats */
void
factflow_stats(struct request *r)
{
	send_work(r, factflow_work_write_stats);
}

/* GET .../dag */
void
factflow_dag(struct request *r)
{
	send_work(r, factflow_work_write_dag);
}

/* GET .../routes */
void
factflow_routes(struct request *r)
{
	send_work(r, factflow_work_write_routes);
}

/* GET .../monitor */
void
factflow_monitor(struct request *r)
{
	send_work(r, factflow_work_write_monitor);
}

/* GET .../lineage */
void
factflow_lineage(struct request *r)
{
	static const uint64_t limits[2] = {1, LINEAGE_MAX};
	uint64_t limit = LINEAGE_DEFAULT;
	struct invalid v = {.n = 0};
	struct factflow_work *k;
	struct factflow_view view;
	struct execution x;

	if (!lookup_path_execution(r, &x))
		return;
	invalid_read_u64(&v, r, "limit", limits, &limit);
	if (v.n > 0) {
		invalid_send(r, &v);
		return;
	}
	view = factflow_view_of(r, &x);
	k = work_of(r, &view);
	factflow_work_write_lineage(request_body(r), k, limit);
	request_send(r, 200);
	factflow_work_free(k);
}
