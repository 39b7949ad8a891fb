/*
 * Drawing objects; all of it is in their rows.
 */
#include "http/storage_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/object.h"
#include "http/draw.h"

static void
members(struct jsonw *w, const struct objects_row *row)
{
	struct object_parts p = {.id = SLICE_NONE};

	(void)object_split(row->key, &p);
	draw_text(w, "key", row->key);
	draw_u64(w, "size", row->size);
	draw_text(w, "content_type", row->content_type);
	draw_millis(w, "created_at", row->created_at);
	draw_text(w, "execution_id", p.id);
	draw_text(w, "route", p.route);
	draw_text(w, "stage", p.stage);
	draw_text(w, "name", p.name);
}

/* Write an object. */
void
storage_view_object(struct jsonw *w, const struct objects_row *row)
{
	jsonw_object(w);
	members(w, row);
	jsonw_end(w);
}

/* Name a write: a store that was restored gives its seqs again. */
void
storage_view_etag(const struct objects_row *row, const char *epoch,
    char out[STORAGE_ETAG_MAX])
{
	snprintf(out, STORAGE_ETAG_MAX, "\"%s-%" PRIu64 "\"", epoch, row->seq);
}

/* The same by the names that Factflow's clients know. */
static void
factflow_members(struct jsonw *w, const struct objects_row *row)
{
	struct object_parts p = {.id = SLICE_NONE};

	(void)object_split(row->key, &p);
	draw_u64(w, "content_length", row->size);
	draw_text(w, "route_id", p.route);
	draw_millis(w, "modified_at", row->created_at);
}

/* Write all there is to say of an object. */
void
storage_view_metadata(struct jsonw *w, const struct objects_row *row,
    const char *epoch)
{
	char etag[STORAGE_ETAG_MAX];

	storage_view_etag(row, epoch, etag);
	jsonw_object(w);
	members(w, row);
	draw_cstr(w, "etag", etag);
	draw_u64(w, "seq", row->seq);
	factflow_members(w, row);
	jsonw_end(w);
}
