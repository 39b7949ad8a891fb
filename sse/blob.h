/*
 * Bytes with a count of their holders (struct blob, sse_impl.h).
 */
#ifndef SSE_BLOB_H
#define SSE_BLOB_H

#include "sse/sse_impl.h"

/* A copy of bytes, held once. */
struct blob *blob_new(struct slice bytes);

/* One holder more, one fewer; NULL is fine. */
struct blob *blob_ref(struct blob *b);
void blob_unref(struct blob *b);

#endif
