/*
 * The server: what it listens on, how it accepts, how it ends.  Connections
 * are http/conn.c's.
 */
#include "http/server.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include <event2/event.h>
#include <fcntl.h>
#include <netdb.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/wheel.h"
#include "http/conn.h"
#include "http/exchange.h"
#include "http/rate.h"

#define BACKLOG 4096
#define ACCEPTS_PER_TURN 64
#define TURNED_MAX 64 /* told that there is no room, at a time */
#define PAUSE_MS 100  /* without accepting, when descriptors ran out */
#define WARN_MS 60000 /* between two warnings of that */
#define TICK_MS 50    /* of the deadlines' wheel */

#define BODY_KEPT (1u << 20) /* bytes, for the next turn's answers */

/* ---- accepting ---- */

/* Accept nobody for a while. */
static void
pause_accepting(struct http *h)
{
	struct timeval tv = {0, PAUSE_MS * 1000};

	for (unsigned i = 0; i < h->nlisteners; i++)
		event_del(h->listeners[i]);
	event_add(h->pause, &tv);
}

/* Accept again, or later when the system has no room to watch for it. */
static void
resume(evutil_socket_t fd, short what, void *arg)
{
	struct http *h = arg;
	bool ok = true;

	(void)fd;
	(void)what;
	for (unsigned i = 0; i < h->nlisteners; i++)
		ok = event_add(h->listeners[i], NULL) == 0 && ok;
	if (!ok)
		pause_accepting(h);
}

/* Take the descriptor that is kept for when there is no other. */
static void
open_reserve(struct http *h)
{
	if (h->reserve < 0)
		h->reserve = open("/dev/null", O_RDONLY | O_CLOEXEC);
}

/*
 * Descriptors ran out.  With the one kept in reserve, one client is told;
 * then nobody is accepted for a while: a listener that stays readable would
 * spin.
 */
static void
out_of_descriptors(struct http *h, int listener)
{
	static const char sorry[] = "HTTP/1.1 503 Service Unavailable\r\n"
				    "Retry-After: 1\r\n"
				    "Connection: close\r\n"
				    "Content-Length: 0\r\n\r\n";
	int64_t now = wheel_clock();
	int fd;

	if (h->warned_ms == 0 || now - h->warned_ms > WARN_MS) {
		log_warn("no descriptor is left for new connections");
		h->warned_ms = now;
	}
	if (h->reserve >= 0) {
		close(h->reserve);
		h->reserve = -1;
		fd =
		    accept4(listener, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			/* What it sent is read, lest closing resets it. */
			if (recv(fd, h->scratch, SERVER_SCRATCH, 0) >= 0 ||
			    errno == EAGAIN)
				send(fd, sorry, sizeof(sorry) - 1,
				    MSG_NOSIGNAL);
			close(fd);
		}
		open_reserve(h);
	}
	pause_accepting(h);
}

/* Make a connection of a new socket, if there is room for one. */
static void
admit(struct http *h, int fd, const struct sockaddr_storage *peer)
{
	if (h->nconns - h->nturned < h->limits.connections)
		conn_open(h, fd, peer);
	else if (h->nturned < TURNED_MAX)
		conn_turn_away(h, fd);
	else
		close(fd);
}

/* Accept some: those who are connected have their turn as well. */
static void
on_accept(evutil_socket_t listener, short what, void *arg)
{
	struct http *h = arg;
	struct sockaddr_storage peer;

	(void)what;
	for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
		socklen_t len = sizeof(peer);
		int fd = accept4(listener, (struct sockaddr *)&peer, &len,
		    SOCK_NONBLOCK | SOCK_CLOEXEC);

		if (fd >= 0) {
			admit(h, fd, &peer);
		} else if (errno == EMFILE || errno == ENFILE ||
		    errno == ENOBUFS || errno == ENOMEM) {
			out_of_descriptors(h, listener);
			return;
		} else if (errno != ECONNABORTED && errno != EINTR &&
		    errno != EPROTO) {
			return;
		}
	}
}

/* ---- listening ---- */

/* Make a listening socket for an address; -1 with errno when it fails. */
static int
listen_on(const struct addrinfo *ai)
{
	int on = 1, saved;
	int fd = socket(ai->ai_family,
	    SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	/* Accepted sockets inherit TCP_NODELAY. */
	if (setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) == 0 &&
	    setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) == 0 &&
	    bind(fd, ai->ai_addr, ai->ai_addrlen) == 0 &&
	    listen(fd, BACKLOG) == 0)
		return fd;
	saved = errno;
	close(fd);
	errno = saved;
	return -1;
}

/* The port a socket is bound to. */
static int
bound_port(int fd)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(fd, (struct sockaddr *)&ss, &len) != 0)
		return -1;
	return ss.ss_family == AF_INET6
	    ? ntohs(((struct sockaddr_in6 *)&ss)->sin6_port)
	    : ntohs(((struct sockaddr_in *)&ss)->sin_port);
}

/* Listen on one more address. */
int
http_listen(struct http *h, const char *host, unsigned port, char *err,
    size_t errlen)
{
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV |
		AI_PASSIVE,
	    .ai_socktype = SOCK_STREAM};
	struct addrinfo *ai = NULL;
	char service[16];
	int rc, fd;

	INVARIANT(h->nlisteners < SERVER_LISTENERS);
	snprintf(service, sizeof(service), "%u", port);
	rc = port > 65535 ? EAI_SERVICE
			  : getaddrinfo(host, service, &hints, &ai);
	if (rc != 0) {
		snprintf(err, errlen, "%s:%u: %s", host, port,
		    gai_strerror(rc));
		return -1;
	}
	fd = listen_on(ai);
	freeaddrinfo(ai);
	if (fd < 0) {
		snprintf(err, errlen, "%s:%u: %s", host, port, strerror(errno));
		return -1;
	}
	h->listeners[h->nlisteners] =
	    event_new(h->base, fd, EV_READ | EV_PERSIST, on_accept, h);
	INVARIANT(h->listeners[h->nlisteners] != NULL);
	event_add(h->listeners[h->nlisteners++], NULL);
	return bound_port(fd);
}

/* Close all listeners. */
static void
stop_listening(struct http *h)
{
	event_del(h->pause);
	while (h->nlisteners > 0) {
		struct event *ev = h->listeners[--h->nlisteners];
		int fd = event_get_fd(ev);

		event_free(ev);
		close(fd);
	}
}

/* ---- life ---- */

/* Make a server. */
struct http *
http_new(struct event_base *base, struct app *app, const struct http_limits *l)
{
	struct http *h = mem_zalloc(sizeof(*h));
	uint64_t seed;

	INVARIANT(getrandom(&seed, sizeof(seed), 0) == sizeof(seed));
	h->base = base;
	h->app = app;
	h->limits = *l;
	h->scratch = mem_zalloc(SERVER_SCRATCH);
	h->json = jsonw_new(&h->body);
	h->wheel = wheel_new(base, TICK_MS, conn_expired, h);
	h->pause = evtimer_new(base, resume, h);
	INVARIANT(h->pause != NULL);
	if (l->requests_per_minute > 0)
		h->rate = rate_new(l->requests_per_minute, seed);
	h->reserve = -1;
	open_reserve(h);
	return h;
}

/* Free a server and all its connections. */
void
http_free(struct http *h)
{
	if (h == NULL)
		return;
	stop_listening(h);
	conn_close_all(h);
	exchange_free_all(h);
	event_free(h->pause);
	wheel_free(h->wheel);
	rate_free(h->rate);
	jsonw_free(h->json);
	buf_free(&h->body);
	free(h->scratch);
	if (h->reserve >= 0)
		close(h->reserve);
	free(h);
}

/* The end of a turn. */
bool
http_turn_end(struct http *h)
{
	h->parsed = 0;
	conn_turn_end(h);
	exchange_free_buried(h);
	if (h->body.cap > BODY_KEPT)
		buf_free(&h->body);
	return h->parsed > 0 || h->dirty != NULL;
}

/* Begin to end. */
void
http_drain(struct http *h)
{
	h->draining = true;
	stop_listening(h);
	conn_close_idle(h);
}

/* Whether the end is reached. */
bool
http_idle(const struct http *h)
{
	return h->nconns == 0;
}

/* Count the connections that are served. */
unsigned
http_connections(const struct http *h)
{
	return h->nconns - h->nturned;
}

/* Give the app. */
struct app *
http_app(struct http *h)
{
	return h->app;
}
