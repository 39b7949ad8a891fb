/*
 * A wheel of deadlines, for things that are many and re-armed far more often
 * than they fall due: connections, streams.  Setting, moving and clearing a
 * deadline cost a few pointer writes, and one libevent timer stands behind
 * all of them, armed only while the wheel holds something.
 *
 * Its time is the machine's monotonic clock, never the one a test may move:
 * a slow peer is slow in real time.
 */
#ifndef ENGINE_WHEEL_H
#define ENGINE_WHEEL_H

#include <stdint.h>

struct event_base;
struct wheel;

/* Lives inside the thing that has the deadline; {0} is not on the wheel. */
struct wheel_node {
	struct wheel_node *next, **at;
	int64_t due_ms;
};

/* Milliseconds of the monotonic clock: exact, or a few ms behind but cheap. */
int64_t wheel_clock(void);
int64_t wheel_clock_coarse(void);

/*
 * fn(node, arg) is called for each node that falls due, already taken off;
 * it may set, clear and free nodes as it likes.  A deadline is met up to
 * tick_ms late and never early.  Borrows base; with base NULL there is no
 * timer and wheel_expire() must be called by hand.
 */
struct wheel *wheel_new(struct event_base *base, unsigned tick_ms,
    void (*fn)(struct wheel_node *node, void *arg), void *arg);

/* The nodes are the caller's: clear or forget them.  NULL is fine. */
void wheel_free(struct wheel *w);

/* Let n fall due after_ms from now_ms, wherever it stood before. */
void wheel_set(struct wheel *w, struct wheel_node *n, int64_t now_ms,
    int64_t after_ms);

/* Take n off; nothing happens when it is not on. */
void wheel_clear(struct wheel *w, struct wheel_node *n);

/* When wheel_expire() should be called next; -1 when nothing is on. */
int64_t wheel_next(const struct wheel *w);

/* Call fn for all that is due at now_ms. */
void wheel_expire(struct wheel *w, int64_t now_ms);

#endif
