/*
 * An archive holds no more in memory than one object, or a few small ones:
 * it adds the next when the client has taken the last, and finds its place
 * again by the key, so that no snapshot is kept in between.
 */
#include "http/storage_archive.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"
#include "core/object.h"
#include "core/tar.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/lookup.h"
#include "store/objects.h"

#define AT_ONCE ((size_t)64 * 1024) /* bytes of small objects */

struct archive {
	struct request *req;
	struct buf prefix; /* of the execution's keys */
	struct buf last;   /* the key of what was added last */
	struct buf block;  /* headers and padding */
};

static void
archive_free(struct archive *a)
{
	buf_free(&a->prefix);
	buf_free(&a->last);
	buf_free(&a->block);
	free(a);
}

/* The client has gone. */
static void
on_gone(void *arg)
{
	archive_free(arg);
}

static void
add_block(struct archive *a)
{
	request_stream_add(a->req, buf_slice(&a->block));
	a->block.len = 0;
}

/* Add an object; false when it cannot be read. */
static bool
add_object(struct archive *a, struct store_txn *t,
    const struct objects_row *row)
{
	struct slice bytes = objects_bytes(t, row);
	struct tar_file f = {
	    .path = {row->key.p + a->prefix.len, row->key.n - a->prefix.len},
	    .size = row->size,
	    .time = row->created_at / 1000,
	};

	if (bytes.p == NULL)
		return false;
	tar_add_header(&a->block, &f);
	add_block(a);
	request_stream_add(a->req, bytes);
	tar_add_padding(&a->block, row->size);
	add_block(a);
	a->last.len = 0;
	buf_add_slice(&a->last, row->key);
	return true;
}

/* End it, whole or not. */
static void
end(struct archive *a, bool whole)
{
	if (whole) {
		tar_add_end(&a->block);
		add_block(a);
	}
	request_stream_end(a->req, whole);
	archive_free(a);
}

/* Add the next object, or some when they are small. */
static void
on_more(void *arg)
{
	struct archive *a = arg;
	struct store_txn *t = engine_snapshot(a->req->app->engine);
	struct objects_query q = {.prefix = buf_slice(&a->prefix)};
	struct objects_walk *w;
	struct objects_row row;
	enum objects_found found;
	struct buf after = a->last;
	bool whole = true;

	/* The walk borrows where it began, and last moves on. */
	a->last = (struct buf){0};
	q.after = buf_slice(&after);
	w = objects_walk_new(t, &q);
	do {
		found = objects_walk_next(w, &row);
		if (found == OBJECTS_ROW)
			whole = add_object(a, t, &row);
	} while (whole && found == OBJECTS_ROW &&
	    request_stream_unsent(a->req) < AT_ONCE);
	objects_walk_free(w);
	buf_free(&after);
	if (!whole || found == OBJECTS_END)
		end(a, whole);
}

/* GET /api/v1/executions/{id}/archive.tar */
void
storage_archive(struct request *r)
{
	char id[UUID_TEXT + 1], name[64 + UUID_TEXT];
	struct request_flow flow = {.more = on_more, .gone = on_gone};
	struct execution x;
	struct archive *a;

	if (!lookup_path_execution(r, &x))
		return;
	uuid_format(&x.id, id);
	snprintf(name, sizeof name, "attachment; filename=\"%s.tar\"", id);
	request_add_header(r, "Content-Disposition", name);
	flow.arg = a = mem_zalloc(sizeof *a);
	a->req = r;
	buf_addf(&a->prefix, OBJECT_ROOT "%s/", id);
	if (!request_stream(r, "application/x-tar", &flow))
		archive_free(a);
}
