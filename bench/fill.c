/*
 * Fill a store with executions that have lived, as a server would have left
 * it after a clean stop: every change is decided by core and journaled, and
 * `tidewired check` finds nothing to complain about.
 *
 * usage: fill --data DIR [--executions N] [--ids FILE]
 *
 * Executions overlap: life.c moves each through its stages while newer ones
 * are made.  At the end the last ones are still queued or running.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "bench/die.h"
#include "bench/latency.h"
#include "bench/life.h"
#include "core/mem.h"

#define BATCH 4000    /* executions made in one transaction */
#define LAG 100	      /* executions made between two stages of one */
#define STEP_MS 20    /* between two executions made, in their time */
#define SAMPLES 20000 /* ids written to --ids, but for the newest */
#define NEWEST 1000   /* of those, all are written */
#define EXECUTIONS_MAX 100000000

struct options {
	const char *data, *ids;
	uint64_t executions;
};

struct fill {
	struct options o;
	struct life_world world;
	struct life *ring; /* those under way */
	unsigned size;
	FILE *ids;
	int64_t began; /* ns */
};

static void
begin(struct fill *f)
{
	int rc;

	f->world.txn = store_begin(f->world.store, &rc);
	if (f->world.txn == NULL)
		die("cannot write to the store: %s", strerror(rc));
}

static void
commit(struct fill *f)
{
	int rc = store_commit(f->world.txn);

	if (rc != 0)
		die("cannot write to the store: %s", strerror(rc));
	f->world.txn = NULL;
}

/* A line that is written over, where somebody watches; else the last one. */
static void
show_progress(const struct fill *f, uint64_t made)
{
	bool last = made == f->o.executions;

	if (!last && !isatty(STDERR_FILENO))
		return;
	fprintf(stderr, "\rfill: %llu of %llu executions, %.1f s%s",
	    (unsigned long long)made, (unsigned long long)f->o.executions,
	    (double)(latency_clock() - f->began) / 1e9, last ? "\n" : "");
}

static struct life *
place(const struct fill *f, uint64_t n)
{
	return &f->ring[n % f->size];
}

/* Write down an even share of the ids, then the newest ones. */
static void
sample(struct fill *f, uint64_t n, const struct life *l)
{
	uint64_t every = f->o.executions / SAMPLES + 1;
	bool newest = n + NEWEST >= f->o.executions;
	char text[UUID_TEXT + 1];

	if (f->ids == NULL || (!newest && n % every != 0))
		return;
	uuid_format(life_id(l), text);
	fprintf(f->ids, "%s\n", text);
}

/* Make one, and move each older one whose time has come a stage on. */
static void
make_one(struct fill *f, uint64_t n)
{
	unsigned stage;

	f->world.now += STEP_MS;
	if (n >= f->size)
		life_store(&f->world, place(f, n));
	life_begin(&f->world, place(f, n));
	sample(f, n, place(f, n));
	for (stage = 1; stage < LIFE_STAGES; stage++)
		if (n >= (uint64_t)stage * LAG)
			life_go_on(&f->world,
			    place(f, n - (uint64_t)stage * LAG));
}

/* Store the rows of those still under way, once there are no more to come. */
static void
store_rest(struct fill *f)
{
	uint64_t n = f->o.executions;
	uint64_t i = n > f->size ? n - f->size : 0;

	begin(f);
	for (; i < n; i++)
		life_store(&f->world, place(f, i));
	commit(f);
}

static void
fill_store(struct fill *f)
{
	uint64_t n = 0, end;

	begin(f);
	life_define(&f->world);
	commit(f);
	while (n < f->o.executions) {
		end = n + BATCH;
		if (end > f->o.executions)
			end = f->o.executions;
		begin(f);
		for (; n < end; n++)
			make_one(f, n);
		commit(f);
		show_progress(f, n);
	}
	store_rest(f);
}

static void
open_all(struct fill *f)
{
	char err[512];
	time_t now = time(NULL);

	f->world.store =
	    store_open(f->o.data, STORE_SERVE, (uint64_t)now, err, sizeof err);
	if (f->world.store == NULL)
		die("%s", err);
	if (store_seq(store_snapshot(f->world.store)) != 0)
		die("there is a store in %s already", f->o.data);
	store_snapshot_end(f->world.store);
	f->world.noise = (uint64_t)now;
	f->world.now = (int64_t)now * 1000 - (int64_t)f->o.executions * STEP_MS;
	f->size = LIFE_STAGES * LAG;
	f->ring = mem_zalloc(f->size * sizeof *f->ring);
	if (f->o.ids != NULL && (f->ids = fopen(f->o.ids, "w")) == NULL)
		die("cannot write %s: %s", f->o.ids, strerror(errno));
	f->began = latency_clock();
}

static void
close_all(struct fill *f)
{
	store_close(f->world.store, true);
	life_forget(&f->world);
	free(f->ring);
	if (f->ids != NULL && fclose(f->ids) != 0)
		die("cannot write %s: %s", f->o.ids, strerror(errno));
}

static void
read_options(struct options *o, int argc, char **argv)
{
	static const struct option table[] = {
	    {"data", required_argument, NULL, 'd'},
	    {"executions", required_argument, NULL, 'e'},
	    {"ids", required_argument, NULL, 'i'},
	    {NULL, 0, NULL, 0},
	};
	bool ok = true;
	int c;

	while ((c = getopt_long(argc, argv, "", table, NULL)) != -1) {
		if (c == 'd')
			o->data = optarg;
		else if (c == 'i')
			o->ids = optarg;
		else
			ok = ok && c == 'e' &&
			    slice_u64(slice_str(optarg), EXECUTIONS_MAX,
				&o->executions);
	}
	if (!ok || o->data == NULL || o->executions == 0 || optind != argc)
		die("usage: fill --data DIR [--executions N] [--ids FILE]");
}

int
main(int argc, char **argv)
{
	struct fill f = {.o = {NULL, NULL, 1000000}};

	read_options(&f.o, argc, argv);
	open_all(&f);
	fill_store(&f);
	close_all(&f);
	return 0;
}
