/*
 * YAML to JSON: types, aliases, and what is refused, with its place.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/yaml.h"

static const struct {
	const char *yaml, *json;
} good[] = {
    {"", "null"},
    {"# only a comment\n", "null"},
    {"--- x\n...\n", "\"x\""},
    {"a: 1\nb: [true, False, ~, null, '', \"\", ]\n",
	"{\"a\":1,\"b\":[true,false,null,null,\"\",\"\"]}"},
    {"[1, -1, 0, 1.0, -0.5e+10, 1E3]", "[1,-1,0,1.0,-0.5e+10,1E3]"},
    {"[01, +1, .5, 1., 0x1F, 0o7, 1e, -, .inf, .nan, 1_000, --1]",
	"[\"01\",\"+1\",\".5\",\"1.\",\"0x1F\",\"0o7\",\"1e\",\"-\",\".inf\","
	"\".nan\",\"1_000\",\"--1\"]"},
    {"[yes, no, on, '1', \"true\", !!str 1, ! 2]",
	"[\"yes\",\"no\",\"on\",\"1\",\"true\",\"1\",\"2\"]"},
    {"[!!int 3, !!null '', !!seq [], !!map {}]", "[3,\"\",[],{}]"},
    {"1: a\nnull: b\ntrue: c\n", "{\"1\":\"a\",\"null\":\"b\",\"true\":\"c\"}"},
    {"a: |\n  line 1\n  line 2\nb: >-\n  folded\n  text\n",
	"{\"a\":\"line 1\\nline 2\\n\",\"b\":\"folded text\"}"},
    {"\"nul\\0 \\u00e5\": \"\\x41\"", "{\"nul\\u0000 \xc3\xa5\":\"A\"}"},
    {"a: &x 1\nb: *x\n", "{\"a\":1,\"b\":1}"},
    {"a: &x {k: [v]}\nb: [*x, *x]\nc: &x 2\nd: *x\n",
	"{\"a\":{\"k\":[\"v\"]},\"b\":[{\"k\":[\"v\"]},{\"k\":[\"v\"]}],"
	"\"c\":2,\"d\":2}"},
    {"&top [&e [], *e, &f ~, *f]", "[[],[],null,null]"},
    {"<<: a", "{\"<<\":\"a\"}"},
    {"\xef\xbb\xbf"
     "a: b",
	"{\"a\":\"b\"}"},
    {"\xef\xbb\xbf"
     "a: 1\nb: 2\n",
	"{\"a\":1,\"b\":2}"},
    {"\xef\xbb\xbf---\na: 1\n", "{\"a\":1}"},
    {"\xef\xbb\xbf", "null"},
};

static const struct {
	const char *yaml;
	unsigned line, column;
	const char *text;
} bad[] = {
    {"a: [1, 2", 2, 1, "did not find expected ',' or ']'"},
    {"a: b: c", 1, 5, "mapping values are not allowed in this context"},
    {"a:\n\t- 1", 2, 1, "found character that cannot start any token"},
    {"a: 1\nb: 2\na: 3\n", 3, 1, "duplicate member \"a\""},
    {"a: {x: 1,\n  x: 2}\n", 2, 3, "duplicate member \"x\""},
    {"--- 1\n--- 2\n", 2, 1, "there must be one document only"},
    {"? [a]\n: 1", 1, 3, "a key must be a scalar"},
    {"a: &x 1\n*x : 2", 2, 1, "a key must be a scalar, not an alias"},
    {"&k a: 1", 1, 1, "a key must not have an anchor"},
    {"a: *x", 1, 4, "an alias must name a node before it"},
    {"a: &x [*x]", 1, 8, "an alias must name a node before it"},
    {"a: !local 1", 1, 4, "a tag of a type that is not known here"},
    {"a: !!python/object {}", 1, 4, NULL},
    {"a: \"\\ud800\"", 1, 7, NULL},
    {"a: \x01", 1, 1, "control characters are not allowed"},
    {"a: \xff", 0, 0, "not valid UTF-8"},
    {"%YAML 3.0\n--- a", 1, 1, "found incompatible YAML document"},
};

static void
test_good(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		struct buf json = {0};
		struct yaml_error err;
		struct json *doc =
		    yaml_parse(slice_str(good[i].yaml), &json, &err);

		if (doc == NULL)
			fail_msg("%s: %s", good[i].yaml, err.text);
		if (!slice_is(buf_slice(&json), good[i].json))
			fail_msg("%s: %.*s", good[i].yaml,
			    SLICE_FMT(buf_slice(&json)));
		json_free(doc);
		buf_free(&json);
	}
}

static void
test_bad(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		struct buf json = {0};
		struct yaml_error err;

		if (yaml_parse(slice_str(bad[i].yaml), &json, &err) != NULL)
			fail_msg("%s: %.*s", bad[i].yaml,
			    SLICE_FMT(buf_slice(&json)));
		if (err.line != bad[i].line || err.column != bad[i].column)
			fail_msg("%s: %u:%u: %s", bad[i].yaml, err.line,
			    err.column, err.text);
		if (bad[i].text != NULL)
			assert_string_equal(err.text, bad[i].text);
		buf_free(&json);
	}
}

/* Nine anchors, each ten times the one before: a billion of the first. */
static void
test_laughs(void **state)
{
	struct buf text = {0}, json = {0};
	struct yaml_error err;

	(void)state;
	buf_add_str(&text, "- &a0 lol\n");
	for (unsigned i = 1; i < 10; i++) {
		buf_addf(&text, "- &a%u [", i);
		for (unsigned k = 0; k < 10; k++)
			buf_addf(&text, "%s*a%u", k > 0 ? "," : "", i - 1);
		buf_add_str(&text, "]\n");
	}
	assert_null(yaml_parse(buf_slice(&text), &json, &err));
	assert_string_equal(err.text, "too large with its aliases written out");
	assert_true(json.len <= YAML_JSON_MAX);
	buf_free(&text);
	buf_free(&json);
}

static void
assert_refused(struct buf *text, const char *why)
{
	struct buf json = {0};
	struct yaml_error err;

	assert_null(yaml_parse(buf_slice(text), &json, &err));
	assert_string_equal(err.text, why);
	buf_free(text);
	buf_free(&json);
}

static void
test_bounds(void **state)
{
	struct buf text = {0};

	(void)state;
	for (unsigned i = 0; i < 200000; i++)
		buf_add_byte(&text, '[');
	assert_refused(&text, "nested too deeply");
	/* An alias may make it deeper than it looks. */
	buf_add_str(&text, "- &a ");
	for (unsigned i = 0; i < 40; i++)
		buf_add_byte(&text, '[');
	for (unsigned i = 0; i < 40; i++)
		buf_add_byte(&text, ']');
	buf_add_str(&text,
	    "\n- [[[[[[[[[[[[[[[[[[[[[[[[[*a]]]]]]]]]]]]]]]]]]]"
	    "]]]]]]\n");
	assert_refused(&text, "nested too deeply");
	for (unsigned i = 0; i < 101; i++)
		buf_addf(&text, "- &a%u x\n", i);
	assert_refused(&text, "too many anchors, or one with too long a name");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_good),
	    cmocka_unit_test(test_bad),
	    cmocka_unit_test(test_laughs),
	    cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
