/*
 * The yardstick: the least a single-threaded program can do to show an event
 * to every subscriber, one send() for each.  It remembers nothing, checks
 * nothing and serves nobody else; what it costs is the price of the system
 * call.
 *
 *	GET anything	subscribes
 *	POST anything	the body is sent to all as one event
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define FDS_MAX 65536
#define EVENTS 256

static int subscribers[FDS_MAX];
static unsigned nsubscribers;
static unsigned long long seq;

static void
subscribe(int fd)
{
	static const char head[] =
	    "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n"
	    "Cache-Control: no-cache\r\nTransfer-Encoding: chunked\r\n\r\n"
	    "6\r\n: hi\n\n\r\n";

	if (nsubscribers < FDS_MAX &&
	    send(fd, head, sizeof(head) - 1, MSG_NOSIGNAL) > 0)
		subscribers[nsubscribers++] = fd;
}

static void
show(const char *body, size_t n)
{
	static char event[70000], frame[70100];
	int inner = snprintf(event, sizeof(event), "id: 1-%llu\ndata: %.*s\n\n",
	    ++seq, (int)n, body);
	int outer = snprintf(frame, sizeof(frame), "%x\r\n%.*s\r\n",
	    (unsigned)inner, inner, event);

	/* Blocking sockets: a slow reader slows everybody, none is lost. */
	for (unsigned i = 0; i < nsubscribers; i++)
		(void)send(subscribers[i], frame, (size_t)outer, MSG_NOSIGNAL);
}

static void
answer(int fd, int epoll)
{
	static char text[70000];
	ssize_t n = recv(fd, text, sizeof(text) - 1, 0);
	const char *body, *length;
	size_t want;

	if (n <= 0) {
		close(fd);
		return;
	}
	text[n] = '\0';
	if (strncmp(text, "GET", 3) == 0) {
		epoll_ctl(epoll, EPOLL_CTL_DEL, fd, NULL);
		subscribe(fd);
		return;
	}
	body = strstr(text, "\r\n\r\n");
	length = strcasestr(text, "content-length:");
	if (body == NULL || length == NULL)
		return;
	body += 4;
	want = strtoul(length + 15, NULL, 10);
	while ((size_t)(text + n - body) < want) {
		ssize_t more =
		    recv(fd, text + n, sizeof(text) - 1 - (size_t)n, 0);

		if (more <= 0)
			return;
		n += more;
	}
	show(body, want);
	send(fd, "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 38,
	    MSG_NOSIGNAL);
}

static int
listener(unsigned port)
{
	struct sockaddr_in a = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)port),
	    .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	int fd = socket(AF_INET, SOCK_STREAM, 0), on = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) != 0 ||
	    listen(fd, 4096) != 0) {
		perror("bare_sse: listen");
		exit(1);
	}
	return fd;
}

static void
welcome(int epoll, int listening)
{
	struct epoll_event e = {.events = EPOLLIN};
	int fd = accept(listening, NULL, NULL), on = 1;

	if (fd < 0)
		return;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	e.data.fd = fd;
	epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &e);
}

int
main(int argc, char **argv)
{
	unsigned port = argc > 1 ? (unsigned)strtoul(argv[1], NULL, 10) : 9009;
	struct epoll_event events[EVENTS], e = {.events = EPOLLIN};
	int listening = listener(port), epoll = epoll_create1(0);
	struct rlimit limit;

	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	e.data.fd = listening;
	epoll_ctl(epoll, EPOLL_CTL_ADD, listening, &e);
	for (;;) {
		int n = epoll_wait(epoll, events, EVENTS, -1);

		for (int i = 0; i < n; i++) {
			if (events[i].data.fd == listening)
				welcome(epoll, listening);
			else
				answer(events[i].data.fd, epoll);
		}
	}
}
