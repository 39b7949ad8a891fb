/*
 * The streams: every watcher is a socket, a filter and a cursor.
 *
 * Live is replay with the cursor at the tail: after each commit the new
 * events are encoded once into a shared, bounded tail cache, and every
 * subscriber is written what lies between its cursor and the tail, from the
 * cache or, when the cache has moved on, from the journal in pages.  Nothing
 * is queued for anybody.
 */
#ifndef SSE_SSE_H
#define SSE_SSE_H

#include "core/event.h"
#include "core/execution.h"
#include "store/store.h"

struct event_base;
struct sse;

struct sse_options {
	unsigned keepalive_ms;	   /* a comment where nothing was sent: 15000 */
	unsigned stall_timeout_ms; /* no progress: closed; 60000 */
	unsigned retry_ms;	   /* 3000; jittered by half either way */
	unsigned subscribers;	   /* at most; 0: no limit but descriptors */
	unsigned per_owner;	   /* at most; 0: no limit */
	size_t cache_bytes;	   /* the tail cache: 8 MiB */
};

void sse_options_init(struct sse_options *o);

/* Borrows base and store. */
struct sse *sse_new(struct event_base *base, struct store *store,
    const struct sse_options *o);
void sse_free(struct sse *s);

#define SSE_TYPE(t) (1u << (t))
#define SSE_TYPES_ALL 0xffffffffu

/* Which events a subscriber is sent; copied by sse_subscribe(). */
struct sse_filter {
	struct uuid execution;	       /* zero: any, or those named next */
	const struct uuid *executions; /* nexecutions of them; 0: any */
	unsigned nexecutions;
	const struct uuid *jobs; /* njobs of them; 0: any */
	unsigned njobs;
	uint64_t project;   /* 0: any */
	unsigned types;	    /* SSE_TYPE(EVENT_..) bits */
	unsigned statuses;  /* 1u << STATUS_..; 0: any.  Chooses among status
				   events; others pass by types */
	struct slice label; /* "key:value"; empty: any */
	const struct slice *more; /* more labels; all must hold */
	unsigned nmore;
	/*
	 * Of storage.object.created: what the key's stage begins with, what
	 * its path does, and a comma list of what its name may end in.
	 */
	struct slice stage, path, extensions;
};

enum sse_from {
	SSE_FROM_NOW, /* snapshot, then on */
	SSE_FROM_SEQ, /* right after seq, no snapshot */
	SSE_FROM_GAP  /* gap with its reason, snapshot, then on */
};

struct sse_request {
	struct sse_filter filter;
	enum sse_from from;
	uint64_t seq;
	const char *gap_reason; /* static; "unknown", "ahead", "expired" */
	bool http10;		/* close-delimited instead of chunked */
	bool names;		/* false: ?event=off */
	bool heartbeat_event;	/* ?heartbeat=event */
	bool factflow;		/* statuses in Factflow's words */
	bool ends;	    /* of named executions: `end` after the last event
				   of the last of them, then close */
	int64_t timeout_ms; /* close after this long; 0: never */
	uint64_t owner;	    /* counts towards a key's streams; 0: nobody */
};

/*
 * A cursor as clients send it: "<epoch>-<seq>", "<seq>", or "0".  Sets
 * from/seq/gap_reason of r by what the journal holds now.
 */
void sse_cursor(struct sse *s, struct slice text, struct sse_request *r);

/*
 * Take over a connected, non-blocking socket on which nothing of the answer
 * was sent: writes the head, `retry:`, and everything from the cursor on.
 * Owns fd from now on.  When overloaded or draining: head, jittered retry
 * and a close.
 */
void sse_subscribe(struct sse *s, int fd, const struct sse_request *r);

/*
 * True when the execution has ended and whoever has seen all up to seq has
 * seen it all: such a stream is answered 204.
 */
bool sse_is_over(struct sse *s, const struct uuid *execution, uint64_t seq);

/* The journal's tail moved to seq (after a commit). */
void sse_advance(struct sse *s, uint64_t seq);

/*
 * The end of a turn: write to whom there is something to write, bounded in
 * bytes, free the dead.  True when work is left.
 */
bool sse_turn_end(struct sse *s);

/* The time and randomness of this turn, told by main before turn_end. */
void sse_set_now(struct sse *s, int64_t now_ms, uint64_t noise);

/* Close the streams of an owner, who may have none any more; 0: none. */
void sse_dismiss(struct sse *s, uint64_t owner);

/* Close everybody gradually: retry, and a close, in slices. */
void sse_drain(struct sse *s);
bool sse_idle(const struct sse *s);

unsigned sse_subscribers(const struct sse *s);

#endif
