/*
 * How fast the store is, driven directly: no engine, no HTTP.
 *
 *	store_bench [--seconds S] [--fill N] DIR
 *
 * Prints fully synced commits of one put (LMDB alone), then commands a second
 * over 1,000 live executions: log and progress (journal and row), status (and indexes, counters, timers).  --fill N then makes N
 * finished executions of three events each and times opening and checking.
 * DIR must not exist; it is left behind.
 */
#include <getopt.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

#include "core/json.h"
#include "core/lifecycle.h"
#include "core/log.h"
#include "core/mem.h"
#include "store/check.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/rows.h"

#define LIVE 1000
#define STEPS 3

struct bench {
	struct store *s;
	struct uuid_maker maker;
	struct uuid job;
	struct uuid live[LIVE];
	int64_t now;
	uint64_t noise;
	double seconds;
};

static double
clock_of(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

static uint64_t
random_bits(struct bench *b)
{
	b->noise ^= b->noise << 13;
	b->noise ^= b->noise >> 7;
	b->noise ^= b->noise << 17;
	return b->noise;
}

static struct store *
open_store(const char *dir, enum store_mode mode)
{
	char err[512];
	struct store *s = store_open(dir, mode, 1, err, sizeof(err));

	if (s == NULL)
		log_fatal("%s", err);
	return s;
}

static struct store_txn *
begin(struct bench *b)
{
	int rc;
	struct store_txn *t = store_begin(b->s, &rc);

	if (t == NULL)
		log_fatal("cannot begin");
	b->now++;
	return t;
}

static void
commit(struct store_txn *t)
{
	if (store_commit(t) != 0)
		log_fatal("cannot commit");
}

static void
make_job(struct bench *b)
{
	static const char text[] =
	    "{\"name\":\"bench\",\"steps\":[{\"name\":\"a\"},{\"name\":\"b\"},"
	    "{\"name\":\"c\"}]}";
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(slice_str(text), &bad);
	struct job *j = job_new(json_root(doc), &err);
	struct store_txn *t = begin(b);

	b->job = uuid_make(&b->maker, b->now, random_bits(b));
	jobs_put(t, &(struct jobs_head){.id = b->job, .version = 1}, j);
	commit(t);
	job_free(j);
	json_free(doc);
}

/* Append an event and let it change the copies, as the engine does. */
static void
apply(struct bench *b, struct store_txn *t, struct journal_event *ev,
    struct execution *x, struct step *steps)
{
	ev->seq = store_seq(t) + 1;
	ev->at = b->now;
	ev->execution = x->id;
	ev->attempt = 1;
	ev->prev = x->tail.seq;
	ev->nth = x->nevents + 1;
	journal_append(t, ev);
	lifecycle_apply(jobs_get(t, &b->job, 1), ev, x, steps);
}

static void
add_status(struct bench *b, struct store_txn *t, struct execution *x,
    enum status s)
{
	struct journal_event ev = event_make(EVENT_STATUS);
	struct execution old = *x;

	ev.previous = (uint8_t)x->status;
	ev.status = (uint8_t)s;
	ev.due = s == STATUS_RETRYING ? b->now + 5000 : 0;
	apply(b, t, &ev, x, NULL);
	rows_put(t, &old, x);
}

static void
complete(struct bench *b, struct store_txn *t, struct execution *x)
{
	struct journal_event ev = event_make(EVENT_STATUS);
	struct execution old = *x;
	struct step steps[STEPS];

	if (!rows_get_steps(t, &x->id, steps, STEPS))
		log_fatal("the steps are gone");
	ev.previous = (uint8_t)x->status;
	ev.status = STATUS_COMPLETED;
	apply(b, t, &ev, x, steps);
	rows_put(t, &old, x);
	for (unsigned i = 0; i < STEPS; i++)
		rows_put_step(t, &x->id, &steps[i]);
}

static struct execution
create(struct bench *b, struct store_txn *t)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	struct execution x = {.number = store_number_next(t),
	    .job = b->job,
	    .job_version = 1,
	    .project = 1,
	    .nsteps = STEPS};
	struct step steps[STEPS] = {{.index = 0}};
	uint8_t origin[EXECUTION_ORIGIN];
	struct uuid ids[STEPS];

	x.id = uuid_make(&b->maker, b->now, random_bits(b));
	for (unsigned i = 0; i < STEPS; i++) {
		ids[i] = uuid_make(&b->maker, b->now, random_bits(b));
		steps[i].id = ids[i];
	}
	execution_encode_origin(&x, origin);
	ev.status = STATUS_QUEUED;
	event_add_member(&ev, MEMBER_ROW,
	    (struct slice){(char *)origin, sizeof(origin)});
	event_add_member(&ev, MEMBER_STEPS,
	    (struct slice){(char *)ids, sizeof(ids)});
	event_add_member(&ev, MEMBER_INPUT,
	    SLICE("{\"url\":\"https://example.org/\",\"depth\":3}"));
	apply(b, t, &ev, &x, steps);
	rows_put(t, NULL, &x);
	for (unsigned i = 0; i < STEPS; i++)
		rows_put_step(t, &x.id, &steps[i]);
	return x;
}

static void
make_live(struct bench *b)
{
	struct store_txn *t = begin(b);

	for (unsigned i = 0; i < LIVE; i++) {
		struct execution x = create(b, t);

		add_status(b, t, &x, STATUS_RUNNING);
		b->live[i] = x.id;
	}
	commit(t);
}

static void
do_log(struct bench *b, struct store_txn *t, struct execution *x)
{
	struct journal_event ev = event_make(EVENT_LOG);
	struct execution old = *x;

	ev.level = LEVEL_INFO;
	event_add_member(&ev, MEMBER_MESSAGE,
	    SLICE("fetched page 17 of 120, 4 links to follow"));
	event_add_member(&ev, MEMBER_LOG_DATA, SLICE("{\"page\":17}"));
	apply(b, t, &ev, x, NULL);
	rows_put(t, &old, x);
}

static void
do_progress(struct bench *b, struct store_txn *t, struct execution *x)
{
	struct journal_event ev = event_make(EVENT_PROGRESS);
	struct execution old = *x;

	ev.percent = (uint8_t)(random_bits(b) % 101);
	event_add_member(&ev, MEMBER_STEP_NAME, SLICE("fetch"));
	event_add_member(&ev, MEMBER_METADATA, SLICE("{\"page\":17}"));
	apply(b, t, &ev, x, NULL);
	rows_put(t, &old, x);
}

static void
do_status(struct bench *b, struct store_txn *t, struct execution *x)
{
	add_status(b, t, x,
	    x->status == STATUS_RUNNING ? STATUS_RETRYING : STATUS_RUNNING);
}

struct work {
	const char *name;
	void (*run)(struct bench *, struct store_txn *, struct execution *);
};

static void
measure(struct bench *b, const struct work *w, unsigned group)
{
	double start = clock_of(CLOCK_MONOTONIC), took;
	double cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID);
	uint64_t done = 0;
	struct execution x;

	do {
		struct store_txn *t = begin(b);

		for (unsigned i = 0; i < group; i++, done++) {
			if (!rows_get(t, &b->live[random_bits(b) % LIVE], &x))
				log_fatal("a live execution is gone");
			w->run(b, t, &x);
		}
		commit(t);
		took = clock_of(CLOCK_MONOTONIC) - start;
	} while (took < b->seconds);
	cpu = clock_of(CLOCK_PROCESS_CPUTIME_ID) - cpu;
	printf("%-9s %4u a commit  %8.0f commands/s  %7.2f us CPU a command\n",
	    w->name, group, (double)done / took, cpu * 1e6 / (double)done);
}

static void
measure_bare(struct bench *b)
{
	double start = clock_of(CLOCK_MONOTONIC), took;
	uint64_t done = 0;

	do {
		struct store_txn *t = begin(b);

		meta_put(t, "bench", 8, ++done);
		commit(t);
		took = clock_of(CLOCK_MONOTONIC) - start;
	} while (took < b->seconds);
	printf("LMDB alone, one put a commit: %.0f commits/s\n",
	    (double)done / took);
}

static void
show(void *arg, const char *text)
{
	uint64_t *shown = arg;

	if (++*shown <= 3)
		printf("  finding: %s\n", text);
}

static void
fill(struct bench *b, const char *dir, unsigned long n)
{
	double start = clock_of(CLOCK_MONOTONIC);
	struct check_result r;
	uint64_t shown = 0;

	for (unsigned long i = 0; i < n;) {
		struct store_txn *t = begin(b);

		for (unsigned j = 0; j < 2000 && i < n; j++, i++) {
			struct execution x = create(b, t);

			add_status(b, t, &x, STATUS_RUNNING);
			complete(b, t, &x);
		}
		commit(t);
	}
	printf("made %lu executions in %.1f s\n", n,
	    clock_of(CLOCK_MONOTONIC) - start);
	store_close(b->s, false);
	start = clock_of(CLOCK_MONOTONIC);
	b->s = open_store(dir, STORE_SERVE);
	printf("opened in %.1f ms\n",
	    (clock_of(CLOCK_MONOTONIC) - start) * 1e3);
	start = clock_of(CLOCK_MONOTONIC);
	check_store(b->s, &r, show, &shown);
	printf("checked %" PRIu64 " events, %" PRIu64
	       " executions in %.1f s, %" PRIu64 " findings\n",
	    r.events, r.executions, clock_of(CLOCK_MONOTONIC) - start,
	    r.findings);
}

static void
run(struct bench *b)
{
	static const struct work works[] = {{"log", do_log},
	    {"progress", do_progress}, {"status", do_status}};

	measure_bare(b);
	for (size_t i = 0; i < sizeof(works) / sizeof(*works); i++) {
		measure(b, &works[i], 64);
		measure(b, &works[i], 256);
	}
}

int
main(int argc, char **argv)
{
	static const struct option options[] = {{"seconds", required_argument,
						    NULL, 's'},
	    {"fill", required_argument, NULL, 'f'}, {NULL, 0, NULL, 0}};
	struct bench *b = mem_zalloc(sizeof(*b));
	unsigned long n = 0;
	int c;

	b->noise = UINT64_C(0x9e3779b97f4a7c15);
	b->now = 1700000000000;
	b->seconds = 2;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c == 's')
			b->seconds = strtod(optarg, NULL);
		else if (c == 'f')
			n = strtoul(optarg, NULL, 10);
		else
			return 2;
	}
	if (optind != argc - 1)
		return 2;
	b->s = open_store(argv[optind], STORE_SERVE);
	make_job(b);
	make_live(b);
	run(b);
	if (n > 0)
		fill(b, argv[optind], n);
	store_close(b->s, true);
	free(b);
	return 0;
}
