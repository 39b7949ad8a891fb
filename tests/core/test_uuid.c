/*
 * Ids: they ascend whatever the clock does, and text goes both ways.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/uuid.h"
#include "tests/core/dies.h"

static uint64_t
id_ms(const struct uuid *u)
{
	uint64_t ms = 0;

	for (int i = 0; i < 6; i++)
		ms = ms << 8 | u->b[i];
	return ms;
}

static void
test_layout(void **state)
{
	struct uuid_maker m = {0};
	char text[UUID_TEXT + 1];
	struct uuid u;

	(void)state;
	u = uuid_make(&m, 0x0123456789ab, UINT64_C(0xee11223344556677));
	uuid_format(&u, text);
	assert_string_equal(text, "01234567-89ab-7000-8011-223344556677");
	u = uuid_make(&m, 0x0123456789ab, 0);
	uuid_format(&u, text);
	assert_string_equal(text, "01234567-89ab-7000-8100-000000000000");
	m.count = 0x3fffe;
	u = uuid_make(&m, 0x0123456789ab, UINT64_MAX);
	uuid_format(&u, text);
	assert_string_equal(text, "01234567-89ab-7fff-bfff-ffffffffffff");
}

static void
test_ascend(void **state)
{
	struct uuid_maker m = {0};
	struct uuid before = {{0}}, u;

	(void)state;
	for (uint32_t i = 0; i < 600000; i++) {
		/* Noise that falls, so that only the count can ascend. */
		u = uuid_make(&m, 1000, UINT64_MAX - i);
		assert_true(uuid_cmp(&before, &u) < 0);
		before = u;
	}
	/* 2^18 to a ms: the time has run ahead. */
	assert_int_equal(id_ms(&u), 1002);
	u = uuid_make(&m, 1001, 0);
	assert_true(uuid_cmp(&before, &u) < 0);
	u = uuid_make(&m, 2000, 0);
	assert_int_equal(id_ms(&u), 2000);
	assert_int_equal(m.count, 0);
}

static void
test_clock_back(void **state)
{
	static const int64_t clock[] = {5000, 4000, 5000, 0, -1, INT64_MIN,
	    5001, 5001, 1, 5002};
	struct uuid_maker m = {0};
	struct uuid before = {{0}}, u;

	(void)state;
	for (size_t i = 0; i < sizeof(clock) / sizeof(clock[0]); i++) {
		u = uuid_make(&m, clock[i], 0);
		assert_true(uuid_cmp(&before, &u) < 0);
		before = u;
	}
}

static void
test_seen(void **state)
{
	struct uuid_maker old = {0}, m = {0};
	struct uuid last = {{0}}, u;

	(void)state;
	for (int i = 0; i < 300; i++)
		last = uuid_make(&old, 7000, UINT64_MAX);
	uuid_maker_seen(&m, &last);
	assert_int_equal(m.last_ms, 7000);
	assert_int_equal(m.count, 299);
	u = uuid_make(&m, 6000, 0);
	assert_true(uuid_cmp(&last, &u) < 0);
	/* Older ones change nothing. */
	uuid_maker_seen(&m, &last);
	assert_int_equal(m.count, 300);
	old = (struct uuid_maker){0};
	u = uuid_make(&old, 6999, 0);
	uuid_maker_seen(&m, &u);
	assert_int_equal(m.last_ms, 7000);
	/* Nor do ids of another make. */
	memset(&u, 0xff, sizeof(u));
	uuid_maker_seen(&m, &u);
	u.b[6] = 0x7f;
	uuid_maker_seen(&m, &u);
	assert_int_equal(m.last_ms, 7000);
	u.b[8] = 0xbf;
	uuid_maker_seen(&m, &u);
	assert_true(m.last_ms == UINT64_C(0xffffffffffff));
}

static void
make_beyond(void *arg)
{
	struct uuid_maker m = {0};

	uuid_make(&m, *(int64_t *)arg, 0);
}

static void
test_no_wrap(void **state)
{
	int64_t last = INT64_C(0xffffffffffff), beyond = last + 1;

	(void)state;
	assert_false(dies(make_beyond, &last));
	assert_true(dies(make_beyond, &beyond));
}

static void
test_parse(void **state)
{
	const char *good = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
	const char *upper = "0F1E2D3C-4B5A-6978-8796-A5B4C3D2E1F0";
	char text[UUID_TEXT + 1];
	struct uuid u, v;

	(void)state;
	assert_true(uuid_parse(slice_str(good), &u));
	assert_true(uuid_parse(slice_str(upper), &v));
	assert_true(uuid_eq(&u, &v));
	for (int i = 0; i < 16; i++)
		assert_int_equal(u.b[i], 0x0f * (i + 1) & 0xff);
	uuid_format(&v, text);
	assert_string_equal(text, good);
}

/* Each byte of a good text, replaced by each of those next to good ones. */
static void
test_malformed(void **state)
{
	const char *good = "0f1e2d3c-4b5a-6978-8796-a5b4c3d2e1f0";
	const char wrong[] = "/:@G`g-{} \xff"; /* and its NUL */
	char text[UUID_TEXT + 2] = {0};
	struct uuid u = {{0}};

	(void)state;
	for (size_t n = 0; n < UUID_TEXT; n++)
		assert_false(uuid_parse((struct slice){good, n}, &u));
	memcpy(text, good, UUID_TEXT);
	assert_false(uuid_parse((struct slice){text, UUID_TEXT + 1}, &u));
	assert_false(uuid_parse(SLICE_NONE, &u));
	for (size_t at = 0; at < UUID_TEXT; at++) {
		for (size_t i = 0; i < sizeof(wrong); i++) {
			if (good[at] == '-' && wrong[i] == '-')
				continue;
			memcpy(text, good, UUID_TEXT);
			text[at] = wrong[i];
			assert_false(uuid_parse((struct slice){text, UUID_TEXT},
			    &u));
		}
	}
	assert_true(uuid_is_zero(&u)); /* untouched all along */
}

static void
test_zero(void **state)
{
	struct uuid u = {{0}};

	(void)state;
	assert_true(uuid_is_zero(&u));
	u.b[15] = 1;
	assert_false(uuid_is_zero(&u));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_ascend),
	    cmocka_unit_test(test_clock_back),
	    cmocka_unit_test(test_seen),
	    cmocka_unit_test(test_no_wrap),
	    cmocka_unit_test(test_parse),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_zero),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
