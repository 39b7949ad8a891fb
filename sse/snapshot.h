/*
 * The first event of a stream without a cursor: how things stand, read in
 * the same transaction as the cursor it carries.
 */
#ifndef SSE_SNAPSHOT_H
#define SSE_SNAPSHOT_H

#include "sse/sse_impl.h"

/*
 * The snapshot event of v in its form.  Holds one reference for the caller;
 * those who come in the same turn for the same view share it.
 */
struct blob *snapshot_get(struct sse *s, struct store_txn *t,
    const struct view *v);

/* The turn ends. */
void snapshot_forget(struct sse *s);

#endif
