/*
 * The event stream parser against the rules of the WHATWG HTML standard,
 * whole and byte by byte: both must give the same events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"

#include "cli/sse.h"

/* Append "type|data|id;" for every event that is there. */
static void
drain(struct sse *s, struct buf *out)
{
	struct sse_event ev;

	while (sse_next(s, &ev)) {
		buf_add_slice(out, ev.type);
		buf_add_byte(out, '|');
		buf_add_slice(out, ev.data);
		buf_add_byte(out, '|');
		buf_add_slice(out, ev.id);
		buf_add_byte(out, ';');
	}
}

static void
assert_events_in_pieces(struct slice in, size_t piece, struct slice want)
{
	struct sse *s = sse_new();
	struct buf out = {0};

	for (size_t i = 0; i < in.n; i += piece) {
		size_t n = in.n - i < piece ? in.n - i : piece;
		char *exact = malloc(n); /* so that reading too far is seen */

		memcpy(exact, in.p + i, n);
		sse_push(s, (struct slice){exact, n});
		free(exact);
		drain(s, &out);
	}
	assert_int_equal(out.len, want.n);
	if (want.n > 0)
		assert_memory_equal(out.p, want.p, want.n);
	buf_free(&out);
	sse_free(s);
}

static void
assert_events_n(struct slice in, struct slice want)
{
	for (size_t piece = 1; piece <= 7; piece++)
		assert_events_in_pieces(in, piece, want);
	if (in.n > 0)
		assert_events_in_pieces(in, in.n, want);
}

#define assert_events(in, want) assert_events_n(SLICE(in), SLICE(want))

static void
test_simple(void **state)
{
	(void)state;
	assert_events("data: hi\n\n", "message|hi|;");
	assert_events("event: status\nid: 7-1\ndata: {}\n\n", "status|{}|7-1;");
	assert_events("data: a\n\ndata: b\n\n", "message|a|;message|b|;");
	assert_events("", "");
}

static void
test_line_ends(void **state)
{
	(void)state;
	assert_events("data: a\r\n\r\ndata: b\r\n\r\n",
	    "message|a|;message|b|;");
	assert_events("data: a\r\rdata: b\r\r", "message|a|;message|b|;");
	assert_events("data: a\r\ndata: b\rdata: c\n\r\n", "message|a\nb\nc|;");
	assert_events("data: a\n\r\n", "message|a|;");
	assert_events("data: a\r\n\n", "message|a|;");
	/* CR LF is one end, not two: no event yet */
	assert_events("data: a\r\n", "");
}

static void
test_bom(void **state)
{
	(void)state;
	assert_events("\xef\xbb\xbf"
		      "data: a\n\n",
	    "message|a|;");
	/* a second one is part of a field's name, which is then unknown */
	assert_events("\xef\xbb\xbf\xef\xbb\xbf"
		      "data: a\n\ndata: b\n\n",
	    "message|b|;");
	assert_events("data: a\n\xef\xbb\xbf"
		      "data: b\n\n",
	    "message|a|;");
	assert_events("\xef\xbb"
		      "data: a\n\ndata: b\n\n",
	    "message|b|;");
	assert_events("\xef", "");
}

static void
test_fields(void **state)
{
	(void)state;
	/* one space is taken away, not two; none is needed */
	assert_events("data:a\ndata:  b\n\n", "message|a\n b|;");
	assert_events("data:a:b: c\n\n", "message|a:b: c|;");
	assert_events("data\n\n", "message||;");
	assert_events("data\ndata\n\n", "message|\n|;");
	assert_events("data:\n\n", "message||;");
	/* names are exact */
	assert_events("Data: a\n\n data: b\n\ndata : c\n\ndat: d\n\n", "");
	assert_events(": comment\n:\ndata: a\n: more\n\n", "message|a|;");
	assert_events("foo: x\nbar\ndata: a\n\n", "message|a|;");
	assert_events("data: a\0b\n\n", "message|a\0b|;");
}

static void
test_type(void **state)
{
	(void)state;
	assert_events("event: a\nevent: b\ndata: 1\n\ndata: 2\n\n",
	    "b|1|;message|2|;");
	assert_events("event:\ndata: 1\n\n", "message|1|;");
	/* a type without data is not carried over */
	assert_events("event: end\n\ndata: 1\n\n", "message|1|;");
}

static void
test_id(void **state)
{
	(void)state;
	assert_events("id: 1\ndata: a\n\ndata: b\n\nid\ndata: c\n\n",
	    "message|a|1;message|b|1;message|c|;");
	assert_events("id: 1\ndata: a\n\nid: 2\0\ndata: b\n\n",
	    "message|a|1;message|b|1;");
	/* an id alone moves the cursor */
	assert_events("id: 9\n\ndata: a\n\n", "message|a|9;");
}

static void
test_retry(void **state)
{
	struct sse *s = sse_new();
	struct sse_event ev;

	(void)state;
	assert_int_equal(sse_retry_ms(s), 0);
	sse_push(s, SLICE("retry: 2500\n\n"));
	assert_false(sse_next(s, &ev));
	assert_int_equal(sse_retry_ms(s), 2500);
	sse_push(s,
	    SLICE("retry: 3s\nretry:\nretry: -1\nretry: 1.5\n"
		  "retry: 99999999999999999999\n\n"));
	assert_false(sse_next(s, &ev));
	assert_int_equal(sse_retry_ms(s), 2500);
	sse_free(s);
}

static void
test_cut_off(void **state)
{
	struct sse *s = sse_new();
	struct sse_event ev;

	(void)state;
	sse_push(s, SLICE("id: 1\ndata: a\n\nid: 2\nevent: end\ndata: b\n"));
	assert_true(sse_next(s, &ev));
	assert_false(sse_next(s, &ev));
	assert_true(slice_is(sse_cursor(s), "1"));
	/* what was cut off is forgotten, its id too */
	sse_restart(s);
	assert_true(slice_is(sse_cursor(s), "1"));
	sse_push(s, SLICE("\n\n\xef\xbb\xbf"));
	assert_false(sse_next(s, &ev));
	sse_restart(s);
	sse_push(s,
	    SLICE("\xef\xbb\xbf"
		  "data: c\n\n"));
	assert_true(sse_next(s, &ev));
	assert_true(slice_is(ev.type, "message"));
	assert_true(slice_is(ev.data, "c"));
	assert_true(slice_is(ev.id, "1"));
	sse_free(s);
}

static void
test_cursor(void **state)
{
	struct sse *s = sse_new();
	struct sse_event ev;

	(void)state;
	assert_int_equal(sse_cursor(s).n, 0);
	sse_set_cursor(s, SLICE("5-5"));
	sse_push(s, SLICE("data: a\n\n"));
	assert_true(sse_next(s, &ev));
	assert_true(slice_is(ev.id, "5-5"));
	sse_push(s, SLICE("id: 6-6\n\n"));
	assert_false(sse_next(s, &ev));
	assert_true(slice_is(sse_cursor(s), "6-6"));
	sse_free(s);
	sse_free(NULL);
}

/* An event that never ends must not take all memory. */
static void
test_overflow(void **state)
{
	static char chunk[65536];
	struct sse *s = sse_new();
	struct sse_event ev;
	size_t n;

	(void)state;
	memset(chunk, 'x', sizeof(chunk));
	for (n = 0; n < 2 * SSE_EVENT_MAX && !sse_overflowed(s);
	     n += sizeof(chunk)) {
		sse_push(s, (struct slice){chunk, sizeof(chunk)});
		assert_false(sse_next(s, &ev));
	}
	assert_true(sse_overflowed(s));
	assert_true(n <= SSE_EVENT_MAX + sizeof(chunk));
	sse_push(s, SLICE("\n\ndata: a\n\n"));
	assert_false(sse_next(s, &ev));
	sse_restart(s);
	assert_false(sse_overflowed(s));
	sse_push(s, SLICE("data: a\n\n"));
	assert_true(sse_next(s, &ev));
	sse_free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_simple),
	    cmocka_unit_test(test_line_ends),
	    cmocka_unit_test(test_bom),
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_type),
	    cmocka_unit_test(test_id),
	    cmocka_unit_test(test_retry),
	    cmocka_unit_test(test_cut_off),
	    cmocka_unit_test(test_cursor),
	    cmocka_unit_test(test_overflow),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
