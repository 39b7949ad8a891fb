/*
 * Integers as lenient readers take them, which one dialect's clients rely on:
 * numeric text counts as a number, a number without a fraction as an integer.
 */
#ifndef HTTP_LAX_H
#define HTTP_LAX_H

#include "core/json.h"

/* What is wrong with a value: a machine's word and a sentence. */
struct lax_error {
	const char *type, *msg;
};

/*
 * Read text as an integer: spaces around it, a sign, '_' between digits and
 * a fraction of zeros are fine.  Beyond 64 bits it is an error.
 */
bool lax_int(struct slice text, int64_t *out, struct lax_error *err);

/* The same, but what is beyond 64 bits is the nearest there is. */
bool lax_nearest(struct slice text, int64_t *out, struct lax_error *err);

/* The same for JSON: a number, true or false, or a string as above. */
bool lax_json_int(const struct json_node *n, int64_t *out,
    struct lax_error *err);

#endif
