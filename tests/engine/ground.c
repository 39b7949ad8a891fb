/*
 * Turning an engine by hand; see ground.h.
 */
#include "tests/engine/ground.h"

#include <event2/event.h>
#include <ftw.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/json.h"
#include "core/log.h"
#include "core/mem.h"
#include "store/check.h"
#include "store/rows.h"

static void
on_commit(void *arg, uint64_t seq)
{
	struct ground *g = arg;

	g->shown = seq;
	g->showings++;
}

/* Open the store and start an engine on it, without a turn. */
void
ground_start(struct ground *g)
{
	char err[512] = "";
	int rc;

	g->store = store_open(g->dir, STORE_SERVE, 77, err, sizeof(err));
	if (g->store == NULL)
		fail_msg("store_open: %s", err);
	store_set_free_mark(g->store, 0);
	g->base = event_base_new();
	assert_non_null(g->base);
	g->engine = engine_new(g->base, g->store, &rc);
	assert_non_null(g->engine);
	engine_on_commit(g->engine, on_commit, g);
}

static void
on_finding(void *arg, const char *text)
{
	(void)arg;
	print_error("check: %s\n", text);
}

/* Stop, and look whether what is on disk agrees with itself. */
void
ground_stop(struct ground *g, bool clean)
{
	struct check_result result = {0};

	engine_turn_begin(g->engine);
	assert_true(check_store(g->store, &result, on_finding, NULL));
	engine_free(g->engine);
	store_close(g->store, clean);
	event_base_free(g->base);
}

/* Make a folder and start in it. */
struct ground *
ground_new(void)
{
	struct ground *g = mem_zalloc(sizeof(*g));
	const char *tmp = getenv("TMPDIR");

	log_set_level(LOG_ERROR);
	snprintf(g->dir, sizeof(g->dir), "%s/tidewire-test-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(g->dir));
	ground_start(g);
	ground_turns(g);
	return g;
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Leave nothing behind. */
void
ground_free(struct ground *g)
{
	ground_stop(g, true);
	nftw(g->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(g);
}

/* Be the next server on the same store. */
void
ground_restart(struct ground *g, bool clean)
{
	ground_stop(g, clean);
	ground_start(g);
	ground_turns(g);
}

/* Turn once, as main.c does. */
bool
ground_turn(struct ground *g)
{
	engine_turn_begin(g->engine);
	event_base_loop(g->base, EVLOOP_ONCE | EVLOOP_NONBLOCK);
	return engine_turn_end(g->engine);
}

/* Turn until it would sleep. */
unsigned
ground_turns(struct ground *g)
{
	unsigned n = 1;

	while (ground_turn(g))
		assert_in_range(++n, 0, 1000);
	engine_turn_begin(g->engine); /* nothing is read of the last one */
	return n;
}

static void
on_moved(void *arg)
{
	struct ground *g = arg;

	g->told = true;
}

/* Let time pass. */
void
ground_advance(struct ground *g, int64_t seconds)
{
	g->told = false;
	assert_true(engine_clock_advance(g->engine, seconds * 1000, on_moved,
	    g));
	ground_turns(g);
	assert_true(g->told);
}

static void
keep_rows(struct ask *a, const struct outcome *o)
{
	a->had_x = o->x != NULL;
	if (o->x != NULL)
		a->x = *o->x;
	for (unsigned i = 0;
	     o->steps != NULL && i < o->x->nsteps && i < GROUND_STEPS; i++)
		a->steps[i] = o->steps[i];
	if (o->job != NULL) {
		a->job = o->job->id;
		a->job_version = o->job->version;
	}
}

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	struct ask *a = c->arg;

	assert_int_equal(a->answered, 0);
	assert_int_equal(a->settled, 0);
	a->answered = ++a->g->order;
	a->commits = engine_commits(a->g->engine);
	a->code = o->code;
	if (o->refusal != NULL)
		a->refusal = *o->refusal;
	a->repeated = o->repeated;
	a->first_seq = o->first_seq;
	a->last_seq = o->last_seq;
	assert_non_null(o->txn);
	keep_rows(a, o);
}

static void
on_settled(struct cmd *c, int rc)
{
	struct ask *a = c->arg;

	assert_int_equal(a->settled, 0);
	a->settled = ++a->g->order;
	a->rc = rc;
	if (a->then != NULL)
		ground_submit(a->then);
}

/* Begin a command. */
void
ground_ask(struct ground *g, struct ask *a, enum cmd_kind kind)
{
	*a = (struct ask){.g = g};
	a->cmd.kind = kind;
	a->cmd.answer = on_answer;
	a->cmd.settled = on_settled;
	a->cmd.arg = a;
	a->cmd.priority = -1;
}

/* Hand it to the engine. */
void
ground_submit(struct ask *a)
{
	engine_submit(a->g->engine, &a->cmd);
}

/* Carry it out on its own. */
enum outcome_code
ground_run(struct ask *a)
{
	ground_submit(a);
	ground_turns(a->g);
	assert_true(a->answered != 0);
	assert_true(a->settled > a->answered);
	assert_int_equal(a->rc, 0);
	return a->code;
}

/* The job of a definition with ' for ". */
struct job *
ground_read_job(const char *text)
{
	struct buf b = {0};
	struct json_error bad;
	struct job_error err;
	struct json *doc;
	struct job *j;

	for (; *text != '\0'; text++)
		buf_add_byte(&b, *text == '\'' ? '"' : (unsigned char)*text);
	doc = json_parse(buf_slice(&b), &bad);
	assert_non_null(doc);
	j = job_new(json_root(doc), &err);
	if (j == NULL)
		fail_msg("%s %s", err.field, err.text);
	json_free(doc);
	buf_free(&b);
	return j;
}

/* Define a job. */
struct uuid
ground_job(struct ground *g, const char *json)
{
	struct ask a;

	ground_ask(g, &a, CMD_JOB_CREATE);
	a.cmd.job = ground_read_job(json);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	job_free(a.cmd.job);
	return a.job;
}

/* Make an execution. */
struct uuid
ground_trigger(struct ground *g, const char *job)
{
	struct ask a;

	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = slice_str(job);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	return a.x.id;
}

/* Say something about it. */
struct execution
ground_report(struct ground *g, const struct uuid *id, struct report r)
{
	struct ask a;

	ground_ask(g, &a, CMD_REPORT);
	a.report = r;
	a.cmd.reports = &a.report;
	a.cmd.nreports = 1;
	a.cmd.id = *id;
	if (ground_run(&a) != OUTCOME_DONE)
		fail_msg("%s: %s", a.refusal.field, a.refusal.text);
	return a.x;
}

/* Read a row. */
struct execution
ground_row(struct ground *g, const struct uuid *id)
{
	struct execution x;

	assert_true(rows_get(engine_snapshot(g->engine), id, &x));
	return x;
}

/* Where the journal ends. */
uint64_t
ground_seq(struct ground *g)
{
	return store_seq(engine_snapshot(g->engine));
}

/* How many have that status. */
uint64_t
ground_count(struct ground *g, enum status s)
{
	struct rows_filter f = {.status = {s}};

	return (uint64_t)rows_count(engine_snapshot(g->engine), &f);
}

/* Let no file grow, or let them again. */
void
ground_limit_files(struct ground *g, bool on)
{
	static struct rlimit before;
	struct rlimit now;
	struct stat st;
	char path[PATH_MAX];

	if (!on) {
		assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
		return;
	}
	signal(SIGXFSZ, SIG_IGN);
	snprintf(path, sizeof(path), "%s/data.mdb", g->dir);
	assert_int_equal(stat(path, &st), 0);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
	now = before;
	now.rlim_cur = (rlim_t)st.st_size;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &now), 0);
}

/* Nothing but the engine's timer is in this loop. */
int
ground_armed(struct ground *g)
{
	return event_base_get_num_events(g->base, EVENT_BASE_COUNT_ADDED);
}
