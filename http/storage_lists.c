/*
 * Lists of objects: both are pages of one walk through their keys
 * (store/objects.h).
 */
#include "http/storage_lists.h"

#include <stdlib.h>

#include "core/object.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/invalid.h"
#include "http/storage_filter.h"
#include "http/storage_view.h"

#define LIMIT 100
#define LIMIT_MAX 1000
#define OFFSET_MAX 100000

/* A page that is asked for, and what is gathered of it. */
struct page {
	struct objects_query q;
	struct objects_walk *walk;
	struct storage_filter *filter; /* NULL: all */
	uint64_t limit, offset;
	bool skips;	   /* the offset was not 0 */
	struct buf common; /* each ends with a NUL, which no key has */
	struct buf last;   /* what is shown last, or where it was cut */
	uint64_t shown;
	unsigned passed; /* objects that the filter kept back */
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
	p->skips = p->offset > 0;
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

/* Does the filter keep it back?  A common prefix stands for anything. */
static bool
passes_over(const struct page *p, enum objects_found kind,
    const struct objects_row *row)
{
	return p->filter != NULL && kind == OBJECTS_ROW &&
	    !storage_filter_matches(p->filter, row);
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
		if (passes_over(p, *kind, row)) {
			p->more = ++p->passed == OBJECTS_LOOK_MAX;
			if (p->more)
				return false;
			continue;
		}
		if (p->offset == 0)
			break;
		p->offset--;
	}
	p->shown++;
	return true;
}

/* Write the objects of the page; common prefixes are kept for later. */
static void
write_array(struct jsonw *w, struct page *p)
{
	struct objects_row row;
	enum objects_found kind;

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

static void
write_objects(struct jsonw *w, struct page *p)
{
	jsonw_key(w, "objects");
	write_array(w, p);
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
	if (p->filter != NULL)
		storage_filter_free(p->filter);
	buf_free(&p->common);
	buf_free(&p->last);
}

/* Is this what all objects of one execution begin with? */
static bool
is_execution(struct slice prefix)
{
	struct uuid id;

	return prefix.n == sizeof OBJECT_ROOT + UUID_TEXT &&
	    uuid_parse((struct slice){prefix.p + sizeof OBJECT_ROOT - 1,
			   UUID_TEXT},
		&id);
}

/* The common prefixes; executions: those of executions alone. */
static void
write_prefixes(struct jsonw *w, const char *key, const struct page *p,
    bool executions)
{
	struct slice prefix;
	size_t at = 0;

	jsonw_key(w, key);
	jsonw_array(w);
	while (next_common(p, &at, &prefix))
		if (!executions || is_execution(prefix))
			jsonw_str(w, prefix);
	jsonw_end(w);
}

/* GET /api/v1/storage/objects */
void
storage_lists_objects(struct request *r)
{
	struct jsonw *w;
	struct page p;

	if (!read_page(r, &p))
		return;
	(void)request_query(r, "prefix", 0, &p.q.prefix);
	(void)request_query(r, "delimiter", 0, &p.q.delimiter);
	p.filter = storage_filter_new(r, &p.q.prefix);
	begin(r, &p);
	w = request_body(r);
	jsonw_object(w);
	write_objects(w, &p);
	write_prefixes(w, "common_prefixes", &p, false);
	write_prefixes(w, "execution_prefixes", &p, true);
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

/* The folders of a page. */
static void
write_folders(struct jsonw *w, struct slice folder, const struct page *p)
{
	struct slice path;
	size_t at = 0;

	jsonw_array(w);
	while (next_common(p, &at, &path))
		write_folder(w, folder, path);
	jsonw_end(w);
}

/* The folder that a folder is in: "" for the root's, none for the root. */
static struct slice
parent_of(struct slice folder)
{
	if (folder.n == 0)
		return SLICE_NONE;
	do
		folder.n--;
	while (folder.n > 0 && folder.p[folder.n - 1] != '/');
	folder.n -= folder.n > 0;
	return folder;
}

/* How many there are, which a page that is not all of it cannot tell. */
static void
write_total(struct jsonw *w, const char *key, const struct page *p, uint64_t n)
{
	jsonw_key(w, key);
	if (p->more || p->q.after.n > 0 || p->skips)
		jsonw_null(w);
	else
		jsonw_u64(w, n);
}

/* The same array by our name and by Factflow's. */
static void
write_twice(struct jsonw *w, const char *ours, const char *theirs,
    const struct buf *array)
{
	jsonw_key(w, ours);
	jsonw_raw(w, buf_slice(array));
	jsonw_key(w, theirs);
	jsonw_raw(w, buf_slice(array));
}

static void
write_browsed(struct jsonw *w, struct slice folder, struct page *p)
{
	struct buf files = {0}, folders = {0};
	struct jsonw *array = jsonw_new(&files);
	uint64_t nfolders = 0;
	struct slice path;
	size_t at = 0;

	write_array(array, p);
	jsonw_free(array);
	array = jsonw_new(&folders);
	write_folders(array, folder, p);
	jsonw_free(array);
	while (next_common(p, &at, &path))
		nfolders++;
	draw_text(w, "parent", parent_of(folder));
	write_twice(w, "objects", "files", &files);
	write_twice(w, "folders", "directories", &folders);
	write_total(w, "total_files", p, p->shown - nfolders);
	write_total(w, "total_directories", p, nfolders);
	buf_free(&files);
	buf_free(&folders);
}

/* GET /api/v1/storage/browse */
void
storage_lists_browse(struct request *r)
{
	struct slice folder;
	struct jsonw *w;
	struct page p;

	if (!read_page(r, &p))
		return;
	folder = p.q.prefix = read_folder(r);
	p.q.delimiter = SLICE("/");
	begin(r, &p);
	w = request_body(r);
	jsonw_object(w);
	draw_text(w, "path",
	    (struct slice){folder.p, folder.n - (folder.n > 0)});
	write_browsed(w, folder, &p);
	write_cursor(w, &p);
	draw_u64(w, "limit", p.limit);
	jsonw_end(w);
	request_send(r, 200);
	end(&p);
}
