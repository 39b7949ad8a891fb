/*
 * GET /api/claims/stream: work as Server-Sent Events, to a worker that stays
 * connected and holds at most so much of it at once.
 */
#ifndef HTTP_CLAIMS_STREAM_H
#define HTTP_CLAIMS_STREAM_H

#include <stdint.h>

struct app;
struct claims_stream;
struct request;
struct uuid;

/* All streams of a server.  Borrows app. */
struct claims_stream *claims_stream_new(struct app *app);

/* After the connections are gone, and the streams with them. */
void claims_stream_free(struct claims_stream *cs);

/* The journal's tail moved to seq: what ended makes room for more. */
void claims_stream_advance(struct claims_stream *cs, uint64_t seq);

/* End those of a key that is good no longer. */
void claims_stream_dismiss(struct claims_stream *cs, const struct uuid *key);

/* End them all: the server stops. */
void claims_stream_drain(struct claims_stream *cs);

/* The handler. */
void claims_stream_open(struct request *r);

#endif
