/*
 * Reading text/event-stream, to the letter of the WHATWG HTML standard.
 *
 *	sse_push(s, bytes);
 *	while (sse_next(s, &ev))
 *		...
 *
 * An event that was cut off by the end of the connection is never returned,
 * and its id never becomes the cursor.  Bytes are passed on as they came:
 * what is not UTF-8 is found by whoever reads the data (core/json.h).
 */
#ifndef CLI_SSE_H
#define CLI_SSE_H

#include "core/slice.h"

#define SSE_EVENT_MAX (16u * 1024 * 1024) /* bytes of one event */

struct sse;

struct sse_event {
	struct slice type; /* "message" when the stream named none */
	struct slice data; /* its lines joined by LF */
	struct slice id;   /* the cursor after this event; may be empty */
};

struct sse *sse_new(void);
void sse_free(struct sse *s);

/* Start on a new connection: all is forgotten but the cursor and retry. */
void sse_restart(struct sse *s);

/* Hand over bytes as they arrive. */
void sse_push(struct sse *s, struct slice bytes);

/*
 * The next whole event of what was pushed, or false.  *ev borrows until the
 * next call of any of these.
 */
bool sse_next(struct sse *s, struct sse_event *ev);

/* True once an event grew over SSE_EVENT_MAX; nothing comes after that. */
bool sse_overflowed(const struct sse *s);

/*
 * The last event id: what Last-Event-ID must say on a reconnection.  Blocks
 * with an id and no data move it too.  Borrowed until the next call.
 */
struct slice sse_cursor(const struct sse *s);
void sse_set_cursor(struct sse *s, struct slice id);

/* The reconnection time the stream asked for in ms; 0 when it did not. */
uint64_t sse_retry_ms(const struct sse *s);

#endif
