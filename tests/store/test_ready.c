/*
 * What waits for a worker, in the order in which it is served.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "store/ready.h"
#include "store/rows.h"
#include "tests/store/world.h"

/* An execution as it waits, put by itself. */
static struct execution
waiting(uint8_t priority, int64_t since, uint64_t key)
{
	static uint64_t number;
	struct execution x = {.number = ++number,
	    .job = {{7}},
	    .status = STATUS_QUEUED,
	    .priority = priority,
	    .ready_at = since,
	    .lane = key};

	x.id.b[15] = (uint8_t)number;
	return x;
}

static void
put(struct store_txn *t, const struct execution *x)
{
	ready_move(t, NULL, x);
}

static void
test_oldest(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct execution a = waiting(9, 50, 0), b = waiting(0, 30, 0),
			 c = waiting(5, 40, 3), d = waiting(5, 20, 4);
	const struct uuid other = {{8}};

	assert_int_equal(ready_oldest(t, &a.job, 0), 0);
	put(t, &a);
	assert_int_equal(ready_oldest(t, &a.job, 0), 50);
	put(t, &b);
	assert_int_equal(ready_oldest(t, &a.job, 0), 30);
	put(t, &c);
	assert_int_equal(ready_oldest(t, &a.job, 0), 30);
	d.project = 2;
	put(t, &d);
	assert_int_equal(ready_oldest(t, &a.job, 0), 20);
	assert_int_equal(ready_oldest(t, &a.job, 2), 20);
	assert_int_equal(ready_oldest(t, &a.job, 1), 0);
	assert_int_equal(ready_oldest(t, &other, 0), 0);
	store_abort(t);
}

static void
test_lanes(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct execution all[] = {waiting(5, 10, 0), waiting(9, 20, 0),
	    waiting(5, 5, 1), waiting(5, 5, 1)};
	struct ready_lane lane = ready_lane_of(&all[0]);
	struct ready_row row;

	for (unsigned i = 0; i < 4; i++)
		put(t, &all[i]);
	assert_true(ready_first(t, &lane, &row));
	assert_true(uuid_eq(&row.id, &all[1].id));
	assert_true(ready_next_lane(t, NULL, &row));
	assert_true(uuid_eq(&row.id, &all[1].id));
	assert_true(ready_next_lane(t, &lane, &row));
	assert_true(uuid_eq(&row.id, &all[2].id));
	lane = ready_lane_of(&all[2]);
	assert_false(ready_next_lane(t, &lane, &row));
	lane.key = 9;
	assert_false(ready_first(t, &lane, &row));
	store_abort(t);
}

static void
test_order(void **state)
{
	struct ready_row a = {.priority = 5, .since = 10, .number = 3};
	struct ready_row b = a;

	(void)state;
	assert_false(ready_before(&a, &b));
	b.step = 1;
	assert_true(ready_before(&a, &b));
	b.number = 2;
	assert_true(ready_before(&b, &a));
	b.since = 11;
	assert_true(ready_before(&a, &b));
	b.priority = 6;
	assert_true(ready_before(&b, &a));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_oldest, world_setup,
		world_teardown),
	    cmocka_unit_test_setup_teardown(test_lanes, world_setup,
		world_teardown),
	    cmocka_unit_test(test_order),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
