/*
 * Exit codes: of answers, of ends, of requests that got no answer; and what
 * is said about each.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "cli/exits.h"
#include "cli/reply.h"

static void
test_http(void **state)
{
	(void)state;
	assert_int_equal(exits_http(200), 0);
	assert_int_equal(exits_http(201), 0);
	assert_int_equal(exits_http(401), 6);
	assert_int_equal(exits_http(403), 6);
	assert_int_equal(exits_http(404), 5);
	assert_int_equal(exits_http(400), 1);
	assert_int_equal(exits_http(409), 1);
	assert_int_equal(exits_http(422), 1);
	assert_int_equal(exits_http(503), 1);
	assert_int_equal(exits_http(302), 1);
	assert_int_equal(exits_http(0), 1);
}

static void
test_status(void **state)
{
	(void)state;
	assert_int_equal(exits_status(SLICE("completed"), false), 0);
	assert_int_equal(exits_status(SLICE("failed"), false), 1);
	assert_int_equal(exits_status(SLICE("cancelled"), false), 3);
	assert_int_equal(exits_status(SLICE("timeout"), false), 4);
}

static void
test_status_is_no_end(void **state)
{
	static const char *const going_on[] = {"pending", "running", "",
	    "retrying", "Completed", "complete", "completed ", "cancelling"};

	(void)state;
	for (size_t i = 0; i < sizeof(going_on) / sizeof(*going_on); i++)
		assert_int_equal(exits_status(slice_str(going_on[i]), false),
		    EXITS_NONE);
	assert_int_equal(exits_status(SLICE_NONE, false), EXITS_NONE);
	assert_int_equal(exits_status(SLICE("failed"), true), EXITS_NONE);
	assert_int_equal(exits_status(SLICE("timeout"), true), EXITS_NONE);
}

/* A reply of the server's, read. */
static void
answer(struct reply *r, long status, const char *body)
{
	reply_clear(r);
	r->status = status;
	buf_add_str(&r->body, body);
	reply_read(r);
}

static void
assert_says(const struct reply *r, const char *want)
{
	struct buf out = {0};

	reply_explain(r, "http://h", "job list", &out);
	buf_add_byte(&out, '\0');
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
test_reply_kinds(void **state)
{
	struct reply r = {0};

	(void)state;
	answer(&r, 200, "{\"data\":{\"id\":\"x\"}}");
	assert_true(reply_ok(&r));
	assert_non_null(json_get(reply_data(&r), "id"));
	answer(&r, 200, "<html>");
	assert_false(reply_ok(&r));
	assert_int_equal(r.kind, REPLY_USELESS);
	assert_int_equal(reply_exit(&r), 1);
	answer(&r, 502, "<html>");
	assert_int_equal(r.kind, REPLY_ANSWER);
	assert_int_equal(reply_exit(&r), 1);
	reply_clear(&r);
	r.kind = REPLY_UNREACHED;
	assert_false(reply_ok(&r));
	assert_int_equal(reply_exit(&r), 7);
	r.kind = REPLY_DEADLINE;
	assert_int_equal(reply_exit(&r), 124);
}

static void
test_reply_explains(void **state)
{
	struct reply r = {0};

	(void)state;
	answer(&r, 422,
	    "{\"errors\":{\"name\":[\"is taken\",\"is bad\"],"
	    "\"logs.3.level\":[\"is unknown\"]}}");
	assert_says(&r,
	    "tidewire: name: is taken\n"
	    "tidewire: name: is bad\n"
	    "tidewire: logs.3.level: is unknown\n");
	answer(&r, 404, "{\"errors\":{\"detail\":[\"no such job\"]}}");
	assert_says(&r,
	    "tidewire: no such job\n"
	    "tidewire: see what exists: tidewire job list\n");
	answer(&r, 401, "{\"detail\":\"Unauthorized\"}");
	assert_says(&r,
	    "tidewire: Unauthorized\n"
	    "tidewire: give a valid key with --api-key or "
	    "TIDEWIRE_API_KEY\n");
	answer(&r, 500, "{\"error\":{\"code\":\"X\",\"message\":\"broken\"}}");
	assert_says(&r, "tidewire: broken\n");
	answer(&r, 422,
	    "{\"detail\":[{\"loc\":[\"query\",\"types\"],"
	    "\"msg\":\"must be x\"},{},7]}");
	assert_says(&r,
	    "tidewire: types: must be x\n"
	    "tidewire: -\n"
	    "tidewire: -\n");
	answer(&r, 400, "\033[2Jno\n");
	assert_says(&r, "tidewire: the server answered 400 ?[2Jno \n");
	reply_clear(&r);
}

static void
test_reply_unreached(void **state)
{
	struct reply r = {.kind = REPLY_UNREACHED};

	(void)state;
	snprintf(r.cause, sizeof(r.cause), "refused");
	assert_says(&r,
	    "tidewire: cannot reach http://h: refused\n"
	    "tidewire: is tidewired running there? else give "
	    "--url or TIDEWIRE_URL\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_http),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_status_is_no_end),
	    cmocka_unit_test(test_reply_kinds),
	    cmocka_unit_test(test_reply_explains),
	    cmocka_unit_test(test_reply_unreached),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
