/*
 * A load of event stream readers: opens many streams, publishes numbered
 * events, and checks that every stream is sent every one of them, once and
 * in order.  Prints what a delivery cost the server and how long it took.
 * bench/fanout.sh drives it; bench/reader.c reads the streams.
 */
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "bench/answer.h"
#include "bench/die.h"
#include "bench/proc.h"
#include "bench/reader.h"

#define SOURCES 8 /* addresses to connect from: 28,000 ports each */
#define BODY_MAX 65536
#define EVENTS_MAX 1024
#define PIDS_MAX 8

struct url {
	char host[64], path[512];
	unsigned port;
};

struct load {
	/* asked for */
	struct url stream, publish;
	const char *body; /* of a publication; %s becomes the payload */
	unsigned subscribers, burst, stalled, events, size, batch;
	double rate; /* events a second; 0: as fast as they are accepted */
	double idle; /* seconds to look at the idle server */
	long pids[PIDS_MAX]; /* of the server's processes */
	unsigned npids;
	double patience;
	/* under way */
	int epoll;
	struct reader **readers;
	unsigned opened, stalled_open;
	int publisher;
	bool waiting; /* for the answer to a publication */
	char answer[16384];
	size_t answer_n;
	uint64_t published, refused;
	struct reader_sum sum;
};

static double
now(void)
{
	return (double)latency_clock() / 1e9;
}

/* ---- sockets ---- */

static struct url
url_parse(const char *text)
{
	struct url u = {.path = "/"};

	if (sscanf(text, "http://%63[^:/]:%u%511s", u.host, &u.port, u.path) <
	    2)
		die("not a URL of the form http://HOST:PORT/PATH: %s", text);
	return u;
}

static int
dial(const struct url *u, unsigned source, bool stalled)
{
	struct sockaddr_in to = {.sin_family = AF_INET,
	    .sin_port = htons((uint16_t)u->port)};
	struct sockaddr_in from = {.sin_family = AF_INET,
	    .sin_addr.s_addr = htonl(0x7f000002 + source % SOURCES)};
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), on = 1;
	int small = 4096;

	if (fd < 0)
		die("socket: %s", strerror(errno));
	if (inet_pton(AF_INET, u->host, &to.sin_addr) != 1)
		die("not an IPv4 address: %s", u->host);
	if (stalled)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	if (ntohl(to.sin_addr.s_addr) >> 24 == 127 &&
	    bind(fd, (struct sockaddr *)&from, sizeof(from)) != 0)
		die("bind: %s", strerror(errno));
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) != 0)
		die("connect: %s", strerror(errno));
	return fd;
}

static void
send_all(int fd, const char *p, size_t n)
{
	while (n > 0) {
		ssize_t sent = send(fd, p, n, MSG_NOSIGNAL);

		if (sent < 0 && errno != EINTR)
			die("send: %s", strerror(errno));
		if (sent > 0) {
			p += sent;
			n -= (size_t)sent;
		}
	}
}

static void
ask_for_stream(const struct load *l, int fd)
{
	char text[1024];
	int n = snprintf(text, sizeof(text),
	    "GET %s HTTP/1.1\r\nHost: %s:%u\r\n"
	    "Accept: text/event-stream\r\n\r\n",
	    l->stream.path, l->stream.host, l->stream.port);

	send_all(fd, text, (size_t)n);
}

static void
watch(struct load *l, int fd, void *data)
{
	struct epoll_event e = {.events = EPOLLIN, .data.ptr = data};

	fcntl(fd, F_SETFL, fcntl(fd, F_GETFL) | O_NONBLOCK);
	if (epoll_ctl(l->epoll, EPOLL_CTL_ADD, fd, &e) != 0)
		die("epoll_ctl: %s", strerror(errno));
}

/* ---- publishing ---- */

/* "n=00000001 t=... xxx": what a reader recognizes. */
static void
payload(const struct load *l, uint64_t n, char *out, size_t room)
{
	int used = snprintf(out, room, READER_MARK "%012llu t=%020llu ",
	    (unsigned long long)n, (unsigned long long)latency_clock());
	size_t at = (size_t)used;

	while (at < l->size && at + 1 < room)
		out[at++] = 'x';
	out[at] = '\0';
}

/* The body with its %s replaced, for the next `batch` events joined by ','. */
static size_t
fill_body(struct load *l, char *out, size_t room)
{
	const char *hole = strstr(l->body, "%s");
	size_t at = 0;

	for (unsigned i = 0; i < l->batch; i++) {
		char text[4096];

		payload(l, ++l->published, text, sizeof(text));
		at += (size_t)snprintf(out + at, room - at, "%s%.*s%s%s",
		    i > 0 ? "," : "", hole != NULL ? (int)(hole - l->body) : 0,
		    l->body, text, hole != NULL ? hole + 2 : "");
		if (at >= room)
			die("the body of a publication is too long");
	}
	return at;
}

static void
publish(struct load *l)
{
	static char body[BODY_MAX], text[BODY_MAX + 2048];
	bool array = l->batch > 1;
	size_t n = fill_body(l, body, sizeof(body));
	int total = snprintf(text, sizeof(text),
	    "POST %s HTTP/1.1\r\nHost: %s:%u\r\n"
	    "Content-Type: application/json\r\nContent-Length: %zu\r\n\r\n"
	    "%s%.*s%s",
	    l->publish.path, l->publish.host, l->publish.port,
	    n + (array ? strlen("{\"logs\":[]}") : 0),
	    array ? "{\"logs\":[" : "", (int)n, body, array ? "]}" : "");

	l->answer_n = 0;
	l->waiting = true;
	send_all(l->publisher, text, (size_t)total);
}

/* The answer to a publication, once it is whole. */
static void
read_publisher(struct load *l)
{
	ssize_t n = recv(l->publisher, l->answer + l->answer_n,
	    sizeof(l->answer) - l->answer_n, 0);
	struct answer a;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		die("the publisher's connection was closed");
	l->answer_n += (size_t)n;
	switch (answer_read((struct slice){l->answer, l->answer_n}, &a)) {
	case ANSWER_PART:
		return;
	case ANSWER_BAD:
		die("an answer nobody can read: %.*s", (int)l->answer_n,
		    l->answer);
	case ANSWER_WHOLE:
		break;
	}
	if (a.status / 100 != 2 && l->refused++ == 0)
		fprintf(stderr, "fanout: refused: %.*s\n", (int)l->answer_n,
		    l->answer);
	l->waiting = false;
}

/* ---- the loop ---- */

static void
turn(struct load *l, int wait_ms)
{
	struct epoll_event events[EVENTS_MAX];
	int n = epoll_wait(l->epoll, events, EVENTS_MAX, wait_ms);

	for (int i = 0; i < n; i++) {
		if (events[i].data.ptr == l)
			read_publisher(l);
		else
			reader_read(events[i].data.ptr);
	}
}

/* Turn until done(l), or patience runs out (false). */
static bool
turn_until(struct load *l, bool (*done)(const struct load *))
{
	double until = now() + l->patience;

	while (!done(l)) {
		uint64_t before = l->sum.bytes;

		turn(l, 20);
		if (l->sum.bytes != before)
			until = now() + l->patience;
		if (now() > until)
			return false;
	}
	return true;
}

static bool
all_open(const struct load *l)
{
	return l->sum.heads + l->sum.closed >= l->opened;
}

static bool
all_delivered(const struct load *l)
{
	return l->sum.delivered >=
	    l->published * (l->subscribers - l->sum.closed);
}

static void
open_streams(struct load *l)
{
	l->readers = calloc(l->subscribers, sizeof(struct reader *));
	if (l->readers == NULL)
		die("out of memory");
	for (unsigned i = 0; i < l->subscribers; i++) {
		int fd = dial(&l->stream, i, false);

		ask_for_stream(l, fd);
		l->readers[i] = reader_new(fd, &l->sum);
		l->opened++;
		watch(l, fd, l->readers[i]);
		if (i % l->burst == l->burst - 1)
			turn_until(l, all_open);
	}
	for (unsigned i = 0; i < l->stalled; i++)
		ask_for_stream(l, dial(&l->stream, i, true));
	if (!turn_until(l, all_open))
		die("%llu of %u streams opened",
		    (unsigned long long)l->sum.heads, l->subscribers);
}

static void
look_on(struct load *l, double seconds)
{
	double until = now() + seconds;

	while (now() < until)
		turn(l, 10);
}

static void
publish_all(struct load *l)
{
	double start = now();

	while (l->published < l->events) {
		double due =
		    l->rate > 0 ? start + (double)l->published / l->rate : 0;

		if (!l->waiting && now() >= due)
			publish(l);
		turn(l, l->rate > 0 && !l->waiting ? 1 : 10);
	}
}

static void
report(struct load *l, double seconds, double cpu_us, bool whole)
{
	double deliveries = (double)l->sum.delivered;

	printf("subscribers %u\nstalled %u\nevents %llu\ndeliveries %.0f\n",
	    l->subscribers, l->stalled, (unsigned long long)l->published,
	    deliveries);
	printf(
	    "complete %s\nmissing %llu\nrepeated %llu\ndisordered_ids %llu\n",
	    whole ? "yes" : "NO", (unsigned long long)l->sum.missing,
	    (unsigned long long)l->sum.repeated,
	    (unsigned long long)l->sum.disordered);
	printf("closed %llu\nrefused %llu\nseconds %.3f\n",
	    (unsigned long long)l->sum.closed, (unsigned long long)l->refused,
	    seconds);
	printf("deliveries_per_s %.0f\n", deliveries / seconds);
	printf("latency_ms p50 %.2f p99 %.2f max %.2f\n",
	    latency_quantile(&l->sum.latency, 0.5),
	    latency_quantile(&l->sum.latency, 0.99),
	    latency_max(&l->sum.latency));
	if (deliveries > 0)
		printf("server_cpu_us_per_delivery %.2f\n",
		    cpu_us / deliveries);
}

/* What the server has used so far, in all its processes. */
static struct proc
used(const struct load *l)
{
	struct proc sum = {0};

	for (unsigned i = 0; i < l->npids; i++) {
		struct proc p = proc_read(l->pids[i]);

		sum.cpu_us += p.cpu_us;
		sum.rss_kib += p.rss_kib;
		sum.switches += p.switches;
	}
	return sum;
}

/* What the streams cost when nothing happens. */
static void
measure_idle(struct load *l, struct proc before)
{
	struct proc open = used(l), later;
	double grown = ((double)open.rss_kib - (double)before.rss_kib) * 1024;

	printf("server_rss_mib %.1f\nrss_per_idle_subscriber %.0f\n",
	    (double)open.rss_kib / 1024, grown / (l->subscribers + l->stalled));
	if (l->idle <= 0)
		return;
	look_on(l, l->idle);
	later = used(l);
	printf("idle_cpu_percent %.3f\nidle_wakeups_per_s %.1f\n",
	    (later.cpu_us - open.cpu_us) / l->idle / 1e4,
	    (double)(later.switches - open.switches) / l->idle);
}

static void
run(struct load *l)
{
	struct proc before = used(l);
	double start;
	bool whole;

	open_streams(l);
	look_on(l, 0.5);
	measure_idle(l, before);
	if (l->events == 0)
		return;
	l->publisher = dial(&l->publish, 0, false);
	watch(l, l->publisher, l);
	before = used(l);
	start = now();
	publish_all(l);
	whole = turn_until(l, all_delivered);
	report(l, now() - start, used(l).cpu_us - before.cpu_us, whole);
	printf("server_rss_after_mib %.1f\n", (double)used(l).rss_kib / 1024);
}

static void
usage(void)
{
	fprintf(stderr,
	    "usage: fanout --url URL --pid PID [--subscribers N] [--events N]\n"
	    "  --publish URL    where events are POSTed\n"
	    "  --body TEXT      what is POSTed; %%s becomes the payload\n"
	    "  --batch N        events in a POST (Tidewire's logs[])\n"
	    "  --rate R         events a second; 0 as fast as accepted (0)\n"
	    "  --size BYTES     of the payload (200)\n"
	    "  --burst N        streams opened at a time (256)\n"
	    "  --stalled N      more streams, which never read\n"
	    "  --idle SECONDS   measure the idle server first\n"
	    "  --pid PID        of the server, whose CPU and memory is measured;\n"
	    "                   repeated for one of several processes\n"
	    "  --patience S     give up when nothing arrives for so long (10)\n");
	exit(2);
}

static const struct option options[] = {
    {"url", required_argument, NULL, 'u'},
    {"publish", required_argument, NULL, 'p'},
    {"body", required_argument, NULL, 'b'},
    {"batch", required_argument, NULL, 'B'},
    {"subscribers", required_argument, NULL, 'n'},
    {"burst", required_argument, NULL, 'o'},
    {"stalled", required_argument, NULL, 's'},
    {"events", required_argument, NULL, 'e'},
    {"rate", required_argument, NULL, 'r'},
    {"size", required_argument, NULL, 'z'},
    {"idle", required_argument, NULL, 'i'},
    {"pid", required_argument, NULL, 'P'},
    {"patience", required_argument, NULL, 'w'},
    {NULL, 0, NULL, 0},
};

static void
set_option(struct load *l, int c)
{
	switch (c) {
	case 'u':
		l->stream = url_parse(optarg);
		break;
	case 'p':
		l->publish = url_parse(optarg);
		break;
	case 'b':
		l->body = optarg;
		break;
	case 'B':
		l->batch = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'n':
		l->subscribers = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'o':
		l->burst = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 's':
		l->stalled = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'e':
		l->events = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'z':
		l->size = (unsigned)strtoul(optarg, NULL, 10);
		break;
	case 'r':
		l->rate = strtod(optarg, NULL);
		break;
	case 'i':
		l->idle = strtod(optarg, NULL);
		break;
	case 'P':
		if (l->npids == PIDS_MAX)
			usage();
		l->pids[l->npids++] = strtol(optarg, NULL, 10);
		break;
	case 'w':
		l->patience = strtod(optarg, NULL);
		break;
	default:
		usage();
	}
}

int
main(int argc, char **argv)
{
	static struct load l = {.body = "%s",
	    .subscribers = 1000,
	    .burst = 256,
	    .events = 0,
	    .size = 200,
	    .batch = 1,
	    .patience = 10};
	struct rlimit limit;
	int c;

	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1)
		set_option(&l, c);
	if (l.stream.port == 0 || (l.events > 0 && l.publish.port == 0) ||
	    l.subscribers == 0 || l.burst == 0 || l.batch == 0 || l.npids == 0)
		usage();
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0) {
		limit.rlim_cur = limit.rlim_max;
		setrlimit(RLIMIT_NOFILE, &limit);
	}
	l.epoll = epoll_create1(EPOLL_CLOEXEC);
	run(&l);
	return l.sum.missing + l.sum.repeated + l.sum.disordered > 0;
}
