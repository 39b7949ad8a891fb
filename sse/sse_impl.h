/*
 * What sse.c, feed.c, subscriber.c, control.c and snapshot.c share; nobody
 * else includes it.
 */
#ifndef SSE_SSE_IMPL_H
#define SSE_SSE_IMPL_H

#include <sys/queue.h>

#include "engine/wheel.h"

#include "sse/gather.h"
#include "sse/topic.h"

#define SSE_EPOCH 16 /* characters of the epoch */

struct subscriber;
TAILQ_HEAD(subscriber_queue, subscriber);

/* Bytes that several may still have to be sent. */
struct blob {
	unsigned refs;
	size_t n;
	char bytes[];
};

struct sse {
	struct event_base *base; /* borrowed */
	struct store *store;	 /* borrowed */
	struct sse_options options;
	int64_t now_ms;	  /* the turn's time */
	uint64_t noise;	  /* mixed on with each use */
	int64_t clock_ms; /* the turn's monotonic time */
	uint64_t told;	  /* the journal's tail, as far as we were told */

	struct tail *tail;
	struct topics topics;
	struct facts_cache facts;
	struct frame_maker maker;
	struct gather gather;
	struct buf scratch; /* control bytes being made */
	struct buf frame;   /* a frame being made */

	struct wheel *wheel;
	struct subscriber_queue run;  /* who has something to be sent */
	struct subscriber_queue dead; /* to be freed when the turn ends */
	struct hash *owners;	      /* streams of each owner */
	unsigned count;		      /* subscribers, dead ones too */
	bool draining;

	unsigned visits_left; /* this turn's budget */
	size_t bytes_left;

	struct blob *snapshot; /* the last one made this turn */
	const struct view *snapshot_view;
};

/* 64 random bits, different ones each time. */
uint64_t sse_noise(struct sse *s);

#endif
