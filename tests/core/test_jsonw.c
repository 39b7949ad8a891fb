/*
 * Writing JSON: every kind of value, escapes, and misuse that must abort.
 */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/jsonw.h"
#include "tests/core/dies.h"
#include "tests/core/tree.h"

static struct buf out;

static void
expect(struct jsonw *w, const char *text)
{
	assert_true(slice_is(buf_slice(&out), text));
	out.len = 0;
	jsonw_reset(w, &out);
}

static void
test_values(void **state)
{
	struct jsonw *w = *state;
	struct uuid u = {{0xab, [15] = 0x01}};

	jsonw_null(w);
	expect(w, "null");
	jsonw_bool(w, true);
	expect(w, "true");
	jsonw_bool(w, false);
	expect(w, "false");
	jsonw_int(w, INT64_MIN);
	expect(w, "-9223372036854775808");
	jsonw_int(w, INT64_MAX);
	expect(w, "9223372036854775807");
	jsonw_u64(w, 0);
	expect(w, "0");
	jsonw_u64(w, UINT64_MAX);
	expect(w, "18446744073709551615");
	jsonw_double(w, 45);
	expect(w, "45");
	jsonw_double(w, 0.1);
	expect(w, "0.1");
	jsonw_cstr(w, "text");
	expect(w, "\"text\"");
	jsonw_cstr(w, NULL);
	expect(w, "null");
	jsonw_str(w, SLICE_NONE);
	expect(w, "\"\"");
	jsonw_uuid(w, &u);
	expect(w, "\"ab000000-0000-0000-0000-000000000001\"");
}

static void
test_nest(void **state)
{
	struct jsonw *w = *state;

	jsonw_object(w);
	jsonw_end(w);
	expect(w, "{}");
	jsonw_array(w);
	jsonw_end(w);
	expect(w, "[]");
	jsonw_object(w);
	jsonw_key(w, "a");
	jsonw_array(w);
	jsonw_int(w, 1);
	jsonw_object(w);
	jsonw_end(w);
	jsonw_array(w);
	jsonw_end(w);
	jsonw_null(w);
	jsonw_end(w);
	jsonw_key_slice(w, SLICE("b\0c"));
	jsonw_object(w);
	jsonw_key(w, "");
	jsonw_bool(w, true);
	jsonw_end(w);
	jsonw_end(w);
	expect(w, "{\"a\":[1,{},[],null],\"b\\u0000c\":{\"\":true}}");
}

static void
test_raw(void **state)
{
	struct jsonw *w = *state;

	jsonw_raw(w, SLICE("{\"x\": 1}"));
	expect(w, "{\"x\": 1}");
	jsonw_array(w);
	jsonw_raw(w, SLICE("[1, 2]"));
	jsonw_raw_or_null(w, SLICE_NONE);
	jsonw_raw_or_null(w, SLICE("1e999"));
	jsonw_object(w);
	jsonw_key(w, "k");
	jsonw_raw(w, SLICE("\"v\""));
	jsonw_key(w, "l");
	jsonw_raw(w, SLICE("3"));
	jsonw_end(w);
	jsonw_end(w);
	expect(w, "[[1, 2],null,1e999,{\"k\":\"v\",\"l\":3}]");
}

/* Every byte below 0x80, read back; '/' and 0x7f as they are. */
static void
test_escapes(void **state)
{
	struct jsonw *w = *state;
	struct json_error err;
	struct json *doc;
	char all[128];

	jsonw_cstr(w, "/\x7f\"\\\b\f\n\r\t\x01\x1f \xc3\xa4");
	expect(w, "\"/\x7f\\\"\\\\\\b\\f\\n\\r\\t\\u0001\\u001F \xc3\xa4\"");
	for (size_t i = 0; i < sizeof(all); i++)
		all[i] = (char)i;
	jsonw_str(w, (struct slice){all + 1, sizeof(all) - 1});
	doc = json_parse(buf_slice(&out), &err);
	assert_non_null(doc);
	assert_true(slice_eq(json_root(doc)->str,
	    (struct slice){all + 1, sizeof(all) - 1}));
	json_free(doc);
	out.len = 0;
	jsonw_reset(w, &out);
}

/* A reset in the middle of a text leaves nothing behind. */
static void
test_reset(void **state)
{
	struct jsonw *w = *state;
	struct buf other = {0};

	jsonw_object(w);
	jsonw_key(w, "a");
	out.len = 0;
	jsonw_reset(w, &other);
	jsonw_array(w);
	jsonw_int(w, 1);
	jsonw_int(w, 2);
	jsonw_end(w);
	assert_true(slice_is(buf_slice(&other), "[1,2]"));
	assert_int_equal(out.len, 0);
	jsonw_reset(w, &out);
	/* Text is appended, what was there stays. */
	buf_add_str(&out, "data: ");
	jsonw_int(w, 3);
	expect(w, "data: 3");
	buf_free(&other);
}

/* As deep as can be read, with room for what stands around it. */
static void
test_deep(void **state)
{
	struct jsonw *w = *state;

	for (int i = 0; i < JSON_DEPTH_MAX + 16; i++)
		jsonw_array(w);
	for (int i = 0; i < JSON_DEPTH_MAX + 16; i++)
		jsonw_end(w);
	assert_int_equal(out.len, 2 * (JSON_DEPTH_MAX + 16));
	out.len = 0;
	jsonw_reset(w, &out);
}

static void
test_round(void **state)
{
	const char *text = "{\"a\":[1,-0,1e999,0.10],\"\":{},\"\\u00e4\":"
			   "\"\\ud83d\\ude00\\n\",\"t\":true,\"n\":null}";
	struct jsonw *w = *state;
	struct json_error err;
	struct json *one = json_parse(slice_str(text), &err), *two;

	assert_non_null(one);
	tree_write(w, json_root(one));
	two = json_parse(buf_slice(&out), &err);
	assert_non_null(two);
	assert_true(tree_same(json_root(one), json_root(two), false));
	json_free(one);
	json_free(two);
	out.len = 0;
	jsonw_reset(w, &out);
}

static void
value_without_key(void *w)
{
	jsonw_object(w);
	jsonw_int(w, 1);
}

static void
object_without_key(void *w)
{
	jsonw_object(w);
	jsonw_object(w);
}

static void
raw_without_key(void *w)
{
	jsonw_object(w);
	jsonw_raw(w, SLICE("\"k\""));
}

static void
key_without_value(void *w)
{
	jsonw_object(w);
	jsonw_key(w, "a");
	jsonw_end(w);
}

static void
two_keys(void *w)
{
	jsonw_object(w);
	jsonw_key(w, "a");
	jsonw_key(w, "b");
}

static void
key_in_array(void *w)
{
	jsonw_array(w);
	jsonw_key(w, "a");
}

static void
key_at_top(void *w)
{
	jsonw_key(w, "a");
}

static void
end_at_top(void *w)
{
	jsonw_end(w);
}

static void
two_values(void *w)
{
	jsonw_int(w, 1);
	jsonw_int(w, 2);
}

static void
value_behind(void *w)
{
	jsonw_object(w);
	jsonw_end(w);
	jsonw_array(w);
}

static void
raw_nothing(void *w)
{
	jsonw_raw(w, SLICE_NONE);
}

static void
not_a_number(void *w)
{
	jsonw_double(w, NAN);
}

static void
too_deep(void *w)
{
	for (int i = 0; i < 200; i++)
		jsonw_array(w);
}

static void
test_misuse(void **state)
{
	static void (*const acts[])(void *) = {value_without_key,
	    object_without_key, raw_without_key, key_without_value, two_keys,
	    key_in_array, key_at_top, end_at_top, two_values, value_behind,
	    raw_nothing, not_a_number, too_deep};

	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++)
		assert_true(dies(acts[i], *state));
}

static int
setup(void **state)
{
	*state = jsonw_new(&out);
	return 0;
}

static int
teardown(void **state)
{
	jsonw_free(*state);
	jsonw_free(NULL);
	buf_free(&out);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_values),
	    cmocka_unit_test(test_nest),
	    cmocka_unit_test(test_raw),
	    cmocka_unit_test(test_escapes),
	    cmocka_unit_test(test_reset),
	    cmocka_unit_test(test_deep),
	    cmocka_unit_test(test_round),
	    cmocka_unit_test(test_misuse),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
