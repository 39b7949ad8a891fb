/*
 * A request with what its answer needs: its bytes, the headers added, the
 * answer while it is held back.  request.c shows the middle of it to
 * handlers as struct request.
 */
#ifndef HTTP_EXCHANGE_H
#define HTTP_EXCHANGE_H

#include "core/buf.h"
#include "http/request.h"
#include "http/strict.h"

struct conn;
struct http;

enum exchange_state {
	EXCHANGE_RUNNING,   /* its handler has it */
	EXCHANGE_ANSWERED,  /* the answer is among its connection's */
	EXCHANGE_DEFERRED,  /* a command has it */
	EXCHANGE_STREAMING, /* its body is being made: request_stream() */
	EXCHANGE_HELD,	    /* the command's answer waits to be settled */
	EXCHANGE_TAKEN,	    /* its socket went elsewhere */
	EXCHANGE_SETTLED
};

struct exchange {
	struct request r; /* first: exchange_of() */
	struct http *http;
	struct exchange *next, **at; /* in http->exchanges or ->buried */
	size_t bytes;		     /* of its message, in pending_bytes */
	struct slice head;	     /* request line and headers */
	struct buf extra;	     /* headers added to the answer */
	struct buf held;	     /* the answer, until it is settled */
	void (*hangup)(void *);
	void *hangup_arg;
	struct request_flow flow; /* while it is being streamed */
	enum exchange_state state;
	struct exchange *behind; /* in its connection's pipeline */
	bool waits; /* answered, but those before it in the pipeline are not */
	bool close; /* the connection ends with this answer */
};

/* The exchange whose request this is. */
struct exchange *exchange_of(const struct request *r);

/*
 * Make one for the complete message at p that *s describes (both borrowed
 * for the call), which came on c.  NULL: the parser refuses it.
 */
struct exchange *exchange_new(struct http *h, struct conn *c,
    const struct strict *s, const char *p);

/*
 * Make one for a message that is refused, of which the n bytes at p are
 * here, so that it can be answered.  n may be 0.
 */
struct exchange *exchange_refused(struct http *h, struct conn *c,
    const struct strict *s, const char *p, size_t n);

void exchange_free(struct exchange *ex);

/* Free it at the turn's end: somebody up the stack may still look at it. */
void exchange_bury(struct exchange *ex);
void exchange_free_buried(struct http *h);

/* Free all there are. */
void exchange_free_all(struct http *h);

#endif
