/*
 * Lists of objects: both are pages of one walk through their keys
 * (store/objects.h).
 */
#include "http/storage_lists.h"

#include <stdlib.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/invalid.h"
#include "http/storage_view.h"

#define LIMIT 100
#define LIMIT_MAX 1000
#define OFFSET_MAX 100000

/* A page that is asked for, and what is gathered of it. */
struct page {
	struct objects_query q;
	struct objects_walk *walk;
	uint64_t limit, offset;
	struct buf common; /* each ends with a NUL, which no key has */
	struct buf last;   /* what is shown last, or where it was cut */
	uint64_t shown;
	bool more;
};

/* Read what both take; answers 422 itself. */
static bool
read_page(struct request *r, struct page *p)
{
	static const uint64_t limits[] = {1, LIMIT_MAX};
	static const uint64_t offsets[] = {0, OFFSET_MAX};
	struct invalid v = {.n = 0};

	*p = (struct page){.q.project = r->auth.project, .limit = LIMIT};
	invalid_read_u64(&v, r, "limit", limits, &p->limit);
	invalid_read_u64(&v, r, "offset", offsets, &p->offset);
	(void)request_query(r, "cursor", 0, &p->q.after);
	if (v.n > 0)
		invalid_send(r, &v);
	return v.n == 0;
}

static void
note_last(struct page *p, struct slice key)
{
	p->last.len = 0;
	buf_add_slice(&p->last, key);
}

/* Go to what is shown next; false at the end of the page. */
static bool
next(struct page *p, enum objects_found *kind, struct objects_row *row)
{
	for (;;) {
		*kind = objects_walk_next(p->walk, row);
		if (*kind == OBJECTS_END)
			return false;
		if (p->shown == p->limit || *kind == OBJECTS_CUT) {
			if (*kind == OBJECTS_CUT)
				note_last(p, row->key);
			p->more = true;
			return false;
		}
		note_last(p, row->key);
		if (p->offset == 0)
			break;
		p->offset--;
	}
	p->shown++;
	return true;
}

/* Write the objects of the page; common prefixes are kept for later. */
static void
write_objects(struct jsonw *w, struct page *p)
{
	struct objects_row row;
	enum objects_found kind;

	jsonw_key(w, "objects");
	jsonw_array(w);
	while (next(p, &kind, &row)) {
		if (kind == OBJECTS_ROW) {
			storage_view_object(w, &row);
			continue;
		}
		buf_add_slice(&p->common, row.key);
		buf_add_byte(&p->common, '\0');
	}
	jsonw_end(w);
}

/* Take the next common prefix off *at. */
static bool
next_common(const struct page *p, size_t *at, struct slice *out)
{
	if (*at == p->common.len)
		return false;
	*out = slice_str(p->common.p + *at);
	*at += out->n + 1;
	return true;
}

static void
write_cursor(struct jsonw *w, const struct page *p)
{
	draw_text(w, "next_cursor", p->more ? buf_slice(&p->last) : SLICE_NONE);
}

static void
begin(struct request *r, struct page *p)
{
	p->walk = objects_walk_new(engine_snapshot(r->app->engine), &p->q);
}

static void
end(struct page *p)
{
	objects_walk_free(p->walk);
	buf_free(&p->common);
	buf_free(&p->last);
}

/* GET /api/v1/storage/objects */
void
storage_lists_objects(struct request *r)
{
	struct slice prefix;
	struct jsonw *w;
	struct page p;
	size_t at = 0;

	if (!read_page(r, &p))
		return;
	(void)request_query(r, "prefix", 0, &p.q.prefix);
	(void)request_query(r, "delimiter", 0, &p.q.delimiter);
	begin(r, &p);
	w = request_body(r);
	jsonw_object(w);
	write_objects(w, &p);
	jsonw_key(w, "common_prefixes");
	jsonw_array(w);
	while (next_common(&p, &at, &prefix))
		jsonw_str(w, prefix);
	jsonw_end(w);
	write_cursor(w, &p);
	draw_u64(w, "limit", p.limit);
	jsonw_end(w);
	request_send(r, 200);
	end(&p);
}

/* The folder that is asked for, with its '/' unless it is the root. */
static struct slice
read_folder(struct request *r)
{
	struct slice path = SLICE_NONE;
	char *text;

	(void)request_query(r, "path", 0, &path);
	while (path.n > 0 && path.p[0] == '/')
		path = (struct slice){path.p + 1, path.n - 1};
	while (path.n > 0 && path.p[path.n - 1] == '/')
		path.n--;
	if (path.n == 0)
		return SLICE("");
	text = arena_get(&r->arena, path.n + 1);
	memcpy(text, path.p, path.n);
	text[path.n] = '/';
	return (struct slice){text, path.n + 1};
}

/* A folder's path, and the last part of it. */
static void
write_folder(struct jsonw *w, struct slice folder, struct slice path)
{
	path.n--; /* the '/' */
	jsonw_object(w);
	draw_text(w, "name",
	    (struct slice){path.p + folder.n, path.n - folder.n});
	draw_text(w, "path", path);
	jsonw_end(w);
}

/* GET /api/v1/storage/browse */
void
storage_lists_browse(struct request *r)
{
	struct slice folder, path;
	struct jsonw *w;
	struct page p;
	size_t at = 0;

	if (!read_page(r, &p))
		return;
	folder = p.q.prefix = read_folder(r);
	p.q.delimiter = SLICE("/");
	begin(r, &p);
	w = request_body(r);
	jsonw_object(w);
	draw_text(w, "path",
	    (struct slice){folder.p, folder.n - (folder.n > 0)});
	write_objects(w, &p);
	jsonw_key(w, "folders");
	jsonw_array(w);
	while (next_common(&p, &at, &path))
		write_folder(w, folder, path);
	jsonw_end(w);
	write_cursor(w, &p);
	draw_u64(w, "limit", p.limit);
	jsonw_end(w);
	request_send(r, 200);
	end(&p);
}
