/*
 * UTF-8: every class of two, three and four byte sequence, and every way to
 * get one wrong.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/utf8.h"

/* The longest sequence at p by the book: decode, then check the value. */
static size_t
reference(const unsigned char *p, size_t left)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	size_t n = p[0] < 0x80 ? 1
	    : p[0] >> 5 == 6   ? 2
	    : p[0] >> 4 == 14  ? 3
	    : p[0] >> 3 == 30  ? 4
			       : 0;
	uint32_t v = n > 1 ? p[0] & (0x7fu >> n) : p[0];

	if (n == 0 || n > left)
		return 0;
	for (size_t i = 1; i < n; i++) {
		if (p[i] >> 6 != 2)
			return 0;
		v = v << 6 | (p[i] & 0x3f);
	}
	if (v < least[n] || v > 0x10ffff || (v >= 0xd800 && v <= 0xdfff))
		return 0;
	return n;
}

static void
check(const unsigned char *text, size_t n)
{
	unsigned char *copy = malloc(n > 0 ? n : 1);
	size_t at = 0, step = 1, bad = 4711;
	bool ok;

	memcpy(copy, text, n);
	while (at < n && (step = reference(copy + at, n - at)) > 0)
		at += step;
	ok = utf8_valid((struct slice){(char *)copy, n}, &bad);
	assert_int_equal(ok, at == n);
	assert_int_equal(bad, ok ? 4711 : at);
	assert_int_equal(utf8_valid((struct slice){(char *)copy, n}, NULL), ok);
	free(copy);
}

/* All pairs of bytes: every two-byte sequence and every wrong second byte. */
static void
test_two(void **state)
{
	(void)state;
	for (unsigned v = 0; v < 0x10000; v++) {
		unsigned char t[] = {(unsigned char)(v >> 8), (unsigned char)v};

		check(t, 2);
		check(t, 1);
	}
}

/* All three bytes from each first byte; the ends of every range after it. */
static void
test_more(void **state)
{
	static const unsigned char edge[] = {0x00, 0x41, 0x7f, 0x80, 0x8f, 0x90,
	    0x9f, 0xa0, 0xbf, 0xc0, 0xc2, 0xe0, 0xed, 0xf0, 0xf4, 0xff};
	size_t n = sizeof(edge);

	(void)state;
	for (unsigned first = 0x80; first < 0x100; first++) {
		for (size_t i = 0; i < n * n * n; i++) {
			unsigned char t[] = {(unsigned char)first,
			    edge[i / n / n], edge[i / n % n], edge[i % n]};

			check(t, 4);
			check(t, 3);
		}
	}
}

/* The wide step over ASCII must see a bad byte wherever it stands. */
static void
test_place(void **state)
{
	unsigned char t[40];

	(void)state;
	for (size_t n = 0; n <= sizeof(t); n++) {
		memset(t, 'a', sizeof(t));
		check(t, n);
		for (size_t at = 0; at < n; at++) {
			memset(t, 'a', sizeof(t));
			t[at] = 0xc3;
			check(t, n);
			if (at + 1 < n)
				t[at + 1] = 0xa4;
			check(t, n);
		}
	}
}

static void
test_empty(void **state)
{
	(void)state;
	assert_true(utf8_valid(SLICE_NONE, NULL));
	assert_int_equal(utf8_count(SLICE_NONE), 0);
	assert_int_equal(utf8_prefix(SLICE_NONE, 5).n, 0);
}

static void
test_count(void **state)
{
	(void)state;
	assert_int_equal(utf8_count(SLICE("abc")), 3);
	assert_int_equal(
	    utf8_count(SLICE("\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z")), 4);
}

static void
test_prefix(void **state)
{
	static const size_t expect[] = {0, 1, 1, 3, 3, 3, 6, 6, 6, 6, 10, 11};
	struct slice s = SLICE("a\xc3\xa4\xe2\x82\xac\xf0\x9f\x98\x80z");

	(void)state;
	for (size_t n = 0; n < sizeof(expect) / sizeof(expect[0]); n++)
		assert_int_equal(utf8_prefix(s, n).n, expect[n]);
	assert_int_equal(utf8_prefix(s, 100).n, 11);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_two),
	    cmocka_unit_test(test_more),
	    cmocka_unit_test(test_place),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_count),
	    cmocka_unit_test(test_prefix),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
