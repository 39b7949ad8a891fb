/*
 * Gathering what is wrong with a request, for the dialects that answer 422
 * as FastAPI does: {"detail":[{"loc":[...],"msg","type","input","ctx"}]}.
 */
#ifndef HTTP_INVALID_H
#define HTTP_INVALID_H

#include "core/json.h"
#include "http/request.h"

#define INVALID_MAX 16 /* later ones are not told */

/* Where it is and what it is. */
struct invalid_at {
	const char *where;  /* "body", "query" */
	struct slice field; /* the member; empty: all of where */
	const char *type;   /* "missing", "value_error", ... */
	struct slice input; /* what was sent: JSON, or text in a query */
};

struct invalid {
	unsigned n;
	struct {
		struct invalid_at at;
		char msg[160];
	} item[INVALID_MAX];
};

/* Add one; what at points to must live until it is sent. */
void invalid_add(struct invalid *v, struct invalid_at at, const char *msg);

/* Add one about a member of the body; n NULL: it is missing. */
void invalid_member(struct invalid *v, const char *member,
    const struct json_node *n, const char *msg);

/* Add one about a query parameter. */
void invalid_query(struct invalid *v, const char *name, struct slice text,
    const char *msg);

/*
 * Read a number in min..max from the query; *out stays when it is absent.
 * Anything else is added.
 */
void invalid_read_u64(struct invalid *v, struct request *r, const char *name,
    const uint64_t range[2], uint64_t *out);

/* Answer 422 with all of them. */
void invalid_send(struct request *r, const struct invalid *v);

#endif
