/*
 * From the journal's new tail to the cache, and to those it concerns.
 */
#ifndef SSE_FEED_H
#define SSE_FEED_H

#include "sse/sse_impl.h"

/* Take up what is new in the snapshot.  True when some is left. */
bool feed_run(struct sse *s, struct store_txn *t);

#endif
