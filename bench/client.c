/*
 * The load client: connections, bytes out, bytes in.  What is asked and what
 * the answers mean is load.c's and mix.c's.
 */
#include "bench/client.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <unistd.h>

#include "bench/die.h"
#include "bench/latency.h"
#include "core/log.h"
#include "core/mem.h"

#define PIPELINE_MAX 64
#define CONNECTIONS_MAX 10000
#define EVENTS 256
#define READ_SIZE 65536
#define PATIENCE_MS 20000

/* A request under way. */
struct flight {
	uint64_t tag;
	int64_t asked; /* ns */
};

struct conn {
	int fd;
	bool blocked; /* waits until the socket takes more */
	struct buf in, out;
	unsigned first, flying; /* of flights, a ring */
	struct flight *flights;
};

struct client {
	int epoll;
	unsigned n, pipeline;
	struct conn *conns;
	/* of the work under way: */
	const struct client_work *work;
	uint64_t asked, answered;
	int64_t until; /* ns; 0: no limit */
	bool ended;
	void (*turned)(void *arg);
};

/* Read "http://ADDR:PORT". */
static struct sockaddr_in
read_url(const char *url)
{
	struct sockaddr_in sa = {.sin_family = AF_INET};
	char host[16];
	unsigned port = 0;
	int end = 0;

	if (sscanf(url, "http://%15[0-9.]:%5u%n", host, &port, &end) != 2 ||
	    (url[end] != '\0' && strcmp(url + end, "/") != 0) || port == 0 ||
	    port > 65535 || inet_pton(AF_INET, host, &sa.sin_addr) != 1)
		die("%s is not http://ADDR:PORT with an IPv4 address", url);
	sa.sin_port = htons((uint16_t)port);
	return sa;
}

static void
watch(struct client *c, struct conn *k, int op)
{
	struct epoll_event ev = {.events = EPOLLIN};

	if (k->blocked)
		ev.events |= EPOLLOUT;
	ev.data.ptr = k;
	if (epoll_ctl(c->epoll, op, k->fd, &ev) != 0)
		die("epoll_ctl: %s", strerror(errno));
}

/* Connect one, then make it non-blocking. */
static void
open_conn(struct client *c, struct conn *k, const struct sockaddr_in *sa)
{
	int one = 1;

	k->flights = mem_zalloc(c->pipeline * sizeof *k->flights);
	k->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (k->fd < 0 ||
	    connect(k->fd, (const struct sockaddr *)sa, sizeof *sa) != 0)
		die("cannot connect: %s", strerror(errno));
	setsockopt(k->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
	watch(c, k, EPOLL_CTL_ADD);
}

/* Connect all of them. */
struct client *
client_new(const char *url, unsigned connections, unsigned pipeline)
{
	struct client *c = mem_zalloc(sizeof *c);
	struct sockaddr_in sa = read_url(url);
	unsigned i;

	INVARIANT(connections > 0 && connections <= CONNECTIONS_MAX);
	INVARIANT(pipeline > 0 && pipeline <= PIPELINE_MAX);
	c->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (c->epoll < 0)
		die("epoll_create1: %s", strerror(errno));
	c->n = connections;
	c->pipeline = pipeline;
	c->conns = mem_zalloc(c->n * sizeof *c->conns);
	for (i = 0; i < c->n; i++)
		open_conn(c, &c->conns[i], &sa);
	return c;
}

/* Close all of them. */
void
client_free(struct client *c)
{
	unsigned i;

	if (c == NULL)
		return;
	for (i = 0; i < c->n; i++) {
		close(c->conns[i].fd);
		buf_free(&c->conns[i].in);
		buf_free(&c->conns[i].out);
		free(c->conns[i].flights);
	}
	close(c->epoll);
	free(c->conns);
	free(c);
}

/* Whether one more request is to be asked at now. */
static bool
wants_more(const struct client *c, int64_t now)
{
	const struct client_work *w = c->work;

	return (w->requests == 0 || c->asked < w->requests) &&
	    (c->until == 0 || now < c->until);
}

/* Keep the connection's pipeline full. */
static void
ask(struct client *c, struct conn *k, int64_t now)
{
	struct flight *f;
	uint64_t tag;

	while (k->flying < c->pipeline && wants_more(c, now)) {
		tag = c->work->next(c->work->arg, (unsigned)(k - c->conns),
		    &k->out);
		if (tag == CLIENT_REST)
			break;
		f = &k->flights[(k->first + k->flying) % c->pipeline];
		f->tag = tag;
		f->asked = now;
		k->flying++;
		c->asked++;
	}
}

/* Send what there is; the rest waits for the socket. */
static void
flush(struct client *c, struct conn *k)
{
	bool was = k->blocked;
	ssize_t n;

	while (k->out.len > 0) {
		n = send(k->fd, k->out.p, k->out.len,
		    MSG_NOSIGNAL | MSG_DONTWAIT);
		if (n < 0 && errno == EAGAIN)
			break;
		if (n < 0)
			die("send: %s", strerror(errno));
		buf_drop(&k->out, (size_t)n);
	}
	k->blocked = k->out.len > 0;
	if (k->blocked != was)
		watch(c, k, EPOLL_CTL_MOD);
}

/* Hand out every answer that is whole. */
static void
take(struct client *c, struct conn *k, int64_t now)
{
	struct flight *f;
	struct answer a;
	size_t done = 0;
	enum answer_result got = ANSWER_PART;

	while (done < k->in.len &&
	    (got = answer_read((struct slice){k->in.p + done, k->in.len - done},
		 &a)) == ANSWER_WHOLE) {
		if (k->flying == 0)
			die("an answer to no request");
		f = &k->flights[k->first];
		k->first = (k->first + 1) % c->pipeline;
		k->flying--;
		c->answered++;
		done += a.length;
		c->work->done(c->work->arg, f->tag, &a, now - f->asked);
	}
	if (got == ANSWER_BAD)
		die("not an answer: %.*s", (int)(k->in.len - done),
		    k->in.p + done);
	buf_drop(&k->in, done);
}

/* Bytes arrived: answers, and then the next requests. */
static void
receive(struct client *c, struct conn *k)
{
	char *room = buf_room(&k->in, READ_SIZE);
	ssize_t n = recv(k->fd, room, READ_SIZE, MSG_DONTWAIT);
	int64_t now;

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0)
		die("the server closed a connection%s%s", n < 0 ? ": " : "",
		    n < 0 ? strerror(errno) : "");
	k->in.len += (size_t)n;
	now = latency_clock();
	take(c, k, now);
	ask(c, k, now);
	flush(c, k);
}

/* Serve whatever connections have something to do. */
static void
turn(struct client *c)
{
	struct epoll_event events[EVENTS];
	int i, n;

	n = epoll_wait(c->epoll, events, EVENTS, PATIENCE_MS);
	if (n == 0)
		die("no answer for %d s", PATIENCE_MS / 1000);
	for (i = 0; i < n; i++) {
		struct conn *k = events[i].data.ptr;

		if ((events[i].events & EPOLLOUT) != 0)
			flush(c, k);
		if ((events[i].events & ~(unsigned)EPOLLOUT) != 0)
			receive(c, k);
	}
}

/* Ask, and wait for every answer. */
void
client_run(struct client *c, const struct client_work *w)
{
	int64_t now = latency_clock();
	unsigned i;

	c->work = w;
	c->asked = c->answered = 0;
	c->ended = false;
	c->until = w->ns == 0 ? 0 : now + w->ns;
	for (i = 0; i < c->n; i++) {
		ask(c, &c->conns[i], latency_clock());
		flush(c, &c->conns[i]);
	}
	while (c->answered < c->asked && !c->ended) {
		turn(c);
		if (c->turned != NULL)
			c->turned(w->arg);
	}
}

/* Have fn called after each turn. */
void
client_each_turn(struct client *c, void (*fn)(void *arg))
{
	c->turned = fn;
}

/* Ask on one that rests. */
void
client_wake(struct client *c, unsigned conn)
{
	ask(c, &c->conns[conn], latency_clock());
	flush(c, &c->conns[conn]);
}

/* Stop after this turn. */
void
client_end(struct client *c)
{
	c->ended = true;
}
