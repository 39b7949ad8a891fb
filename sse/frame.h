/*
 * A frame: one event as the stream shows it.
 *
 *	event: status
 *	id: <epoch>-<seq>
 *	data: {"type":"status","execution_id":...}
 *
 * Encoding is a pure function of the event and of facts that never change
 * (the job's name, the execution's number, the steps' ids), so a frame made
 * again from the journal has the same bytes, and a partial write needs no
 * copy of the rest.  What subscribers ask for differently is cut from, or
 * spliced into, the same bytes by frame_wrap().
 */
#ifndef SSE_FRAME_H
#define SSE_FRAME_H

#include "core/event.h"
#include "core/jsonw.h"
#include "core/status.h"

#include "sse/facts.h"

/* How a subscriber wants its frames; none of them: chunked and named. */
enum frame_form {
	FRAME_PLAIN = 1,   /* HTTP/1.0: no chunks, the end is the close */
	FRAME_UNNAMED = 2, /* ?event=off */
	FRAME_FACTFLOW = 4 /* Factflow's words for statuses */
};

/* Where frame_wrap() cuts. */
struct frame_cuts {
	uint8_t name;	    /* bytes of the "event:" line, first of all */
	uint8_t status_n;   /* bytes of the "status" and "previous" members */
	uint16_t status_at; /* where they stand; status_n 0: nowhere */
	uint8_t status, previous;
	uint16_t key_at,
	    key_n; /* where an object's key stands; key_n 0: none */
};

struct frame_maker {
	const char *epoch; /* borrowed */
	struct jsonw *w;
};

void frame_init(struct frame_maker *m, const char *epoch);
void frame_free(struct frame_maker *m);

/* The name of events of that type; NULL for those that are not streamed. */
const char *frame_name(enum event_type t);

/* A status in the words of that form. */
const char *frame_status(enum status s, unsigned form);

/*
 * Append the frame of ev, which must have a name, to out; f are the facts of
 * its execution.
 */
void frame_encode(struct frame_maker *m, const struct journal_event *ev,
    const struct facts *f, struct buf *out, struct frame_cuts *cuts);

/*
 * Frames that are no event's: write the lines before the data and open its
 * object with "type"; write members through m->w; close it with the blank
 * line behind.  FRAME_NO_ID leaves the id out.
 */
#define FRAME_NO_ID UINT64_MAX
void frame_begin(struct frame_maker *m, const char *name, uint64_t seq,
    struct buf *out, struct frame_cuts *cuts);
void frame_end(struct frame_maker *m, struct buf *out);

/* Append an encoded frame to out in that form. */
void frame_wrap(struct slice bytes, const struct frame_cuts *cuts,
    unsigned form, struct buf *out);

/* Append bytes as one chunk, or as they are (FRAME_PLAIN). */
void frame_chunk(struct slice bytes, unsigned form, struct buf *out);

/* A time member; 0 ms writes null. */
void frame_seconds(struct jsonw *w, const char *key, int64_t ms);

#endif
