/*
 * Durations: what is read, what is refused, how they look.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/duration.h"

static void
assert_reads(const char *text, uint64_t want)
{
	uint64_t ms = 0;

	assert_true(duration_parse(text, &ms));
	assert_int_equal(ms, want);
}

static void
assert_refuses(const char *text)
{
	uint64_t ms = 77;

	assert_false(duration_parse(text, &ms));
	assert_int_equal(ms, 77);
}

static void
assert_shows(uint64_t ms, const char *want)
{
	struct buf out = {0};

	duration_format(ms, &out);
	buf_add_byte(&out, '\0');
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
test_parse(void **state)
{
	(void)state;
	assert_reads("1ms", 1);
	assert_reads("500ms", 500);
	assert_reads("90s", 90000);
	assert_reads("90", 90000);
	assert_reads("5m", 300000);
	assert_reads("1h", 3600000);
	assert_reads("0001s", 1000);
	assert_reads("8784h", DURATION_MAX_MS);
	assert_reads("31622400000ms", DURATION_MAX_MS);
}

static void
test_parse_refuses(void **state)
{
	(void)state;
	assert_refuses("");
	assert_refuses("0");
	assert_refuses("0h");
	assert_refuses("s");
	assert_refuses("-5s");
	assert_refuses("+5s");
	assert_refuses(" 5s");
	assert_refuses("5s ");
	assert_refuses("5 s");
	assert_refuses("1.5h");
	assert_refuses("1h30m");
	assert_refuses("5S");
	assert_refuses("5d");
	assert_refuses("1e3");
	assert_refuses("8785h");
	assert_refuses("31622400001ms");
	assert_refuses("18446744073709551616ms");
	assert_refuses("18446744073709551615h");
}

static void
test_format(void **state)
{
	(void)state;
	assert_shows(0, "0ms");
	assert_shows(350, "350ms");
	assert_shows(999, "999ms");
	assert_shows(1000, "1s");
	assert_shows(59999, "59s");
	assert_shows(60000, "1m00s");
	assert_shows(187000, "3m07s");
	assert_shows(3600000, "1h00m");
	assert_shows(7500000, "2h05m");
	assert_shows(UINT64_MAX, "5124095576030h25m");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_parse_refuses),
	    cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
