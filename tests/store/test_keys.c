/*
 * API keys as rows.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/internal.h"
#include "store/keys.h"
#include "store/table.h"
#include "tests/store/world.h"

static struct key
make(uint8_t i)
{
	struct key k = {.scope = (enum scope)(1 + i % 4),
	    .project = i,
	    .created_at = 1000 + i};

	k.id.b[0] = i;
	memset(k.hash, 0xff - i, sizeof(k.hash));
	memset(k.name, 'a' + i, i < KEY_NAME_MAX ? i : KEY_NAME_MAX);
	return k;
}

static void
put(struct store_txn *t, uint8_t i)
{
	struct key k = make(i);

	keys_put(t, &k);
}

static void
test_keys(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct key k, want = make(2), list[4];
	uint8_t other[32] = {1};

	assert_int_equal(keys_count(t), 0);
	assert_int_equal(keys_list(t, list, 4), 0);
	for (uint8_t i = 0; i < 3; i++)
		put(t, i);
	world_commit(t);
	t = store_snapshot(w->s);
	assert_int_equal(keys_count(t), 3);
	assert_int_equal(keys_list(t, list, 4), 3);
	assert_int_equal(keys_list(t, list, 2), 2);
	assert_true(keys_find(t, want.hash, &k));
	assert_memory_equal(&k.id, &want.id, sizeof(k.id));
	assert_int_equal(k.scope, want.scope);
	assert_int_equal(k.project, 2);
	assert_int_equal(k.created_at, 1002);
	assert_string_equal(k.name, "cc");
	assert_memory_equal(k.hash, want.hash, sizeof(k.hash));
	assert_false(keys_find(t, other, &k));
	world_check(w);
}

static void
test_longest_name(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct key k = make(KEY_NAME_MAX), found;

	keys_put(t, &k);
	assert_true(keys_find(t, k.hash, &found));
	assert_int_equal(strlen(found.name), KEY_NAME_MAX);
	store_abort(t);
}

static void
test_remove(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct key k = make(1);

	for (uint8_t i = 0; i < 3; i++)
		put(t, i);
	assert_true(keys_remove(t, &k.id));
	assert_false(keys_remove(t, &k.id));
	assert_false(keys_find(t, k.hash, &k));
	assert_int_equal(keys_count(t), 2);
	world_commit(t);
	assert_int_equal(keys_count(store_snapshot(w->s)), 2);
	world_check(w);
}

static void
test_damaged(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct key k = make(1), list[4];

	put(t, 0);
	put(t, 2);
	table_put(t, TABLE_KEYS, table_bytes(k.hash, 32), SLICE("\1short"));
	world_commit(t);
	t = store_snapshot(w->s);
	assert_false(keys_find(t, k.hash, &k));
	assert_int_equal(keys_list(t, list, 4), 2);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_keys),
	    T(test_longest_name),
	    T(test_remove),
	    T(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
