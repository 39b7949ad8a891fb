/*
 * The documentation against the route table: neither has what the other
 * lacks, and all of it is JSON.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "core/json.h"
#include "http/docs.h"
#include "http/docs_bodies.h"
#include "http/route.h"

static void
test_every_route_is_documented(void **state)
{
	const struct route *route;

	(void)state;
	for (route = route_table; route->pattern != NULL; route++)
		if (docs_find(route) == NULL)
			fail_msg("%s is not documented", route->pattern);
}

static void
test_nothing_else_is_documented(void **state)
{
	const struct docs_row *row;
	const struct route *route;
	unsigned rows = 0, routes = 0;

	(void)state;
	for (row = docs_rows; row->pattern != NULL; row++)
		rows++;
	for (route = route_table; route->pattern != NULL; route++)
		routes++;
	assert_int_equal(rows, routes);
}

/* A row says what its method needs. */
static void
check_row(const struct docs_row *row, const struct json_node *schemas)
{
	struct json_error err;
	struct json *example;

	assert_true(row->summary[0] != '\0' && row->tag[0] != '\0');
	if (row->schema != NULL && strchr(row->schema, '/') == NULL &&
	    json_get(schemas, row->schema) == NULL)
		fail_msg("%s: no schema %s", row->pattern, row->schema);
	if (row->example == NULL)
		return;
	assert_int_not_equal(row->method, METHOD_GET);
	example = json_parse(slice_str(row->example), &err);
	if (example == NULL)
		fail_msg("%s: the example is no JSON", row->pattern);
	json_free(example);
}

static void
test_rows_are_whole(void **state)
{
	struct json_error err;
	struct json *schemas = json_parse(docs_schemas(), &err);
	const struct docs_row *row;

	(void)state;
	assert_non_null(schemas);
	for (row = docs_rows; row->pattern != NULL; row++)
		check_row(row, json_root(schemas));
	json_free(schemas);
}

/* What is said of a body is said of an endpoint that has one. */
static void
test_bodies_are_of_endpoints(void **state)
{
	struct json_error err;
	struct json *schemas = json_parse(docs_schemas(), &err);
	const struct docs_row *row;
	const struct docs_body *b;

	(void)state;
	for (b = docs_bodies; b->pattern != NULL; b++) {
		for (row = docs_rows; row->pattern != NULL; row++)
			if (docs_bodies_find(row) == b)
				break;
		if (row->pattern == NULL)
			fail_msg("%s: no such endpoint", b->pattern);
		if (b->schema != NULL && strchr(b->schema, '/') == NULL &&
		    (row->example == NULL ||
			json_get(json_root(schemas), b->schema) == NULL))
			fail_msg("%s: schema %s", b->pattern, b->schema);
	}
	json_free(schemas);
}

static void
test_document_is_json(void **state)
{
	struct json_error err;
	struct buf out = {0};
	struct jsonw *w = jsonw_new(&out);
	struct json *doc;

	(void)state;
	docs_write(w, true);
	doc = json_parse(buf_slice(&out), &err);
	assert_non_null(doc);
	assert_non_null(json_get(json_get(json_root(doc), "paths"),
	    "/test/clock"));
	json_free(doc);
	out.len = 0;
	jsonw_reset(w, &out);
	docs_write(w, false);
	doc = json_parse(buf_slice(&out), &err);
	assert_non_null(doc);
	assert_null(json_get(json_get(json_root(doc), "paths"), "/test/clock"));
	json_free(doc);
	jsonw_free(w);
	buf_free(&out);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_route_is_documented),
	    cmocka_unit_test(test_nothing_else_is_documented),
	    cmocka_unit_test(test_rows_are_whole),
	    cmocka_unit_test(test_bodies_are_of_endpoints),
	    cmocka_unit_test(test_document_is_json),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
