/*
 * What dialects read by rules of their own: lenient integers, and the limits
 * of a Topify task.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/buf.h"
#include "http/lax.h"
#include "http/topify_read.h"

static void
test_text(void **state)
{
	static const struct {
		const char *text;
		int64_t value;
	} good[] = {{"0", 0}, {"7", 7}, {"-7", -7}, {"+7", 7}, {" 7\t", 7},
	    {"007", 7}, {"1_000", 1000}, {"7.0", 7}, {"7.000", 7}, {"-0", 0},
	    {"100", 100}, {"1000.0", 1000}, {"9223372036854775807", INT64_MAX},
	    {"-9223372036854775807", -INT64_MAX},
	    {"-9223372036854775808", INT64_MIN}};
	static const char *const bad[] = {"", " ", "-", "+", "x", "1x", "1.5",
	    ".0", "1.", "1e3", "0x1", "1__0", "_1", "1_", "--1", "1 2", "1,0",
	    "1.0.0"};
	struct lax_error err;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(lax_int(slice_str(good[i].text), &v, &err));
		assert_int_equal(v, good[i].value);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		assert_false(lax_int(slice_str(bad[i]), &v, &err));
		assert_string_equal(err.type, "int_parsing");
	}
	assert_false(lax_int((struct slice){"1\0", 2}, &v, &err));
}

/* What is beyond 64 bits is another number's text, unless that may be. */
static void
test_beyond(void **state)
{
	static const struct {
		const char *text;
		int64_t nearest;
	} rows[] = {{"9223372036854775808", INT64_MAX},
	    {"-9223372036854775809", INT64_MIN},
	    {"18446744073709551616", INT64_MAX},
	    {"99999999999999999999999", INT64_MAX},
	    {"-99999999999999999999999", INT64_MIN}};
	struct lax_error err;
	int64_t v;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(lax_int(slice_str(rows[i].text), &v, &err));
		assert_string_equal(err.type, "int_parsing_size");
		assert_true(lax_nearest(slice_str(rows[i].text), &v, &err));
		assert_int_equal(v, rows[i].nearest);
	}
	assert_true(lax_nearest(SLICE("7"), &v, &err));
	assert_int_equal(v, 7);
	assert_false(lax_nearest(SLICE("x"), &v, &err));
}

static void
test_json(void **state)
{
	static const struct {
		const char *text, *type; /* NULL: fine */
		int64_t value;
	} rows[] = {{"7", NULL, 7}, {"7.0", NULL, 7}, {"7e1", NULL, 70},
	    {"true", NULL, 1}, {"false", NULL, 0}, {"\"7\"", NULL, 7},
	    {"\"x\"", "int_parsing", 0},
	    {"\"9223372036854775808\"", "int_parsing_size", 0},
	    {"7.5", "int_from_float", 0}, {"[]", "int_type", 0},
	    {"{}", "int_type", 0}, {"null", "int_type", 0},
	    {"1e400", "int_type", 0}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct json *doc = json_parse(slice_str(rows[i].text),
		    &(struct json_error){0});
		struct lax_error err;
		int64_t v;
		bool ok = lax_json_int(json_root(doc), &v, &err);

		assert_int_equal(ok, rows[i].type == NULL);
		if (ok)
			assert_int_equal(v, rows[i].value);
		else
			assert_string_equal(err.type, rows[i].type);
		json_free(doc);
	}
}

static void
test_urls(void **state)
{
	static const char *const good[] = {"http://a", "https://a.b/c?d#e",
	    "HTTPS://A", "http://[::1]:8000/", "http://u:p@h/",
	    "http://\xc3\xa4"};
	static const char *const bad[] = {"", "http://", "https://",
	    "http:///a", "http://?a", "http://#a", "http://:80", "http:/a",
	    "ftp://a", "a.b", "//a", "http://a b", "http://a\n", " http://a",
	    "javascript:1"};

	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++)
		assert_true(topify_read_is_url(slice_str(good[i])));
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(topify_read_is_url(slice_str(bad[i])));
}

/* Read a task; what it comes to or what is wrong, as text. */
static void
task(const char *body, bool ok, const char *want)
{
	struct json *doc = json_parse(slice_str(body), &(struct json_error){0});
	struct topify_fault fault = {""};
	struct buf input = {0};

	assert_non_null(doc);
	assert_int_equal(topify_read_task(json_root(doc), &input, &fault), ok);
	if (ok)
		buf_add_byte(&input, 0);
	assert_string_equal(ok ? input.p : fault.text, want);
	buf_free(&input);
	json_free(doc);
}

static void
test_tasks(void **state)
{
	(void)state;
	task("{\"x\":1,\"min_words\":1e2,\"user_prompt\":\"\\u00e4\"}", true,
	    "{\"user_prompt\":\"\\u00e4\",\"min_words\":1e2}");
	task("{\"user_prompt\":\"a\",\"keywords\":null}", true,
	    "{\"user_prompt\":\"a\"}");
	task("{}", false, "user_prompt is required");
	task("{\"user_prompt\":\"\"}", false,
	    "user_prompt must be a string of 1 to 1000 characters");
	task("{\"user_prompt\":\"a\",\"min_words\":99}", false,
	    "min_words must be an integer from 100 to 10000");
	task("{\"user_prompt\":\"a\",\"min_words\":200,\"max_words\":100}",
	    false, "min_words must not be larger than max_words");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_text),
	    cmocka_unit_test(test_beyond),
	    cmocka_unit_test(test_json),
	    cmocka_unit_test(test_urls),
	    cmocka_unit_test(test_tasks),
	};

	return cmocka_run_group_tests_name("lenient", tests, NULL, NULL);
}
