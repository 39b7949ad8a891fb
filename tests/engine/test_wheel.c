/*
 * The wheel: nothing early, nothing more than a tick late, nothing lost,
 * whatever is set and cleared meanwhile.  Its time is passed in here; one
 * test drives it by a real event loop.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>
#include <event2/event.h>

#include "engine/wheel.h"

#define TICK 10
#define MANY 5000
#define START INT64_C(1000003)

struct thing {
	struct wheel_node node; /* first */
	int64_t wanted;		/* due at; -1: not set */
	unsigned fired;
};

static struct thing things[MANY];
static int64_t now;
static struct wheel *wheel;

static void
fire(struct wheel_node *n, void *arg)
{
	struct thing *t = (struct thing *)n;

	assert_ptr_equal(arg, things);
	assert_null(n->at);
	assert_true(t->wanted >= 0);
	assert_true(now >= t->wanted);
	t->wanted = -1;
	t->fired++;
}

static void
set(struct thing *t, int64_t after)
{
	wheel_set(wheel, &t->node, now, after);
	t->wanted = now + after;
}

static void
run_to(int64_t to)
{
	now = to;
	wheel_expire(wheel, now);
}

static int
setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		things[i] = (struct thing){.wanted = -1};
	now = START;
	wheel = wheel_new(NULL, TICK, fire, things);
	return 0;
}

static int
teardown(void **state)
{
	(void)state;
	wheel_free(wheel);
	return 0;
}

static void
test_one(void **state)
{
	(void)state;
	assert_int_equal(wheel_next(wheel), -1);
	set(&things[0], 25);
	assert_in_range(wheel_next(wheel), now + 25, now + 25 + TICK);
	run_to(now + 24);
	assert_int_equal(things[0].fired, 0);
	run_to(START + 25 + TICK);
	assert_int_equal(things[0].fired, 1);
	assert_int_equal(wheel_next(wheel), -1);
	run_to(now + 100000);
	assert_int_equal(things[0].fired, 1);
}

static void
test_clear(void **state)
{
	(void)state;
	wheel_clear(wheel, &things[0].node);
	set(&things[0], 25);
	set(&things[1], 25);
	set(&things[2], 25);
	wheel_clear(wheel, &things[1].node);
	wheel_clear(wheel, &things[1].node);
	run_to(now + 100);
	assert_int_equal(things[0].fired, 1);
	assert_int_equal(things[1].fired, 0);
	assert_int_equal(things[2].fired, 1);
	set(&things[0], 25);
	wheel_clear(wheel, &things[0].node);
	assert_int_equal(wheel_next(wheel), -1);
}

static void
test_rearm(void **state)
{
	(void)state;
	set(&things[0], 20);
	for (int i = 0; i < 1000; i++) {
		run_to(now + 15);
		set(&things[0], 20);
	}
	assert_int_equal(things[0].fired, 0);
	set(&things[0], 100000);
	set(&things[0], 5);
	run_to(now + 5 + TICK);
	assert_int_equal(things[0].fired, 1);
}

/* Far beyond the ring, and from a ring that stood still for long. */
static void
test_far(void **state)
{
	int64_t due = START + INT64_C(500) * 24 * 3600 * 1000;

	(void)state;
	set(&things[0], due - now);
	for (unsigned wakes = 0; things[0].fired == 0; wakes++) {
		int64_t next = wheel_next(wheel);

		assert_true(next > now);
		run_to(next);
		assert_true(wakes < 5000000);
	}
	assert_in_range(now, due, due + TICK);
	set(&things[1], 50);
	set(&things[2], 1);
	assert_in_range(wheel_next(wheel), now + 1, now + 1 + TICK);
	run_to(now + 50 + TICK);
	assert_int_equal(things[1].fired + things[2].fired, 2);
}

static void
test_due_now(void **state)
{
	(void)state;
	set(&things[0], 0);
	set(&things[1], -5);
	things[1].wanted = now;
	assert_in_range(wheel_next(wheel), now, now + TICK);
	run_to(wheel_next(wheel));
	assert_int_equal(things[0].fired + things[1].fired, 2);
}

/* A late call catches up with everything at once. */
static void
test_late(void **state)
{
	(void)state;
	for (size_t i = 0; i < MANY; i++)
		set(&things[i], (int64_t)i * 7);
	run_to(now + INT64_C(3600) * 1000);
	for (size_t i = 0; i < MANY; i++)
		assert_int_equal(things[i].fired, 1);
	assert_int_equal(wheel_next(wheel), -1);
}

static unsigned noise = 1;

static unsigned
roll(unsigned n)
{
	noise = noise * 1103515245u + 12345u;
	return (noise >> 16) % n;
}

/* Against what should have happened, over many random steps. */
static void
test_random(void **state)
{
	int64_t expected, next;

	(void)state;
	for (unsigned step = 0; step < 200000; step++) {
		struct thing *t = &things[roll(200)];

		switch (roll(4)) {
		case 0:
			wheel_clear(wheel, &t->node);
			t->wanted = -1;
			break;
		case 1:
			run_to(now + roll(40));
			break;
		default:
			set(t, roll(roll(10) == 0 ? 60000 : 300));
		}
		if (step % 64 != 0)
			continue;
		expected = -1;
		for (size_t i = 0; i < 200; i++) {
			assert_true(things[i].wanted < 0 ||
			    things[i].wanted > now - TICK);
			if (things[i].wanted >= 0 &&
			    (expected < 0 || things[i].wanted < expected))
				expected = things[i].wanted;
		}
		next = wheel_next(wheel);
		if (expected < 0)
			assert_int_equal(next, -1);
		else
			assert_true(next >= 0 && next < expected + 2 * TICK);
	}
}

/* fn may clear its neighbours and set itself again. */
static void
fire_and_meddle(struct wheel_node *n, void *arg)
{
	struct thing *t = (struct thing *)n;
	size_t i = (size_t)(t - things);

	(void)arg;
	t->fired++;
	if (i > 0 && i < 9)
		wheel_clear(wheel, &things[i + 1].node);
	if (i == 0 && t->fired < 3)
		wheel_set(wheel, n, now, 0);
}

static void
test_meddling(void **state)
{
	unsigned fired = 0;

	(void)state;
	wheel_free(wheel);
	wheel = wheel_new(NULL, TICK, fire_and_meddle, NULL);
	for (size_t i = 0; i < 10; i++)
		set(&things[i], 15);
	for (int i = 0; i < 10; i++)
		run_to(now + TICK);
	assert_int_equal(wheel_next(wheel), -1);
	assert_int_equal(things[0].fired, 3);
	for (size_t i = 1; i < 10; i++)
		fired += things[i].fired;
	assert_in_range(fired, 4, 9);
}

static struct event_base *base;
static int64_t fired_at;

static void
fire_and_stop(struct wheel_node *n, void *arg)
{
	(void)n;
	(void)arg;
	fired_at = wheel_clock();
	event_base_loopbreak(base);
}

/* The timer behind it fires in time, and is gone once nothing is left. */
static void
test_real(void **state)
{
	struct wheel_node a = {0}, b = {0};
	int64_t from;

	(void)state;
	base = event_base_new();
	wheel_free(wheel);
	wheel = wheel_new(base, TICK, fire_and_stop, NULL);
	from = wheel_clock();
	wheel_set(wheel, &b, from, 100000);
	wheel_set(wheel, &a, from, 30);
	event_base_dispatch(base);
	assert_true(fired_at >= from + 30);
	assert_null(a.at);
	wheel_clear(wheel, &b);
	/* Armed for b at most; with b gone it is not armed again. */
	wheel_set(wheel, &b, wheel_clock(), 20);
	event_base_dispatch(base);
	assert_int_equal(event_base_get_num_events(base,
			     EVENT_BASE_COUNT_ADDED),
	    0);
	wheel_free(wheel);
	wheel = NULL;
	event_base_free(base);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test_setup_teardown(test_one, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_clear, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_rearm, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_far, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_due_now, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_late, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_random, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_meddling, setup, teardown),
	    cmocka_unit_test_setup_teardown(test_real, setup, teardown),
	};

	return cmocka_run_group_tests_name("wheel", tests, NULL, NULL);
}
