/*
 * Slices: comparing, trimming, reading numbers.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/slice.h"

static void
test_str(void **state)
{
	(void)state;
	assert_int_equal(slice_str("abc").n, 3);
	assert_int_equal(slice_str("").n, 0);
	assert_int_equal(slice_str(NULL).n, 0);
	assert_null(slice_str(NULL).p);
	assert_int_equal(SLICE("a\0b").n, 3);
}

static void
test_eq(void **state)
{
	(void)state;
	assert_true(slice_eq(SLICE("abc"), SLICE("abc")));
	assert_false(slice_eq(SLICE("abc"), SLICE("abd")));
	assert_false(slice_eq(SLICE("abc"), SLICE("ab")));
	assert_true(slice_eq(SLICE_NONE, SLICE("")));
	assert_true(slice_eq(SLICE_NONE, SLICE_NONE));
	assert_false(slice_eq(SLICE("a\0b"), SLICE("a\0c")));
	assert_true(slice_is(SLICE("abc"), "abc"));
	assert_false(slice_is(SLICE("abc"), "ABC"));
	assert_false(slice_is(SLICE("abc\0"), "abc"));
	assert_true(slice_is(SLICE_NONE, ""));
}

static void
test_nocase(void **state)
{
	(void)state;
	assert_true(slice_is_nocase(SLICE("Content-Type"), "content-TYPE"));
	assert_false(slice_is_nocase(SLICE("content-typ"), "content-type"));
	assert_false(slice_is_nocase(SLICE("content-typf"), "content-type"));
	/* Only letters have case: '@' and '`', '[' and '{' differ. */
	assert_false(slice_is_nocase(SLICE("@["), "`{"));
	assert_false(slice_is_nocase(SLICE("\xc3\x84"), "\xc3\xa4"));
	assert_true(slice_is_nocase(SLICE_NONE, ""));
}

static void
test_cmp(void **state)
{
	(void)state;
	assert_int_equal(slice_cmp(SLICE("abc"), SLICE("abc")), 0);
	assert_true(slice_cmp(SLICE("abc"), SLICE("abd")) < 0);
	assert_true(slice_cmp(SLICE("b"), SLICE("abd")) > 0);
	assert_true(slice_cmp(SLICE("ab"), SLICE("abc")) < 0);
	assert_true(slice_cmp(SLICE("abc"), SLICE("ab")) > 0);
	assert_true(slice_cmp(SLICE("\xff"), SLICE("a")) > 0);
	assert_true(slice_cmp(SLICE_NONE, SLICE("a")) < 0);
	assert_int_equal(slice_cmp(SLICE_NONE, SLICE("")), 0);
}

static void
test_trim(void **state)
{
	static const struct {
		struct slice in;
		const char *out;
	} rows[] = {
	    {SLICE_NONE, ""},
	    {{"", 0}, ""},
	    {{" \t ", 3}, ""},
	    {{"a", 1}, "a"},
	    {{"\t a b\t", 6}, "a b"},
	    {{"\r\na\n", 4}, "\r\na\n"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
		assert_true(slice_is(slice_trim(rows[i].in), rows[i].out));
}

static void
test_u64(void **state)
{
	static const struct {
		const char *text;
		uint64_t max;
		bool ok;
		uint64_t v;
	} rows[] = {
	    {"0", 0, true, 0},
	    {"1", 0, false, 0},
	    {"9", 8, false, 0},
	    {"007", 7, true, 7},
	    {"100", 100, true, 100},
	    {"101", 100, false, 0},
	    {"1000", 100, false, 0},
	    {"18446744073709551615", UINT64_MAX, true, UINT64_MAX},
	    {"18446744073709551616", UINT64_MAX, false, 0},
	    {"18446744073709551620", UINT64_MAX, false, 0},
	    {"99999999999999999999", UINT64_MAX, false, 0},
	    {"000000000000000000000000000001", 1, true, 1},
	    {"", 9, false, 0},
	    {"-1", 9, false, 0},
	    {"+1", 9, false, 0},
	    {" 1", 9, false, 0},
	    {"1 ", 9, false, 0},
	    {"1a", 9, false, 0},
	    {"0x1", 9, false, 0},
	    {"\xb1", 9, false, 0},
	    {"/", 9, false, 0},
	    {":", 99, false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		uint64_t v = 4711;

		assert_int_equal(slice_u64(slice_str(rows[i].text), rows[i].max,
				     &v),
		    rows[i].ok);
		assert_true(v == (rows[i].ok ? rows[i].v : 4711));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_str),
	    cmocka_unit_test(test_eq),
	    cmocka_unit_test(test_nocase),
	    cmocka_unit_test(test_cmp),
	    cmocka_unit_test(test_trim),
	    cmocka_unit_test(test_u64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
