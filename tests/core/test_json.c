/*
 * Reading JSON: what is read and what is refused, where and with which words,
 * the ranges remembered, and hostile texts of every kind.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"
#include "core/utf8.h"
#include "tests/core/tree.h"

#define COUNT(rows) (sizeof(rows) / sizeof((rows)[0]))

static const char sample[] =
    "{ \"id\":\"0192\\u0041\", \"n\" : [ 1, -2.50e+3 ,\"\xc3\xa4\\n\"],\r\n"
    "\t\"o\":{\"\":true,\"f\":false,\"z\":null},\"e\":{},\"l\":[] }\n";

/*
 * Parse a copy that is exactly as long as the text, so that the sanitizer
 * sees a byte too far.  *copy is NULL or freed by the caller, after the tree.
 */
static struct json *
parse(struct slice text, struct json_error *err, char **copy)
{
	*copy = malloc(text.n > 0 ? text.n : 1);
	assert_non_null(*copy);
	if (text.n > 0)
		memcpy(*copy, text.p, text.n);
	memset(err, 0x55, sizeof(*err));
	return json_parse((struct slice){*copy, text.n}, err);
}

static bool
accepts(struct slice text)
{
	struct json_error err;
	char *copy;
	struct json *doc = parse(text, &err, &copy);
	bool ok = doc != NULL;

	if (!ok) {
		assert_true(err.line >= 1 && err.column >= 1);
		assert_true(err.column <= text.n + 1);
		assert_true(err.text[0] != '\0');
		assert_true(utf8_valid(slice_str(err.text), NULL));
	}
	json_free(doc);
	free(copy);
	return ok;
}

/* Write a tree so that a test can state it: type, key, decoded, range. */
static void
show(struct buf *b, const struct json_node *n)
{
	const struct json_node *c;

	buf_add_byte(b, (unsigned char)"ZBNSAO"[n->type]);
	if (n->type == JSON_BOOL)
		buf_add_str(b, n->boolean ? "1" : "0");
	if (n->type == JSON_NUMBER)
		buf_add_slice(b, n->raw);
	if (n->type == JSON_STRING)
		buf_addf(b, "<%.*s>", SLICE_FMT(n->str));
	if (n->type < JSON_ARRAY) {
		assert_null(n->child);
		assert_int_equal(n->count, 0);
		return;
	}
	buf_addf(b, "%u(", n->count);
	for (c = n->child; c != NULL; c = c->next) {
		if (n->type == JSON_OBJECT)
			buf_addf(b, "%.*s=", SLICE_FMT(c->key));
		show(b, c);
		if (c->next != NULL)
			buf_add_byte(b, ' ');
	}
	buf_add_byte(b, ')');
}

static void
test_accept(void **state)
{
	static const struct {
		const char *text, *tree;
	} rows[] = {
	    {"null", "Z"},
	    {"true", "B1"},
	    {"false", "B0"},
	    {"0", "N0"},
	    {" 42 ", "N42"},
	    {"-0", "N-0"},
	    {"1e999", "N1e999"},
	    {"-1E+999", "N-1E+999"},
	    {"9223372036854775808", "N9223372036854775808"},
	    {"123456789012345678901234567890.5e-7",
		"N123456789012345678901234567890.5e-7"},
	    {"\"\"", "S<>"},
	    {"\"abc\"", "S<abc>"},
	    {"\"a\\\"\\\\\\/\\b\\f\\n\\r\\tz\"", "S<a\"\\/\b\f\n\r\tz>"},
	    {"\"\\u0041\\u00e4\\u20AC\\ud83d\\uDE00\"",
		"S<A\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80>"},
	    {"\"\\uD7FF\\uE000\\uFFFF\"",
		"S<\xed\x9f\xbf\xee\x80\x80\xef\xbf\xbf>"},
	    {"\"\\udbff\\udfff\"", "S<\xf4\x8f\xbf\xbf>"},
	    {"\"\\\\ud800\"", "S<\\ud800>"},
	    {"\"\\\\\\u0041\"", "S<\\A>"},
	    {"\"\x7f\"", "S<\x7f>"},
	    {"\"\xf4\x8f\xbf\xbf\"", "S<\xf4\x8f\xbf\xbf>"},
	    {"[]", "A0()"},
	    {"{}", "O0()"},
	    {"[[],{},[[]]]", "A3(A0() O0() A1(A0()))"},
	    {" [ 1 , \"a\" , null ] ", "A3(N1 S<a> Z)"},
	    {"{\"a\":1,\"b\":{\"a\":2}}", "O2(a=N1 b=O1(a=N2))"},
	    {"{\"\":1,\"A\":2,\"a\":3}", "O3(=N1 A=N2 a=N3)"},
	    {"[{\"a\":1},{\"a\":1}]", "A2(O1(a=N1) O1(a=N1))"},
	    {"\t\r\n {\"\\u0061b\\n\"\n:\t[true]\r}\n", "O1(ab\n=A1(B1))"},
	};

	(void)state;
	for (size_t i = 0; i < COUNT(rows); i++) {
		struct json_error err;
		struct buf b = {0};
		char *copy;
		struct json *doc = parse(slice_str(rows[i].text), &err, &copy);

		assert_non_null(doc);
		show(&b, json_root(doc));
		buf_add_byte(&b, 0);
		assert_string_equal(b.p, rows[i].tree);
		assert_null(json_root(doc)->next);
		buf_free(&b);
		json_free(doc);
		free(copy);
	}
}

static void
test_refuse(void **state)
{
	static const struct {
		struct slice text;
		unsigned line, column;
		const char *cause;
	} rows[] = {
#define R(text, line, column, cause) \
	{{text, sizeof(text) - 1}, line, column, cause}
	    R("", 1, 1, "empty"),
	    R(" \t\r\n ", 1, 1, "empty"),
	    R(",", 1, 1, "value expected"),
	    R(":", 1, 1, "value expected"),
	    R("]", 1, 1, "value expected"),
	    R("[", 1, 2, "the text ends too early"),
	    R("{\"a\":1,\n \"b\"", 2, 5, "the text ends too early"),
	    R("\"abc", 1, 5, "the text ends too early"),
	    R("\"abc\\", 1, 6, "the text ends too early"),
	    R("\"abc\\u00", 1, 9, "the text ends too early"),
	    R("[1,\n2\n", 3, 1, "the text ends too early"),
	    R("[1,,2]", 1, 4, "value expected"),
	    R("[,1]", 1, 2, "value expected"),
	    R("[1,]", 1, 4, "value expected"),
	    R("[1 2]", 1, 4, "',' or ']' expected"),
	    R("[1\n\n   :2]", 3, 4, "',' or ']' expected"),
	    R("[1}", 1, 3, "',' or ']' expected"),
	    R("[01]", 1, 3, "',' or ']' expected"),
	    R("{\"a\":1]", 1, 7, "',' or '}' expected"),
	    R("{\"a\":1 \"b\":2}", 1, 8, "',' or '}' expected"),
	    R("{\"a\" 1}", 1, 6, "':' expected"),
	    R("{\"a\",1}", 1, 5, "':' expected"),
	    R("{\"a\"}", 1, 5, "':' expected"),
	    R("{\"a\":}", 1, 6, "value expected"),
	    R("{\"a\":1,}", 1, 8, "member name expected"),
	    R("{,}", 1, 2, "member name expected"),
	    R("{1:2}", 1, 2, "member name expected"),
	    R("{null:2}", 1, 2, "member name expected"),
	    R("{a:2}", 1, 2, "unexpected character"),
	    R("'a'", 1, 1, "unexpected character"),
	    R("nul", 1, 1, "unexpected character"),
	    R("[nulx]", 1, 2, "unexpected character"),
	    R("True", 1, 1, "unexpected character"),
	    R("NaN", 1, 1, "unexpected character"),
	    R("Infinity", 1, 1, "unexpected character"),
	    R("-Infinity", 1, 1, "malformed number"),
	    R("+1", 1, 1, "unexpected character"),
	    R(".5", 1, 1, "unexpected character"),
	    R("-", 1, 1, "malformed number"),
	    R("[1.]", 1, 2, "malformed number"),
	    R("[1.e5]", 1, 2, "malformed number"),
	    R("1e", 1, 1, "malformed number"),
	    R("1e+", 1, 1, "malformed number"),
	    R("[--1]", 1, 2, "malformed number"),
	    R("0x10", 1, 2, "unexpected text behind the value"),
	    R("01", 1, 2, "unexpected text behind the value"),
	    R("1 2", 1, 3, "unexpected text behind the value"),
	    R("{} {}", 1, 4, "unexpected text behind the value"),
	    R("{} \"a", 1, 4, "unexpected text behind the value"),
	    R("4\"", 1, 2, "unexpected text behind the value"),
	    R("null\n\"\\", 2, 1, "unexpected text behind the value"),
	    R("[] tru", 1, 4, "unexpected text behind the value"),
	    R("[] -", 1, 4, "unexpected text behind the value"),
	    R("{},", 1, 3, "unexpected text behind the value"),
	    R("[1]\n ]", 2, 2, "unexpected text behind the value"),
	    R("{}x", 1, 3, "unexpected text behind the value"),
	    R("\v1", 1, 1, "unexpected character"),
	    R("[1\n,\f2]", 2, 2, "unexpected character"),
	    R("{} \f", 1, 4, "unexpected character"),
	    R("\"\v\"", 1, 2, "unexpected character"),
	    R("{}\0", 1, 3, "unexpected text behind the value"),
	    R("\0", 1, 1, "unexpected character"),
	    R("[1,\0]", 1, 4, "unexpected character"),
	    R("\xef\xbb\xbf{}", 1, 1, "unexpected character"),
	    R("[1,\n /**/2]", 2, 2, "unexpected character"),
	    R("/**/1", 1, 1, "unexpected character"),
	    R("[1,//x\n2]", 1, 4, "unexpected character"),
	    R("\"a\\x\"", 1, 4, "invalid escape in a string"),
	    R("\"\\u12g4\"", 1, 6, "invalid escape in a string"),
	    R("\"\\U0041\"", 1, 3, "invalid escape in a string"),
	    R("[\"ab\ncd\"]", 1, 5, "control character in a string"),
	    R("\"a\tb\"", 1, 3, "control character in a string"),
	    R("\"a\0b\"", 1, 3, "control character in a string"),
	    R("\"\x1f\"", 1, 2, "control character in a string"),
	    R("\"\\ud800\"", 1, 2, "lone surrogate in a string"),
	    R("\"ab\\udbffz\"", 1, 4, "lone surrogate in a string"),
	    R("\"\\ud800\\n\"", 1, 2, "lone surrogate in a string"),
	    R("\"\\ud800\\u0041\"", 1, 2, "lone surrogate in a string"),
	    R("\"\\ud800\\ud800\"", 1, 2, "lone surrogate in a string"),
	    R("\"\\ud83d\\ude00\\ude00\"", 1, 14, "lone surrogate in a string"),
	    R("\"\\udc00\\ud800\"", 1, 2, "lone surrogate in a string"),
	    R("{\"\\udFFF\":1}", 1, 3, "lone surrogate in a string"),
	    R("\"\xc0\x80\"", 1, 2, "invalid UTF-8"),
	    R("[1,\n\"\xed\xa0\x80\"]", 2, 2, "invalid UTF-8"),
	    R("{\"a\":1,\"b\":2,\"a\":3}", 1, 18, "duplicate member \"a\""),
	    R("{\"a\":1,\"\\u0061\":3}", 1, 17, "duplicate member \"a\""),
	    R("[{\"\":1,\n\"\":{}}]", 2, 4, "duplicate member \"\""),
#undef R
	};
	struct json_error err;
	char *copy;

	(void)state;
	assert_null(json_parse(SLICE_NONE, &err));
	assert_string_equal(err.text, "empty");
	for (size_t i = 0; i < COUNT(rows); i++) {
		assert_null(parse(rows[i].text, &err, &copy));
		assert_string_equal(err.text, rows[i].cause);
		assert_int_equal(err.line, rows[i].line);
		assert_int_equal(err.column, rows[i].column);
		free(copy);
	}
}

static void
test_ranges(void **state)
{
	struct json_error err;
	char *copy;
	struct json *doc = parse(SLICE(sample), &err, &copy);
	const struct json_node *root, *n;

	(void)state;
	assert_non_null(doc);
	root = json_root(doc);
	assert_int_equal(root->raw.n, sizeof(sample) - 2);
	assert_true(root->raw.p == copy);
	n = json_get(root, "id");
	assert_true(slice_is(n->raw, "\"0192\\u0041\""));
	assert_true(slice_is(n->str, "0192A"));
	n = json_get(root, "n");
	assert_true(slice_is(n->raw, "[ 1, -2.50e+3 ,\"\xc3\xa4\\n\"]"));
	assert_true(slice_is(n->child->raw, "1"));
	assert_true(slice_is(n->child->next->raw, "-2.50e+3"));
	assert_true(slice_is(n->child->next->next->raw, "\"\xc3\xa4\\n\""));
	n = json_get(root, "o");
	assert_true(slice_is(n->raw, "{\"\":true,\"f\":false,\"z\":null}"));
	assert_true(slice_is(json_get(n, "")->raw, "true"));
	assert_true(slice_is(json_get(n, "f")->raw, "false"));
	assert_true(slice_is(json_get(n, "z")->raw, "null"));
	assert_true(slice_is(json_get(root, "e")->raw, "{}"));
	assert_true(slice_is(json_get(root, "l")->raw, "[]"));
	json_free(doc);
	free(copy);
}

/* A string without escapes is not copied. */
static void
test_borrow(void **state)
{
	const char *text = "[\"plain\",\"esc\\t\"]";
	struct json_error err;
	struct json *doc = json_parse(slice_str(text), &err);
	const struct json_node *n;

	(void)state;
	assert_non_null(doc);
	n = json_root(doc)->child;
	assert_true(n->str.p == text + 2);
	assert_true(n->next->str.p < text ||
	    n->next->str.p > text + strlen(text));
	json_free(doc);
}

static void
test_lookup(void **state)
{
	struct json_error err;
	struct json *doc =
	    json_parse(SLICE("{\"a\":null,\"b\":[{\"c\":1}],\"ab\":2}"), &err);
	const struct json_node *root = json_root(doc);

	(void)state;
	assert_true(json_absent(json_get(root, "a")));
	assert_true(json_absent(json_get(root, "nope")));
	assert_true(json_absent(NULL));
	assert_false(json_absent(json_get(root, "b")));
	assert_null(json_get(root, ""));
	assert_null(json_get(root, "c"));
	assert_null(json_get(json_get(root, "b"), "c"));
	assert_null(json_get(NULL, "c"));
	assert_non_null(json_get(json_get(root, "b")->child, "c"));
	assert_true(slice_is(json_get(root, "ab")->raw, "2"));
	json_free(doc);
	json_free(NULL);
}

static void
test_numbers(void **state)
{
	struct json_error err;
	struct json *doc = json_parse(
	    SLICE("[45,45.0,45.5,-1,1e999,\"45\",9223372036854775808]"), &err);
	static const int ints[] = {45, 45, -7, -1, -7, -7, -7};
	static const double doubles[] = {45, 45, 45.5, -1, -7, -7,
	    9223372036854775808.0};
	const struct json_node *n = json_root(doc)->child;

	(void)state;
	for (size_t i = 0; i < COUNT(ints); i++, n = n->next) {
		int64_t v = -7;
		double d = -7;

		assert_int_equal(json_int(n, -5, INT64_MAX, &v), ints[i] != -7);
		assert_true(v == ints[i]);
		assert_int_equal(json_double(n, &d), doubles[i] != -7);
		assert_true(d == doubles[i]);
	}
	assert_false(json_int(NULL, 0, 1, NULL));
	assert_false(json_double(NULL, NULL));
	assert_false(json_int(json_root(doc), 0, 1, NULL));
	json_free(doc);
}

/* No beginning of the sample is a text, but for its last white space. */
static void
test_truncated(void **state)
{
	size_t whole = sizeof(sample) - 2;

	(void)state;
	for (size_t n = 0; n < whole; n++)
		assert_false(accepts((struct slice){sample, n}));
	assert_true(accepts((struct slice){sample, whole}));
}

/* Each byte of the sample replaced by each other: no crash, sane errors. */
static void
test_mutated(void **state)
{
	char text[sizeof(sample)];
	unsigned accepted = 0;

	(void)state;
	for (size_t at = 0; at < sizeof(sample) - 1; at++) {
		for (int c = 0; c < 256; c++) {
			memcpy(text, sample, sizeof(sample));
			text[at] = (char)c;
			accepted +=
			    accepts((struct slice){text, sizeof(sample) - 1});
		}
	}
	assert_true(accepted > 1000);
}

/* Every pair of bytes within a string, against utf8_valid(). */
static void
test_utf8_pairs(void **state)
{
	char text[] = "\"  \"";

	(void)state;
	for (unsigned v = 0x8000; v < 0x10000; v++) {
		text[1] = (char)(v >> 8);
		text[2] = (char)v;
		if (text[2] == '\\')
			continue; /* would escape the quote */
		assert_int_equal(accepts((struct slice){text, 4}),
		    utf8_valid((struct slice){text + 1, 2}, NULL) &&
			text[2] != '"');
	}
}

static bool
nested(size_t depth, const char *open, const char *inner, const char *close)
{
	struct buf b = {0};
	bool ok;

	for (size_t i = 0; i < depth; i++)
		buf_add_str(&b, open);
	buf_add_str(&b, inner);
	for (size_t i = 0; i < depth; i++)
		buf_add_str(&b, close);
	ok = accepts(buf_slice(&b));
	buf_free(&b);
	return ok;
}

static void
test_depth(void **state)
{
	struct json_error err;

	(void)state;
	assert_true(nested(64, "[", "", "]"));
	assert_true(nested(64, "[", "1", "]"));
	assert_true(nested(63, "{\"a\":", "{}", "}"));
	assert_true(nested(64, "{\"a\":", "1", "}"));
	assert_false(nested(65, "[", "", "]"));
	assert_false(nested(65, "{\"a\":", "1", "}"));
	assert_false(nested(1000000, "[", "", "]"));
	assert_false(nested(1000000, "[", "", ""));
	assert_false(nested(1000000, "{\"a\":", "", ""));
	/* Wide is not deep. */
	assert_true(nested(1, "[", "[],[],[[]],{},{\"a\":[]}", "]"));
	assert_null(json_parse(
	    SLICE("[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[["
		  "[[[[[[[[[[[["),
	    &err));
	assert_string_equal(err.text, "nested too deeply");
	assert_int_equal(err.column, 65);
}

/* An object of n members; the one at twice is named as the first. */
static void
add_members(struct buf *b, unsigned n, unsigned twice)
{
	buf_add_byte(b, '{');
	for (unsigned i = 0; i < n; i++)
		buf_addf(b, "%s\n\"k%u\":%u", i > 0 ? "," : "",
		    i == twice ? 0 : i * 7919 % n, i);
	buf_add_byte(b, '}');
}

static void
test_duplicates(void **state)
{
	static const unsigned sizes[] = {2, 3, 15, 16, 17, 18, 100};
	struct json_error err;

	(void)state;
	for (size_t s = 0; s < COUNT(sizes); s++) {
		for (unsigned twice = 1; twice <= sizes[s]; twice++) {
			struct buf b = {0};
			struct json *doc;

			add_members(&b, sizes[s], twice);
			doc = json_parse(buf_slice(&b), &err);
			assert_int_equal(doc != NULL, twice == sizes[s]);
			if (doc == NULL) {
				assert_int_equal(err.line, twice + 2);
				assert_string_equal(err.text,
				    "duplicate member \"k0\"");
			}
			json_free(doc);
			buf_free(&b);
		}
	}
}

/* The name in the error is cut where a character ends. */
static void
test_long_name(void **state)
{
	struct buf name = {0}, b = {0};
	struct json_error err;

	(void)state;
	buf_add_byte(&name, 'x');
	for (int i = 0; i < 100; i++)
		buf_add_str(&name, "\xe2\x82\xac");
	buf_addf(&b, "{\"%.*s\":1,\"%.*s\":2}", SLICE_FMT(buf_slice(&name)),
	    SLICE_FMT(buf_slice(&name)));
	assert_null(json_parse(buf_slice(&b), &err));
	assert_int_equal(strlen(err.text),
	    strlen("duplicate member \"\"") + 58);
	assert_true(utf8_valid(slice_str(err.text), NULL));
	buf_free(&name);
	buf_free(&b);
}

/* A hundred thousand members or elements: quick, and all there. */
static void
test_large(void **state)
{
	struct buf b = {0};
	struct json_error err;
	struct json *doc;
	size_t i = 0;

	(void)state;
	add_members(&b, 100000, 100000);
	doc = json_parse(buf_slice(&b), &err);
	assert_non_null(doc);
	assert_int_equal(json_root(doc)->count, 100000);
	for (const struct json_node *n = json_root(doc)->child; n != NULL;
	     n = n->next)
		i++;
	assert_int_equal(i, 100000);
	json_free(doc);
	b.len = 0;
	add_members(&b, 100000, 99999);
	assert_null(json_parse(buf_slice(&b), &err));
	assert_int_equal(err.line, 100001);
	b.len = 0;
	buf_add_str(&b, "[\"\\n");
	for (i = 0; i < 1000000; i++)
		buf_add_byte(&b, 'x');
	buf_add_str(&b, "\"]");
	doc = json_parse(buf_slice(&b), &err);
	assert_non_null(doc);
	assert_int_equal(json_root(doc)->child->str.n, 1000001);
	json_free(doc);
	buf_free(&b);
}

/* What a node remembers is itself a text, of the same tree. */
static void
test_raw_again(void **state)
{
	struct json_error err;
	struct json *one = json_parse(SLICE(sample), &err), *two;
	const struct json_node *n;

	(void)state;
	two = json_parse(json_root(one)->raw, &err);
	assert_true(tree_same(json_root(one), json_root(two), true));
	json_free(two);
	for (n = json_root(one)->child; n != NULL; n = n->next) {
		two = json_parse(n->raw, &err);
		assert_non_null(two);
		assert_int_equal(json_root(two)->type, n->type);
		assert_int_equal(json_root(two)->count, n->count);
		json_free(two);
	}
	json_free(one);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_accept),
	    cmocka_unit_test(test_refuse),
	    cmocka_unit_test(test_ranges),
	    cmocka_unit_test(test_borrow),
	    cmocka_unit_test(test_lookup),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_mutated),
	    cmocka_unit_test(test_utf8_pairs),
	    cmocka_unit_test(test_depth),
	    cmocka_unit_test(test_duplicates),
	    cmocka_unit_test(test_long_name),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_raw_again),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
