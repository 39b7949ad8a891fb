/*
 * Unique names: within a project each is taken once, and who may see all
 * finds every name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/names.h"
#include "tests/store/world.h"

static struct store_txn *txn;

static void
assert_found(const char *name, uint64_t project, uint8_t want)
{
	struct uuid id = {{0}};

	assert_int_equal(names_find(txn, slice_str(name), project, &id),
	    want != 0);
	assert_int_equal(id.b[0], want);
}

static void
test_find(void **state)
{
	struct uuid a = {{1}}, b = {{2}}, c = {{3}};

	txn = world_begin(*state);
	names_put(txn, SLICE("nightly"), 0, &a);
	names_put(txn, SLICE("nightly"), 7, &b);
	names_put(txn, SLICE("night"), 9, &c);
	assert_found("nightly", 7, 2);
	assert_found("nightly", 8, 0);
	assert_found("nightly", 0, 1);
	assert_found("night", 0, 3);
	assert_found("night", 9, 3);
	assert_found("nigh", 0, 0);
	assert_found("", 0, 0);
	assert_true(names_taken(txn, SLICE("nightly"), 0));
	assert_false(names_taken(txn, SLICE("night"), 0));
	store_abort(txn);
}

static void
test_bounds(void **state)
{
	char text[482];
	struct slice name = {text, 480};
	struct uuid a = {{1}}, found;

	memset(text, 'n', sizeof(text));
	txn = world_begin(*state);
	names_put(txn, name, UINT64_MAX, &a);
	assert_true(names_find(txn, name, 0, &found));
	assert_true(names_find(txn, name, UINT64_MAX, &found));
	name.n++;
	assert_false(names_find(txn, name, 0, &found));
	text[3] = '\0';
	name.n = 10;
	assert_false(names_find(txn, name, 0, &found));
	store_abort(txn);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_find, world_setup,
		world_teardown),
	    cmocka_unit_test_setup_teardown(test_bounds, world_setup,
		world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
