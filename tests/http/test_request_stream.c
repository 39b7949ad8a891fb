/*
 * Answers whose body is made while it is sent: their framing, clients that
 * read slowly or go away, and what comes behind them.
 */
#include "tests/http/endpoints.h"

#define ASK(path) "GET " path " HTTP/1.1\r\n" HOST "\r\n"
#define PIECE ((size_t)1 << 20)

/*
 * Decode the chunks behind the head at *at into out, and move on; false when
 * the end is missing.
 */
static bool
unchunk(const struct client *c, size_t *at, struct buf *out)
{
	const char *head = NULL;
	size_t i, n;
	char *end;

	if (*at < c->in.len)
		head = memmem(c->in.p + *at, c->in.len - *at, "\r\n\r\n", 4);
	if (head == NULL)
		return false;
	for (i = (size_t)(head + 4 - c->in.p);;) {
		if (memchr(c->in.p + i, '\n', c->in.len - i) == NULL)
			return false;
		n = strtoul(c->in.p + i, &end, 16);
		i = (size_t)(end + 2 - c->in.p);
		if (i + n + 2 > c->in.len)
			return false;
		if (n > 0)
			buf_add(out, c->in.p + i, n);
		assert_memory_equal(c->in.p + i + n, "\r\n", 2);
		i += n + 2;
		if (n == 0)
			break;
	}
	*at = i;
	return true;
}

/* Receive all that is there; true when nothing was. */
static bool
is_quiet(struct client *c)
{
	bool quiet = true;

	while (client_receive(c))
		quiet = false;
	return quiet;
}

static struct buf
receive(struct client *c, size_t *at)
{
	struct buf out = {0};

	HARNESS_UNTIL(is_quiet(c) && (out.len = 0, unchunk(c, at, &out)));
	return out;
}

/* The body that flow_more() makes of n pieces. */
static void
check_body(const struct buf *b, unsigned n, size_t bytes)
{
	assert_int_equal(b->len, n * bytes);
	for (unsigned i = 0; i < n; i++)
		for (size_t k = 0; k < bytes; k += k + 1)
			assert_int_equal(b->p[i * bytes + k],
			    'a' + (int)((n - i) % 26));
}

static void
set_flow(unsigned pieces, size_t bytes)
{
	flow = (struct flow){.left = pieces, .bytes = bytes};
}

/* All of it arrives, and then the next answer on the same connection. */
static void
test_whole(void **state)
{
	struct client c = client_open();
	struct buf body;
	size_t at = 0;

	(void)state;
	for (unsigned n = 0; n < 40; n += 13) {
		set_flow(n, 7 + n);
		client_put(&c, ASK("/flow") ASK("/probe"));
		body = receive(&c, &at);
		check_body(&body, n, 7 + n);
		client_expect(&c, &at, 200);
		assert_int_equal(flow.asked, n + 1);
		assert_int_equal(flow.gone, 0);
		buf_free(&body);
	}
	buf_add_byte(&c.in, '\0');
	assert_non_null(strstr(c.in.p, "Transfer-Encoding: chunked\r\n"));
	assert_non_null(strstr(c.in.p, "X-Flow: yes\r\n"));
	assert_non_null(strstr(c.in.p, "Content-Type: text/x\r\n"));
	client_bye(&c);
}

/* Before HTTP/1.1 the connection's end is the body's. */
static void
test_http10(void **state)
{
	struct client c = client_open();
	const char *body;

	(void)state;
	set_flow(3, 5);
	client_put(&c, "GET /flow HTTP/1.0\r\nConnection: keep-alive\r\n\r\n");
	client_read_all(&c);
	buf_add_byte(&c.in, '\0');
	assert_null(strstr(c.in.p, "Transfer-Encoding"));
	assert_non_null(strstr(c.in.p, "Connection: close\r\n"));
	body = strstr(c.in.p, "\r\n\r\n");
	assert_non_null(body);
	assert_string_equal(body + 4, "dddddcccccbbbbb");
	client_close(&c);
}

static void
test_head(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	set_flow(3, 5);
	client_put(&c, "HEAD /flow HTTP/1.1\r\n" HOST "\r\n" PROBE);
	HARNESS_UNTIL((client_receive(&c), client_next(&c, &at, true, &a)));
	assert_int_equal(a.status, 200);
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	assert_int_equal(flow.asked + flow.gone, 0);
	client_close(&c);
}

/* Who does not read is not made more for; who reads again gets all. */
static void
test_slow_reader(void **state)
{
	struct client c = client_open();
	struct buf body;
	unsigned asked;
	size_t at = 0;

	(void)state;
	set_flow(40, PIECE);
	client_put(&c, ASK("/flow"));
	HARNESS_UNTIL(flow.asked > 0);
	for (int i = 0; i < 300; i++)
		harness_turn(true);
	asked = flow.asked;
	assert_in_range(asked, 1, 30); /* what sockets hold between them */
	assert_true(request_stream_unsent(flow.req) <= PIECE + 16);
	for (int i = 0; i < 300; i++)
		harness_turn(true);
	assert_int_equal(flow.asked, asked);
	body = receive(&c, &at);
	check_body(&body, 40, PIECE);
	assert_int_equal(flow.asked, 41);
	buf_free(&body);
	client_bye(&c);
}

/* Others have their turn while one is sent much. */
static void
test_others(void **state)
{
	struct client c = client_open(), other = client_open();
	size_t at = 0;

	(void)state;
	set_flow(1000000, 16);
	client_put(&c, ASK("/flow"));
	HARNESS_UNTIL(flow.asked > 0);
	client_put(&other, ASK("/probe"));
	client_expect(&other, &at, 200);
	assert_true(flow.left > 900000);
	client_close(&c);
	HARNESS_UNTIL(flow.gone == 1);
	client_bye(&other);
}

/* A client that goes away ends it, whether it was being sent to or not. */
static void
test_gone(void **state)
{
	struct client c;
	size_t at = 0;

	(void)state;
	set_flow(1000, PIECE);
	for (int i = 0; i < 2; i++) {
		c = client_open();
		client_put(&c, i == 0 ? ASK("/flow") : ASK("/pushed"));
		HARNESS_UNTIL((client_receive(&c), c.in.len > 0));
		client_close(&c);
		HARNESS_UNTIL((i == 0 ? flow : pushed).gone == 1);
	}
	/* One that says its last word is sent all there is. */
	set_flow(5, 10);
	c = client_open();
	client_put(&c, ASK("/flow"));
	shutdown(c.fd, SHUT_WR);
	{
		struct buf body = receive(&c, &at);

		check_body(&body, 5, 10);
		buf_free(&body);
	}
	client_read_all(&c);
	client_close(&c);
	assert_int_equal(flow.gone, 0);
}

/* Pieces that come later, from elsewhere; what was sent meanwhile waits. */
static void
test_pushed(void **state)
{
	struct client c = client_open();
	struct buf body = {0};
	size_t at = 0, n;

	(void)state;
	client_put(&c, ASK("/pushed") ASK("/probe"));
	for (n = 0; n < 5; n++) {
		client_pump(&c);
		assert_false(unchunk(&c, &at, &body));
		assert_int_equal(body.len, n * 3);
		body.len = 0;
		request_stream_add(pushed.req, SLICE("abc"));
		request_stream_add(pushed.req, SLICE(""));
	}
	request_stream_end(pushed.req, true);
	buf_free(&body);
	body = receive(&c, &at);
	assert_int_equal(body.len, 15);
	client_expect(&c, &at, 200);
	assert_int_equal(pushed.gone, 0);
	buf_free(&body);
	client_bye(&c);
}

/* What is cut short does not look whole. */
static void
test_broken(void **state)
{
	struct client c = client_open();
	struct buf body = {0};
	size_t at = 0;

	(void)state;
	set_flow(2, 9);
	flow.broken = true;
	client_put(&c, ASK("/flow") ASK("/probe"));
	client_read_all(&c);
	assert_false(unchunk(&c, &at, &body));
	assert_int_equal(body.len, 18);
	buf_free(&body);
	client_close(&c);
}

static int
setup_impatient(void **state)
{
	struct http_limits l;

	(void)state;
	http_limits_init(&l);
	l.body_timeout_ms = 200;
	return setup_with(&l);
}

/* Who reads nothing for too long is closed on; who waits for more is not. */
static void
test_stalled(void **state)
{
	struct client c = client_open(), waiting = client_open();

	(void)state;
	client_put(&waiting, ASK("/pushed"));
	set_flow(1000, PIECE);
	client_put(&c, ASK("/flow"));
	HARNESS_UNTIL(flow.gone == 1);
	client_close(&c);
	client_pump(&waiting);
	assert_false(waiting.eof);
	request_stream_end(pushed.req, true);
	client_bye(&waiting);
}

/* The end of the server is told to who streams. */
static void
test_server_ends(void **state)
{
	struct client c[2] = {client_open(), client_open()};

	(void)state;
	set_flow(1000, PIECE);
	client_put(&c[0], ASK("/flow"));
	HARNESS_UNTIL(flow.req != NULL);
	client_put(&c[1], ASK("/pushed"));
	client_pump(&c[1]);
	harness_stop();
	assert_int_equal(flow.gone, 1);
	assert_int_equal(pushed.gone, 1);
	client_close(&c[0]);
	client_close(&c[1]);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_whole, setup),
	    T(test_http10, setup),
	    T(test_head, setup),
	    T(test_slow_reader, setup),
	    T(test_others, setup),
	    T(test_gone, setup),
	    T(test_pushed, setup),
	    T(test_broken, setup),
	    T(test_stalled, setup_impatient),
	    cmocka_unit_test_setup(test_server_ends, setup),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
