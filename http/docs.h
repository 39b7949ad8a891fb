/*
 * The API about itself: an OpenAPI document made from the route table and the
 * rows here, and a page that shows it.  web/ holds the page and the schemas
 * of answers; both are built in.
 */
#ifndef HTTP_DOCS_H
#define HTTP_DOCS_H

#include "http/request.h"

/*
 * What one row of the route table is for.  Parameters are named with a space
 * between; "^" before one: a header, "#" behind it: an integer,
 * "~": any number, "!": needed.
 */
struct docs_row {
	enum method method;
	const char *pattern; /* both as in the route table */
	const char *tag;
	const char *summary;
	const char *params;  /* query and headers; NULL: none */
	const char *example; /* a body that works; NULL: there is no body */
	/* In web/schemas.json, or a media type; NULL: no body, or a stream. */
	const char *schema;
	int status; /* of success */
};

/* All rows; ends with a NULL pattern. */
extern const struct docs_row docs_rows[];

/* The row of a route; NULL when it is undocumented. */
const struct docs_row *docs_find(const struct route *route);

/* The schemas of answers, a JSON object by name. */
struct slice docs_schemas(void);

/* Write the document; test_clock: with the paths that only tests have. */
void docs_write(struct jsonw *w, bool test_clock);

/* GET /api/openapi.json, /api/docs, and where TuxSEO's clients look. */
void docs_openapi(struct request *r);
void docs_page(struct request *r);
void docs_moved(struct request *r);

#endif
