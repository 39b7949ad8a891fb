/*
 * The load generator: asks a running server (Tidewire, or any that answers
 * 200) the same thing over and over from a set of keep-alive connections, and
 * says how fast it answered and what that cost the server.
 *
 * client.c moves the bytes, mix.c knows what is asked.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench/die.h"
#include "bench/latency.h"
#include "bench/mix.h"
#include "bench/proc.h"
#include "core/mem.h"

#define IDS_MAX 1000000
#define WARM_NS 300000000

struct options {
	const char *url, *mix, *ids;
	uint64_t connections, pipeline, executions, requests, seconds, pid;
};

/* A run under way, and what came of it. */
struct load {
	struct options o;
	struct client *client;
	struct mix mix;
	mix_fn *next;
	struct latency latency;
	uint64_t failed, commits;
	unsigned known; /* ids learned so far */
};

static const char usage[] =
    "usage: load --url http://ADDR:PORT [options]\n"
    "  --mix M          log, progress, logprogress (default), heartbeat,\n"
    "                   lifecycle, get, list, path\n"
    "  --path P         what the mix \"path\" gets (/)\n"
    "  --connections N  keep-alive connections (64)\n"
    "  --pipeline N     requests under way on each (1)\n"
    "  --executions N   live executions to trigger and start first (1000)\n"
    "  --ids FILE       executions to ask about, one id a line, instead\n"
    "  --seconds S      how long (5), or\n"
    "  --requests N     how many\n"
    "  --pid PID        the server's: tells CPU, memory, bytes written\n"
    "  --api-key KEY    sent as Authorization: Bearer KEY\n"
    "Answers other than 200 are counted and make the exit status 1.\n";

/* Count one answer of the measured run. */
static void
on_measured(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	struct load *l = arg;

	latency_add(&l->latency, ns);
	if (a->status != 200 && l->failed++ < 3)
		fprintf(stderr, "load: status %u: %.*s\n", a->status,
		    SLICE_FMT(a->body));
	mix_learn(&l->mix, tag, a);
}

/* An answer that must be 200 for the run to make sense. */
static void
on_warm(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	struct load *l = arg;

	(void)ns;
	if (a->status != 200)
		die("status %u: %.*s", a->status, SLICE_FMT(a->body));
	mix_learn(&l->mix, tag, a);
}

static void
on_started(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	(void)tag;
	on_warm(arg, MIX_PLAIN, a, ns);
}

/* An execution was made: keep its id. */
static void
on_triggered(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	struct load *l = arg;

	(void)tag;
	(void)ns;
	if (a->status != 200 || !mix_read_id(a->body, &l->mix.ids[l->known++]))
		die("cannot trigger: status %u: %.*s", a->status,
		    SLICE_FMT(a->body));
}

/* 201, or 422 about the name when an earlier run defined the job. */
static void
on_defined(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	(void)arg;
	(void)tag;
	(void)ns;
	if (a->status != 201 &&
	    memmem(a->body.p, a->body.n, "\"name\"", 6) == NULL)
		die("cannot define a job: status %u: %.*s", a->status,
		    SLICE_FMT(a->body));
}

/* Read "commits" of /api/server; other servers have none. */
static void
on_server(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	static const char key[] = "\"commits\":";
	struct load *l = arg;
	const char *at = memmem(a->body.p, a->body.n, key, sizeof key - 1);
	size_t n = 0;

	(void)tag;
	(void)ns;
	l->commits = 0;
	if (at == NULL)
		return;
	at += sizeof key - 1;
	while (at + n < a->body.p + a->body.n && at[n] >= '0' && at[n] <= '9')
		n++;
	if (!slice_u64((struct slice){at, n}, UINT64_MAX, &l->commits))
		l->commits = 0;
}

static uint64_t
ask_next(void *arg, unsigned conn, struct buf *out)
{
	struct load *l = arg;

	return l->next(&l->mix, conn, out);
}

static uint64_t
ask_trigger(void *arg, unsigned conn, struct buf *out)
{
	mix_trigger(&((struct load *)arg)->mix, out);
	return conn;
}

static uint64_t
ask_start(void *arg, unsigned conn, struct buf *out)
{
	mix_start(&((struct load *)arg)->mix, out);
	return conn;
}

static uint64_t
ask_define(void *arg, unsigned conn, struct buf *out)
{
	mix_define(&((struct load *)arg)->mix, out);
	return conn;
}

static uint64_t
ask_server(void *arg, unsigned conn, struct buf *out)
{
	mix_get(&((struct load *)arg)->mix, "/api/server", out);
	return conn;
}

/* Read ids from a file, one a line. */
static void
read_ids(struct load *l)
{
	FILE *f = fopen(l->o.ids, "r");
	char line[64];

	if (f == NULL)
		die("cannot read %s", l->o.ids);
	l->mix.ids = mem_zalloc(IDS_MAX * sizeof *l->mix.ids);
	while (l->mix.nids < IDS_MAX && fgets(line, sizeof line, f) != NULL)
		snprintf(l->mix.ids[l->mix.nids++].text, UUID_TEXT + 1, "%.*s",
		    UUID_TEXT, line);
	fclose(f);
	if (l->mix.nids == 0)
		die("%s is empty", l->o.ids);
}

/* Make the job, and as many running executions as were asked for. */
static void
set_scene(struct load *l)
{
	unsigned n = (unsigned)l->o.executions;
	struct client_work define = {ask_define, on_defined, l, 1, 0};
	struct client_work trigger = {ask_trigger, on_triggered, l, n, 0};
	struct client_work start = {ask_start, on_started, l, n, 0};

	client_run(l->client, &define);
	l->mix.ids = mem_zalloc(n * sizeof *l->mix.ids);
	client_run(l->client, &trigger);
	l->mix.nids = n;
	client_run(l->client, &start);
}

/* How many commits the server has made; 0 when it does not say. */
static uint64_t
commits(struct load *l)
{
	struct client_work server = {ask_server, on_server, l, 1, 0};

	client_run(l->client, &server);
	return l->commits;
}

/* Say what the server's process used. */
static void
print_usage(const struct proc *before, const struct proc *after, double count,
    double elapsed)
{
	double us = after->cpu_us - before->cpu_us;
	uint64_t bytes = after->written - before->written;

	printf("server CPU us/request: %.2f\n", us / count);
	printf("server CPU %%: %.0f\n", us / elapsed / 1e4);
	printf("server RSS KiB: %" PRIu64 "\n", after->rss_kib);
	printf("bytes/request: %.0f\n", (double)bytes / count);
}

static void
print_result(const struct load *l, double elapsed, uint64_t ncommits)
{
	const struct latency *t = &l->latency;
	double count = (double)t->count;

	printf("requests: %" PRIu64 "\n", t->count);
	printf("failed: %" PRIu64 "\n", l->failed);
	printf("requests/s: %.0f\n", count / elapsed);
	printf("p50 ms: %.3f\n", latency_quantile(t, 0.50));
	printf("p90 ms: %.3f\n", latency_quantile(t, 0.90));
	printf("p99 ms: %.3f\n", latency_quantile(t, 0.99));
	printf("max ms: %.3f\n", latency_max(t));
	if (ncommits == 0)
		return;
	printf("commits/s: %.0f\n", (double)ncommits / elapsed);
	printf("requests/commit: %.1f\n", count / (double)ncommits);
}

/* Warm up, then measure. */
static void
measure(struct load *l)
{
	struct client_work warm = {ask_next, on_warm, l, 0, WARM_NS};
	struct client_work work = {ask_next, on_measured, l, l->o.requests,
	    (int64_t)l->o.seconds * 1000000000};
	struct proc before = {0}, after = {0};
	uint64_t was;
	int64_t start, end;

	client_run(l->client, &warm);
	was = commits(l);
	if (l->o.pid != 0)
		before = proc_read((long)l->o.pid);
	start = latency_clock();
	client_run(l->client, &work);
	end = latency_clock();
	if (l->o.pid != 0)
		after = proc_read((long)l->o.pid);
	print_result(l, (double)(end - start) / 1e9, commits(l) - was);
	if (l->o.pid != 0)
		print_usage(&before, &after, (double)l->latency.count,
		    (double)(end - start) / 1e9);
}

static uint64_t
number(const char *text, uint64_t max)
{
	uint64_t v;

	if (!slice_u64(slice_str(text), max, &v) || v == 0)
		die("%s is not a number from 1 to %" PRIu64, text, max);
	return v;
}

static void
set_option(struct load *l, int c, const char *text)
{
	switch (c) {
	case 'u':
		l->o.url = text;
		break;
	case 'm':
		l->o.mix = text;
		break;
	case 'P':
		l->mix.path = text;
		break;
	case 'c':
		l->o.connections = number(text, 10000);
		break;
	case 'l':
		l->o.pipeline = number(text, 64);
		break;
	case 'e':
		l->o.executions = number(text, IDS_MAX);
		break;
	case 'i':
		l->o.ids = text;
		break;
	case 's':
		l->o.seconds = number(text, 3600);
		break;
	case 'n':
		l->o.requests = number(text, 1u << 30);
		break;
	case 'p':
		l->o.pid = number(text, 1u << 30);
		break;
	case 'k':
		l->mix.api_key = text;
		break;
	default:
		fputs(usage, c == 'h' ? stdout : stderr);
		exit(c == 'h' ? 0 : 2);
	}
}

static void
read_options(struct load *l, int argc, char **argv)
{
	static const struct option table[] = {
	    {"url", required_argument, NULL, 'u'},
	    {"mix", required_argument, NULL, 'm'},
	    {"path", required_argument, NULL, 'P'},
	    {"connections", required_argument, NULL, 'c'},
	    {"pipeline", required_argument, NULL, 'l'},
	    {"executions", required_argument, NULL, 'e'},
	    {"ids", required_argument, NULL, 'i'},
	    {"seconds", required_argument, NULL, 's'},
	    {"requests", required_argument, NULL, 'n'},
	    {"pid", required_argument, NULL, 'p'},
	    {"api-key", required_argument, NULL, 'k'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1)
		set_option(l, c, optarg);
	if (l->o.requests == 0 && l->o.seconds == 0)
		l->o.seconds = 5;
	l->next = mix_find(l->o.mix);
	if (optind != argc || l->o.url == NULL || l->next == NULL)
		set_option(l, '?', NULL);
	if (strcmp(l->o.mix, "lifecycle") == 0 && l->o.pipeline > 1)
		die("a lifecycle is asked one by one: no --pipeline");
}

int
main(int argc, char **argv)
{
	struct load l = {
	    .o = {NULL, "logprogress", NULL, 64, 1, 1000, 0, 0, 0},
	    .mix = {.path = "/"},
	};

	read_options(&l, argc, argv);
	l.mix.host = l.o.url + sizeof "http://" - 1;
	l.client = client_new(l.o.url, (unsigned)l.o.connections,
	    (unsigned)l.o.pipeline);
	l.mix.lives = mem_zalloc(l.o.connections * sizeof *l.mix.lives);
	if (l.o.ids != NULL)
		read_ids(&l);
	else if (l.next != mix_find("path"))
		set_scene(&l);
	measure(&l);
	client_free(l.client);
	free(l.mix.lives);
	free(l.mix.ids);
	return l.failed == 0 ? 0 : 1;
}
