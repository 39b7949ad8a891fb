/*
 * Text from the server made fit for a terminal.  Job names, error messages
 * and logs are written by strangers: a control character among them could
 * move the cursor, hide a line or forge one.
 */
#ifndef CLI_TEXT_H
#define CLI_TEXT_H

#include "core/buf.h"
#include "core/json.h"

/*
 * Append s with every control character (C0, DEL, C1) as a '?', line breaks
 * and tabs as a space, and bytes that are not UTF-8 as '?'.
 */
void text_add(struct buf *out, struct slice s);

/* The same, but a line break stays one, and the next line is indented. */
void text_add_lines(struct buf *out, struct slice s, unsigned indent);

/*
 * Append a JSON value for people: a string without its quotes, anything else
 * as sent; "-" for null and absent (NULL).
 */
void text_add_node(struct buf *out, const struct json_node *n);

/* The decoded string, or the raw text of anything else; empty for null. */
struct slice text_of(const struct json_node *n);

/* Append at most width code points of s, which text_add() made. */
void text_add_cut(struct buf *out, struct slice s, size_t width);

#endif
