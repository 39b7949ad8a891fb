/*
 * An answer's bytes.
 */
#ifndef HTTP_REPLY_H
#define HTTP_REPLY_H

#include "core/buf.h"

struct reply {
	int status;
	const char *type; /* Content-Type; NULL: no body at all */
	struct slice body;
	struct slice extra; /* more headers, each with CRLF */
	bool head;	    /* answers HEAD: the body is announced, not sent */
	bool http10;
	bool close;    /* the connection ends with it */
	bool streamed; /* its body follows, in chunks unless http10 */
};

/* Append the status line, headers and body to out. */
void reply_write(struct buf *out, const struct reply *reply);

/* Append a piece of a body; an empty one is its end. */
void reply_chunk(struct buf *out, struct slice bytes);

/* Append the interim answer to Expect: 100-continue. */
void reply_continue(struct buf *out);

#endif
