/*
 * The labels of an execution as texts "key:value", shared by the cached
 * frames of its events.
 */
#ifndef SSE_LABEL_H
#define SSE_LABEL_H

#include "core/slice.h"

struct labels;

/* The labels of a JSON object of strings; NULL when there are none. */
struct labels *label_parse(struct slice json);

/* One holder more, one fewer; NULL is fine. */
struct labels *label_ref(struct labels *l);
void label_unref(struct labels *l);

bool label_has(const struct labels *l, struct slice text);

/* Walk: start with *at = 0, call until false. */
bool label_next(const struct labels *l, size_t *at, struct slice *text);

#endif
