/*
 * Finding rows and dialects.  The table is this test's own.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/app.h"
#include "http/route.h"

static void
answer(struct request *r)
{
	(void)r;
}

static void
say(struct request *r, int status, struct slice field, struct slice text)
{
	(void)r;
	(void)status;
	(void)field;
	(void)text;
}

#define ROW(method, pattern, flags)                                 \
	{                                                           \
		METHOD_##method, pattern, answer, SCOPE_READ, flags \
	}

const struct route route_table[] = {
    ROW(GET, "/", 0),
    ROW(GET, "/healthz", ROUTE_OPEN),
    ROW(POST, "/test/clock", ROUTE_TEST),
    ROW(GET, "/api/jobs/{id}", 0),
    ROW(PUT, "/api/jobs/{id}", 0),
    ROW(DELETE, "/api/jobs/{id}", 0),
    ROW(POST, "/api/jobs", 0),
    ROW(GET, "/api/jobs", 0),
    ROW(GET, "/api/jobs/new", 0),
    ROW(POST, "/api/jobs/{id}/trigger", 0),
    ROW(POST, "/api/executions/{id}/heartbeat", 0),
    ROW(POST, "/api/executions/{id}/progress", 0),
    ROW(POST, "/api/executions/{id}/log", 0),
    ROW(POST, "/api/executions/{id}/complete", 0),
    ROW(POST, "/api/executions/{id}/steps/{step}/running", 0),
    ROW(POST, "/api/executions/{id}/steps/{step}/completed", 0),
    ROW(GET, "/api/v1/executions/{id}/events", ROUTE_STREAM),
    ROW(GET, "/x/{a}/{b}/{c}/{d}", 0),
    ROW(GET, "/x/{a}/y/{c}/z", 0),
    {0},
};

const struct dialect route_dialects[] = {
    {"/api", say},
    {"/api/v1", say},
    {"/public-api/", say},
    {"", say},
};

static struct app app;

static const char *
found(enum method method, const char *path, struct request *r, char allow[64])
{
	const struct route *route;

	*r = (struct request){.method = method, .app = &app};
	r->path = slice_str(path);
	route = route_find(r, allow);
	return route != NULL ? route->pattern : NULL;
}

static void
check(enum method method, const char *path, const char *pattern)
{
	struct request r;
	char allow[64];
	const char *got = found(method, path, &r, allow);

	if (got == NULL || strcmp(got, pattern) != 0)
		fail_msg("%s: %s instead of %s", path, got, pattern);
	assert_int_equal(r.arena.chunks == NULL, strchr(path, '%') == NULL);
	arena_free(&r.arena);
}

static void
check_none(enum method method, const char *path, const char *allowed)
{
	struct request r;
	char allow[64];
	const char *got = found(method, path, &r, allow);

	if (got != NULL)
		fail_msg("%s: %s", path, got);
	assert_string_equal(allow, allowed);
	arena_free(&r.arena);
}

static void
test_found(void **state)
{
	(void)state;
	check(METHOD_GET, "/", "/");
	check(METHOD_GET, "/healthz", "/healthz");
	check(METHOD_GET, "/api/jobs", "/api/jobs");
	check(METHOD_POST, "/api/jobs", "/api/jobs");
	check(METHOD_GET, "/api/jobs/7", "/api/jobs/{id}");
	check(METHOD_GET, "/api/jobs/new", "/api/jobs/new");
	check(METHOD_PUT, "/api/jobs/new", "/api/jobs/{id}");
	check(METHOD_GET, "/api/jobs/newer", "/api/jobs/{id}");
	check(METHOD_GET, "/%61pi/j%6Fbs/7", "/api/jobs/{id}");
	check(METHOD_GET, "/x/1/y/3/z", "/x/{a}/y/{c}/z");
	check(METHOD_GET, "/x/1/y/3/4", "/x/{a}/{b}/{c}/{d}");
	check(METHOD_GET, "/api/jobs/..", "/api/jobs/{id}");
	check(METHOD_GET, "/api/jobs/a%2Fb", "/api/jobs/{id}");
	check(METHOD_GET, "/api/jobs/1%2ftrigger", "/api/jobs/{id}");
}

static void
test_not_found(void **state)
{
	static const char *const none[] = {"", "x", "//", "/nope", "/healthz/",
	    "/healthz//", "//healthz", "/api", "/api/", "/api/jobs/",
	    "/api//jobs", "/api/jobs/1/", "/api/jobs/1/2", "/API/jobs", "*",
	    "/api/jobs/%", "/api/jobs/%4", "/api/jobs/%zz", "/api/jobs/%00",
	    "/api%2Fjobs", "/api/jobs%2f1", "/%2Fapi/jobs", "/api/jobs/%FF",
	    "/api/jobs/%C3", "/healthz%00", "/healthz%2f",
	    "/1/2/3/4/5/6/7/8/9/10/11/12/13/14"};

	(void)state;
	for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++)
		check_none(METHOD_GET, none[i], "");
}

static void
test_allow(void **state)
{
	(void)state;
	check_none(METHOD_PUT, "/api/jobs", "GET, POST");
	check_none(METHOD_PATCH, "/api/jobs/1", "GET, PUT, DELETE");
	check_none(METHOD_GET, "/api/jobs/1/trigger", "POST");
	check_none(METHOD_OPTIONS, "/api/jobs/new", "GET, PUT, DELETE");
}

static void
test_params(void **state)
{
	struct request r;
	char allow[64];

	(void)state;
	found(METHOD_POST, "/api/executions/a%20b+c/steps/%C3%A5/running", &r,
	    allow);
	assert_true(slice_is(r.param[0], "a b+c"));
	assert_true(slice_is(r.param[1], "\xc3\xa5"));
	assert_int_equal(r.param[2].n, 0);
	arena_free(&r.arena);
	found(METHOD_GET, "/x/1/2/3/4", &r, allow);
	assert_true(slice_is(r.param[3], "4"));
	found(METHOD_GET, "/x/1/y/3/z", &r, allow);
	assert_true(slice_is(r.param[1], "3"));
}

static void
test_test_rows(void **state)
{
	(void)state;
	check_none(METHOD_POST, "/test/clock", "");
	check_none(METHOD_GET, "/test/clock", "");
	app.test_clock = true;
	check(METHOD_POST, "/test/clock", "/test/clock");
	check_none(METHOD_GET, "/test/clock", "POST");
	app.test_clock = false;
}

static void
test_dialects(void **state)
{
	static const struct {
		const char *path, *prefix;
	} rows[] = {{"/api/jobs", "/api"}, {"/api", "/api"}, {"/apiary", ""},
	    {"/api/v1", "/api/v1"}, {"/api/v1/x", "/api/v1"},
	    {"/api/v10", "/api"}, {"/public-api/projects", "/public-api/"},
	    {"/public-api", ""}, {"/", ""}, {"", ""}, {"*", ""}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_string_equal(route_dialect(slice_str(rows[i].path))
					->prefix,
		    rows[i].prefix);
}

static int
setup(void **state)
{
	(void)state;
	route_init();
	route_init();
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_found),
	    cmocka_unit_test(test_not_found),
	    cmocka_unit_test(test_allow),
	    cmocka_unit_test(test_params),
	    cmocka_unit_test(test_test_rows),
	    cmocka_unit_test(test_dialects),
	};

	return cmocka_run_group_tests_name("route", tests, setup, NULL);
}
