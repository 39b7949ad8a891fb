/*
 * Clients that take their time, or more than their share: slow readers and
 * writers, floods, bodies too large, deadlines, and limits on how many.
 */
#include "tests/http/endpoints.h"

#include <sys/resource.h>

#define FLOOD_MAX ((size_t)64 << 20) /* far more than sockets hold */

static int
setup_hasty(void **state)
{
	struct http_limits l;

	(void)state;
	http_limits_init(&l);
	l.header_timeout_ms = l.body_timeout_ms = 120;
	l.idle_timeout_ms = 250;
	return setup_with(&l);
}

static int
setup_few(void **state)
{
	struct http_limits l;

	(void)state;
	http_limits_init(&l);
	l.connections = 2;
	l.requests_per_minute = 3;
	return setup_with(&l);
}

/* ---- those that do not read, or send too much ---- */

static void
test_slow_reader(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;
	char request[60];

	(void)state;
	for (int i = 0; i < 12; i++) {
		snprintf(request, sizeof(request),
		    "GET /big/%c HTTP/1.1\r\n" HOST "\r\n", 'a' + i);
		client_put(&c, request);
		for (int j = 0; j < 5; j++)
			harness_turn(true);
	}
	for (int i = 0; i < 12; i++) {
		a = client_expect(&c, &at, 200);
		assert_int_equal(a.body.n, BIG);
		assert_int_equal(a.body.p[0], 'a' + i);
		assert_int_equal(a.body.p[BIG - 1], 'a' + i);
	}
	client_bye(&c);
}

/* Send until the server stops taking it; returns the bytes it took. */
static size_t
flood(struct client *c, const char *request)
{
	struct buf many = {0};
	size_t total = 0, off = 0;

	for (int i = 0; i < 2000; i++)
		buf_add_str(&many, request);
	for (int stuck = 0; stuck < 50 && total < FLOOD_MAX;) {
		ssize_t sent =
		    send(c->fd, many.p + off, many.len - off, MSG_NOSIGNAL);

		if (sent > 0) {
			total += (size_t)sent;
			off = (off + (size_t)sent) % many.len;
			stuck = 0;
		} else {
			stuck++;
		}
		harness_turn(sent <= 0);
	}
	buf_free(&many);
	return total;
}

/* Who asks and asks but does not read is not read from. */
static void
test_greedy(void **state)
{
	struct client c = client_open();

	(void)state;
	assert_true(flood(&c, "GET /big/a HTTP/1.1\r\n" HOST "\r\n") <
	    FLOOD_MAX);
	assert_false(hx.more);
	client_close(&c);
}

/* Behind a request that is out, only so much is read; then all of it is. */
static void
test_flood_behind_deferred(void **state)
{
	struct client c = client_open();
	size_t at = 0, sent;

	(void)state;
	settle_now = false;
	client_put(&c, DEFER "\r\n");
	HARNESS_UNTIL(nheld == 1);
	sent = flood(&c, GET "\r\n");
	assert_true(sent < FLOOD_MAX);
	assert_false(hx.more);
	settle_now = true;
	client_expect(&c, &at, 200);
	for (size_t i = 0; i < sent / strlen(GET "\r\n"); i++)
		client_expect(&c, &at, 200);
	client_close(&c);
}

/* The answer to a body that is too large survives the rest of that body. */
static void
test_too_large(void **state)
{
	struct client c = client_open();
	char *junk = calloc(1, 4 << 20);
	size_t at = 0;

	(void)state;
	assert_non_null(junk);
	client_put(&c, POST "Content-Length: 4194304\r\n\r\n");
	client_send(&c, junk, 4 << 20);
	client_expect(&c, &at, 413);
	client_expect_end(&c, at);
	free(junk);
	client_bye(&c);
}

static void
test_large_body(void **state)
{
	struct client c = client_open();
	char *body = malloc(BIG);
	struct answer a;
	size_t at = 0;

	(void)state;
	assert_non_null(body);
	for (size_t i = 0; i < BIG; i++)
		body[i] = (char)(i * 31 % 251);
	client_put(&c, POST "Content-Length: 1048576\r\n\r\n");
	client_send(&c, body, BIG);
	client_put(&c, PROBE);
	a = client_expect(&c, &at, 200);
	assert_int_equal(a.body.n, BIG);
	assert_memory_equal(a.body.p, body, BIG);
	client_expect(&c, &at, 200);
	free(body);
	client_bye(&c);
}

/* ---- time ---- */

static void
test_slow_head_and_body(void **state)
{
	static const char *const starts[] = {"GET /", GET, "\r\nG",
	    POST "Content-Length: 5\r\n\r\nhel", CHUNKED "5\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(starts) / sizeof(starts[0]); i++) {
		struct client c = client_open();
		size_t at = 0;

		client_put(&c, starts[i]);
		client_expect(&c, &at, 408);
		client_expect_end(&c, at);
		client_bye(&c);
	}
}

/* What comes in the very turn in which its time is up is not too late. */
static void
test_just_in_time(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 2; i++) {
		client_put(&c, i == 0 ? "GET / HTTP/1.1\r\n" : DEFER);
		client_pump(&c);
		poll(NULL, 0, 250);
		client_put(&c, i == 0 ? HOST "\r\n" : "\r\n");
		poll(NULL, 0, 10);
		client_expect(&c, &at, 200);
	}
	client_bye(&c);
}

/* Byte by byte, each in time, is too slow all the same. */
static void
test_trickle(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	client_put(&c, "GET / HTTP/1.1\r\nA: ");
	while (!c.eof) {
		send(c.fd, "b", 1, MSG_NOSIGNAL);
		poll(NULL, 0, 2);
		harness_turn(false);
		client_receive(&c);
	}
	client_expect(&c, &at, 408);
	client_bye(&c);
}

static void
test_idle(void **state)
{
	struct client c = client_open(), blank = client_open(),
		      used = client_open();
	size_t at = 0;

	(void)state;
	client_put(&blank, "\r\n");
	client_put(&used, GET "\r\n");
	client_expect(&used, &at, 200);
	client_expect_end(&c, 0);
	client_expect_end(&blank, 0);
	client_expect_end(&used, at);
	client_close(&c);
	client_close(&blank);
	client_close(&used);
}

/* While it is out, the clock does not run against the client. */
static void
test_deferred_is_not_idle(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&c, DEFER "\r\n");
	for (int i = 0; i < 2; i++) {
		struct client idle = client_open();

		client_read_all(&idle);
		client_close(&idle);
	}
	client_receive(&c);
	assert_false(c.eof);
	settle_now = true;
	client_expect(&c, &at, 200);
	client_bye(&c);
}

/* One that never reads its answer is let go. */
static void
test_stalled_reader(void **state)
{
	struct client c = client_open();

	(void)state;
	flood(&c, "GET /big/a HTTP/1.1\r\n" HOST "\r\n");
	HARNESS_UNTIL(http_connections(hx.http) == 0);
	client_close(&c);
}

/* ---- how many ---- */

static void
test_too_many_connections(void **state)
{
	struct client kept[2] = {client_open(), client_open()};
	struct client more[100];
	struct answer a;
	unsigned told = 0;
	size_t at;

	(void)state;
	for (int i = 0; i < 2; i++) {
		at = 0;
		client_put(&kept[i], GET "\r\n");
		client_expect(&kept[i], &at, 200);
	}
	for (int i = 0; i < 100; i++)
		more[i] = client_open();
	for (int i = 0; i < 100; i++) {
		client_read_all(&more[i]);
		at = 0;
		if (!client_next(&more[i], &at, false, &a))
			continue;
		assert_int_equal(a.status, 503);
		assert_true(slice_is(answer_header(&a, "Retry-After"), "1"));
		told++;
	}
	assert_int_equal(told, 64);
	assert_int_equal(http_connections(hx.http), 2);
	for (int i = 0; i < 100; i++)
		client_close(&more[i]);
	client_bye(&kept[0]);
	HARNESS_UNTIL(http_connections(hx.http) == 1);
	more[0] = client_open();
	at = 0;
	client_put(&more[0], PROBE);
	client_expect(&more[0], &at, 200);
	client_bye(&more[0]);
	client_bye(&kept[1]);
}

static void
test_rate(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 5; i++)
		client_put(&c, "GET /api/who HTTP/1.1\r\n" HOST "\r\n");
	for (int i = 0; i < 3; i++)
		client_expect(&c, &at, 200);
	for (int i = 0; i < 2; i++) {
		a = client_expect(&c, &at, 429);
		assert_true(slice_is(answer_header(&a, "Retry-After"), "20"));
	}
	/* What is open to all is not counted. */
	client_put(&c, GET "\r\n");
	client_expect(&c, &at, 200);
	/* Each key has a rate of its own. */
	keys_are_stored = true;
	for (int i = 0; i < 4; i++)
		client_put(&c,
		    "GET /api/who HTTP/1.1\r\n" HOST
		    "X-API-Key: tw_read\r\n\r\n");
	for (int i = 0; i < 3; i++)
		client_expect(&c, &at, 200);
	client_expect(&c, &at, 429);
	client_put(&c,
	    "GET /api/who HTTP/1.1\r\n" HOST "X-API-Key: tw_worker\r\n\r\n");
	client_expect(&c, &at, 200);
	client_bye(&c);
}

/* Out of descriptors: one is told, nothing spins, and it passes. */
static void
test_no_descriptor(void **state)
{
	struct client first = client_open(), c[3];
	struct rlimit old, low;
	size_t at = 0;

	(void)state;
	client_put(&first, GET "\r\n");
	client_expect(&first, &at, 200);
	for (int i = 0; i < 3; i++) {
		c[i] = client_open();
		client_put(&c[i], GET "\r\n");
	}
	assert_int_equal(getrlimit(RLIMIT_NOFILE, &old), 0);
	low = old;
	low.rlim_cur = (rlim_t)c[2].fd + 1;
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &low), 0);
	at = 0;
	client_expect(&c[0], &at, 503);
	client_receive(&c[1]);
	assert_int_equal(c[1].in.len, 0);
	at = first.in.len;
	client_put(&first, PROBE);
	client_expect(&first, &at, 200);
	assert_int_equal(setrlimit(RLIMIT_NOFILE, &old), 0);
	for (int i = 1; i < 3; i++) {
		at = 0;
		client_expect(&c[i], &at, 200);
	}
	for (int i = 0; i < 3; i++)
		client_bye(&c[i]);
	client_bye(&first);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_slow_reader, setup),
	    T(test_greedy, setup),
	    T(test_flood_behind_deferred, setup),
	    T(test_too_large, setup),
	    T(test_large_body, setup),
	    T(test_slow_head_and_body, setup_hasty),
	    T(test_just_in_time, setup_hasty),
	    T(test_trickle, setup_hasty),
	    T(test_idle, setup_hasty),
	    T(test_deferred_is_not_idle, setup_hasty),
	    T(test_stalled_reader, setup_hasty),
	    T(test_too_many_connections, setup_few),
	    T(test_rate, setup_few),
	    T(test_no_descriptor, setup),
	};

	return cmocka_run_group_tests_name("slow", tests, NULL, NULL);
}
