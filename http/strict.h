/*
 * The strict layer before the parser: where a message ends, and whether it
 * is one we accept.  Two readers of one message that disagree about its end
 * are how requests are smuggled; so whatever two could read differently is
 * refused here, and the parser library (http/parse.h) must then agree to the
 * byte.
 *
 * Accepted: CRLF line ends only, HTTP/1.0 and 1.1, names of token characters
 * right before their colon, no folded lines, no control bytes; exactly one
 * Host (1.0: at most one); at most one Content-Length, of digits; or one
 * Transfer-Encoding, exactly "chunked", in 1.1 and without Content-Length.
 * One blank line may precede a message.  Chunk extensions and trailers are
 * checked, bounded, and dropped: strict_copy() leaves them out, so that the
 * parser never sees what parsers differ in.
 */
#ifndef HTTP_STRICT_H
#define HTTP_STRICT_H

#include "http/http.h"
#include "http/request.h"

enum strict_verdict {
	STRICT_MORE,   /* as far as it goes it is well; the rest is missing */
	STRICT_DONE,   /* complete: `at` is its length */
	STRICT_REFUSED /* answer `status` and close */
};

/*
 * How far one message was read.  {0} to start.  All offsets are from its
 * first byte.
 */
struct strict {
	size_t at;   /* bytes read so far */
	size_t skip; /* 2 when a blank line came first */
	size_t line; /* start of the header line being read */
	size_t head; /* where the body starts; 0: not there yet */

	/* The request line, as far as it is known. */
	enum method method;
	bool is_head, http10;
	size_t target, target_len; /* target_len 0: not known */

	/* The body. */
	bool chunked;
	bool expect;	 /* the client waits for 100 Continue */
	uint64_t length; /* announced; chunked: decoded so far */
	uint64_t left;	 /* of this chunk */
	unsigned chunk;	 /* state within chunks */
	unsigned digits; /* of this chunk's size */
	size_t framing;	 /* bytes of sizes, extensions and trailers */

	/* Why it is refused. */
	int status;
	const char *why; /* static */
};

/*
 * Read on in the message at p, of which n bytes are here; p may have moved
 * since the last call, but holds what it held.  However a message is cut
 * into calls, the verdict is the same.
 */
enum strict_verdict strict_scan(struct strict *s, const struct http_limits *l,
    const char *p, size_t n);

/*
 * For a request whose head never ended: note method and target as far as
 * they can be seen in the n bytes at p, to answer in the right shape.
 */
void strict_peek(struct strict *s, const char *p, size_t n);

/*
 * Copy a complete message from p to out, which has room for s->at bytes: from
 * its method on, without chunk extensions and trailers.  Returns the length
 * of the copy; *body is where its body starts.
 */
size_t strict_copy(const struct strict *s, const char *p, char *out,
    size_t *body);

/* True when nothing but a blank line was read: no request has begun. */
bool strict_blank(const struct strict *s);

/*
 * The first value of a header in a head that was accepted (request line,
 * headers, blank line), trimmed; empty when absent.  name in any case.
 */
struct slice strict_header(struct slice head, const char *name);

#endif
