/*
 * What a stream says besides events: its head, how long to wait before a
 * reconnection, gap, end, and signs of life.  Each appends to out.
 */
#ifndef SSE_CONTROL_H
#define SSE_CONTROL_H

#include "sse/sse_impl.h"

/* The HTTP head, in that form. */
void control_head(unsigned form, struct buf *out);

/* `retry:`, jittered by half either way. */
void control_retry(struct sse *s, unsigned form, struct buf *out);

/* A comment; text "" for the shortest. */
void control_comment(const char *text, unsigned form, struct buf *out);

/* Only an id, so that the reader's cursor moves over what was not for it. */
void control_id(struct sse *s, unsigned form, uint64_t seq, struct buf *out);

void control_heartbeat(struct sse *s, unsigned form, struct buf *out);

void control_gap(struct sse *s, const struct view *v, const char *reason,
    uint64_t seq, struct buf *out);

/*
 * x ended, or all executions of v did (NULL), and the reader has seen all up
 * to seq.
 */
void control_end(struct sse *s, const struct view *v, const struct execution *x,
    uint64_t seq, struct buf *out);

/* The last chunk, where there are chunks. */
void control_last(unsigned form, struct buf *out);

#endif
