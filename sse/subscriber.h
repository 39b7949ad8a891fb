/*
 * A subscriber: a socket, a view and a cursor, and the three states it can
 * be in.
 *
 *	LIVE	 has all there is; an event of its view's topic wakes it
 *	RUNNING	 in the run queue: a turn will send it what follows its cursor
 *	BLOCKED	 the socket took no more; EV_WRITE puts it back into the queue
 *
 * Nothing is kept of what the socket did not take but the cursor and an
 * offset into the frame behind it.
 */
#ifndef SSE_SUBSCRIBER_H
#define SSE_SUBSCRIBER_H

#include "sse/sse_impl.h"

/* Start one on fd, which is its own from now on. */
void subscriber_new(struct sse *s, int fd, const struct sse_request *r);

/* An event of seq is there for the view: its live members run. */
void subscriber_wake(struct sse *s, struct view *v, uint64_t seq);

/* Give the first of the run queue its turn. */
void subscriber_run(struct sse *s, struct store_txn *t);

/* Send up to max of v's members away, asking them to come back later. */
unsigned subscriber_dismiss(struct sse *s, struct view *v, unsigned max);

/* Send those of v's members away that are the owner's. */
void subscriber_dismiss_owner(struct sse *s, struct view *v, uint64_t owner);

/* Close and free those that died. */
void subscriber_reap(struct sse *s);

/* Called by the wheel for each node that falls due; arg: the sse. */
void subscriber_due(struct wheel_node *n, void *arg);

/* Close all, at once; for the end of the process. */
void subscriber_kill_all(struct sse *s, struct view *v);

/* Answer on fd with a pause to make, and close it. */
void subscriber_refuse(struct sse *s, int fd, bool http10);

/* The memory of one, in bytes; for the tests. */
size_t subscriber_size(void);

#endif
