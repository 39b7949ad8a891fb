/*
 * tidewired: wires the folders together and turns the loop.  What a turn is
 * stands in ARCHITECTURE.md.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <event2/event.h>
#include <fcntl.h>
#include <malloc.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <unistd.h>

#include "cmd.h"
#include "core/log.h"
#include "engine/engine.h"
#include "engine/wheel.h"
#include "http/app.h"
#include "http/claims.h"
#include "http/claims_stream.h"
#include "http/http.h"
#include "http/route.h"
#include "http/wait.h"
#include "options.h"
#include "sse/sse.h"
#include "store/keys.h"
#include "store/store.h"

#define DRAIN_MS 10000
#define GATHER_ROUNDS 8
#define REAP_SECONDS 60
#define KEPT_BYTES (4 << 20)

struct server {
	struct app app;
	struct event *signals[2], *reaper;
	int64_t drain_until; /* monotonic ms; 0: not draining */
};

static uint64_t
random_bits(void)
{
	uint64_t v;

	if (getrandom(&v, sizeof v, 0) != sizeof v)
		log_fatal("the system gives no random bytes");
	return v;
}

/* As many descriptors as we may have: every watcher is one. */
static void
raise_limits(void)
{
	struct rlimit lim;

	if (getrlimit(RLIMIT_NOFILE, &lim) != 0)
		return;
	lim.rlim_cur = lim.rlim_max;
	(void)setrlimit(RLIMIT_NOFILE, &lim);
	signal(SIGPIPE, SIG_IGN);
	signal(SIGXFSZ, SIG_IGN);
	cmd_catch_bus();
}

/* True for an address that only this machine can reach. */
static bool
is_loopback(const char *host)
{
	struct in_addr v4;
	struct in6_addr v6;

	if (inet_pton(AF_INET, host, &v4) == 1)
		return ntohl(v4.s_addr) >> 24 == 127;
	return inet_pton(AF_INET6, host, &v6) == 1 && IN6_IS_ADDR_LOOPBACK(&v6);
}

/*
 * A turn's answers are given back when they are sent, and the next turn asks
 * for as much: keep it from the system meanwhile.
 */
static void
keep_memory(void)
{
#ifdef M_TRIM_THRESHOLD
	(void)mallopt(M_TRIM_THRESHOLD, KEPT_BYTES);
#endif
}

/* Without a key everyone is the admin, so nobody else may come in. */
static bool
may_listen(struct server *s, const struct options *o)
{
	bool keyless = keys_count(store_snapshot(s->app.store)) == 0;

	store_snapshot_end(s->app.store);
	if (!keyless)
		return true;
	if (is_loopback(o->host)) {
		log_info("no API key is stored: serving this machine only, and "
			 "everyone on it is the admin");
		return true;
	}
	fprintf(stderr,
	    "tidewired: refusing to listen on %s: no API key is stored, so "
	    "anyone could do anything.\nServe 127.0.0.1 first, create a key "
	    "with 'tidewire key create NAME --scope admin', then start again "
	    "with --listen %s:%u.\n",
	    o->host, o->host, o->port);
	return false;
}

static void
on_commit(void *arg, uint64_t seq)
{
	struct server *s = arg;

	sse_advance(s->app.sse, seq);
	wait_advance(s->app.wait, seq);
	claims_stream_advance(s->app.claims_stream, seq);
}

/* SIGTERM or SIGINT: finish what is under way; a second one ends at once. */
static void
on_signal(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	if (s->drain_until != 0)
		_Exit(1);
	/* Asking for the time also sets that of the line. */
	(void)engine_now(s->app.engine);
	log_info("stopping: finishing what is under way");
	s->drain_until = wheel_clock() + DRAIN_MS;
	wait_drain(s->app.wait);
	claims_drain(s->app.claims);
	claims_stream_drain(s->app.claims_stream);
	http_drain(s->app.http);
	sse_drain(s->app.sse);
}

static void
on_reap(evutil_socket_t fd, short what, void *arg)
{
	struct server *s = arg;

	(void)fd;
	(void)what;
	store_reap_readers(s->app.store);
}

/* Listen to signals, and look after the store's readers. */
static void
watch(struct server *s)
{
	struct timeval minute = {REAP_SECONDS, 0};

	s->signals[0] = evsignal_new(s->app.base, SIGTERM, on_signal, s);
	s->signals[1] = evsignal_new(s->app.base, SIGINT, on_signal, s);
	s->reaper = event_new(s->app.base, -1, EV_PERSIST, on_reap, s);
	if (s->signals[0] == NULL || s->signals[1] == NULL || s->reaper == NULL)
		log_fatal("out of memory");
	event_add(s->signals[0], NULL);
	event_add(s->signals[1], NULL);
	event_add(s->reaper, &minute);
}

/* True when a stop was asked for and nothing is under way, or time is up. */
static bool
is_drained(struct server *s)
{
	const struct app *a = &s->app;

	if (s->drain_until == 0)
		return false;
	if (wheel_clock() >= s->drain_until)
		return true;
	return engine_idle(a->engine) && http_idle(a->http) && sse_idle(a->sse);
}

/*
 * Sleep until something comes, then gather while more keeps coming: what is
 * written together is synced together.  Bounded, so that nobody waits long.
 */
static void
gather(struct app *a, bool busy)
{
	unsigned before, rounds = GATHER_ROUNDS;

	event_base_loop(a->base, EVLOOP_ONCE | (busy ? EVLOOP_NONBLOCK : 0));
	do {
		before = engine_pending(a->engine);
		if (before == 0)
			return;
		event_base_loop(a->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	} while (engine_pending(a->engine) > before && --rounds > 0);
}

/* The turns: gather, commit, stream, answer; until stopped. */
static void
turn(struct server *s)
{
	const struct timeval look = {0, 100000};
	struct app *a = &s->app;
	bool busy = true;

	for (;;) {
		engine_turn_begin(a->engine);
		if (s->drain_until != 0)
			event_base_loopexit(a->base, &look);
		gather(a, busy);
		sse_set_now(a->sse, engine_now(a->engine),
		    engine_noise(a->engine));
		busy = engine_turn_end(a->engine);
		busy |= sse_turn_end(a->sse);
		busy |= http_turn_end(a->http);
		/* A connection that was found closed may have asked for one. */
		busy |= engine_pending(a->engine) > 0;
		if (is_drained(s))
			return;
	}
}

/* Give everything back; an orderly stop is noted in the store. */
static void
close_server(struct server *s)
{
	bool clean = engine_idle(s->app.engine);
	struct event *events[] = {s->signals[0], s->signals[1], s->reaper};
	unsigned i;

	http_free(s->app.http);
	wait_free(s->app.wait);
	claims_free(s->app.claims);
	claims_stream_free(s->app.claims_stream);
	sse_free(s->app.sse);
	engine_free(s->app.engine);
	store_close(s->app.store, clean);
	for (i = 0; i < 3; i++)
		if (events[i] != NULL)
			event_free(events[i]);
	event_base_free(s->app.base);
}

/*
 * Start the engine.  Where it cannot be, nothing was served, and the store is
 * left as clean as it was found.
 */
static bool
start_engine(struct app *a, const char *data)
{
	int rc;

	a->engine = engine_new(a->base, a->store, &rc);
	if (a->engine != NULL)
		return true;
	fprintf(stderr,
	    "tidewired: cannot write to the store in %s: %s, then start "
	    "again\n",
	    data,
	    rc == ENOSPC ? "the disk is full: free some space"
			 : "input/output error: see to the disk");
	store_close(a->store, !store_was_unclean(a->store));
	event_base_free(a->base);
	return false;
}

/* Open the store and set up every folder on it. */
static bool
open_server(struct server *s, const struct options *o)
{
	struct app *a = &s->app;
	char err[512];

	a->store =
	    store_open(o->data, STORE_SERVE, random_bits(), err, sizeof err);
	if (a->store == NULL) {
		fprintf(stderr, "tidewired: %s\n", err);
		return false;
	}
	store_set_free_mark(a->store, o->free_mark);
	a->base = event_base_new();
	if (a->base == NULL)
		log_fatal("cannot set up the event loop");
	route_init();
	a->test_clock = o->test_clock;
	a->strict_projects = o->strict_projects;
	a->keepalive_ms = o->sse.keepalive_ms;
	a->max_active_tasks = o->max_active_tasks;
	if (!start_engine(a, o->data))
		return false;
	a->started_at = engine_now(a->engine);
	a->sse = sse_new(a->base, a->store, &o->sse);
	a->wait = wait_new(a);
	a->claims = claims_new(a);
	a->claims_stream = claims_stream_new(a);
	a->http = http_new(a->base, a, &o->http);
	engine_on_commit(a->engine, on_commit, s);
	watch(s);
	return true;
}

/* Start listening and say where. */
static bool
listen_server(struct server *s, const struct options *o)
{
	bool v6 = strchr(o->host, ':') != NULL;
	char err[256];
	int port;

	if (!may_listen(s, o))
		return false;
	port = http_listen(s->app.http, o->host, o->port, err, sizeof err);
	if (port < 0) {
		fprintf(stderr,
		    "tidewired: cannot listen on %s; pass another --listen\n",
		    err);
		return false;
	}
	log_info("the store is in %s (epoch %s)", o->data,
	    store_epoch(s->app.store));
	printf("tidewired: listening on http://%s%s%s:%d\n", v6 ? "[" : "",
	    o->host, v6 ? "]" : "", port);
	return fflush(stdout) == 0;
}

static int
serve(int argc, char **argv)
{
	struct server s = {0};
	struct options o;
	bool ok;

	switch (options_read(&o, argc, argv)) {
	case OPTIONS_EXIT:
		return 0;
	case OPTIONS_USAGE:
		return 2;
	default:
		break;
	}
	log_set_level(o.log_level);
	raise_limits();
	keep_memory();
	if (!open_server(&s, &o))
		return 1;
	ok = listen_server(&s, &o);
	if (ok)
		turn(&s);
	close_server(&s);
	log_info("stopped");
	return ok ? 0 : 1;
}

/*
 * Where one of the first three descriptors is closed, the next file that is
 * opened becomes it: the store, and what we log would be written over it.
 */
static void
hold_descriptors(void)
{
	int fd;

	for (fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
		if (fcntl(fd, F_GETFD) == -1 && errno == EBADF &&
		    open("/dev/null", O_RDWR) != fd)
			_Exit(1);
}

int
main(int argc, char **argv)
{
	hold_descriptors();
	if (argc > 1 && strcmp(argv[1], "check") == 0)
		return cmd_check(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "backup") == 0)
		return cmd_backup(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "rebuild") == 0)
		return cmd_rebuild(argc - 1, argv + 1);
	if (argc > 1 && strcmp(argv[1], "serve") == 0)
		return serve(argc - 1, argv + 1);
	return serve(argc, argv);
}
