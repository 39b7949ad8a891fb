/*
 * Numbers: exact integers whatever their form, doubles both ways, and a
 * locale whose decimal point is a comma, where there is one.
 */
#include <locale.h>
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/decimal.h"
#include "core/mem.h"
#include "tests/core/dies.h"

static void
test_int(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		int64_t v;
	} rows[] = {
	    {"0", true, 0},
	    {"-0", true, 0},
	    {"0.0", true, 0},
	    {"-0.000e-5", true, 0},
	    {"0e999999999999999999999", true, 0},
	    {"45", true, 45},
	    {"-45", true, -45},
	    {"45.0", true, 45},
	    {"4.5e1", true, 45},
	    {"4.5E+1", true, 45},
	    {"450e-1", true, 45},
	    {"450.0e-1", true, 45},
	    {"450.00E-01", true, 45},
	    {"0.00045e5", true, 45},
	    {"45.5", false, 0},
	    {"45e-1", false, 0},
	    {"0.1", false, 0},
	    {"1e-999999999999999999999", false, 0},
	    {"1e18", true, INT64_C(1000000000000000000)},
	    {"1e19", false, 0},
	    {"1e999", false, 0},
	    {"1e999999999999999999999", false, 0},
	    {"-1e999999999999999999999", false, 0},
	    {"9007199254740993", true, INT64_C(9007199254740993)},
	    {"9223372036854775807", true, INT64_MAX},
	    {"9223372036854775808", false, 0},
	    {"-9223372036854775808", true, INT64_MIN},
	    {"-9223372036854775809", false, 0},
	    {"922337203685477580.7e1", true, INT64_MAX},
	    {"18446744073709551615", false, 0},
	    {"18446744073709551616", false, 0},
	    {"-18446744073709551616", false, 0},
	    {"36893488147419103232", false, 0},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice s = slice_str(rows[i].text);
		int64_t v = 4711;

		assert_int_equal(decimal_int(s, INT64_MIN, INT64_MAX, &v),
		    rows[i].ok);
		assert_true(v == (rows[i].ok ? rows[i].v : 4711));
	}
}

static void
test_int_range(void **state)
{
	int64_t v = 4711;

	(void)state;
	assert_true(decimal_int(SLICE("0"), 0, 100, &v));
	assert_true(decimal_int(SLICE("100"), 0, 100, &v));
	assert_int_equal(v, 100);
	assert_false(decimal_int(SLICE("101"), 0, 100, &v));
	assert_false(decimal_int(SLICE("-1"), 0, 100, &v));
	assert_true(decimal_int(SLICE("-1"), -1, -1, &v));
	assert_int_equal(v, -1);
}

/* A million digits that make a small number. */
static void
test_int_long(void **state)
{
	size_t n = 1000000;
	char *text = mem_zalloc(n + 16);
	int64_t v = 0;

	(void)state;
	memset(text, '0', n);
	text[1] = '.';
	memcpy(text + n - 1, "7e999998", 8);
	assert_true(decimal_int((struct slice){text, n + 7}, 0, INT64_MAX, &v));
	assert_int_equal(v, 7);
	memset(text, '9', n);
	assert_false(decimal_int((struct slice){text, n}, 0, INT64_MAX, &v));
	free(text);
}

static void
test_double(void **state)
{
	static const struct {
		const char *text;
		bool ok;
		double v;
	} rows[] = {
	    {"0", true, 0},
	    {"1.5", true, 1.5},
	    {"-2.5e-3", true, -0.0025},
	    {"0.1", true, 0.1},
	    {"1e308", true, 1e308},
	    {"1e309", false, 0},
	    {"-1e999", false, 0},
	    {"1e-999", true, 0},
	    {"0.1000000000000000055511151231257827021181583404541015625"
	     "0000000000000000000000",
		true, 0.1},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct slice s = slice_str(rows[i].text);
		double v = 4711;

		assert_int_equal(decimal_double(s, &v), rows[i].ok);
		assert_true(v == (rows[i].ok ? rows[i].v : 4711));
	}
}

/* What stands behind a number in the text is not read. */
static void
test_double_bounds(void **state)
{
	char *text = mem_dup("12345", 5);
	double v;

	(void)state;
	assert_true(decimal_double((struct slice){text, 2}, &v));
	assert_true(v == 12);
	text = mem_resize(text, 64, 1);
	memset(text, '1', 64);
	for (size_t n = 60; n <= 64; n++) {
		assert_true(decimal_double((struct slice){text, n}, &v));
		assert_true(v > 1e59 && v < 1e64);
	}
	free(text);
}

static void
test_format(void **state)
{
	static const struct {
		double v;
		const char *text;
	} rows[] = {
	    {0, "0"},
	    {-0.0, "-0"},
	    {45, "45"},
	    {-45, "-45"},
	    {0.1, "0.1"},
	    {0.1 + 0.2, "0.30000000000000004"},
	    {1.0 / 3, "0.3333333333333333"},
	    {1e15, "1e+15"},
	    {123456789012345, "123456789012345"},
	    {9007199254740992, "9007199254740992"},
	    {1e22, "1e+22"},
	    {5e-324, "4.94065645841247e-324"},
	    {2.2250738585072014e-308, "2.2250738585072014e-308"},
	    {1.7976931348623157e308, "1.7976931348623157e+308"},
	    {-1.7976931348623157e308, "-1.7976931348623157e+308"},
	};
	char out[DECIMAL_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		decimal_format(rows[i].v, out);
		assert_string_equal(out, rows[i].text);
	}
}

static void
test_format_returns(void **state)
{
	uint64_t bits = 88172645463325252;
	char out[DECIMAL_MAX];
	double v, back;

	(void)state;
	for (int i = 0; i < 200000; i++) {
		bits ^= bits << 13;
		bits ^= bits >> 7;
		bits ^= bits << 17;
		memcpy(&v, &bits, sizeof(v));
		if (!isfinite(v))
			continue;
		decimal_format(v, out);
		assert_true(decimal_double(slice_str(out), &back));
		assert_memory_equal(&v, &back, sizeof(v));
	}
}

static void
format_it(void *v)
{
	char out[DECIMAL_MAX];

	decimal_format(*(double *)v, out);
}

static void
test_not_finite(void **state)
{
	double nan = NAN, inf = -INFINITY;

	(void)state;
	assert_true(dies(format_it, &nan));
	assert_true(dies(format_it, &inf));
}

static void
test_locale(void **state)
{
	static const char *const commas[] = {"de_DE.UTF-8", "de_DE.utf8",
	    "de_DE", "fr_FR.UTF-8", "fr_FR"};
	char out[DECIMAL_MAX];
	size_t i = 0, n = sizeof(commas) / sizeof(commas[0]);
	double v;

	(void)state;
	while (i < n && setlocale(LC_ALL, commas[i]) == NULL)
		i++;
	if (i == n)
		skip();
	assert_true(decimal_double(SLICE("1.5"), &v));
	assert_true(v == 1.5);
	decimal_format(2.5, out);
	setlocale(LC_ALL, "C");
	assert_string_equal(out, "2.5");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_int),
	    cmocka_unit_test(test_int_range),
	    cmocka_unit_test(test_int_long),
	    cmocka_unit_test(test_double),
	    cmocka_unit_test(test_double_bounds),
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_format_returns),
	    cmocka_unit_test(test_not_finite),
	    cmocka_unit_test(test_locale),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
