/*
 * What became of one request: an answer, or why there is none.
 */
#ifndef CLI_REPLY_H
#define CLI_REPLY_H

#include "core/buf.h"
#include "core/json.h"

#include "cli/exits.h"

enum reply_kind {
	REPLY_ANSWER,	   /* the server answered: status, body, doc */
	REPLY_UNREACHED,   /* it did not: cause says why */
	REPLY_DEADLINE,	   /* --timeout ran out first */
	REPLY_INTERRUPTED, /* a signal came first (cli/interrupt.h) */
	REPLY_USELESS	   /* it answered something we cannot read: cause */
};

/* {0} before its first use.  Owns what it holds. */
struct reply {
	enum reply_kind kind;
	long status;
	struct buf body;
	struct json *doc; /* NULL when the body is not JSON */
	char cause[256];
};

/* Release what it holds; it is {0} again. */
void reply_clear(struct reply *r);

/* Take the body in: parse it, and see whether a 2xx answer is JSON. */
void reply_read(struct reply *r);

/* True for a 2xx answer in JSON. */
bool reply_ok(const struct reply *r);

/* The member "data" of the answer; NULL when there is none. */
const struct json_node *reply_data(const struct reply *r);

/* The exit code of a reply that is not ok. */
enum exits reply_exit(const struct reply *r);

/* True when the same may go well later: the server is away or busy. */
bool reply_may_pass(const struct reply *r);

/* Append on one line why it is not ok, as the server says it. */
void reply_text(const struct reply *r, struct buf *out);

/*
 * Append lines that say what went wrong, with the field, and what to do
 * next.  url is the server's; list is the command that shows what exists
 * ("job list"), or NULL.
 */
void reply_explain(const struct reply *r, const char *url, const char *list,
    struct buf *out);

#endif
