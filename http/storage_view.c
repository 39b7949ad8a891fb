/*
 * Drawing objects; all of it is in their rows.
 */
#include "http/storage_view.h"

#include <inttypes.h>
#include <stdio.h>

#include "core/object.h"
#include "http/draw.h"
#include "http/storage_run.h"
#include "store/journal.h"

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

/* Write an object. */
void
storage_view_object(struct jsonw *w, const struct objects_row *row)
{
	jsonw_object(w);
	members(w, row);
	factflow_members(w, row);
	jsonw_end(w);
}

/* Write what its row says of an object. */
void
storage_view_members(struct jsonw *w, const struct objects_row *row,
    const char *epoch)
{
	char etag[STORAGE_ETAG_MAX];

	storage_view_etag(row, epoch, etag);
	members(w, row);
	draw_cstr(w, "etag", etag);
	draw_u64(w, "seq", row->seq);
	factflow_members(w, row);
}

/* The same as an object of its own. */
void
storage_view_row(struct jsonw *w, const struct objects_row *row,
    const char *epoch)
{
	jsonw_object(w);
	storage_view_members(w, row, epoch);
	jsonw_end(w);
}

/* What is known of the document that a run made, as its worker told. */
static void
write_document(struct jsonw *w, struct slice metadata)
{
	static const char *const names[] = {"document_id", "title", "url"};
	const struct json_node *n;
	struct json *doc = NULL;
	struct json_error err;

	if (metadata.p != NULL)
		doc = json_parse(metadata, &err);
	for (unsigned i = 0; i < sizeof names / sizeof names[0]; i++) {
		n = doc == NULL ? NULL : json_get(json_root(doc), names[i]);
		jsonw_key(w, names[i]);
		jsonw_raw_or_null(w, n == NULL ? SLICE_NONE : n->raw);
	}
	json_free(doc);
}

/* Which run made it, and of which document. */
void
storage_view_run(struct jsonw *w, const struct objects_row *row,
    const struct factflow_work *k)
{
	struct slice metadata = SLICE_NONE;
	int at = storage_run_of(k, row);
	struct uuid id;

	jsonw_key(w, "correlation_id");
	if (at < 0) {
		jsonw_null(w);
	} else {
		id = factflow_work_id(k, (unsigned)at);
		jsonw_uuid(w, &id);
		metadata = journal_member(factflow_work_view(k)->txn,
		    factflow_work_runs(k).entry[at].metadata, MEMBER_METADATA);
	}
	write_document(w, metadata);
}
