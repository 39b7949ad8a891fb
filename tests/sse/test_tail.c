/*
 * The tail cache against a plain list of what was put into it.
 */
#include "sse/tail.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"

#define ADDS 4000

/* Every byte of seq's frame, and its length, follow from seq. */
static size_t
length_of(uint64_t seq)
{
	uint64_t x = seq * UINT64_C(0x9e3779b97f4a7c15);

	return x >> 60 < 3 ? 0 : 1 + (x >> 40) % 700;
}

static void
fill(char *p, uint64_t seq)
{
	for (size_t i = 0; i < length_of(seq); i++)
		p[i] = (char)(seq * 31 + i);
}

static void
add(struct tail *t, uint64_t seq)
{
	struct tail_frame f = {.about.type = EVENT_LOG, .about.project = seq};
	char bytes[1000];

	fill(bytes, seq);
	assert_int_equal(tail_last(t), seq - 1);
	tail_add(t, &f,
	    length_of(seq) > 0 ? (struct slice){bytes, length_of(seq)}
			       : SLICE_NONE);
}

/* What is held is right, without a hole, and reaches to the newest. */
static uint64_t
check(const struct tail *t, uint64_t oldest_possible)
{
	uint64_t seq = tail_last(t), first;
	char bytes[1000];

	while (seq >= oldest_possible && tail_get(t, seq) != NULL)
		seq--;
	first = seq + 1;
	while (seq > oldest_possible)
		assert_null(tail_get(t, --seq));
	for (seq = first; seq <= tail_last(t); seq++) {
		const struct tail_frame *f = tail_get(t, seq);
		struct slice held = tail_bytes(t, f);

		fill(bytes, seq);
		assert_int_equal(f->about.project, seq);
		assert_int_equal(held.n, length_of(seq));
		if (held.n > 0)
			assert_memory_equal(held.p, bytes, held.n);
	}
	assert_null(tail_get(t, tail_last(t) + 1));
	assert_true(tail_whole_from(t) >= first);
	return first;
}

static void
test_holds_the_newest(void **state)
{
	static const size_t sizes[] = {2800, 4096, 65536, 262144};

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct tail *t = tail_new(sizes[i], 100);
		uint64_t first = 0;

		for (uint64_t seq = 101; seq <= 100 + ADDS; seq++) {
			add(t, seq);
			if (seq % 7 == 0 || seq == 100 + ADDS)
				first = check(t, 101);
		}
		assert_int_equal(tail_whole_from(t), first);
		/* It is used well: at least half of it is full. */
		assert_true(ADDS + 100 - first >= sizes[i] / 1400 ||
		    ADDS + 100 - first >= 60);
		tail_reset(t, 9000);
		assert_int_equal(tail_last(t), 9000);
		assert_null(tail_get(t, 9000));
		add(t, 9001);
		check(t, 9001);
		tail_free(t);
	}
}

static void
test_too_large_a_frame_is_left_out(void **state)
{
	struct tail *t = tail_new(4096, 0);
	struct tail_frame f = {.about.type = EVENT_LOG};
	char *big = mem_zalloc(5000);

	(void)state;
	tail_add(t, &f, SLICE("small"));
	tail_add(t, &f, (struct slice){big, 5000});
	tail_add(t, &f, (struct slice){big, 1025});
	tail_add(t, &f, (struct slice){big, 1024});
	assert_int_equal(tail_get(t, 1)->n, 5);
	assert_int_equal(tail_get(t, 2)->n, 0);
	assert_int_equal(tail_get(t, 3)->n, 0);
	assert_int_equal(tail_get(t, 4)->n, 1024);
	free(big);
	tail_free(t);
}

static void
test_events_without_bytes_cost_descriptors_only(void **state)
{
	struct tail *t = tail_new(16384, 0); /* 64 descriptors */
	struct tail_frame f = {.about.type = EVENT_TAGS};

	(void)state;
	tail_add(t, &f, SLICE("one"));
	for (int i = 0; i < 63; i++)
		tail_add(t, &f, SLICE_NONE);
	assert_non_null(tail_get(t, 1));
	assert_int_equal(tail_whole_from(t), 1);
	tail_add(t, &f, SLICE_NONE);
	assert_null(tail_get(t, 1));
	assert_int_equal(tail_whole_from(t), 2);
	tail_add(t, &f, SLICE("two"));
	assert_non_null(tail_get(t, 3));
	assert_memory_equal(tail_bytes(t, tail_get(t, 66)).p, "two", 3);
	tail_free(t);
}

static void
test_links_and_wholeness(void **state)
{
	struct tail *t = tail_new(16384, 10);
	struct tail_frame f = {.about.type = EVENT_LOG};

	(void)state;
	for (int i = 0; i < 5; i++)
		tail_add(t, &f, SLICE("x"));
	tail_link(t, 11, 14);
	tail_link(t, 5, 12); /* long gone: nothing happens */
	assert_int_equal(tail_get(t, 11)->next, 3);
	assert_int_equal(tail_get(t, 12)->next, 0);
	assert_int_equal(tail_whole_from(t), 11);
	tail_not_whole(t);
	assert_int_equal(tail_whole_from(t), 16);
	tail_free(t);
}

static void
test_labels_are_held_as_long_as_their_frames(void **state)
{
	struct tail *t = tail_new(16384, 0);
	struct tail_frame f = {.about.type = EVENT_LOG};
	struct labels *l = label_parse(SLICE("{\"a\":\"b\",\"c\":\"\"}"));

	(void)state;
	f.about.labels = l;
	tail_add(t, &f, SLICE("x"));
	label_unref(l);
	l = tail_get(t, 1)->about.labels;
	assert_true(label_has(l, SLICE("a:b")));
	assert_true(label_has(l, SLICE("c:")));
	assert_false(label_has(l, SLICE("a:")));
	assert_false(label_has(NULL, SLICE("a:")));
	f.about.labels = NULL;
	for (int i = 0; i < 200; i++)
		tail_add(t, &f, SLICE("x"));
	tail_free(t); /* the sanitizer sees a leak, if there is one */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_holds_the_newest),
	    cmocka_unit_test(test_too_large_a_frame_is_left_out),
	    cmocka_unit_test(test_events_without_bytes_cost_descriptors_only),
	    cmocka_unit_test(test_links_and_wholeness),
	    cmocka_unit_test(test_labels_are_held_as_long_as_their_frames),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
