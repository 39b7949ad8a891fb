/*
 * The journal: appending, reading by seq, by time and by execution.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/internal.h"
#include "store/journal.h"
#include "store/rows.h"
#include "store/table.h"
#include "tests/core/dies.h"
#include "tests/store/world.h"

static const struct uuid one = {{1}}, two = {{2}};

static uint64_t
append(struct store_txn *t, const struct uuid *id, int64_t at,
    const char *message)
{
	struct journal_event ev = event_make(EVENT_LOG);
	struct execution x = {.id = *id, .status = STATUS_RUNNING}, old;
	bool there = rows_get(t, id, &old);

	if (there)
		x = old;
	else
		x.number = store_number_next(t);
	ev.seq = store_seq(t) + 1;
	ev.at = at;
	ev.execution = *id;
	ev.prev = x.tail.seq;
	ev.nth = x.nevents + 1;
	ev.level = LEVEL_INFO;
	event_add_member(&ev, MEMBER_MESSAGE, slice_str(message));
	journal_append(t, &ev);
	x.tail.seq = ev.seq;
	x.nevents = ev.nth;
	rows_put(t, there ? &old : NULL, &x);
	return ev.seq;
}

/* What a walk met. */
struct met {
	uint64_t seq[64];
	unsigned n, stop; /* stop: after so many; 0: never */
};

static bool
meet(void *arg, const struct journal_event *ev)
{
	struct met *m = arg;

	assert_true(m->n < 64);
	m->seq[m->n++] = ev->seq;
	return m->n != m->stop;
}

/* Events 2-11 (1 is the job's), by turns of one and two, a second apart. */
static void
append_ten(struct world *w)
{
	struct store_txn *t = world_begin(w);

	for (int i = 0; i < 10; i++)
		append(t, i % 2 == 0 ? &one : &two, 1000 * (i + 1), "m");
	world_commit(t);
}

static void
test_append_and_get(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct journal_event ev;
	uint64_t seq = append(t, &one, 5, "hello");

	assert_int_equal(store_seq(t), seq);
	assert_true(journal_get(t, seq, &ev)); /* its own writes */
	assert_int_equal(ev.seq, seq);
	assert_int_equal(ev.at, 5);
	assert_true(slice_is(event_get(&ev, MEMBER_MESSAGE), "hello"));
	assert_false(journal_get(store_snapshot(w->s), seq, &ev));
	assert_false(journal_get(t, seq + 1, &ev));
	store_snapshot_end(w->s);
	world_commit(t);
	assert_true(journal_get(store_snapshot(w->s), seq, &ev));
	assert_true(uuid_eq(&ev.execution, &one));
}

static void
append_wrong(void *arg)
{
	struct journal_event ev = event_make(EVENT_LOG);

	ev.seq = store_seq(arg) + 2;
	journal_append(arg, &ev);
}

static void
test_seq_must_follow(void **state)
{
	struct store_txn *t = world_begin(*state);

	assert_true(dies(append_wrong, t));
	store_abort(t);
}

/* A large event goes to pages of its own and comes back whole. */
static void
test_large_event(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct journal_event ev;
	char *big = malloc(3000001);
	uint64_t seq;

	memset(big, 'x', 3000000);
	big[3000000] = '\0';
	seq = append(t, &one, 5, big);
	world_commit(t);
	assert_true(journal_get(store_snapshot(w->s), seq, &ev));
	assert_int_equal(event_get(&ev, MEMBER_MESSAGE).n, 3000000);
	assert_true(slice_is(event_get(&ev, MEMBER_MESSAGE), big));
	free(big);
}

static void
test_first(void **state)
{
	struct world *w = world_new();

	assert_int_equal(journal_first(store_snapshot(w->s)), 0);
	assert_int_equal(journal_since(store_snapshot(w->s), 0), 0);
	world_free(w);
	w = *state;
	assert_int_equal(journal_first(store_snapshot(w->s)), 1);
}

static void
test_walk(void **state)
{
	struct world *w = *state;
	struct met m = {.n = 0};
	struct journal_visit v = {meet, &m};
	struct store_txn *t;

	append_ten(w);
	t = store_snapshot(w->s);
	assert_int_equal(journal_walk(t, 0, 100, &v), 11);
	assert_int_equal(m.n, 11);
	m.n = 0;
	assert_int_equal(journal_walk(t, 4, 3, &v), 7);
	assert_int_equal(m.n, 3);
	assert_int_equal(m.seq[0], 5);
	m.n = 0;
	m.stop = 2;
	assert_int_equal(journal_walk(t, 4, 100, &v), 6);
	m.n = 0;
	assert_int_equal(journal_walk(t, 11, 100, &v), 11);
	assert_int_equal(journal_walk(t, 99, 100, &v), 99);
	assert_int_equal(journal_walk(t, UINT64_MAX, 100, &v), UINT64_MAX);
	assert_int_equal(journal_walk(t, 3, 0, &v), 3);
	assert_int_equal(m.n, 0);
}

static void
test_walk_execution(void **state)
{
	struct world *w = *state;
	struct met m = {.n = 0};
	struct journal_visit v = {meet, &m};
	struct uuid none = {{1, 1}};
	struct store_txn *t;

	append_ten(w);
	t = store_snapshot(w->s);
	assert_int_equal(journal_walk_execution(t, &one, 0, 100, &v), 10);
	assert_int_equal(m.n, 5);
	assert_int_equal(m.seq[0], 2);
	assert_int_equal(m.seq[4], 10);
	m.n = 0;
	assert_int_equal(journal_walk_execution(t, &two, 5, 2, &v), 9);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.seq[0], 7);
	m.n = 0;
	m.stop = 1;
	assert_int_equal(journal_walk_execution(t, &one, 3, 100, &v), 4);
	m.n = 0;
	assert_int_equal(journal_walk_execution(t, &two, 11, 9, &v), 11);
	assert_int_equal(journal_walk_execution(t, &none, 0, 9, &v), 0);
	assert_int_equal(journal_walk_execution(t, &two, UINT64_MAX, 9, &v),
	    UINT64_MAX);
	assert_int_equal(m.n, 0);
}

/* From wherever, and however far: what a walk over all events would say. */
static void
test_walk_stretches(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	uint64_t mine[150];
	unsigned n = 0;

	for (unsigned i = 0; i < 300; i++) {
		bool is_one = world_random(w) % 2 == 0;
		uint64_t seq = append(t, is_one ? &one : &two, 1, "m");

		if (is_one && n < 150)
			mine[n++] = seq;
	}
	for (unsigned k = 0; k < 200; k++) {
		unsigned at = (unsigned)(world_random(w) % (n - 60));
		unsigned max = 1 + (unsigned)(world_random(w) % 60);
		uint64_t after = at == 0 ? 0 : mine[at - 1];
		struct met m = {.n = 0};
		struct journal_visit v = {meet, &m};

		assert_int_equal(journal_walk_execution(t, &one, after, max,
				     &v),
		    mine[at + max - 1]);
		assert_int_equal(m.n, max);
		assert_memory_equal(m.seq, mine + at, max * sizeof(m.seq[0]));
	}
	store_abort(t);
}

/* Rows and steps of the same execution are no part of its share. */
static void
test_share_ends(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id =
	    world_trigger(w, t, &(struct world_trigger){.project = 0});
	uint64_t last = store_seq(t);
	struct met m = {.n = 0};
	struct journal_visit v = {meet, &m};

	assert_int_equal(journal_walk_execution(t, &id, 0, 100, &v), last);
	assert_int_equal(m.n, 2); /* created, fetch is ready */
	world_commit(t);
}

static void
test_since(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);

	/* The job's event is of a later time than all that follow. */
	for (int i = 0; i < 40; i++)
		append(t, &one, w->now + 1000 * (i / 2), "m");
	world_commit(t);
	t = store_snapshot(w->s);
	assert_int_equal(journal_since(t, 0), 1);
	assert_int_equal(journal_since(t, w->now), 2);
	assert_int_equal(journal_since(t, w->now + 1), 4);
	assert_int_equal(journal_since(t, w->now + 1000), 4);
	assert_int_equal(journal_since(t, w->now + 18001), 40);
	assert_int_equal(journal_since(t, w->now + 19000), 40);
	assert_int_equal(journal_since(t, w->now + 19001), 0);
}

/* Where events were dropped, a walk goes on behind the gap. */
static void
test_holes(void **state)
{
	struct world *w = *state;
	struct met m = {.n = 0};
	struct journal_visit v = {meet, &m};
	struct store_txn *t;
	uint8_t key[8] = {0};

	append_ten(w);
	t = world_begin(w);
	for (key[7] = 1; key[7] < 7; key[7]++)
		table_delete(t, TABLE_JOURNAL, table_bytes(key, 8));
	world_commit(t);
	t = store_snapshot(w->s);
	assert_int_equal(journal_first(t), 7);
	assert_int_equal(journal_walk(t, 2, 2, &v), 8);
	assert_int_equal(m.seq[0], 7);
	assert_int_equal(journal_since(t, 1), 7);
	m.n = 0;
	assert_int_equal(journal_walk_execution(t, &one, 0, 3, &v), 10);
	assert_int_equal(m.n, 2);
	assert_int_equal(m.seq[0], 8);
}

static void
test_damaged_event(void **state)
{
	struct world *w = *state;
	struct journal_event ev;
	struct store_txn *t = world_begin(w);
	uint8_t key[8] = {0, 0, 0, 0, 0, 0, 0, 1};

	table_put(t, TABLE_JOURNAL, table_bytes(key, 8), SLICE("rubbish"));
	world_commit(t);
	assert_false(journal_get(store_snapshot(w->s), 1, &ev));
	store_snapshot_end(w->s);
	t = world_begin(w);
	assert_false(journal_get(t, 1, &ev));
	assert_int_not_equal(store_error(t), 0);
	assert_int_not_equal(store_commit(t), 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_append_and_get),
	    T(test_seq_must_follow),
	    T(test_large_event),
	    T(test_first),
	    T(test_walk),
	    T(test_walk_execution),
	    T(test_walk_stretches),
	    T(test_share_ends),
	    T(test_since),
	    T(test_holes),
	    T(test_damaged_event),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
