/*
 * Looking at TuxSEO's jobs: one, and a page of them.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/tuxseo.h"
#include "http/tuxseo_impl.h"
#include "store/jobs.h"
#include "store/rows.h"

#define SIZE_MAX_PAGE 100
#define SIZE_DEFAULT 20

struct list {
	struct rows_filter filter;
	int64_t page, size;
	bool nothing; /* no job can match */
};

/* Draw a job of this turn's snapshot. */
static void
draw_job(struct request *r, struct jsonw *w, const struct execution *x,
    bool in_list)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct tuxseo_view v = {t, x, jobs_get(t, &x->job, x->job_version),
	    in_list};

	INVARIANT(v.job != NULL);
	tuxseo_view_job(w, &v);
}

/* GET /public-api/executions/{job_id} */
void
tuxseo_get(struct request *r)
{
	struct execution x;
	struct jsonw *w;

	if (!tuxseo_find(r, &x))
		return;
	w = request_body(r);
	jsonw_object(w);
	draw_cstr(w, "status", "success");
	jsonw_key(w, "job");
	draw_job(r, w, &x, false);
	jsonw_end(w);
	request_send(r, 200);
}

/* A number of the query that is clamped; *out stays when it is absent. */
static void
read_int(struct request *r, const char *name, struct tuxseo_invalid *v,
    int64_t *out)
{
	struct lax_error err;
	struct slice text;

	if (request_query(r, name, 0, &text) && !lax_nearest(text, out, &err))
		tuxseo_invalid_add(v, "query", name, NULL, err);
}

/* project_id, within what the key is bound to. */
static void
read_project(struct request *r, struct list *l, struct tuxseo_invalid *v)
{
	struct lax_error err;
	struct slice text;
	int64_t project;

	l->filter.project = r->auth.project;
	if (!request_query(r, "project_id", 0, &text))
		return;
	if (!lax_int(text, &project, &err)) {
		tuxseo_invalid_add(v, "query", "project_id", NULL, err);
		return;
	}
	if (project <= 0 || !auth_sees(&r->auth, (uint64_t)project))
		l->nothing = true;
	l->filter.project = (uint64_t)project;
}

/* operation and status; an unknown status is no filter. */
static void
read_words(struct request *r, struct list *l)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct slice text;

	if (request_query(r, "operation", 0, &text) && text.n > 0 &&
	    !jobs_find(t, text, &l->filter.job))
		l->nothing = true;
	if (request_query(r, "status", 0, &text))
		tuxseo_view_statuses(text, l->filter.status);
}

/* All of the query; answers 422 itself. */
static bool
read_list(struct request *r, struct list *l)
{
	struct tuxseo_invalid v = {.n = 0};

	read_project(r, l, &v);
	read_words(r, l);
	read_int(r, "page", &v, &l->page);
	read_int(r, "page_size", &v, &l->size);
	if (tuxseo_invalid_send(r, &v))
		return false;
	if (l->page < 1)
		l->page = 1;
	if (l->size < 1)
		l->size = 1;
	if (l->size > SIZE_MAX_PAGE)
		l->size = SIZE_MAX_PAGE;
	return true;
}

/* Read the rows; answers 422 for a page too deep to step to. */
static bool
read_page(struct request *r, const struct list *l, struct rows_page *p)
{
	static const struct lax_error deep = {"less_than_equal",
	    "Input should be less: pages are shown up to the 100000th job"};
	struct tuxseo_invalid v = {.n = 0};
	struct store_txn *t = engine_snapshot(r->app->engine);

	p->max = (unsigned)l->size;
	p->offset = l->page > INT32_MAX
	    ? INT64_MAX
	    : (uint64_t)(l->page - 1) * (uint64_t)l->size;
	if (l->nothing || rows_page_read(t, &l->filter, p))
		return true;
	tuxseo_invalid_add(&v, "query", "page", NULL, deep);
	tuxseo_invalid_send(r, &v);
	return false;
}

static void
send_list(struct request *r, const struct list *l, const struct rows_page *p)
{
	struct jsonw *w = request_body(r);
	unsigned i;

	jsonw_object(w);
	draw_cstr(w, "status", "success");
	jsonw_key(w, "jobs");
	jsonw_array(w);
	for (i = 0; i < p->n; i++)
		draw_job(r, w, &p->out[i], true);
	jsonw_end(w);
	jsonw_key(w, "pagination");
	jsonw_object(w);
	draw_u64(w, "page", (uint64_t)l->page);
	draw_u64(w, "page_size", (uint64_t)l->size);
	draw_u64(w, "total", p->total);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

/* GET /public-api/executions */
void
tuxseo_list(struct request *r)
{
	struct list l = {.page = 1, .size = SIZE_DEFAULT};
	struct rows_page p = {.n = 0};

	if (!read_list(r, &l))
		return;
	p.out = mem_zalloc(SIZE_MAX_PAGE * sizeof *p.out);
	if (read_page(r, &l, &p))
		send_list(r, &l, &p);
	free(p.out);
}
