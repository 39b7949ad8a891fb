/*
 * Workers and producers of a running Tidewire: jobs are triggered, claimed,
 * report progress and complete, and each of them is counted.  What is printed
 * is what peers/queue.js prints of the servers beside it.
 *
 * client.c moves the bytes.  The first connections are the lines that workers
 * report on, behind them are the producers', and last the one that claims for
 * all.  Without --batch each worker has a line and a producer, and claims for
 * itself.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "bench/die.h"
#include "bench/latency.h"
#include "bench/mix.h"
#include "bench/proc.h"
#include "core/mem.h"

#define WARM 2000
#define WORKERS_MAX 2000
#define BATCH_MAX 100
#define TOKEN_MAX 128
#define LINE_WORKERS 16 /* with --batch: reports under way on a line */
#define PAUSE_NS 2000000

/* Tags: what an answer is about; below them, a worker's report. */
#define TAG_TRIGGER (UINT64_C(1) << 32)
#define TAG_CLAIM (UINT64_C(2) << 32) /* plus a worker, the first that claims */

enum stage { IDLE, CLAIMED, REPORTED };

struct worker {
	enum stage stage;
	bool asked; /* its report is under way */
	uint64_t job;
	struct mix_id execution;
	char token[TOKEN_MAX];
};

/* One job, from its trigger on. */
struct job {
	int64_t born; /* ns */
	uint8_t claims, ends;
};

enum phase { PHASE_WARM, PHASE_RATE, PHASE_WAKE, PHASE_OVER };

struct bench {
	const char *url;
	uint64_t jobs, nworkers, wakeups, pid;
	bool batch;
	/* how it goes: */
	struct client *client;
	struct mix mix;
	enum phase phase;
	struct worker *workers;
	uint64_t nlines, nproducers;
	bool triggering, claiming; /* with --batch: under way */
	struct job *ledger;
	uint64_t made, ended, limit; /* this phase makes jobs up to limit */
	uint64_t room;		     /* jobs under way at a time */
	bool pause;		     /* before the next job */
	int64_t started;
	clock_t own; /* CPU of this process */
	struct proc before;
	struct latency life, wake;
	uint64_t completed; /* the server's count */
};

static const char usage[] =
    "usage: claims --url http://ADDR:PORT --pid PID [options]\n"
    "  --jobs N     lifecycles to measure (20000)\n"
    "  --workers N  and as many jobs under way (64)\n"
    "  --wakeups N  then one by one, all workers waiting (2000)\n"
    "  --batch      trigger and claim many in a request, and report on lines\n"
    "               that 16 workers share\n"
    "A job that is not claimed and completed exactly once: exit status 1.\n";

/* ---- what is asked ---- */

static void
post(struct bench *b, const char *path, const char *token, struct slice body,
    struct buf *out)
{
	b->mix.api_key = token;
	mix_post(&b->mix, path, body, out);
}

/* The input of job n, as long as peers/queue.js has it. */
static void
add_input(struct bench *b, struct buf *out)
{
	struct job *j = &b->ledger[b->made];

	buf_addf(out,
	    "{\"input_params\":{\"i\":%" PRIu64 ",\"document\":"
	    "\"https://files.example.com/%" PRIu64 ".pdf\",\"pages\":42,"
	    "\"language\":\"en\",\"customer\":%" PRIu64 ",\"region\":"
	    "\"eu-central-1\",\"options\":{\"tables\":true,\"images\":false,"
	    "\"deadline_seconds\":600}}}",
	    b->made, b->made, b->made % 5000);
	j->born = latency_clock();
	b->made++;
}

static bool
has_room(const struct bench *b)
{
	return b->made < b->limit && b->made - b->ended < b->room;
}

/* As many jobs as there is room for; none when there is none. */
static uint64_t
ask_trigger(struct bench *b, struct buf *out)
{
	struct buf body = {0};
	uint64_t n = b->room - (b->made - b->ended), i;

	if (n > b->limit - b->made)
		n = b->limit - b->made;
	if (n == 0 || b->pause || b->triggering)
		return CLIENT_REST;
	if (!b->batch) {
		add_input(b, &body);
		post(b, "/api/jobs/" MIX_JOB "/trigger", NULL, buf_slice(&body),
		    out);
	} else {
		buf_add_str(&body, "{\"executions\":[");
		for (i = 0; i < n && i < BATCH_MAX; i++) {
			buf_add_str(&body, i > 0 ? "," : "");
			add_input(b, &body);
		}
		buf_add_str(&body, "]}");
		b->triggering = true;
		post(b, "/api/jobs/" MIX_JOB "/trigger/batch", NULL,
		    buf_slice(&body), out);
	}
	buf_free(&body);
	return TAG_TRIGGER;
}

/* Claim for `max` workers, of whom w is the first. */
static uint64_t
ask_claims(struct bench *b, uint64_t w, uint64_t max, struct buf *out)
{
	char body[96];
	int n = snprintf(body, sizeof body,
	    "{\"worker\":\"w%" PRIu64 "\",\"max\":%" PRIu64
	    ",\"wait_seconds\":10}",
	    w, max);

	if (max == 0 || b->claiming)
		return CLIENT_REST;
	post(b, "/api/claims", NULL, (struct slice){body, (size_t)n}, out);
	b->claiming = b->batch;
	return TAG_CLAIM + w;
}

static uint64_t
ask_report(struct bench *b, struct worker *w, struct buf *out)
{
	bool claimed = w->stage == CLAIMED;
	char path[96];

	snprintf(path, sizeof path, "/api/executions/%s/%s", w->execution.text,
	    claimed ? "progress" : "complete");
	post(b, path, w->token,
	    claimed ? SLICE("{\"progress_percent\":50}")
		    : SLICE("{\"result_data\":{\"rows\":1204}}"),
	    out);
	w->asked = true;
	return (uint64_t)(w - b->workers);
}

/* A report of a worker on this line. */
static uint64_t
ask_line(struct bench *b, uint64_t line, struct buf *out)
{
	uint64_t i;

	for (i = line; i < b->nworkers; i += b->nlines)
		if (b->workers[i].stage != IDLE && !b->workers[i].asked)
			return ask_report(b, &b->workers[i], out);
	return b->batch ? CLIENT_REST : ask_claims(b, line, 1, out);
}

/* How many workers have nothing to do. */
static uint64_t
count_idle(const struct bench *b)
{
	uint64_t i, n = 0;

	for (i = 0; i < b->nworkers; i++)
		n += b->workers[i].stage == IDLE;
	return n < BATCH_MAX ? n : BATCH_MAX;
}

static uint64_t
ask_next(void *arg, unsigned conn, struct buf *out)
{
	struct bench *b = arg;

	if (conn < b->nlines)
		return ask_line(b, conn, out);
	if (conn < b->nlines + b->nproducers)
		return ask_trigger(b, out);
	return ask_claims(b, 0, count_idle(b), out);
}

/* ---- what is answered ---- */

/* Step behind the next `key` of rest; ends the program without one. */
static void
skip_to(struct slice *rest, const char *key)
{
	size_t n = strlen(key);
	const char *at = memmem(rest->p, rest->n, key, n);

	if (at == NULL)
		die("no %s in %.*s", key, SLICE_FMT(*rest));
	rest->n -= (size_t)(at + n - rest->p);
	rest->p = at + n;
}

/* The number that rest begins with. */
static uint64_t
number_at(struct slice rest)
{
	uint64_t v;
	size_t n = 0;

	while (n < rest.n && rest.p[n] >= '0' && rest.p[n] <= '9')
		n++;
	if (!slice_u64((struct slice){rest.p, n}, UINT64_MAX, &v))
		die("a number expected: %.*s", SLICE_FMT(rest));
	return v;
}

/* Read one claim into a worker, and step behind it. */
static void
take_claim(struct bench *b, struct worker *w, struct slice *rest)
{
	struct job *j;
	const char *end;

	skip_to(rest, "\"execution\":{");
	if (!mix_read_id(*rest, &w->execution))
		die("a claim without an id: %.*s", SLICE_FMT(*rest));
	skip_to(rest, "\"input_params\":{\"i\":");
	w->job = number_at(*rest);
	skip_to(rest, "\"token\":\"");
	end = memchr(rest->p, '"', rest->n);
	if (end == NULL || end - rest->p >= TOKEN_MAX || w->job >= b->made)
		die("not a claim of ours: %.*s", SLICE_FMT(*rest));
	snprintf(w->token, sizeof w->token, "%.*s", (int)(end - rest->p),
	    rest->p);
	w->stage = CLAIMED;
	j = &b->ledger[w->job];
	j->claims++;
	if (b->phase == PHASE_WAKE)
		latency_add(&b->wake, latency_clock() - j->born);
}

/* The claims of one answer, for those that are idle, worker i the first. */
static void
on_claims(struct bench *b, uint64_t i, struct slice body)
{
	static const char key[] = "\"execution\":{";

	while (memmem(body.p, body.n, key, sizeof key - 1) != NULL) {
		while (i < b->nworkers && b->workers[i].stage != IDLE)
			i++;
		if (i == b->nworkers)
			die("more claims than were asked for");
		take_claim(b, &b->workers[i], &body);
	}
	b->claiming = false;
}

static void next_phase(struct bench *b);

static void
on_completed(struct bench *b, struct worker *w)
{
	struct job *j = &b->ledger[w->job];

	w->stage = IDLE;
	j->ends++;
	b->ended++;
	if (b->phase == PHASE_RATE)
		latency_add(&b->life, latency_clock() - j->born);
	b->pause = b->phase == PHASE_WAKE;
	if (b->ended == b->limit)
		next_phase(b);
}

/* A report's answer moves its job on. */
static void
on_reported(struct bench *b, struct worker *w)
{
	w->asked = false;
	if (w->stage == CLAIMED)
		w->stage = REPORTED;
	else
		on_completed(b, w);
}

static void
on_answer(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	struct bench *b = arg;

	(void)ns;
	if (a->status != 200)
		die("status %u: %.*s", a->status, SLICE_FMT(a->body));
	if (tag >= TAG_CLAIM)
		on_claims(b, tag - TAG_CLAIM, a->body);
	else if (tag >= TAG_TRIGGER)
		b->triggering = false;
	else
		on_reported(b, &b->workers[tag]);
}

/* Make jobs where there is room; with --batch report and claim, too. */
static void
each_turn(void *arg)
{
	struct bench *b = arg;
	struct timespec pause = {0, PAUSE_NS};
	unsigned conn = b->batch ? 0 : (unsigned)b->nlines;
	unsigned last = (unsigned)(b->nlines + b->nproducers + b->batch);

	if (b->pause)
		nanosleep(&pause, NULL);
	b->pause = false;
	for (; conn < last && (b->batch || has_room(b)); conn++)
		client_wake(b->client, conn);
}

/* ---- how it goes ---- */

static void
print_latency(const char *name, const struct latency *l)
{
	printf("%s p50 %.4g p99 %.4g\n", name, latency_quantile(l, 0.50),
	    latency_quantile(l, 0.99));
}

static void
print_rate(const struct bench *b)
{
	double seconds = (double)(latency_clock() - b->started) / 1e9;
	double jobs = (double)b->jobs;
	struct proc after = proc_read((long)b->pid);

	printf("lifecycles_per_s %.0f\n", jobs / seconds);
	printf("server_cpu_s_per_1000 %.4g\n",
	    (after.cpu_us - b->before.cpu_us) / 1e3 / jobs);
	printf("client_cpu_s_per_1000 %.4g\n",
	    (double)(clock() - b->own) / CLOCKS_PER_SEC * 1e3 / jobs);
	print_latency("latency_ms", &b->life);
	printf("memory_mib %.4g\n", (double)after.rss_kib / 1024);
}

/* All jobs of a phase are complete. */
static void
next_phase(struct bench *b)
{
	b->phase++;
	if (b->phase == PHASE_RATE) {
		b->limit += b->jobs;
		b->before = proc_read((long)b->pid);
		b->own = clock();
		b->started = latency_clock();
	} else if (b->phase == PHASE_WAKE) {
		print_rate(b);
		b->limit += b->wakeups;
		b->room = 1;
	} else {
		client_end(b->client);
	}
}

/* Every job was claimed once and completed once, says everybody. */
static void
verify(const struct bench *b)
{
	uint64_t i, odd = 0;

	for (i = 0; i < b->made; i++)
		odd += b->ledger[i].claims != 1 || b->ledger[i].ends != 1;
	if (odd > 0 || b->completed != b->made) {
		fprintf(stderr,
		    "bench: of %" PRIu64 " jobs %" PRIu64 " were not claimed "
		    "and completed once; the server counts %" PRIu64 "\n",
		    b->made, odd, b->completed);
		exit(1);
	}
	printf("complete %" PRIu64 " exactly_once yes\n", b->made);
}

static uint64_t
ask_define(void *arg, unsigned conn, struct buf *out)
{
	post(arg, "/api/jobs", NULL,
	    SLICE("{\"name\":\"" MIX_JOB "\",\"heartbeat_timeout_seconds\":"
		  "600}"),
	    out);
	return conn;
}

static void
on_defined(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	(void)arg;
	(void)tag;
	(void)ns;
	if (a->status != 201)
		die("cannot define a job: status %u: %.*s", a->status,
		    SLICE_FMT(a->body));
}

static uint64_t
ask_server(void *arg, unsigned conn, struct buf *out)
{
	struct bench *b = arg;

	b->mix.api_key = NULL;
	mix_get(&b->mix, "/api/server", out);
	return conn;
}

static void
on_server(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	struct bench *b = arg;
	struct slice rest = a->body;

	(void)tag;
	(void)ns;
	skip_to(&rest, "\"completed\":");
	b->completed = number_at(rest);
}

static void
measure(struct bench *b)
{
	struct client_work define = {ask_define, on_defined, b, 1, 0};
	struct client_work work = {ask_next, on_answer, b, 0, 0};
	struct client_work server = {ask_server, on_server, b, 1, 0};
	struct client *last = client_new(b->url, 1, 1);

	client_run(last, &define);
	client_each_turn(b->client, each_turn);
	client_run(b->client, &work);
	printf("wakeups %" PRIu64 "\n", b->wake.count);
	print_latency("wakeup_ms", &b->wake);
	client_run(last, &server);
	client_free(last);
	verify(b);
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
set_option(struct bench *b, int c, const char *text)
{
	switch (c) {
	case 'u':
		b->url = text;
		break;
	case 'p':
		b->pid = number(text, 1u << 30);
		break;
	case 'j':
		b->jobs = number(text, 10000000);
		break;
	case 'w':
		b->nworkers = number(text, WORKERS_MAX);
		break;
	case 'k':
		b->wakeups = number(text, 1000000);
		break;
	case 'b':
		b->batch = true;
		break;
	default:
		fputs(usage, c == 'h' ? stdout : stderr);
		exit(c == 'h' ? 0 : 2);
	}
}

static void
read_options(struct bench *b, int argc, char **argv)
{
	static const struct option table[] = {
	    {"url", required_argument, NULL, 'u'},
	    {"pid", required_argument, NULL, 'p'},
	    {"jobs", required_argument, NULL, 'j'},
	    {"workers", required_argument, NULL, 'w'},
	    {"wakeups", required_argument, NULL, 'k'},
	    {"batch", no_argument, NULL, 'b'},
	    {"help", no_argument, NULL, 'h'},
	    {NULL, 0, NULL, 0},
	};
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1)
		set_option(b, c, optarg);
	if (optind != argc || b->url == NULL || b->pid == 0)
		set_option(b, '?', NULL);
}

int
main(int argc, char **argv)
{
	static struct bench b = {.jobs = 20000,
	    .nworkers = 64,
	    .wakeups = 2000,
	    .limit = WARM};

	read_options(&b, argc, argv);
	b.nproducers = b.batch ? 1 : b.nworkers;
	b.nlines = b.nworkers;
	if (b.batch)
		b.nlines = (b.nworkers + LINE_WORKERS - 1) / LINE_WORKERS;
	b.room = b.nworkers;
	b.mix.host = b.url + sizeof "http://" - 1;
	b.workers = mem_zalloc(b.nworkers * sizeof *b.workers);
	b.ledger = mem_zalloc((WARM + b.jobs + b.wakeups) * sizeof *b.ledger);
	b.client =
	    client_new(b.url, (unsigned)(b.nlines + b.nproducers + b.batch),
		b.batch ? LINE_WORKERS : 1);
	measure(&b);
	client_free(b.client);
	free(b.ledger);
	free(b.workers);
	return 0;
}
