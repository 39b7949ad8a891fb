/*
 * Reports on one connection that do not wait for each other: they are out
 * together, share a turn, and are answered in order; everything else waits
 * until they have gone.  Neighbour: test_conn.c, one request at a time.
 */
#include "tests/http/endpoints.h"

#define EXECUTION "POST /api/executions/x"
#define REPORT EXECUTION "/progress HTTP/1.1\r\n" HOST "Content-Length: 2\r\n"
#define LOG EXECUTION "/log HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n"
#define DEPTH 32

/* So many reports, whose bodies are their numbers. */
static void
put_reports(struct client *c, unsigned from, unsigned n)
{
	char text[200];

	for (unsigned i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), REPORT "\r\n%02u", i % 100);
		client_put(c, text);
	}
}

static void
expect_reports(struct client *c, size_t *at, unsigned from, unsigned n)
{
	struct answer a;
	char text[8];

	for (unsigned i = from; i < from + n; i++) {
		snprintf(text, sizeof(text), "%02u", i % 100);
		a = client_expect(c, at, 200);
		assert_true(slice_is(a.body, text));
	}
}

/* The turn's transaction, for those that are held now. */
static void
settle(void)
{
	settle_now = true;
	commit();
	settle_now = false;
}

static void
test_share_a_turn(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 5);
	HARNESS_UNTIL(nheld == 5);
	put_reports(&c, 5, 3);
	HARNESS_UNTIL(nheld == 8);
	assert_int_equal(c.in.len, 0);
	settle();
	expect_reports(&c, &at, 0, 8);
	client_put(&c, PROBE);
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
}

/* One that needs no turn is answered in its place all the same. */
static void
test_in_order(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&c, LOG "{}");
	put_reports(&c, 1, 1);
	client_put(&c, LOG "{]" LOG "{}");
	put_reports(&c, 2, 1);
	client_put(&c, LOG "{]");
	HARNESS_UNTIL(nheld == 2);
	client_expect(&c, &at, 200);
	client_pump(&c);
	assert_int_equal(c.in.len, at);
	settle();
	expect_reports(&c, &at, 1, 1);
	client_expect(&c, &at, 400);
	client_expect(&c, &at, 200);
	expect_reports(&c, &at, 2, 1);
	client_expect(&c, &at, 400);
	client_bye(&c);
}

/* They settle in two turns, as when the first one is full. */
static void
test_two_turns(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 2);
	client_put(&c, LOG "{]");
	put_reports(&c, 2, 1);
	HARNESS_UNTIL(nheld == 3);
	echo(held[0]);
	request_settle(held[0], 0);
	expect_reports(&c, &at, 0, 1);
	client_pump(&c);
	assert_int_equal(c.in.len, at);
	put_reports(&c, 3, 1);
	HARNESS_UNTIL(nheld == 4);
	memmove(held, held + 1, 3 * sizeof(held[0]));
	nheld = 3;
	settle();
	expect_reports(&c, &at, 1, 1);
	client_expect(&c, &at, 400);
	expect_reports(&c, &at, 2, 2);
	client_bye(&c);
}

static void
test_others_wait(void **state)
{
	static const char *const others[] = {GET "\r\n", DEFER "\r\n",
	    EXECUTION " HTTP/1.1\r\n" HOST "\r\n",
	    "POST /n/progress HTTP/1.1\r\n" HOST "\r\n",
	    "GET /api/executions/x/progress HTTP/1.1\r\n" HOST "\r\n"};
	static const int statuses[] = {200, 200, 404, 405, 405};
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	for (size_t i = 0; i < sizeof(others) / sizeof(others[0]); i++) {
		settle_now = false;
		put_reports(&c, 1, 2);
		client_put(&c, others[i]);
		put_reports(&c, 3, 1);
		HARNESS_UNTIL(nheld == 2);
		client_pump(&c);
		assert_int_equal(nheld, 2);
		settle();
		settle_now = true;
		expect_reports(&c, &at, 1, 2);
		client_expect(&c, &at, statuses[i]);
		expect_reports(&c, &at, 3, 1);
	}
	client_bye(&c);
}

/* A long pipeline has its share of a turn. */
static void
test_depth(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 3 * DEPTH + 1);
	HARNESS_UNTIL(nheld == DEPTH);
	client_pump(&c);
	assert_int_equal(nheld, DEPTH);
	settle_now = true;
	expect_reports(&c, &at, 0, 3 * DEPTH + 1);
	client_bye(&c);
}

/* What comes behind the last is not taken. */
static void
test_the_last(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 1);
	client_put(&c, REPORT "Connection: close\r\n\r\n01");
	put_reports(&c, 2, 2);
	HARNESS_UNTIL(nheld == 2);
	client_pump(&c);
	assert_int_equal(nheld, 2);
	settle();
	expect_reports(&c, &at, 0, 2);
	client_expect_end(&c, at);
	client_bye(&c);
}

static void
test_malformed(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 2);
	client_put(&c, "BAD\r\n\r\n");
	HARNESS_UNTIL(nheld == 2);
	client_pump(&c);
	assert_int_equal(c.in.len, 0);
	settle();
	expect_reports(&c, &at, 0, 2);
	client_expect(&c, &at, 400);
	client_expect_end(&c, at);
	client_bye(&c);
}

/* Nobody is asked for a body before those in front are answered. */
static void
test_continue(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 1);
	client_put(&c, REPORT "Expect: 100-continue\r\n\r\n");
	HARNESS_UNTIL(nheld == 1);
	client_pump(&c);
	assert_int_equal(c.in.len, 0);
	settle();
	settle_now = true;
	expect_reports(&c, &at, 0, 1);
	client_expect(&c, &at, 100);
	client_put(&c, "01");
	expect_reports(&c, &at, 1, 1);
	client_bye(&c);
}

/* A client that has shut its side gets every answer. */
static void
test_half_close(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 3);
	shutdown(c.fd, SHUT_WR);
	HARNESS_UNTIL(nheld == 3);
	client_pump(&c);
	settle();
	expect_reports(&c, &at, 0, 3);
	client_expect_end(&c, at);
	client_close(&c);
}

/* The client goes; what it sent is carried out, and answered to nobody. */
static void
test_gone(void **state)
{
	static const struct linger hard = {1, 0};
	struct client c = client_open();

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 2);
	client_put(&c, LOG "{]");
	put_reports(&c, 2, 1);
	HARNESS_UNTIL(nheld == 3);
	setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard, sizeof(hard));
	client_close(&c);
	HARNESS_UNTIL(http_connections(hx.http) == 0);
	for (unsigned i = 0; i < 3; i++)
		assert_true(request_is_gone(held[i]));
	settle();
}

static void
test_failed_commit(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	settle_rc = ENOSPC;
	put_reports(&c, 0, 2);
	client_put(&c, LOG "{]");
	HARNESS_UNTIL(nheld == 2);
	settle();
	client_expect(&c, &at, 507);
	client_expect(&c, &at, 507);
	client_expect(&c, &at, 400);
	client_bye(&c);
}

/* A server that stops answers all of them, and says so with the last. */
static void
test_draining(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	settle_now = false;
	put_reports(&c, 0, 3);
	HARNESS_UNTIL(nheld == 3);
	http_drain(hx.http);
	settle();
	for (unsigned i = 0; i < 3; i++) {
		a = client_expect(&c, &at, 200);
		assert_int_equal(slice_is_nocase(answer_header(&a,
						     "Connection"),
				     "close"),
		    i == 2);
	}
	client_expect_end(&c, at);
	client_bye(&c);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_share_a_turn, setup),
	    T(test_in_order, setup),
	    T(test_two_turns, setup),
	    T(test_others_wait, setup),
	    T(test_depth, setup),
	    T(test_the_last, setup),
	    T(test_malformed, setup),
	    T(test_continue, setup),
	    T(test_half_close, setup),
	    T(test_gone, setup),
	    T(test_failed_commit, setup),
	    T(test_draining, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
