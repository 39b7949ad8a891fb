/*
 * Objects in storage as JSON.
 */
#ifndef HTTP_STORAGE_VIEW_H
#define HTTP_STORAGE_VIEW_H

#include "core/jsonw.h"
#include "http/factflow_work.h"
#include "store/objects.h"

#define STORAGE_ETAG_MAX 48

/* An object as lists show it. */
void storage_view_object(struct jsonw *w, const struct objects_row *row);

/* The same with its etag and seq: its members, or an object of its own. */
void storage_view_members(struct jsonw *w, const struct objects_row *row,
    const char *epoch);
void storage_view_row(struct jsonw *w, const struct objects_row *row,
    const char *epoch);

/* Members that tell which run of its execution made it; null: none. */
void storage_view_run(struct jsonw *w, const struct objects_row *row,
    const struct factflow_work *k);

/* The ETag header: quoted; no two writes have the same. */
void storage_view_etag(const struct objects_row *row, const char *epoch,
    char out[STORAGE_ETAG_MAX]);

#endif
