/*
 * Writing JSON into a buf.  Misuse (a value where a key must stand) is a bug
 * and aborts.
 *
 *	w = jsonw_new(&b);
 *	jsonw_object(w); jsonw_key(w, "id"); jsonw_str(w, id); jsonw_end(w);
 */
#ifndef CORE_JSONW_H
#define CORE_JSONW_H

#include "core/buf.h"
#include "core/uuid.h"

struct jsonw;

/* A writer that appends to out (borrowed); compact, no newline. */
struct jsonw *jsonw_new(struct buf *out);
void jsonw_free(struct jsonw *w);

/* Start a new text, appending to out from now on. */
void jsonw_reset(struct jsonw *w, struct buf *out);

void jsonw_object(struct jsonw *w);
void jsonw_array(struct jsonw *w);
void jsonw_end(struct jsonw *w); /* closes the innermost of the two */

void jsonw_key(struct jsonw *w, const char *key);
void jsonw_key_slice(struct jsonw *w, struct slice key);

void jsonw_null(struct jsonw *w);
void jsonw_bool(struct jsonw *w, bool v);
void jsonw_int(struct jsonw *w, int64_t v);
void jsonw_u64(struct jsonw *w, uint64_t v);
void jsonw_double(struct jsonw *w, double v); /* shortest form that returns */
void jsonw_str(struct jsonw *w, struct slice s);
void jsonw_cstr(struct jsonw *w, const char *s); /* NULL writes null */
void jsonw_uuid(struct jsonw *w, const struct uuid *u);

/* A member that is a text; null when s.p is NULL. */
void jsonw_text(struct jsonw *w, const char *key, struct slice s);

/* Insert one complete, already valid JSON value as it stands. */
void jsonw_raw(struct jsonw *w, struct slice json);
/* The same, null when the slice is empty. */
void jsonw_raw_or_null(struct jsonw *w, struct slice json);

#endif
