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
 * Read the body of a claim into cl and *wait_ms; names borrow from the
 * request.  What is wrong goes to e.
 */
void claims_read(struct request *r, struct errors *e,
    const struct json_node *body, struct claim *cl, int64_t *wait_ms);

/* The same from a query; jobs= and queues= are comma lists. */
void claims_read_query(struct request *r, struct errors *e, struct claim *cl);

#endif
