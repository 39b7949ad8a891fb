/*
 * Definitions read into memory, by job and version.  A definition never
 * changes, so an entry never gets stale; it only must not outlive the failed
 * transaction that saved it.
 */
#ifndef STORE_JOBS_CACHE_H
#define STORE_JOBS_CACHE_H

#include "core/job.h"

#define JOBS_CACHE_MAX 1024 /* kept over a turn's end */

struct jobs_cache;

struct jobs_cache *jobs_cache_new(uint64_t seed);
void jobs_cache_free(struct jobs_cache *c);

/* The job, until the next jobs_cache_trim(); NULL when it is not here. */
const struct job *jobs_cache_get(const struct jobs_cache *c,
    const struct uuid *id, uint32_t version);

/* Keep j, which is taken; provisional: read in a write transaction. */
void jobs_cache_add(struct jobs_cache *c, struct job *j, bool provisional);

/* The write transaction ended; without done its provisional ones go. */
void jobs_cache_settle(struct jobs_cache *c, bool done);

/* The turn ended: free what went, and all when there are too many. */
void jobs_cache_trim(struct jobs_cache *c);

#endif
