/*
 * From a cursor to bytes: the one code path behind live and replay.
 *
 * What follows the cursor is taken from the tail cache, or from the journal
 * (one page) when the cache has moved on, as a run of frames in the view's
 * form.  The last result is kept for the rest of the turn: subscribers of
 * one view that stand at the same place are served by the same bytes.
 */
#ifndef SSE_GATHER_H
#define SSE_GATHER_H

#include "sse/view.h"

#define GATHER_BYTES 32768 /* a run ends with the frame that reaches this */

struct gather_mark {
	uint64_t seq; /* of a frame in the run */
	size_t end;   /* and where it ends */
};

struct gather {
	/* given once, borrowed */
	struct frame_maker *maker;
	struct facts_cache *facts;
	const struct tail *tail;
	/* of this run */
	struct store_txn *txn;
	const struct view *view;
	uint64_t cursor;
	uint32_t offset; /* bytes of the first frame that are sent already */
	bool valid;
	/* the result */
	struct buf bytes;
	struct gather_mark *marks;
	unsigned nmarks, cap;
	uint64_t reached; /* the cursor, once all of it is sent */
	bool all;	  /* nothing more follows for now */
	bool lost;	  /* what follows is not retained any more */
	unsigned cost;	  /* of making it, in events read from the journal */
	/* within */
	struct buf frame;
	unsigned seen;
	bool full;
};

void gather_free(struct gather *g);

/* The turn, and its snapshot, end: forget the result. */
void gather_forget(struct gather *g);

/*
 * Gather for v what follows cursor.  offset > 0: that many bytes of the frame
 * of seq cursor + 1 are sent, so it comes first, whatever the filter.
 */
void gather_run(struct gather *g, struct store_txn *t, const struct view *v,
    uint64_t cursor, uint32_t offset);

/* The bytes to send. */
struct slice gather_bytes(const struct gather *g);

/*
 * n of those bytes were sent: the new cursor and offset; *id becomes the last
 * seq that was sent to its end, if any was.
 */
void gather_sent(const struct gather *g, size_t n, uint64_t *cursor,
    uint32_t *offset, uint64_t *id);

#endif
