/*
 * Drawing, as all dialects do it: a key, and null where there is nothing.
 * Payloads come from store/journal.h and are written as they were sent.
 */
#ifndef HTTP_DRAW_H
#define HTTP_DRAW_H

#include "core/execution.h"
#include "core/failure.h"
#include "core/jsonw.h"

/* Write a key and JSON, text, a C string; null where it is not there. */
void draw_json(struct jsonw *w, const char *key, struct slice json);
void draw_text(struct jsonw *w, const char *key, struct slice text);
void draw_cstr(struct jsonw *w, const char *key, const char *text);

void draw_u64(struct jsonw *w, const char *key, uint64_t n);
void draw_bool(struct jsonw *w, const char *key, bool b);

/* A number, null where it is its type's "not said". */
void draw_said(struct jsonw *w, const char *key, uint64_t n, uint64_t unsaid);

/* A time in ms, written by one of rfc3339.h's; 0 is null. */
void draw_seconds(struct jsonw *w, const char *key, int64_t ms);
void draw_millis(struct jsonw *w, const char *key, int64_t ms);
void draw_number(struct jsonw *w, const char *key, int64_t ms); /* as it is */

/*
 * When it ended: for whom it is being cancelled for, that was at once.
 * 0: it has not.
 */
int64_t draw_ended_at(const struct execution *x);

/* A failure in the taxonomy all dialects share, as an object. */
void draw_failure(struct jsonw *w, const struct failure *f,
    enum failure_category category, struct slice message);

/*
 * The statuses that a dialect calls by that word, as is() compares it, 0
 * behind the last; false when it is none of its words.
 */
bool draw_statuses(const char *const words[STATUS_COUNT], struct slice word,
    bool (*is)(struct slice, const char *), enum status out[STATUS_COUNT]);

#endif
