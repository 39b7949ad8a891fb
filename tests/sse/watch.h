/*
 * Streams on a store of their own, for the tests of sse/: subscribers at the
 * other end of socket pairs, turns by hand, and a kernel that takes as few
 * bytes as the test says.
 */
#ifndef TESTS_SSE_WATCH_H
#define TESTS_SSE_WATCH_H

#include <event2/event.h>

#include "core/buf.h"
#include "sse/sse.h"
#include "tests/store/world.h"

/* Bytes a send() takes at most (0: as many as the kernel). */
extern size_t watch_take;

/* Times that something was sent. */
extern unsigned watch_sends;

struct watch {
	struct world *world;
	struct event_base *base;
	struct sse *sse;
};

/* One subscriber's other end. */
struct watcher {
	int fd;
	bool plain;	 /* no chunks */
	bool closed;	 /* the server closed it */
	bool ended;	 /* the last chunk came */
	struct buf raw;	 /* all that came */
	struct buf head; /* of HTTP */
	struct buf body; /* without chunks */
	size_t parsed;	 /* of raw */
	size_t read;	 /* of body, by watcher_next() */
	/* the last block read: */
	struct slice event, id, data, comment, retry, block;
	uint64_t seq; /* of the id */
};

struct watch *watch_new(const struct sse_options *o);
void watch_free(struct watch *w);

/* A request for all events from now on. */
struct sse_request watch_request(void);

struct watcher *watch_open(struct watch *w, const struct sse_request *r);
void watcher_free(struct watcher *one);

/* Commit t, and tell. */
void watch_commit(struct watch *w, struct store_txn *t);

/* One turn; true when sse has work left. */
bool watch_turn(struct watch *w);

/* Turn until nothing happens any more. */
void watch_settle(struct watch *w);

/* Wait on the loop, at most ms, and turn. */
void watch_wait(struct watch *w, unsigned ms);

/* Take in what has arrived; aborts the test on bad framing. */
void watcher_read(struct watcher *one);

/* The same until nothing more comes. */
void watcher_read_all(struct watch *w, struct watcher *one);

/* The next whole block of the body; false when there is none. */
bool watcher_next(struct watcher *one);

/* The same, over comments and retry, to the next event or id. */
bool watcher_event(struct watcher *one);

#endif
