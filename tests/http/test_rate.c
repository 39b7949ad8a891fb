/*
 * Rates: a burst, then one by one, each key for itself, none remembered for
 * longer than a full bucket takes.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "http/rate.h"

static struct uuid
key(unsigned n)
{
	struct uuid u = {{0}};

	u.b[0] = (uint8_t)n;
	u.b[1] = (uint8_t)(n >> 8);
	u.b[15] = 1;
	return u;
}

static void
test_burst_and_refill(void **state)
{
	struct rate *t = rate_new(10, 1);
	struct uuid a = key(1), b = key(2);

	(void)state;
	for (int i = 0; i < 10; i++)
		assert_int_equal(rate_take(t, &a, 1000), 0);
	assert_int_equal(rate_take(t, &a, 1000), 6);
	assert_int_equal(rate_take(t, &a, 6000), 1);
	assert_int_equal(rate_take(t, &b, 6000), 0);
	assert_int_equal(rate_take(t, &a, 7000), 0);
	assert_int_equal(rate_take(t, &a, 7000), 6);
	for (int i = 0; i < 10; i++)
		assert_int_equal(rate_take(t, &a, 1000000), 0);
	assert_true(rate_take(t, &a, 1000000) > 0);
	rate_free(t);
}

/* Over an hour of asking as often as one can, it is the rate that is had. */
static void
test_steady(void **state)
{
	struct rate *t = rate_new(90, 1);
	struct uuid a = key(1);
	unsigned had = 0;

	(void)state;
	for (int64_t ms = 0; ms < 3600 * 1000; ms += 7)
		had += rate_take(t, &a, ms) == 0;
	assert_in_range(had, 60 * 90 + 80, 60 * 90 + 90);
	rate_free(t);
}

static void
test_one_a_minute(void **state)
{
	struct rate *t = rate_new(1, 1);
	struct uuid a = key(1);

	(void)state;
	assert_int_equal(rate_take(t, &a, 0), 0);
	assert_int_equal(rate_take(t, &a, 0), 60);
	assert_int_equal(rate_take(t, &a, 59999), 1);
	assert_int_equal(rate_take(t, &a, 60000), 0);
	rate_free(t);
}

static void
test_largest(void **state)
{
	struct rate *t = rate_new(UINT32_MAX, 1);
	struct uuid a = key(1);

	(void)state;
	for (int64_t i = 0; i < 1000; i++)
		assert_int_equal(rate_take(t, &a, i * 59999), 0);
	rate_free(t);
}

static void
test_forgets(void **state)
{
	struct rate *t = rate_new(10, 1);

	(void)state;
	for (unsigned i = 0; i < 1000; i++) {
		struct uuid u = key(i);

		assert_int_equal(rate_take(t, &u, 1), 0);
	}
	assert_int_equal(rate_count(t), 1000);
	for (unsigned i = 0; i < 3; i++) {
		struct uuid u = key(i);

		assert_int_equal(rate_take(t, &u, 130000 + i), 0);
	}
	assert_int_equal(rate_count(t), 3);
	rate_free(t);
	rate_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_burst_and_refill),
	    cmocka_unit_test(test_steady),
	    cmocka_unit_test(test_one_a_minute),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_forgets),
	};

	return cmocka_run_group_tests_name("rate", tests, NULL, NULL);
}
