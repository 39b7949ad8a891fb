/*
 * Request targets: a path and its query, with foreign parts escaped.
 */
#ifndef CLI_TARGET_H
#define CLI_TARGET_H

#include "core/buf.h"

/* Append "/" and text, escaped, as one path segment. */
void target_segment(struct buf *t, const char *text);

/* Append each part of text, which '/' separates, as a segment of its own. */
void target_path(struct buf *t, const char *text);

/* Append "?name=value" or "&name=value"; nothing when value is NULL. */
void target_query(struct buf *t, const char *name, const char *value);

#endif
