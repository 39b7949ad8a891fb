/*
 * A server and its clients: framing and reuse, one write a turn, deferred
 * answers, keys, sockets given away, the end.  Clients that take their time,
 * or more than their share, are test_slow.c's.
 */
#include "tests/http/endpoints.h"

#include "http/conn.h"

static int
setup_hostile(void **state)
{
	struct http_limits l;

	(void)state;
	hostile_limits(&l);
	return setup_with(&l);
}

/* ---- the battery ---- */

/* Everything a client was told, without the time of day. */
static void
transcript(struct client *c, bool head, struct buf *out)
{
	struct answer a;
	size_t at = 0;

	while (client_next(c, &at, head && at == 0, &a))
		if (a.status != 100)
			buf_addf(out, "%d %.*s|", a.status, SLICE_FMT(a.body));
	if (at != c->in.len)
		fail_msg("half an answer: %.*s", (int)(c->in.len - at),
		    c->in.p + at);
	buf_add_str(out, c->reset ? "reset" : "end");
}

/* Send a row in steps, and a probe, which ends what is still open. */
static struct buf
play(const struct hostile *row, size_t step)
{
	struct client c = client_open();
	struct buf out = {0};
	bool head = strncmp(row->bytes, "HEAD", 4) == 0;

	for (size_t at = 0; at < row->n; at += step) {
		client_send(&c, row->bytes + at,
		    row->n - at < step ? row->n - at : step);
		harness_turn(false);
	}
	client_put(&c, PROBE);
	client_read_all(&c);
	transcript(&c, head, &out);
	client_bye(&c);
	return out;
}

/* However the bytes are cut, the answers are the same. */
static void
test_battery(void **state)
{
	static const size_t steps[] = {SIZE_MAX / 2, 1, 2, 3, 7, 64};

	(void)state;
	for (size_t i = 0; i < HOSTILE_ROWS; i++) {
		const struct hostile *row = &hostile_rows[i];
		struct buf first = play(row, steps[0]);

		for (size_t j = 1; j < sizeof(steps) / sizeof(steps[0]); j++) {
			struct buf now = play(row, steps[j]);

			if (!slice_eq(buf_slice(&first), buf_slice(&now)))
				fail_msg("%s by %zu: %.*s instead of %.*s",
				    row->name, steps[j],
				    SLICE_FMT(buf_slice(&now)),
				    SLICE_FMT(buf_slice(&first)));
			buf_free(&now);
		}
		buf_free(&first);
	}
}

/* One answer, the right one; and whatever comes behind is not taken. */
static void
test_refusals(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE_ROWS; i++) {
		const struct hostile *row = &hostile_rows[i];
		struct client c;
		struct answer a;
		size_t at = 0;

		if (row->status == 0)
			continue;
		c = client_open();
		client_send(&c, row->bytes, row->n);
		client_put(&c, PROBE);
		client_read_all(&c);
		if (!client_next(&c, &at, false, &a) ||
		    a.status != row->status || at != c.in.len || c.reset)
			fail_msg("%s: %.*s", row->name,
			    SLICE_FMT(buf_slice(&c.in)));
		assert_true(slice_is(answer_header(&a, "Connection"), "close"));
		client_bye(&c);
	}
}

static void
test_bodies(void **state)
{
	(void)state;
	for (size_t i = 0; i < HOSTILE_ROWS; i++) {
		const struct hostile *row = &hostile_rows[i];
		struct client c;
		struct answer a;
		size_t at = 0;

		if (row->body == NULL)
			continue;
		c = client_open();
		client_send(&c, row->bytes, row->n);
		client_put(&c, PROBE);
		a = client_expect(&c, &at, 200);
		if (!slice_is(a.body, row->body))
			fail_msg("%s: %.*s", row->name, SLICE_FMT(a.body));
		client_expect(&c, &at, 200);
		client_expect_end(&c, at);
		client_bye(&c);
	}
}

/* A refusal is told in the shape of the path it was meant for. */
static void
test_refusals_have_a_dialect(void **state)
{
	static const char *const api[] =
	    {"GET /api/who HTTP/1.1\r\nHost : x\r\n\r\n",
		"GET /api/who HTTP/3.0\r\n" HOST "\r\n",
		"POST /api/who HTTP/1.1\r\n" HOST "Content-Length: 65\r\n\r\n",
		"GET http://x/api/who HTTP/1.1\r\nA: b\n\r\n"};

	(void)state;
	for (size_t i = 0; i < sizeof(api) / sizeof(api[0]); i++) {
		struct client c = client_open();
		struct answer a;
		size_t at = 0;

		client_put(&c, api[i]);
		client_read_all(&c);
		assert_true(client_next(&c, &at, false, &a));
		assert_memory_equal(a.body.p, "{\"api\":", 7);
		client_bye(&c);
	}
}

/* ---- reuse and order ---- */

static void
test_keep_alive(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	for (int i = 0; i < 5; i++) {
		client_put(&c, "GET /probe HTTP/1.1\r\n" HOST "\r\n");
		a = client_expect(&c, &at, 200);
		assert_true(slice_is(a.body, "{\"path\":\"/probe\"}"));
		assert_int_equal(answer_header(&a, "Connection").n, 0);
		assert_true(slice_is(answer_header(&a, "Content-Type"),
		    "application/json; charset=utf-8"));
		assert_true(slice_is(answer_header(&a,
					 "Access-Control-Allow-Origin"),
		    "*"));
		assert_true(slice_is(answer_header(&a,
					 "X-Content-Type-Options"),
		    "nosniff"));
		assert_int_equal(answer_header(&a, "Date").n, 29);
	}
	assert_int_equal(http_connections(hx.http), 1);
	client_put(&c, PROBE);
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
}

/* What Connection and the version say about the end. */
static void
test_connection(void **state)
{
	static const struct {
		const char *request;
		const char *connection;
	} rows[] = {
	    {GET "\r\n", ""},
	    {GET "Connection: close\r\n\r\n", "close"},
	    {GET "Connection: CLOSE\r\n\r\n", "close"},
	    {GET "Connection: foo, close\r\n\r\n", "close"},
	    {GET "Connection: close,foo\r\n\r\n", "close"},
	    {GET "Connection: foo\r\nConnection: close\r\n\r\n", "close"},
	    {GET "Connection: keep-alive\r\n\r\n", ""},
	    {GET "Connection: closed\r\n\r\n", ""},
	    {"GET / HTTP/1.0\r\n\r\n", "close"},
	    {"GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", "keep-alive"},
	    {"GET / HTTP/1.0\r\nConnection: x, Keep-Alive\r\n\r\n",
		"keep-alive"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct client c = client_open();
		struct answer a;
		size_t at = 0;

		client_put(&c, rows[i].request);
		client_put(&c, PROBE);
		client_read_all(&c);
		assert_true(client_next(&c, &at, false, &a));
		if (!slice_is(answer_header(&a, "Connection"),
			rows[i].connection))
			fail_msg("%s", rows[i].request);
		if (strcmp(rows[i].connection, "close") != 0)
			assert_true(client_next(&c, &at, false, &a));
		assert_int_equal(at, c.in.len);
		client_bye(&c);
	}
}

/* Answers leave in the order of their requests, deferred or not. */
static void
test_pipelining(void **state)
{
	struct client c = client_open();
	struct buf sent = {0};
	struct answer a;
	size_t at = 0;
	char wanted[40];

	(void)state;
	for (int i = 0; i < 300; i++) {
		buf_addf(&sent, "GET /n/%d HTTP/1.1\r\n" HOST "\r\n", i);
		buf_addf(&sent,
		    "POST %s HTTP/1.1\r\n" HOST "Content-Length: 4\r\n\r\n"
		    "%04d",
		    i % 3 == 0 ? "/" : "/defer", i);
	}
	buf_add_str(&sent, PROBE);
	client_send(&c, sent.p, sent.len);
	for (int i = 0; i < 300; i++) {
		snprintf(wanted, sizeof(wanted), "{\"path\":\"/n/%d\"}", i);
		a = client_expect(&c, &at, 200);
		assert_true(slice_is(a.body, wanted));
		snprintf(wanted, sizeof(wanted), "%04d", i);
		a = client_expect(&c, &at, 200);
		assert_true(slice_is(a.body, wanted));
	}
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	buf_free(&sent);
	client_bye(&c);
}

/* A deep pipeline has its share of a turn, not the turn. */
static void
test_fairness(void **state)
{
	struct client hog = client_open(), other = client_open();
	struct answer a;
	size_t at = 0, had = 0;

	(void)state;
	for (int i = 0; i < 2000; i++)
		client_put(&hog, GET "\r\n");
	client_put(&other, PROBE);
	client_expect(&other, &at, 200);
	while (client_receive(&hog))
		continue;
	for (at = 0; client_next(&hog, &at, false, &a);)
		had++;
	assert_true(had < 1500);
	for (; had < 2000; had++)
		client_expect(&hog, &at, 200);
	client_bye(&hog);
	client_bye(&other);
}

static void
test_head(void **state)
{
	struct client c = client_open();
	struct answer head, get;
	size_t at = 0;

	(void)state;
	client_put(&c, "HEAD /probe HTTP/1.1\r\n" HOST "\r\n" PROBE);
	client_read_all(&c);
	assert_true(client_next(&c, &at, true, &head));
	assert_true(client_next(&c, &at, false, &get));
	assert_int_equal(head.status, 200);
	assert_int_equal(at, c.in.len);
	assert_true(slice_eq(answer_header(&head, "Content-Length"),
	    answer_header(&get, "Content-Length")));
	client_bye(&c);
}

static void
test_unrouted(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	client_put(&c, "GET /nope HTTP/1.1\r\n" HOST "\r\n");
	client_expect(&c, &at, 404);
	client_put(&c, "PUT / HTTP/1.1\r\n" HOST "\r\n");
	a = client_expect(&c, &at, 405);
	assert_true(slice_is(answer_header(&a, "Allow"), "GET, POST, DELETE"));
	client_put(&c, "OPTIONS / HTTP/1.1\r\n" HOST "\r\n");
	a = client_expect(&c, &at, 204);
	assert_int_equal(answer_header(&a, "Content-Length").n, 0);
	assert_true(slice_is(answer_header(&a, "Access-Control-Allow-Methods"),
	    "GET, POST, DELETE"));
	assert_true(answer_header(&a, "Access-Control-Allow-Headers").n > 0);
	assert_true(answer_header(&a, "Access-Control-Max-Age").n > 0);
	client_put(&c, "GET /?a=%zz HTTP/1.1\r\n" HOST "\r\n");
	a = client_expect(&c, &at, 400);
	assert_true(slice_is(a.body,
	    "{\"error\":\"query is not valid percent-encoded UTF-8\"}"));
	client_put(&c, PROBE);
	client_expect(&c, &at, 200);
	client_bye(&c);
}

static void
test_json(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	client_put(&c, "POST /json HTTP/1.1\r\n" HOST "\r\n");
	client_expect(&c, &at, 200);
	client_put(&c,
	    "POST /json HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n{}");
	client_expect(&c, &at, 200);
	client_put(&c,
	    "POST /json HTTP/1.1\r\n" HOST "Content-Length: 6\r\n\r\n{\n \"a}");
	a = client_expect(&c, &at, 400);
	assert_non_null(memmem(a.body.p, a.body.n, "line 2, column ", 15));
	client_put(&c,
	    "POST /json HTTP/1.1\r\n" HOST "Content-Length: 2\r\n\r\n[]");
	client_expect(&c, &at, 400);
	client_bye(&c);
}

static void
test_expect_continue(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	client_put(&c,
	    POST "Content-Length: 5\r\n"
		 "Expect: 100-continue\r\n\r\n");
	client_expect(&c, &at, 100);
	client_put(&c, "hel");
	client_pump(&c);
	assert_int_equal(at, c.in.len);
	client_put(&c, "lo");
	a = client_expect(&c, &at, 200);
	assert_true(slice_is(a.body, "hello"));
	/* With some of the body already here nobody needs to be asked. */
	client_put(&c,
	    POST "Content-Length: 5\r\n"
		 "Expect: 100-continue\r\n\r\nh");
	client_pump(&c);
	assert_int_equal(at, c.in.len);
	client_put(&c, "ello");
	client_expect(&c, &at, 200);
	client_bye(&c);
}

/* ---- keys ---- */

#define AS(header) "GET /api/who HTTP/1.1\r\n" HOST header "\r\n"

static void
test_keys(void **state)
{
	static const struct {
		const char *request;
		int status;
		const char *body;
	} rows[] = {
	    {AS(""), 401, NULL},
	    {AS("Authorization: Bearer tw_read\r\n"), 200,
		"{\"scope\":\"read\",\"project\":7}"},
	    {AS("Authorization: bearer   tw_worker\r\n"), 200,
		"{\"scope\":\"worker\",\"project\":0}"},
	    {AS("X-API-Key: tw_admin\r\n"), 200,
		"{\"scope\":\"admin\",\"project\":0}"},
	    {AS("Authorization: Basic eDp5\r\nx-api-key: tw_read\r\n"), 200,
		NULL},
	    {AS("Authorization: Bearer\r\n"), 401, NULL},
	    {AS("Authorization: Bearer tw_read2\r\n"), 401, NULL},
	    {AS("Authorization: tw_read\r\n"), 401, NULL},
	    {AS("X-API-Key: Bearer tw_read\r\n"), 401, NULL},
	    {"POST /api/who HTTP/1.1\r\n" HOST "X-API-Key: tw_read\r\n\r\n",
		403, NULL},
	    {"POST /api/who HTTP/1.1\r\n" HOST "X-API-Key: tw_worker\r\n\r\n",
		200, NULL},
	    {"DELETE /api/who HTTP/1.1\r\n" HOST "X-API-Key: tw_worker\r\n\r\n",
		403, NULL},
	    {"GET /api/who?access_token=tw_read HTTP/1.1\r\n" HOST "\r\n", 401,
		NULL},
	    {"GET /api/stream?access_token=tw%5Fread HTTP/1.1\r\n" HOST "\r\n",
		200, NULL},
	    {"GET /api/stream?access_token=x HTTP/1.1\r\n" HOST "\r\n", 401,
		NULL},
	    {GET "\r\n", 200, NULL},
	};
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	client_put(&c, AS(""));
	a = client_expect(&c, &at, 200);
	assert_true(slice_is(a.body, "{\"scope\":\"admin\",\"project\":0}"));
	keys_are_stored = true;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		client_put(&c, rows[i].request);
		a = client_expect(&c, &at, rows[i].status);
		if (rows[i].body != NULL)
			assert_true(slice_is(a.body, rows[i].body));
		assert_int_equal(answer_header(&a, "WWW-Authenticate").n > 0,
		    rows[i].status == 401);
	}
	client_bye(&c);
}

static void
test_projects(void **state)
{
	struct auth bound = {.project = 7}, unbound = {0};

	(void)state;
	assert_true(auth_sees(&bound, 7));
	assert_false(auth_sees(&bound, 8));
	assert_false(auth_sees(&bound, 0));
	assert_true(auth_sees(&unbound, 7));
	assert_true(auth_sees(&unbound, 0));
}

/* ---- deferred requests ---- */

static void
test_held_until_settled(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&c, DEFER "\r\n" PROBE);
	HARNESS_UNTIL(nheld == 1);
	echo(held[0]);
	client_pump(&c);
	assert_int_equal(c.in.len, 0);
	request_settle(held[0], 0);
	nheld = 0;
	client_expect(&c, &at, 200);
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
}

static void
test_settled_at_once(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	client_put(&c, "POST /now HTTP/1.1\r\n" HOST "\r\n" PROBE);
	client_expect(&c, &at, 200);
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
}

static void
test_failed_commits(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;

	(void)state;
	settle_rc = ENOSPC;
	client_put(&c, DEFER "\r\n");
	a = client_expect(&c, &at, 507);
	assert_true(slice_is(answer_header(&a, "Retry-After"), "1"));
	settle_rc = EIO;
	client_put(&c, DEFER "\r\n");
	client_expect(&c, &at, 503);
	/* Even where the command never came to its answer. */
	settle_now = false;
	client_put(&c, DEFER "\r\n");
	HARNESS_UNTIL(nheld == 1);
	request_settle(held[0], EIO);
	nheld = 0;
	client_expect(&c, &at, 503);
	client_put(&c, PROBE);
	client_expect(&c, &at, 200);
	client_bye(&c);
}

/* The client goes, its request stays until it is settled. */
static void
test_hangup(void **state)
{
	static const struct linger hard = {1, 0};
	struct client c;

	(void)state;
	settle_now = false;
	for (unsigned i = 1; i <= 2; i++) {
		c = client_open();
		client_put(&c, DEFER "Content-Length: 2\r\n\r\nhi");
		HARNESS_UNTIL(nheld == 1);
		if (i == 2)
			setsockopt(c.fd, SOL_SOCKET, SO_LINGER, &hard,
			    sizeof(hard));
		assert_int_equal(hangups, i - 1);
		client_close(&c);
		HARNESS_UNTIL(hangups == i);
		assert_true(slice_is(held[0]->body, "hi"));
		echo(held[0]);
		request_settle(held[0], 0);
		nheld = 0;
		HARNESS_UNTIL(http_connections(hx.http) == 0);
	}
	assert_int_equal(hangups, 2);
}

/* Who had left before the request's turn came is told of too. */
static void
test_hangup_in_advance(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&c, DEFER "\r\n" DEFER "\r\n");
	shutdown(c.fd, SHUT_WR);
	HARNESS_UNTIL(hangups == 1);
	for (unsigned i = 1; i <= 2; i++) {
		assert_int_equal(nheld, 1);
		nheld = 0;
		echo(held[0]);
		request_settle(held[0], 0);
		client_expect(&c, &at, 200);
		HARNESS_UNTIL(hangups == 2);
	}
	client_expect_end(&c, at);
	client_bye(&c);
}

/* What comes behind the last request is not answered, nor cuts its answer. */
static void
test_behind_the_last(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&c, DEFER "Connection: close\r\n\r\n" GET "\r\n");
	HARNESS_UNTIL(nheld == 1);
	client_pump(&c);
	settle_now = true;
	client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
}

/* A client that has shut its side still gets every answer. */
static void
test_half_close(void **state)
{
	struct client c = client_open();
	size_t at = 0;

	(void)state;
	client_put(&c, GET "\r\n" DEFER "\r\n" GET "\r\n");
	shutdown(c.fd, SHUT_WR);
	for (int i = 0; i < 3; i++)
		client_expect(&c, &at, 200);
	client_expect_end(&c, at);
	client_bye(&c);
	/* But half a request is none. */
	c = client_open();
	client_put(&c, "GET / HTTP");
	shutdown(c.fd, SHUT_WR);
	at = 0;
	client_expect(&c, &at, 400);
	client_expect_end(&c, at);
	client_bye(&c);
	c = client_open();
	shutdown(c.fd, SHUT_WR);
	client_expect_end(&c, 0);
	client_bye(&c);
}

/* ---- the socket given away, the end ---- */

static void
test_take(void **state)
{
	struct client c = client_open();
	struct answer a;
	size_t at = 0;
	int on = 0;
	socklen_t len = sizeof(on);

	(void)state;
	client_put(&c, GET "\r\nGET /take HTTP/1.1\r\n" HOST "\r\n" GET "\r\n");
	HARNESS_UNTIL(taken >= 0);
	assert_int_equal(http_connections(hx.http), 0);
	client_expect(&c, &at, 200);
	assert_int_equal(getsockopt(taken, IPPROTO_TCP, TCP_NODELAY, &on, &len),
	    0);
	assert_int_equal(on, 1);
	assert_true((fcntl(taken, F_GETFL) & O_NONBLOCK) != 0);
	assert_int_equal(send(taken, "HTTP/1.1 299 \r\n\r\n", 17, 0), 17);
	a = client_expect(&c, &at, 299);
	assert_int_equal(a.body.n, 0);
	assert_int_equal(at, c.in.len);
	close(taken);
	taken = -1;
	client_expect_end(&c, at);
	client_bye(&c);
}

static void
test_drain(void **state)
{
	struct client idle = client_open(), half = client_open(),
		      out = client_open(), late;
	struct answer a;
	size_t at = 0;

	(void)state;
	settle_now = false;
	client_put(&idle, GET "\r\n");
	client_expect(&idle, &at, 200);
	client_put(&half, "GET / HT");
	client_put(&out, DEFER "\r\n");
	HARNESS_UNTIL(nheld == 1);
	client_pump(&half);
	late = client_open();
	http_drain(hx.http);
	assert_false(http_idle(hx.http));
	client_expect_end(&idle, at);
	client_put(&half, "TP/1.1\r\n" HOST "\r\n");
	at = 0;
	a = client_expect(&half, &at, 200);
	assert_true(slice_is(answer_header(&a, "Connection"), "close"));
	client_expect_end(&half, at);
	settle_now = true;
	at = 0;
	a = client_expect(&out, &at, 200);
	assert_true(slice_is(answer_header(&a, "Connection"), "close"));
	client_expect_end(&out, at);
	HARNESS_UNTIL(http_idle(hx.http));
	client_close(&idle);
	client_close(&half);
	client_close(&out);
	client_close(&late);
}

/* The server may go while clients and requests are under way. */
static void
test_free_in_flight(void **state)
{
	struct client out = client_open(), half = client_open();

	(void)state;
	settle_now = false;
	client_put(&half, "GET / HT");
	client_put(&out, DEFER "\r\n" GET);
	HARNESS_UNTIL(nheld == 1);
	harness_stop();
	client_close(&out);
	client_close(&half);
	setup(state);
}

static void
test_listen(void **state)
{
	char err[100] = "";

	(void)state;
	assert_ptr_equal(http_app(hx.http), &hx.app);
	assert_int_equal(http_listen(hx.http, "localhost", 0, err, sizeof(err)),
	    -1);
	assert_non_null(strstr(err, "localhost:0: "));
	assert_int_equal(http_listen(hx.http, "127.0.0.1", 70000, err,
			     sizeof(err)),
	    -1);
	assert_non_null(strstr(err, ":70000: "));
	assert_int_equal(http_listen(hx.http, "127.0.0.1", (unsigned)hx.port,
			     err, sizeof(err)),
	    -1);
	assert_non_null(strstr(err, "in use"));
	/* One more address, and one that few have. */
	assert_true(http_listen(hx.http, "127.0.0.2", 0, err, sizeof(err)) > 0);
	assert_int_equal(http_listen(hx.http, "192.0.2.1", 0, err, sizeof(err)),
	    -1);
}

static void
test_idle_is_small(void **state)
{
	(void)state;
	print_message("an idle connection: %zu bytes\n", conn_size());
	assert_true(conn_size() <= 320);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_battery, setup_hostile),
	    T(test_refusals, setup_hostile),
	    T(test_bodies, setup_hostile),
	    T(test_refusals_have_a_dialect, setup_hostile),
	    T(test_keep_alive, setup),
	    T(test_connection, setup),
	    T(test_pipelining, setup),
	    T(test_fairness, setup),
	    T(test_head, setup),
	    T(test_unrouted, setup),
	    T(test_json, setup),
	    T(test_expect_continue, setup),
	    T(test_keys, setup),
	    cmocka_unit_test(test_projects),
	    T(test_held_until_settled, setup),
	    T(test_settled_at_once, setup),
	    T(test_failed_commits, setup),
	    T(test_hangup, setup),
	    T(test_hangup_in_advance, setup),
	    T(test_behind_the_last, setup),
	    T(test_half_close, setup),
	    T(test_take, setup),
	    T(test_drain, setup),
	    T(test_free_in_flight, setup),
	    T(test_listen, setup),
	    cmocka_unit_test(test_idle_is_small),
	};

	return cmocka_run_group_tests_name("conn", tests, NULL, NULL);
}
