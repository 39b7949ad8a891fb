/*
 * Queries: strict decoding, and finding parameters by name and repetition.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "http/query.h"

static struct arena arena;

static void
check(const char *query, const char *name, unsigned nth, const char *wanted)
{
	struct slice got;

	if (!query_valid(slice_str(query)))
		fail_msg("%s: not valid", query);
	if (!query_find(slice_str(query), name, nth, &arena, &got)) {
		if (wanted != NULL)
			fail_msg("%s: no %s", query, name);
	} else if (wanted == NULL || !slice_is(got, wanted)) {
		fail_msg("%s: %s is \"%.*s\"", query, name, SLICE_FMT(got));
	}
}

static void
test_find(void **state)
{
	(void)state;
	check("a=b", "a", 0, "b");
	check("a=b", "a", 1, NULL);
	check("a=b", "b", 0, NULL);
	check("a=b", "", 0, NULL);
	check("", "a", 0, NULL);
	check("a", "a", 0, "");
	check("a=", "a", 0, "");
	check("a&b=c", "b", 0, "c");
	check("a=b=c", "a", 0, "b=c");
	check("&&a=1&&", "a", 0, "1");
	check("=x", "", 0, "x");
	check("ab=1&a=2&abc=3", "a", 0, "2");
	check("tag=a&tag=b&x=&tag=c", "tag", 0, "a");
	check("tag=a&tag=b&x=&tag=c", "tag", 1, "b");
	check("tag=a&tag=b&x=&tag=c", "tag", 2, "c");
	check("tag=a&tag=b&x=&tag=c", "tag", 3, NULL);
}

static void
test_decode(void **state)
{
	(void)state;
	check("a=%62", "a", 0, "b");
	check("%61=b", "a", 0, "b");
	check("%61=b&a=c", "a", 1, "c");
	check("a=b+c%2Bd", "a", 0, "b c+d");
	check("b+c=1", "b c", 0, "1");
	check("a=%26%3d%3D%25", "a", 0, "&==%");
	check("a%3Db=c", "a=b", 0, "c");
	check("a=%C3%A5", "a", 0, "\xc3\xa5");
	check("a=%f0%9f%8c%8a", "a", 0, "\xf0\x9f\x8c\x8a");
	check("a=1%2C2,3", "a", 0, "1,2,3");
}

static void
test_malformed(void **state)
{
	static const char *const bad[] = {"a=%", "a=%4", "a=%4g", "a=%g4",
	    "a=%%41", "a=b&%", "%zz=1", "a=%00", "%00", "a=%FF", "a=%C3",
	    "a=%C3&b=%A5", "a=%C0%80", "a=%ED%A0%80", "a=%F5%80%80%80",
	    "a=%c3=%a5"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		if (query_valid(slice_str(bad[i])))
			fail_msg("%s is valid", bad[i]);
}

/* In a path '+' is itself, and what needs no decoding is not copied. */
static void
test_paths(void **state)
{
	struct slice raw = SLICE("a+b"), out;

	(void)state;
	assert_true(query_decode(raw, false, &arena, &out));
	assert_ptr_equal(out.p, raw.p);
	assert_true(query_decode(SLICE("a%2Bb+"), false, &arena, &out));
	assert_true(slice_is(out, "a+b+"));
	assert_false(query_decode(SLICE("a%2"), false, &arena, &out));
	assert_true(query_decode(SLICE_NONE, false, &arena, &out));
	assert_int_equal(out.n, 0);
}

static int
teardown(void **state)
{
	(void)state;
	arena_free(&arena);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_decode),
	    cmocka_unit_test(test_malformed),
	    cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests_name("query", tests, NULL, teardown);
}
