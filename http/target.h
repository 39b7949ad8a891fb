/*
 * A request's target, taken apart.
 */
#ifndef HTTP_TARGET_H
#define HTTP_TARGET_H

#include "core/slice.h"

/*
 * Split "/path?query", "http://host/path?query" or, where star is true, "*"
 * into path and query (empty without '?').  Both borrow from raw, or from a
 * literal.  False when it has another form.
 */
bool target_split(struct slice raw, bool star, struct slice *path,
    struct slice *query);

#endif
