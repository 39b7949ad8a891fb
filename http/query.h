/*
 * Percent-encoding, strictly: every '%' has two hexadecimal digits, and what
 * comes out is UTF-8 without NUL.
 */
#ifndef HTTP_QUERY_H
#define HTTP_QUERY_H

#include "core/arena.h"
#include "core/slice.h"

/*
 * Decode raw.  plus: '+' is a space.  *out is raw itself where nothing is
 * encoded, else memory of a.  False when it is malformed.
 */
bool query_decode(struct slice raw, bool plus, struct arena *a,
    struct slice *out);

/* True when all names and values of a query can be decoded. */
bool query_valid(struct slice query);

/*
 * The nth (from 0) parameter of that name in a valid query, decoded; false
 * when there is none.
 */
bool query_find(struct slice query, const char *name, unsigned nth,
    struct arena *a, struct slice *out);

#endif
