/*
 * Times as people write them: RFC 3339, always UTC on the way out.
 */
#ifndef CORE_RFC3339_H
#define CORE_RFC3339_H

#include "core/slice.h"

#define RFC3339_MAX 40 /* enough for any form below, with NUL */

/* "2026-11-22T10:00:00Z": whole seconds, cut not rounded.  ms since 1970. */
void rfc3339_seconds(int64_t ms, char out[RFC3339_MAX]);

/* "2026-11-22T10:00:00.123Z" */
void rfc3339_millis(int64_t ms, char out[RFC3339_MAX]);

/* "2026-11-22T10:00:00.123000+00:00", or without the offset (TuxSEO). */
void rfc3339_micros(int64_t ms, bool offset, char out[RFC3339_MAX]);

/* Parse with Z or a numeric offset, any fraction; false when malformed. */
bool rfc3339_parse(struct slice s, int64_t *ms);

#endif
