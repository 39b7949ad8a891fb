/*
 * Retry: the series, its bounds, and what forbids another attempt.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/retry.h"

#define HALF ((uint64_t)1 << 63) /* noise that moves nothing */

/* initial, coefficient, max, attempt -> the wait without jitter. */
static const struct {
	int64_t initial;
	double coefficient;
	int64_t max;
	uint32_t attempt;
	int64_t wait;
} series[] = {
    {5000, 2.0, 900000, 1, 5000},
    {5000, 2.0, 900000, 2, 10000},
    {5000, 2.0, 900000, 3, 20000},
    {5000, 2.0, 900000, 8, 640000},
    {5000, 2.0, 900000, 9, 900000},
    {5000, 2.0, 900000, 1000, 900000},
    {5000, 2.0, 900000, UINT32_MAX, 900000},
    {5000, 2.0, 900000, 0, 5000},
    {5000, 1.0, 900000, 1000, 5000},
    {5000, 1.0, 900000, UINT32_MAX, 5000},
    {1000, 1.5, 900000, 3, 2250},
    {1000, 100.0, 604800000, 2, 100000},
    {1000, 100.0, 604800000, 1000, 604800000},
    {0, 2.0, 900000, 1, 0},
    {0, 100.0, 900000, 1000, 0},
    {5000, 2.0, 0, 5, 0},
    {9000, 2.0, 5000, 1, 5000},
    {1, 2.0, INT64_MAX, 32, 2147483648},
    {1, 2.0, INT64_MAX, 1000, INT64_MAX},
};

static void
test_series(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(series) / sizeof(series[0]); i++) {
		struct retry r = {
		    .max_attempts = 3,
		    .initial_interval_ms = series[i].initial,
		    .backoff_coefficient = series[i].coefficient,
		    .max_interval_ms = series[i].max,
		};

		assert_int_equal(retry_delay(&r, series[i].attempt, 0),
		    series[i].wait);
		r.jitter = 0.5;
		assert_int_equal(retry_delay(&r, series[i].attempt, HALF),
		    series[i].wait);
	}
}

/* The middle of the bounds, the jitter, and the bounds themselves. */
static const struct {
	double jitter;
	int64_t least, most;
} bounds[] = {
    {0.0, 10000, 10000},
    {0.1, 9000, 11000},
    {0.5, 5000, 15000},
    {1.0, 0, 20000},
};

static void
test_jitter(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(bounds) / sizeof(bounds[0]); i++) {
		struct retry r = {
		    .initial_interval_ms = 10000,
		    .backoff_coefficient = 2.0,
		    .max_interval_ms = 10000,
		    .jitter = bounds[i].jitter,
		};
		uint64_t noise = 1;

		assert_int_equal(retry_delay(&r, 1, 0), bounds[i].least);
		assert_in_range(retry_delay(&r, 7, UINT64_MAX),
		    bounds[i].most - (bounds[i].jitter > 0), bounds[i].most);
		for (unsigned k = 0; k < 10000; k++) {
			noise = noise * 6364136223846793005u + 1442695040888u;
			assert_in_range(retry_delay(&r, 1 + k % 50, noise),
			    bounds[i].least, bounds[i].most);
		}
	}
}

/* Jitter spreads: all tenths of the range are met about equally. */
static void
test_spread(void **state)
{
	struct retry r = {.initial_interval_ms = 1000,
	    .backoff_coefficient = 1.0,
	    .max_interval_ms = 1000,
	    .jitter = 1.0};
	unsigned met[10] = {0};
	uint64_t noise = 42;

	(void)state;
	for (unsigned i = 0; i < 10000; i++) {
		noise = noise * 6364136223846793005u + 1442695040888963407u;
		met[retry_delay(&r, 1, noise) / 200]++;
	}
	for (unsigned i = 0; i < 10; i++)
		assert_in_range(met[i], 850, 1150);
}

static void
test_allowed(void **state)
{
	struct slice listed[] = {SLICE("ValidationError"), SLICE("Fatal")};
	struct retry r = {.max_attempts = 3,
	    .nnon_retryable = 2,
	    .non_retryable = listed};

	(void)state;
	assert_true(retry_allowed(&r, 1, SLICE_NONE));
	assert_true(retry_allowed(&r, 2, SLICE("Other")));
	assert_false(retry_allowed(&r, 3, SLICE("Other")));
	assert_false(retry_allowed(&r, 4, SLICE_NONE));
	assert_false(retry_allowed(&r, 1, SLICE("Fatal")));
	assert_false(retry_allowed(&r, 1, SLICE("ValidationError")));
	assert_true(retry_allowed(&r, 1, SLICE("fatal")));
	assert_true(retry_allowed(&r, 1, SLICE("FatalError")));
	r.max_attempts = 1;
	assert_false(retry_allowed(&r, 1, SLICE_NONE));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_series),
	    cmocka_unit_test(test_jitter),
	    cmocka_unit_test(test_spread),
	    cmocka_unit_test(test_allowed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
