/*
 * The route table: an endpoint is one row and one function.
 */
#ifndef HTTP_ROUTE_H
#define HTTP_ROUTE_H

#include "http/request.h"

/*
 * A dialect is the shape of errors on the paths that begin with prefix
 * (whole parts: "/api" owns "/api/jobs", not "/apiary"); the longest prefix
 * that fits owns the path.
 */
struct dialect {
	const char *prefix;
	/* Write the error's body to request_body() and request_send() it. */
	void (*error)(struct request *, int status, struct slice field,
	    struct slice text);
};

enum route_flags {
	ROUTE_STREAM = 1, /* access_token in the query counts as a key */
	ROUTE_OPEN = 2,	  /* no key needed (/healthz) */
	ROUTE_TEST = 4,	  /* only there with --test-clock */
	ROUTE_REPORT = 8, /* a report: the token of a claim will do */
	/*
	 * One connection's may share a turn: each is one command, decided and
	 * answered in the order they came and over when its turn is, and none
	 * is refused for what the store held before the turn.
	 */
	ROUTE_PIPELINE = 16
};

struct route {
	enum method method;
	const char *pattern; /* "/api/executions/{id}/steps/{step}/running" */
	void (*handler)(struct request *);
	enum scope scope; /* the least a key must have */
	unsigned flags;
};

/* All rows, in http/routes.c; ends with a NULL pattern. */
extern const struct route route_table[];

/* All dialects, in http/dialects.c; the last has prefix "". */
extern const struct dialect route_dialects[];

/*
 * The row for method and path, with the {..} parts decoded into param; the
 * more literal one where several fit.  NULL when there is none: *allow then
 * holds the methods the path has ("GET, POST", empty for an unknown path).  A
 * segment that is not valid percent-encoded UTF-8, or decodes to NUL, matches
 * nothing; an encoded '/' is one of a name's.
 */
const struct route *route_find(struct request *r, char allow[64]);

/*
 * True when a row for method and target is ROUTE_PIPELINE; false where that
 * takes more than comparing, as with a query.
 */
bool route_may_pipeline(enum method m, struct slice target);

/* Build the lookup once; aborts on a malformed or doubled row. */
void route_init(void);

/* The dialect that owns path; never NULL (the last one owns everything). */
const struct dialect *route_dialect(struct slice path);

#endif
