/*
 * Labels: limits, and laying one set over another.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/labels.h"

/* The complaint about a text, or NULL; the member at fault in key. */
static const char *
check(struct slice text, bool nulls, char key[80])
{
	struct json_error bad;
	struct json *doc = json_parse(text, &bad);
	const struct json_node *at;
	const char *why;

	assert_non_null(doc);
	why = labels_check(json_root(doc), nulls, &at);
	assert_true(why != NULL || at == NULL || json_root(doc)->child != NULL);
	key[0] = '\0';
	if (why != NULL && at != NULL) {
		assert_true(at->key.n < 80);
		memcpy(key, at->key.p, at->key.n);
		key[at->key.n] = '\0';
	}
	json_free(doc);
	return why;
}

static const struct {
	const char *text;
	bool ok, ok_with_nulls;
	const char *at;
} sets[] = {
    {"{}", true, true, ""},
    {"{\"env\":\"prod\",\"a.b/c-d_E9\":\"\"}", true, true, ""},
    {"{\"a\":null}", false, true, "a"},
    {"{\"a\":\"\",\"b\":1}", false, false, "b"},
    {"{\"a\":true}", false, false, "a"},
    {"{\"a\":[]}", false, false, "a"},
    {"{\"\":\"x\"}", false, false, ""},
    {"{\"a b\":\"x\"}", false, false, "a b"},
    {"{\"a:b\":\"x\"}", false, false, "a:b"},
    {"{\"\\u00e5\":\"x\"}", false, false, "\xc3\xa5"},
    {"{\"a\":\"x\\u0000\"}", false, false, "a"},
    {"[]", false, false, ""},
    {"\"a\"", false, false, ""},
    {"null", false, false, ""},
};

static void
test_check(void **state)
{
	char key[80];

	(void)state;
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		struct slice text = slice_str(sets[i].text);

		assert_int_equal(check(text, true, key) == NULL,
		    sets[i].ok_with_nulls);
		assert_int_equal(check(text, false, key) == NULL, sets[i].ok);
		assert_string_equal(key, sets[i].at);
	}
}

static void
test_limits(void **state)
{
	struct buf text = {0};
	char key[80];

	(void)state;
	for (unsigned n = 64; n < 66; n++) {
		text.len = 0;
		for (unsigned i = 0; i < n; i++)
			buf_addf(&text, "%s\"k%u\":\"v\"", i ? "," : "{", i);
		buf_add_byte(&text, '}');
		assert_int_equal(check(buf_slice(&text), true, key) == NULL,
		    n == 64);
	}
	for (unsigned n = 63; n < 65; n++) {
		text.len = 0;
		buf_addf(&text, "{\"%0*d\":\"\"}", (int)n, 1);
		assert_int_equal(check(buf_slice(&text), true, key) == NULL,
		    n == 63);
	}
	/* Characters are counted, not bytes. */
	for (unsigned n = 255; n < 257; n++) {
		text.len = 0;
		buf_add_str(&text, "{\"k\":\"");
		for (unsigned i = 0; i < n; i++)
			buf_add_str(&text, "\xf0\x9f\x8c\x8a");
		buf_add_str(&text, "\"}");
		assert_int_equal(check(buf_slice(&text), true, key) == NULL,
		    n == 255);
	}
	buf_free(&text);
}

static const struct {
	const char *now, *patch, *want;
} merges[] = {
    {"", "{}", "{}"},
    {"", "{\"a\":\"1\"}", "{\"a\":\"1\"}"},
    {"{\"a\":\"1\",\"b\":\"2\"}", "{\"b\":\"3\"}", "{\"a\":\"1\",\"b\":\"3\"}"},
    {"{\"a\":\"1\",\"b\":\"2\"}", "{\"c\":\"\\u00e5\",\"a\":null}",
	"{\"b\":\"2\",\"c\":\"\\u00e5\"}"},
    {"{\"a\":\"1\"}", "{\"a\":null}", "{}"},
    {"{\"a\":\"1\"}", "{\"x\":null}", "{\"a\":\"1\"}"},
    {"{ \"a\" : \"1\" }", "{}", "{\"a\":\"1\"}"},
};

static void
test_merge(void **state)
{
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(merges) / sizeof(merges[0]); i++) {
		out.len = 0;
		assert_true(labels_merge(slice_str(merges[i].now),
		    slice_str(merges[i].patch), &out));
		if (!slice_is(buf_slice(&out), merges[i].want))
			fail_msg("%.*s", SLICE_FMT(buf_slice(&out)));
	}
	buf_free(&out);
}

static void
test_merge_limit(void **state)
{
	struct buf now = {0}, out = {0};

	(void)state;
	for (unsigned i = 0; i < 64; i++)
		buf_addf(&now, "%s\"k%u\":\"v\"", i ? "," : "{", i);
	buf_add_byte(&now, '}');
	assert_false(labels_merge(buf_slice(&now), SLICE("{\"x\":\"y\"}"),
	    &out));
	out.len = 0;
	assert_true(labels_merge(buf_slice(&now),
	    SLICE("{\"x\":\"y\",\"k0\":null,\"k1\":\"z\"}"), &out));
	buf_free(&now);
	buf_free(&out);
}

static void
test_name(void **state)
{
	struct buf text = {0};

	(void)state;
	assert_null(labels_check_name(SLICE("n")));
	assert_null(labels_check_name(SLICE("nightly run: \xc3\xa5 2026")));
	assert_null(
	    labels_check_name(SLICE("0192a3b4-c5d6-7e7f-8a9b-00000000000")));
	assert_non_null(labels_check_name(SLICE("")));
	assert_null(labels_check_name(SLICE("...")));
	assert_non_null(labels_check_name(SLICE(".")));
	assert_non_null(labels_check_name(SLICE("..")));
	assert_non_null(labels_check_name(SLICE("a/b")));
	assert_non_null(labels_check_name(SLICE("a\nb")));
	assert_non_null(labels_check_name(SLICE("a\0b")));
	assert_non_null(labels_check_name(SLICE("a\x7f")));
	assert_non_null(
	    labels_check_name(SLICE("0192A3B4-c5d6-7e7f-8a9b-0000000000ff")));
	for (unsigned i = 0; i < 120; i++)
		buf_add_str(&text, "\xf0\x9f\x8c\x8a");
	assert_null(labels_check_name(buf_slice(&text)));
	buf_add_byte(&text, 'x');
	assert_non_null(labels_check_name(buf_slice(&text)));
	buf_free(&text);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_check),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_merge),
	    cmocka_unit_test(test_merge_limit),
	    cmocka_unit_test(test_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
