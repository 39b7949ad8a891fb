/*
 * A stream of the server's that survives it: events are pulled one by one,
 * lost connections are made anew with the cursor, silence is noticed.
 *
 *	s = stream_open(client, target, cursor);
 *	for (;;)
 *		switch (stream_next(s, &ev)) ...
 */
#ifndef CLI_STREAM_H
#define CLI_STREAM_H

#include "cli/client.h"
#include "cli/sse.h"

struct stream;

enum stream_what {
	STREAM_EVENT,	    /* *ev is the next event */
	STREAM_TICK,	    /* about a second has passed */
	STREAM_LOST,	    /* the connection ended; it is being made anew */
	STREAM_OVER,	    /* the server has nothing more to say (204) */
	STREAM_REFUSED,	    /* see stream_reply() */
	STREAM_UNREACHED,   /* not once within 10 s: see stream_reply() */
	STREAM_DEADLINE,    /* --timeout ran out */
	STREAM_INTERRUPTED, /* a signal came (cli/interrupt.h) */
	STREAM_BROKEN	    /* an event is too large to be one */
};

/*
 * A stream of target, from after cursor (empty: as the server likes).  It
 * connects on the first stream_next().  c and what it borrows must outlive it.
 */
struct stream *stream_open(struct client *c, struct slice target,
    struct slice cursor);
void stream_free(struct stream *s);

/*
 * Wait for what happens next.  After EVENT, TICK and LOST call again; all
 * others repeat themselves unless stream_reconnect() is called.  *ev borrows
 * until the next call.
 */
enum stream_what stream_next(struct stream *s, struct sse_event *ev);

/* Connect anew after a pause, whatever was last returned. */
void stream_reconnect(struct stream *s);

/* Why the stream was refused or never reached; borrowed. */
const struct reply *stream_reply(const struct stream *s);

/*
 * The pause before the nth attempt since all was well (n from 0), in ms:
 * doubling from 100 to 2000, of which noise takes up to a half.
 */
int64_t stream_backoff(unsigned n, uint32_t noise);

#endif
