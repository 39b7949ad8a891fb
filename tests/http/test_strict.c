/*
 * The strict layer against the whole battery: each verdict, the same however
 * the bytes are cut, and the parser library agreeing with it.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "http/parse.h"
#include "http/strict.h"
#include "tests/http/hostile.h"

static struct http_limits limits;

/* Scan in steps of that size, from memory that holds nothing else. */
static enum strict_verdict
scan_by(struct strict *s, const char *p, size_t n, size_t step)
{
	enum strict_verdict v = STRICT_MORE;

	*s = (struct strict){0};
	for (size_t here = step < n ? step : n;; here += step) {
		char *copy;

		if (here > n)
			here = n;
		copy = malloc(here);
		assert_non_null(copy);
		memcpy(copy, p, here);
		v = strict_scan(s, &limits, copy, here);
		free(copy);
		if (v != STRICT_MORE || here == n)
			return v;
	}
}

static void
check_refused(const struct hostile *row, const struct strict *s)
{
	if (s->status != row->status)
		fail_msg("%s: %d (%s) instead of %d", row->name, s->status,
		    s->why, row->status);
	assert_non_null(s->why);
}

static void
check_accepted(const struct hostile *row, const struct strict *s)
{
	char *bytes = malloc(s->at);
	struct parse m;
	size_t n, body;

	assert_int_equal(s->at, row->n);
	assert_non_null(bytes);
	n = strict_copy(s, row->bytes, bytes, &body);
	if (!parse_message(bytes, n, &m))
		fail_msg("%s: the library refuses it", row->name);
	assert_int_equal(m.method, s->method);
	assert_int_equal(m.is_head, s->is_head);
	assert_int_equal(m.http10, s->http10);
	assert_ptr_equal(m.target.p, bytes + s->target - s->skip);
	assert_int_equal(m.target.n, s->target_len);
	assert_int_equal(m.body.n, s->length);
	assert_true(body <= n && n <= s->at);
	if (row->body != NULL) {
		assert_int_equal(m.body.n, strlen(row->body));
		assert_memory_equal(m.body.p, row->body, m.body.n);
	}
	free(bytes);
}

static void
test_battery(void **state)
{
	static const size_t steps[] = {1, 2, 3, 7, 64, SIZE_MAX / 2};

	(void)state;
	for (size_t i = 0; i < HOSTILE_ROWS; i++) {
		const struct hostile *row = &hostile_rows[i];

		for (size_t j = 0; j < sizeof(steps) / sizeof(steps[0]); j++) {
			struct strict s;
			enum strict_verdict v =
			    scan_by(&s, row->bytes, row->n, steps[j]);

			if (v == STRICT_MORE)
				fail_msg("%s: no verdict", row->name);
			if (v == STRICT_REFUSED)
				check_refused(row, &s);
			else if (row->status != 0)
				fail_msg("%s: accepted", row->name);
			else
				check_accepted(row, &s);
		}
	}
}

/* Every start of an accepted message is just that: a start. */
static void
test_starts(void **state)
{
	struct strict s;

	(void)state;
	for (size_t i = 0; i < HOSTILE_ROWS; i++) {
		const struct hostile *row = &hostile_rows[i];

		for (size_t n = 1; row->status == 0 && n < row->n; n++)
			if (scan_by(&s, row->bytes, n, n) != STRICT_MORE)
				fail_msg("%s: a verdict after %zu", row->name,
				    n);
	}
}

/* What comes behind a message is not read. */
static void
test_pipelined(void **state)
{
	static const char two[] =
	    POST "Content-Length: 5\r\n\r\nhello" GET "\r\n";
	struct strict s = {0};

	(void)state;
	assert_int_equal(strict_scan(&s, &limits, two, sizeof(two) - 1),
	    STRICT_DONE);
	assert_int_equal(s.at, strlen(two) - strlen(GET "\r\n"));
	assert_int_equal(s.head + 5, s.at);
}

static void
test_blank(void **state)
{
	struct strict s = {0};

	(void)state;
	assert_true(strict_blank(&s));
	assert_int_equal(strict_scan(&s, &limits, "\r", 1), STRICT_MORE);
	assert_true(strict_blank(&s));
	assert_int_equal(strict_scan(&s, &limits, "\r\n", 2), STRICT_MORE);
	assert_true(strict_blank(&s));
	assert_int_equal(strict_scan(&s, &limits, "\r\nG", 3), STRICT_MORE);
	assert_false(strict_blank(&s));
}

#define PLAIN POST "Content-Length: 5\r\n\r\n"
#define OLD                                        \
	"POST / HTTP/1.0\r\nContent-Length: 5\r\n" \
	"Expect: 100-continue\r\n\r\n"

static void
test_expect(void **state)
{
	static const char head[] = POST "Content-Length: 5\r\n"
					"Expect: 100-Continue\r\n\r\n";
	struct strict s = {0};

	(void)state;
	assert_int_equal(strict_scan(&s, &limits, head, sizeof(head) - 1),
	    STRICT_MORE);
	assert_true(s.expect);
	assert_int_equal(s.head, sizeof(head) - 1);
	s = (struct strict){0};
	assert_int_equal(strict_scan(&s, &limits, PLAIN, sizeof(PLAIN) - 1),
	    STRICT_MORE);
	assert_false(s.expect);
	s = (struct strict){0};
	assert_int_equal(strict_scan(&s, &limits, OLD, sizeof(OLD) - 1),
	    STRICT_MORE);
	assert_false(s.expect);
}

/* Looking at what is there, and not behind it. */
static void
test_peek(void **state)
{
	static const struct {
		const char *start;
		size_t target, len;
	} rows[] = {{"", 0, 0}, {"G", 0, 0}, {"GET", 0, 0}, {"GET ", 4, 0},
	    {"GET /", 4, 1}, {"GET /a b", 4, 2}, {" /a", 0, 0},
	    {"GET\t/a", 0, 0}, {"\r\nGET /a", 6, 2}};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		size_t n = strlen(rows[i].start);
		struct strict s = {0};
		char *copy = malloc(n + 1);

		assert_non_null(copy);
		memcpy(copy, rows[i].start, n);
		copy = realloc(copy, n > 0 ? n : 1);
		strict_scan(&s, &limits, copy, n);
		strict_peek(&s, copy, n);
		assert_int_equal(s.target, rows[i].target);
		assert_int_equal(s.target_len, rows[i].len);
		strict_peek(&s, copy, n);
		assert_int_equal(s.target_len, rows[i].len);
		free(copy);
	}
}

/* An error is told in the shape of its path, so the path must be known. */
static void
test_refusals_know_their_target(void **state)
{
	static const char bad[] = "POST /api/x HTTP/1.1\r\nHost : x\r\n\r\n";
	static const char slow[] = "HEAD /api/x HTT";
	struct strict s = {0};

	(void)state;
	assert_int_equal(strict_scan(&s, &limits, bad, sizeof(bad) - 1),
	    STRICT_REFUSED);
	assert_int_equal(s.target, 5);
	assert_int_equal(s.target_len, 6);
	assert_int_equal(s.method, METHOD_POST);
	s = (struct strict){0};
	assert_int_equal(strict_scan(&s, &limits, slow, sizeof(slow) - 1),
	    STRICT_MORE);
	assert_int_equal(s.target_len, 0);
	strict_peek(&s, slow, sizeof(slow) - 1);
	assert_true(s.is_head);
	assert_memory_equal(slow + s.target, "/api/x", s.target_len);
}

static void
test_header(void **state)
{
	struct slice head = SLICE("GET / HTTP/1.1\r\nHost: x\r\nA:  b c \r\n"
				  "Empty:\r\na: second\r\nAB: other\r\n\r\n");

	(void)state;
	assert_true(slice_is(strict_header(head, "host"), "x"));
	assert_true(slice_is(strict_header(head, "a"), "b c"));
	assert_true(slice_is(strict_header(head, "AB"), "other"));
	assert_int_equal(strict_header(head, "empty").n, 0);
	assert_int_equal(strict_header(head, "GET / HTTP/1.1").n, 0);
	assert_int_equal(strict_header(head, "none").n, 0);
	assert_int_equal(strict_header(SLICE_NONE, "a").n, 0);
}

static int
setup(void **state)
{
	(void)state;
	hostile_limits(&limits);
	return 0;
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_battery),
	    cmocka_unit_test(test_starts),
	    cmocka_unit_test(test_pipelined),
	    cmocka_unit_test(test_blank),
	    cmocka_unit_test(test_expect),
	    cmocka_unit_test(test_peek),
	    cmocka_unit_test(test_refusals_know_their_target),
	    cmocka_unit_test(test_header),
	};

	return cmocka_run_group_tests_name("strict", tests, setup, NULL);
}
