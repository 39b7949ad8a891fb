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
	/* Of the body, in web/schemas.json; a media type: bytes; NULL: any. */
	const char *schema;
	/*
	 * Statuses of its own, with spaces; or NULL.  200 among them is no
	 * error: what was to be made was there before.
	 */
	const char *errors;
};

/* Rows for those that have something to say; ends with a NULL pattern. */
extern const struct docs_body docs_bodies[];

/* The row of an endpoint; NULL: it has none. */
const struct docs_body *docs_bodies_find(const struct docs_row *row);

/* Does it answer 200, too, when what it makes was there before? */
bool docs_bodies_has_again(const struct docs_row *row);

/*
 * Write a member for each status that an endpoint's errors have, beside that
 * of success, into "responses".
 */
void docs_bodies_write_errors(struct jsonw *w, const struct route *route,
    const struct docs_row *row);

#endif
