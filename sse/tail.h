/*
 * The tail cache: the frames of the newest events, encoded once, for
 * everybody.  A bounded ring of bytes and a bounded ring of descriptors, one
 * per seq without a hole, so that looking a seq up is an index.
 *
 * Not every event has its bytes here: those that are not streamed, that
 * nobody was there to see, or that are too large for the ring do not.
 */
#ifndef SSE_TAIL_H
#define SSE_TAIL_H

#include "sse/frame.h"

struct tail;

/* What filters ask of an event. */
struct tail_about {
	struct uuid execution, job;
	uint64_t project;
	struct labels *labels; /* borrowed, or held by the cache */
	struct slice key;      /* an object's; or NULL p: not known */
	uint8_t type;	       /* enum event_type */
	uint8_t status;	       /* enum status, of status events */
};

struct tail_frame {
	struct tail_about about;
	struct frame_cuts cuts;
	uint32_t at, n; /* the bytes; n 0: not here */
	uint32_t next;	/* seqs on to the execution's next one, 0: not yet */
};

/* bytes: the most frames may take.  last: the seq before the first one. */
struct tail *tail_new(size_t bytes, uint64_t last);
void tail_free(struct tail *t);

/* Forget everything, and go on behind last. */
void tail_reset(struct tail *t, uint64_t last);

/* The newest seq. */
uint64_t tail_last(const struct tail *t);

/*
 * From this seq on, every event that is streamed has its bytes here and its
 * filter facts: whoever has all before it needs no journal.
 */
uint64_t tail_whole_from(const struct tail *t);

/* Add the next event; frame SLICE_NONE when it is not encoded.  Copies. */
void tail_add(struct tail *t, const struct tail_frame *f, struct slice frame);

/* The newest event was left out for some: whole_from moves behind it. */
void tail_not_whole(struct tail *t);

/* Say that `next` is the event of its execution that follows seq. */
void tail_link(struct tail *t, uint64_t seq, uint64_t next);

/* NULL when that seq is not (or no longer) here. */
const struct tail_frame *tail_get(const struct tail *t, uint64_t seq);

struct slice tail_bytes(const struct tail *t, const struct tail_frame *f);

#endif
