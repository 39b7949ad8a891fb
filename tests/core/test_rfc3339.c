/*
 * Times: known pairs, days of ten thousand years, malformed text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <cmocka.h>

#include "core/rfc3339.h"

#define FIRST INT64_C(-62167219200000)
#define LAST INT64_C(253402300799999)

static void
test_format(void **state)
{
	static const struct {
		int64_t ms;
		const char *seconds, *fraction;
	} rows[] = {
	    {0, "1970-01-01T00:00:00", "000"},
	    {999, "1970-01-01T00:00:00", "999"},
	    {-1, "1969-12-31T23:59:59", "999"},
	    {INT64_C(1795341600123), "2026-11-22T10:00:00", "123"},
	    {INT64_C(951782400000), "2000-02-29T00:00:00", "000"},
	    {INT64_C(4107542399999), "2100-02-28T23:59:59", "999"},
	    {INT64_C(4107542400000), "2100-03-01T00:00:00", "000"},
	    {FIRST, "0000-01-01T00:00:00", "000"},
	    {FIRST - 1, "0000-01-01T00:00:00", "000"},
	    {INT64_MIN, "0000-01-01T00:00:00", "000"},
	    {LAST, "9999-12-31T23:59:59", "999"},
	    {LAST + 1, "9999-12-31T23:59:59", "999"},
	    {INT64_MAX, "9999-12-31T23:59:59", "999"},
	};
	char out[RFC3339_MAX], want[RFC3339_MAX];

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		rfc3339_seconds(rows[i].ms, out);
		snprintf(want, sizeof(want), "%sZ", rows[i].seconds);
		assert_string_equal(out, want);
		rfc3339_millis(rows[i].ms, out);
		snprintf(want, sizeof(want), "%s.%sZ", rows[i].seconds,
		    rows[i].fraction);
		assert_string_equal(out, want);
		rfc3339_micros(rows[i].ms, true, out);
		snprintf(want, sizeof(want), "%s.%s000+00:00", rows[i].seconds,
		    rows[i].fraction);
		assert_string_equal(out, want);
		rfc3339_micros(rows[i].ms, false, out);
		snprintf(want, sizeof(want), "%s.%s000", rows[i].seconds,
		    rows[i].fraction);
		assert_string_equal(out, want);
	}
}

/* Every day of 900 years and every 11th of the others, as the C library. */
static void
test_days(void **state)
{
	char out[RFC3339_MAX], want[RFC3339_MAX];
	int64_t ms, back;
	struct tm tm;
	time_t t;

	(void)state;
	for (int64_t day = FIRST / 86400000; day <= LAST / 86400000;
	     day += llabs(day) < 160000 ? 1 : 11) {
		t = (time_t)(day * 86400 + llabs(day * 7919 % 86400));
		ms = (int64_t)t * 1000 + llabs(day % 1000);
		assert_non_null(gmtime_r(&t, &tm));
		tm.tm_year += 1900;
		rfc3339_seconds(ms, out);
		snprintf(want, sizeof(want), "%04u-%02u-%02uT%02u:%02u:%02uZ",
		    tm.tm_year % 10000u, (tm.tm_mon + 1) % 100u,
		    tm.tm_mday % 100u, tm.tm_hour % 100u, tm.tm_min % 100u,
		    tm.tm_sec % 100u);
		if (strcmp(out, want) != 0)
			assert_string_equal(out, want);
		rfc3339_millis(ms, out);
		if (!rfc3339_parse(slice_str(out), &back) || back != ms)
			assert_string_equal(out, "what can be read back");
	}
}

static void
test_parse(void **state)
{
	static const struct {
		const char *text;
		int64_t ms;
	} rows[] = {
	    {"1970-01-01T00:00:00Z", 0},
	    {"1970-01-01t00:00:00z", 0},
	    {"1970-01-01 00:00:00Z", 0},
	    {"1970-01-01T00:00:00+00:00", 0},
	    {"1970-01-01T00:00:00-00:00", 0},
	    {"1970-01-01T01:30:00+01:30", 0},
	    {"1969-12-31T16:00:00-08:00", 0},
	    {"1970-01-02T00:00:00+23:59", 60000},
	    {"2026-11-22T10:00:00.1Z", INT64_C(1795341600100)},
	    {"2026-11-22T10:00:00.12Z", INT64_C(1795341600120)},
	    {"2026-11-22T10:00:00.123Z", INT64_C(1795341600123)},
	    {"2026-11-22T10:00:00.1239Z", INT64_C(1795341600123)},
	    {"2026-11-22T10:00:00.123999999999999999999Z",
		INT64_C(1795341600123)},
	    {"2026-11-22T10:00:00.0005+00:00", INT64_C(1795341600000)},
	    {"1969-12-31T23:59:59.999Z", -1},
	    {"2016-12-31T23:59:60Z", INT64_C(1483228800000)},
	    {"2024-02-29T00:00:00Z", INT64_C(1709164800000)},
	    {"2000-02-29T00:00:00Z", INT64_C(951782400000)},
	    {"0000-01-01T00:00:00Z", FIRST},
	    {"9999-12-31T23:59:59.999Z", LAST},
	    {"9999-12-31T23:59:59.999+00:01", LAST - 60000},
	};
	int64_t ms;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		ms = 4711;
		assert_true(rfc3339_parse(slice_str(rows[i].text), &ms));
		assert_true(ms == rows[i].ms);
	}
}

static void
test_refuse(void **state)
{
	static const char *const rows[] = {
	    "",
	    "2026-11-22",
	    "2026-11-22T10:00Z",
	    "2026-11-22T10:00:00",
	    "2026-11-22T10:00:00.Z",
	    "2026-11-22T10:00:00,5Z",
	    "2026-11-22T10:00:00ZZ",
	    "2026-11-22T10:00:00Z ",
	    " 2026-11-22T10:00:00Z",
	    "2026-11-22T10:00:00+0100",
	    "2026-11-22T10:00:00+01",
	    "2026-11-22T10:00:00+1:00",
	    "2026-11-22T10:00:00+24:00",
	    "2026-11-22T10:00:00+00:60",
	    "2026-11-22T10:00:00*01:00",
	    "2026-11-22T24:00:00Z",
	    "2026-11-22T23:60:00Z",
	    "2026-11-22T23:59:61Z",
	    "2026-11-22T-1:00:00Z",
	    "2026-11-22T+1:00:00Z",
	    "2026-11-22x10:00:00Z",
	    "2026-00-22T10:00:00Z",
	    "2026-13-22T10:00:00Z",
	    "2026-11-00T10:00:00Z",
	    "2026-11-31T10:00:00Z",
	    "2026-02-29T10:00:00Z",
	    "2100-02-29T10:00:00Z",
	    "2024-02-30T10:00:00Z",
	    "026-11-22T10:00:00Z",
	    "12026-11-22T10:00:00Z",
	    "-026-11-22T10:00:00Z",
	    "2026/11/22T10:00:00Z",
	    "0000-01-01T00:00:00+00:01",
	    "9999-12-31T23:59:60Z",
	    "9999-12-31T23:59:59-00:01",
	};
	int64_t ms = 4711;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		assert_false(rfc3339_parse(slice_str(rows[i]), &ms));
		assert_true(ms == 4711);
	}
	/* A NUL is no separator, sign or zone. */
	assert_false(rfc3339_parse(SLICE("2026-11-22\00010:00:00Z"), &ms));
	assert_false(rfc3339_parse(SLICE("2026-11-22T10:00:00\0"), &ms));
}

static void
test_truncated(void **state)
{
	struct slice whole = SLICE("2026-11-22T10:00:00.123+01:00");
	int64_t ms;

	(void)state;
	for (size_t n = 0; n < whole.n; n++) {
		char *copy = malloc(n + 1);

		memcpy(copy, whole.p, n);
		assert_false(rfc3339_parse((struct slice){copy, n}, &ms));
		free(copy);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_format),
	    cmocka_unit_test(test_days),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_refuse),
	    cmocka_unit_test(test_truncated),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
