/*
 * Durations as people type and read them.
 */
#ifndef CLI_DURATION_H
#define CLI_DURATION_H

#include "core/buf.h"

#define DURATION_MAX_MS ((uint64_t)366 * 24 * 60 * 60 * 1000)

/*
 * Read "500ms", "90s", "5m", "1h" or "90" (seconds) as ms.  False, and *ms
 * untouched, when it is anything else, zero, or over DURATION_MAX_MS.
 */
bool duration_parse(const char *text, uint64_t *ms);

/* Append ms as "350ms", "42s", "3m07s" or "2h05m". */
void duration_format(uint64_t ms, struct buf *out);

#endif
