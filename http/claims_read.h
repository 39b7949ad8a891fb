/*
 * Reading what a worker asks for.
 */
#ifndef HTTP_CLAIMS_READ_H
#define HTTP_CLAIMS_READ_H

#include "engine/cmd.h"
#include "http/errors.h"
#include "http/request.h"

#define CLAIMS_MAX 100	       /* of one claim */
#define CLAIMS_LEASE_MAX 86400 /* seconds */

/*
 * Read the body of a claim into cl and *wait_ms; names are copied into the
 * request's arena.  What is wrong goes to e.
 */
void claims_read(struct request *r, struct errors *e,
    const struct json_node *body, struct claim *cl, int64_t *wait_ms);

/* What a query is read with. */
struct claims_query {
	struct request *req;
	struct errors *errors;
	struct arena *arena; /* what was read lives as long */
};

/* The same from a query: jobs= and queues= are comma lists; nobody waits. */
void claims_read_query(struct claims_query *q, struct claim *cl);

#endif
