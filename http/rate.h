/*
 * How often each key, or each peer without one, may ask: a bucket of tokens
 * that fills over a minute.  In memory only.
 */
#ifndef HTTP_RATE_H
#define HTTP_RATE_H

#include "core/uuid.h"

struct rate;

/* per_minute > 0: the refill, and the size of a burst.  seed: random bits. */
struct rate *rate_new(unsigned per_minute, uint64_t seed);
void rate_free(struct rate *t); /* NULL is fine */

/*
 * Take a token of who's at now_ms (monotonic).  Returns 0, or the whole
 * seconds after which there will be one.
 */
unsigned rate_take(struct rate *t, const struct uuid *who, int64_t now_ms);

/* How many are remembered; those with a full bucket are soon forgotten. */
size_t rate_count(const struct rate *t);

#endif
