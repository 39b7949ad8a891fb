/*
 * What the documentation says of requests' bodies and of errors.
 */
#ifndef HTTP_DOCS_BODIES_H
#define HTTP_DOCS_BODIES_H

#include "http/docs.h"
#include "http/route.h"

struct docs_body {
	enum method method;
	const char *pattern; /* both as in the route table */
	const char *schema;  /* of the body, in web/schemas.json; NULL: any */
	const char *errors;  /* statuses of its own, with spaces; or NULL */
};

/* Rows for those that have something to say; ends with a NULL pattern. */
extern const struct docs_body docs_bodies[];

/* The row of an endpoint; NULL: it has none. */
const struct docs_body *docs_bodies_find(const struct docs_row *row);

/*
 * Write a member for each status that an endpoint's errors have, beside that
 * of success, into "responses".
 */
void docs_bodies_write_errors(struct jsonw *w, const struct route *route,
    const struct docs_row *row);

#endif
