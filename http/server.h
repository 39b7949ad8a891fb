/*
 * The server's inside, shared by server.c, conn.c, exchange.c, request.c and
 * dispatch.c; nobody else includes it.
 */
#ifndef HTTP_SERVER_H
#define HTTP_SERVER_H

#include "core/buf.h"
#include "core/jsonw.h"
#include "http/http.h"

#define SERVER_LISTENERS 4
#define SERVER_SCRATCH ((size_t)64 * 1024) /* bytes read at once */

struct conn;
struct event;
struct exchange;
struct rate;
struct wheel;

struct http {
	struct event_base *base;
	struct app *app;
	struct http_limits limits;
	bool draining;

	/* server.c */
	struct event *listeners[SERVER_LISTENERS];
	unsigned nlisteners;
	struct event *pause; /* accepting begins again when it fires */
	int reserve;	     /* given up to say 503 when none is left */
	int64_t warned_ms;   /* when that was logged last */

	/* conn.c */
	struct wheel *wheel; /* deadlines of connections */
	char *scratch;	     /* what was just read, of any of them */
	struct conn *conns;  /* all that are open */
	struct conn *dirty;  /* have something to do at the turn's end */
	struct conn *dead;   /* are freed then */
	unsigned nconns;
	size_t pending_bytes; /* of requests not taken, or not answered yet */
	size_t unsent_bytes;  /* of answers that sockets did not take */
	unsigned nturned;     /* of these, only told that there is no room */
	unsigned parsed;      /* requests, since the turn's end began */

	/* exchange.c, request.c, dispatch.c */
	struct exchange *exchanges; /* all */
	struct exchange *buried;    /* are freed at the turn's end */
	struct buf body;	    /* of the answer being written */
	struct jsonw *json;	    /* writes it */
	struct rate *rate;	    /* NULL: unlimited */
};

#endif
