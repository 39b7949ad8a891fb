/*
 * Narrowing lists of objects: by parts of their keys, and by the run that
 * made them: those of its step that were stored before the step ran again.
 */
#include "http/storage_filter.h"

#include <stdlib.h>

#include "core/mem.h"
#include "core/object.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/factflow_work.h"
#include "store/rows.h"

struct storage_filter {
	struct buf key;		   /* one whose parts are those asked for */
	struct slice route, stage; /* as they are in keys; empty: any */
	struct slice extensions;   /* "md,.json"; empty: any */
	struct buf under;	   /* what the run's objects begin with */
	int64_t from, until;	   /* ms; when they were stored */
	bool none; /* a run that there is not: it made nothing */
};

/* Parts as they are put into a key: some of their bytes are %XX there. */
static void
read_parts(struct request *r, struct storage_filter *f)
{
	struct slice part[3] = {SLICE("x"), SLICE("x"), SLICE("x")};
	struct object_parts in_key = {.id = SLICE_NONE};
	struct slice route = SLICE_NONE, stage = SLICE_NONE;
	struct uuid id = {.b = {0}};

	(void)request_query(r, "route_id", 0, &route);
	(void)request_query(r, "stage", 0, &stage);
	part[0] = route.n > 0 ? route : part[0];
	part[1] = stage.n > 0 ? stage : part[1];
	object_key_put(&id, part, &f->key);
	(void)object_split(buf_slice(&f->key), &in_key);
	f->route = route.n > 0 ? in_key.route : SLICE_NONE;
	f->stage = stage.n > 0 ? in_key.stage : SLICE_NONE;
}

/* Find the run's place among those of its execution. */
static int
find_run(const struct factflow_work *k, const struct uuid *id)
{
	struct factflow_runs runs = factflow_work_runs(k);

	for (unsigned i = 0; i < runs.n; i++) {
		struct uuid one = factflow_work_id(k, i);

		if (uuid_eq(&one, id))
			return (int)i;
	}
	return -1;
}

/* The run's step, and the time until the step's next run. */
static void
add_run(struct storage_filter *f, const struct factflow_work *k, unsigned at)
{
	const struct factflow_view *v = factflow_work_view(k);
	struct factflow_runs runs = factflow_work_runs(k);
	const struct lineage_entry *e = &runs.entry[at];

	f->none = false;
	object_key_step(&v->x->id, &v->job->steps[e->step], &f->under);
	f->from = e->started_at;
	while (++at < runs.n && runs.entry[at].step != e->step)
		;
	if (at < runs.n)
		f->until = runs.entry[at].started_at;
}

static void
read_run(struct request *r, struct storage_filter *f)
{
	struct store_txn *t = engine_snapshot(r->app->engine);
	struct factflow_work *k;
	struct factflow_view v;
	struct execution x;
	struct slice text;
	struct uuid id;
	int at;

	f->until = INT64_MAX;
	if (!request_query(r, "correlation_id", 0, &text))
		return;
	f->none = true;
	if (!uuid_parse(text, &id) || !rows_get_owner(t, &id, &x) ||
	    !auth_sees(&r->auth, x.project))
		return;
	v = factflow_view_of(r, &x);
	k = factflow_work_new(&v, engine_now(r->app->engine));
	at = find_run(k, &id);
	if (at >= 0)
		add_run(f, k, (unsigned)at);
	factflow_work_free(k);
}

static bool
begins(struct slice s, struct slice with)
{
	return s.n >= with.n &&
	    (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

/* Read the filter. */
struct storage_filter *
storage_filter_new(struct request *r, struct slice *prefix)
{
	struct storage_filter *f = mem_zalloc(sizeof *f);
	struct slice under;

	read_parts(r, f);
	(void)request_query(r, "extension", 0, &f->extensions);
	read_run(r, f);
	under = buf_slice(&f->under);
	if (begins(under, *prefix))
		*prefix = under;
	else if (under.n > 0 && !begins(*prefix, under))
		f->none = true;
	if (f->none)
		*prefix = SLICE("-"); /* no key begins so */
	return f;
}

/* Release it. */
void
storage_filter_free(struct storage_filter *f)
{
	buf_free(&f->key);
	buf_free(&f->under);
	free(f);
}

/* Does a name end with "." and this, which may have the dot? */
static bool
has_extension(struct slice name, struct slice ext)
{
	bool dot = ext.n > 0 && ext.p[0] == '.';
	size_t n = ext.n + (dot ? 0 : 1);

	return ext.n > 0 && name.n >= n && name.p[name.n - n] == '.' &&
	    memcmp(name.p + name.n - ext.n, ext.p, ext.n) == 0;
}

/* Does a name end with one of them? */
static bool
has_one_of(struct slice name, struct slice list)
{
	struct slice item;
	size_t at = 0;

	if (list.n == 0)
		return true;
	while (at < list.n) {
		item = (struct slice){list.p + at, 0};
		while (at + item.n < list.n && item.p[item.n] != ',')
			item.n++;
		at += item.n + 1;
		if (has_extension(name, slice_trim(item)))
			return true;
	}
	return false;
}

/* Match. */
bool
storage_filter_matches(const struct storage_filter *f,
    const struct objects_row *row)
{
	struct object_parts p = {.id = SLICE_NONE};

	if (!begins(row->key, buf_slice(&f->under)) ||
	    row->created_at < f->from || row->created_at >= f->until ||
	    !object_split(row->key, &p))
		return false;
	return (f->route.n == 0 || slice_eq(p.route, f->route)) &&
	    (f->stage.n == 0 || slice_eq(p.stage, f->stage)) &&
	    has_one_of(p.name, f->extensions);
}
