/*
 * Query parameters that several endpoints share.
 */
#ifndef HTTP_PARAM_H
#define HTTP_PARAM_H

#include "http/request.h"

/*
 * A number in min..max; *out stays when it is absent.  Answers 400 itself and
 * returns false when it is anything else.
 */
bool param_u64(struct request *r, const char *name, uint64_t min, uint64_t max,
    uint64_t *out);

/* cursor=: an id that an earlier answer gave; answers 400 itself. */
bool param_cursor(struct request *r, struct uuid *out);

/* "next_cursor": at, or null when it is zero. */
void param_write_cursor(struct jsonw *w, const struct uuid *at);

#endif
