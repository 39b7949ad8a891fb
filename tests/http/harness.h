/*
 * A whole server and its clients in one process and one thread: turns are
 * taken by hand.  Whoever waits here waits for something to happen, and
 * fails when it does not.
 */
#ifndef TESTS_HTTP_HARNESS_H
#define TESTS_HTTP_HARNESS_H

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <arpa/inet.h>
#include <cmocka.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/buf.h"
#include "http/app.h"
#include "http/http.h"
#include "http/route.h"
#include "http/strict.h"

struct harness {
	struct event_base *base;
	struct app app;
	struct http *http;
	int port;
	bool more; /* the last turn left work */
	/* What the engine would do at its turn's end. */
	void (*engine)(void);
};

static struct harness hx;

static inline void
harness_start(const struct http_limits *l)
{
	char err[200];

	route_init();
	hx = (struct harness){.base = event_base_new()};
	hx.app.base = hx.base;
	hx.http = http_new(hx.base, &hx.app, l);
	hx.app.http = hx.http;
	hx.port = http_listen(hx.http, "127.0.0.1", 0, err, sizeof(err));
	assert_true(hx.port > 0);
}

static inline void
harness_stop(void)
{
	http_free(hx.http);
	event_base_free(hx.base);
	hx = (struct harness){0};
}

/* One turn; wait: sleep until something happens, but a ms at most. */
static inline void
harness_turn(bool wait)
{
	struct timeval soon = {0, 1000};

	if (wait && !hx.more)
		event_base_loopexit(hx.base, &soon);
	event_base_loop(hx.base,
	    EVLOOP_ONCE | (wait && !hx.more ? 0 : EVLOOP_NONBLOCK));
	if (hx.engine != NULL)
		hx.engine();
	hx.more = http_turn_end(hx.http);
}

/* Take turns until cond holds, which it must in good time. */
#define HARNESS_UNTIL(cond)                                   \
	do {                                                  \
		for (int turns_ = 0; !(cond); turns_++) {     \
			if (turns_ == 20000)                  \
				fail_msg("never: %s", #cond); \
			harness_turn(true);                   \
		}                                             \
	} while (0)

/* One client. */
struct client {
	int fd;
	struct buf in; /* all that was received and is not taken */
	bool eof, reset;
};

static inline struct client
client_open(void)
{
	struct sockaddr_in sin = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)hx.port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	struct client c = {.fd = socket(AF_INET, SOCK_STREAM, 0)};

	assert_true(c.fd >= 0);
	assert_int_equal(connect(c.fd, (struct sockaddr *)&sin, sizeof(sin)),
	    0);
	assert_int_equal(fcntl(c.fd, F_SETFL, O_NONBLOCK), 0);
	return c;
}

static inline void
client_close(struct client *c)
{
	if (c->fd >= 0)
		close(c->fd);
	buf_free(&c->in);
	*c = (struct client){.fd = -1};
}

/* Receive what is there; true when something was, or it has ended. */
static inline bool
client_receive(struct client *c)
{
	char bytes[65536];
	ssize_t n;

	if (c->eof)
		return false;
	n = recv(c->fd, bytes, sizeof(bytes), 0);
	if (n < 0 && errno == EAGAIN)
		return false;
	c->eof = n <= 0;
	c->reset = n < 0;
	if (n > 0)
		buf_add(&c->in, bytes, (size_t)n);
	return true;
}

/*
 * Take turns until nothing has happened for a while.  That more might happen
 * later is why only what should not happen is looked for after this.
 */
static inline void
client_pump(struct client *c)
{
	for (int quiet = 0; quiet < 4; quiet++) {
		harness_turn(true);
		while (client_receive(c))
			quiet = -1;
		if (hx.more)
			quiet = -1;
	}
}

/* Take turns until the server has closed. */
static inline void
client_read_all(struct client *c)
{
	HARNESS_UNTIL((client_receive(c), c->eof));
}

/* End in good order: read what comes, then close. */
static inline void
client_bye(struct client *c)
{
	shutdown(c->fd, SHUT_WR);
	client_read_all(c);
	client_close(c);
}

static inline void
client_send(struct client *c, const void *p, size_t n)
{
	const char *at = p;

	for (int stuck = 0; n > 0;) {
		ssize_t sent = send(c->fd, at, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EAGAIN)
			return; /* it is closed: the answer tells why */
		if (sent > 0) {
			at += sent;
			n -= (size_t)sent;
			stuck = 0;
		} else {
			assert_true(++stuck < 20000);
			client_receive(c);
			harness_turn(true);
		}
	}
}

/* Send text. */
static inline void
client_put(struct client *c, const char *text)
{
	client_send(c, text, strlen(text));
}

/* An answer. */
struct answer {
	int status;
	struct slice head, body;
};

/* Find a header in an answer; empty when absent. */
static inline struct slice
answer_header(const struct answer *a, const char *name)
{
	return strict_header(a->head, name);
}

/*
 * Read the answer at offset *at of what was received, and move on.  head: it
 * has no body.  False when there is none, or not all of it.
 */
static inline bool
client_next(struct client *c, size_t *at, bool head, struct answer *a)
{
	uint64_t length = 0, status;
	char *end;

	*a = (struct answer){0};
	if (*at >= c->in.len ||
	    (end = memmem(c->in.p + *at, c->in.len - *at, "\r\n\r\n", 4)) ==
		NULL)
		return false;
	a->head =
	    (struct slice){c->in.p + *at, (size_t)(end + 4 - (c->in.p + *at))};
	assert_memory_equal(a->head.p, "HTTP/1.1 ", 9);
	assert_true(slice_u64((struct slice){a->head.p + 9, 3}, 599, &status));
	a->status = (int)status;
	if (answer_header(a, "Content-Length").n > 0)
		assert_true(slice_u64(answer_header(a, "Content-Length"),
		    UINT32_MAX, &length));
	if (head)
		length = 0;
	if (c->in.len - (size_t)(end + 4 - c->in.p) < length)
		return false;
	a->body = (struct slice){end + 4, (size_t)length};
	*at = (size_t)(end + 4 - c->in.p) + (size_t)length;
	return true;
}

/* The next answer has that status; take turns until it is there. */
static inline struct answer
client_expect(struct client *c, size_t *at, int status)
{
	struct answer a;

	HARNESS_UNTIL(client_next(c, at, false, &a) ||
	    (!client_receive(c) && c->eof));
	if (a.status != status)
		fail_msg("%d instead of %d: %.*s", a.status, status,
		    SLICE_FMT(a.body));
	return a;
}

/* The server closes, and says nothing more before. */
static inline void
client_expect_end(struct client *c, size_t at)
{
	client_read_all(c);
	if (c->in.len != at)
		fail_msg("more than was wanted: %.*s", (int)(c->in.len - at),
		    c->in.p + at);
	assert_false(c->reset);
}

#endif
