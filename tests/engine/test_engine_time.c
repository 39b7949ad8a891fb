/*
 * Time in the engine: words in memory, timers in rows, the one that is armed,
 * and what an unclean stop leaves to do.
 */
#include <errno.h>
#include <event2/event.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/log.h"
#include "core/mem.h"
#include "store/journal.h"
#include "tests/engine/ground.h"

#define LIMIT 300000 /* ms: the default heartbeat timeout */
#define MANY 450

static struct report
says(enum report_kind kind)
{
	struct report r = report_make(kind);

	r.level = LEVEL_INFO;
	r.message = SLICE("m");
	r.error_message = SLICE("m");
	return r;
}

/* An execution that has begun, of a new job by that name. */
static struct uuid
begun(struct ground *g, const char *name, const char *members)
{
	char json[300];
	struct uuid id;

	snprintf(json, sizeof(json), "{'name':'%s'%s}", name, members);
	ground_job(g, json);
	id = ground_trigger(g, name);
	ground_report(g, &id, says(REPORT_HEARTBEAT));
	return id;
}

/* ---- words ---- */

static enum engine_heartbeat
beat(struct ground *g, const struct uuid *id)
{
	struct execution x;

	return engine_heartbeat(g->engine, id, 0, &(struct fence){0}, &x);
}

/* A heartbeat writes nothing, and still counts when the timer falls due. */
static void
test_soft(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");
	struct execution first = ground_row(g, &id), x;
	uint64_t seq = ground_seq(g), commits = engine_commits(g->engine);
	unsigned showings = g->showings;
	int64_t word;

	(void)state;
	ground_advance(g, 60);
	assert_int_equal(engine_heartbeat(g->engine, &id, 0,
			     &(struct fence){.attempt = 1}, &x),
	    ENGINE_HEARTBEAT_SOFT);
	word = engine_now(g->engine);
	assert_int_equal(x.heartbeat_at, word);
	assert_int_equal(ground_row(g, &id).heartbeat_at, first.heartbeat_at);
	assert_int_equal(engine_last_word(g->engine, &first), word);
	assert_false(ground_turn(g));
	ground_advance(g, 235);
	assert_int_equal(engine_commits(g->engine), commits);
	ground_advance(g, 15); /* 310 */
	assert_int_equal(engine_commits(g->engine), commits + 1);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_RUNNING);
	assert_int_equal(x.due[TIMER_HEARTBEAT], word + LIMIT);
	assert_int_equal(x.heartbeat_at, word);
	assert_int_equal(x.updated_at, first.updated_at);
	assert_int_equal(ground_seq(g), seq);
	assert_int_equal(g->showings, showings);
	ground_advance(g, 60); /* 370 */
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_RETRYING);
	assert_int_equal(x.heartbeat_at, word);
	ground_free(g);
}

/* Which heartbeats must become commands, and which are nobody's. */
static void
test_not_soft(void **state)
{
	struct ground *g = ground_new();
	struct uuid id, none = {{9}};
	struct execution x;

	(void)state;
	ground_job(g, "{'name':'n'}");
	id = ground_trigger(g, "n");
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_COMMAND);
	assert_int_equal(beat(g, &none), ENGINE_HEARTBEAT_NOT_FOUND);
	ground_report(g, &id, says(REPORT_HEARTBEAT));
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_SOFT);
	assert_int_equal(engine_heartbeat(g->engine, &id, 5,
			     &(struct fence){.attempt = 0}, &x),
	    ENGINE_HEARTBEAT_NOT_FOUND);
	assert_int_equal(engine_heartbeat(g->engine, &id, 0,
			     &(struct fence){.attempt = 2}, &x),
	    ENGINE_HEARTBEAT_COMMAND);
	ground_advance(g, LIMIT / 4000 - 5);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_SOFT);
	ground_advance(g, 6);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_COMMAND);
	x = ground_report(g, &id, says(REPORT_HEARTBEAT));
	assert_int_equal(ground_row(g, &id).heartbeat_at, x.heartbeat_at);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_SOFT);
	ground_report(g, &id, says(REPORT_COMPLETE));
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_COMMAND);
	ground_free(g);
}

/* What is written takes the last word along; an end does not lose it. */
static void
test_word_is_kept(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");
	struct ask a;
	int64_t word;

	(void)state;
	ground_advance(g, 30);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_SOFT);
	word = engine_now(g->engine);
	ground_advance(g, 10);
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	assert_int_equal(a.x.heartbeat_at, word);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_SOFT);
	word = engine_now(g->engine);
	ground_advance(g, 31);
	assert_int_equal(ground_row(g, &id).status, STATUS_CANCELLED);
	assert_int_equal(ground_row(g, &id).heartbeat_at, word);
	id = ground_trigger(g, "n");
	a.x = ground_report(g, &id, says(REPORT_COMPLETE));
	assert_int_equal(a.x.heartbeat_at, a.x.completed_at);
	ground_free(g);
}

/* ---- timers ---- */

struct seen {
	struct uuid ids[8];
	unsigned n;
};

static bool
see(void *arg, const struct journal_event *ev)
{
	struct seen *s = arg;

	if (ev->type == EVENT_STATUS) {
		assert_in_range(s->n, 0, 7);
		s->ids[s->n++] = ev->execution;
	}
	return true;
}

/* What falls due together happens in the order of its deadlines. */
static void
test_order(void **state)
{
	struct ground *g = ground_new();
	struct uuid slow = begun(g, "a", ",'heartbeat_timeout_seconds':200");
	struct uuid fast = begun(g, "b", ",'heartbeat_timeout_seconds':50");
	struct uuid mid = begun(g, "c", ",'total_timeout_seconds':100");
	struct seen s = {.n = 0};
	struct journal_visit v = {see, &s};
	uint64_t seq = ground_seq(g);

	(void)state;
	ground_advance(g, 250);
	journal_walk(engine_snapshot(g->engine), seq, 100, &v);
	assert_int_equal(s.n, 3);
	assert_true(uuid_eq(&s.ids[0], &fast));
	assert_true(uuid_eq(&s.ids[1], &mid));
	assert_true(uuid_eq(&s.ids[2], &slow));
	assert_int_equal(ground_row(g, &mid).status, STATUS_TIMED_OUT);
	ground_free(g);
}

/* All but the last of an execution's timers may be moot when it is due. */
static void
test_several_of_one(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n",
	    ",'heartbeat_timeout_seconds':10,'timeout_seconds':20,"
	    "'total_timeout_seconds':30");
	uint64_t seq = ground_seq(g);

	(void)state;
	ground_advance(g, 40);
	assert_int_equal(ground_row(g, &id).status, STATUS_TIMED_OUT);
	assert_int_equal(ground_seq(g), seq + 2);
	assert_int_equal(ground_armed(g), 0);
	ground_free(g);
}

/* Ask n times, all in as few turns as may be. */
static void
ask_all(struct ground *g, struct ask *a, unsigned n)
{
	for (unsigned i = 0; i < n; i++)
		ground_submit(&a[i]);
	ground_turns(g);
	for (unsigned i = 0; i < n; i++)
		assert_int_equal(a[i].code, OUTCOME_DONE);
}

/* MANY executions that have begun; their ids, owned. */
static struct uuid *
begin_many(struct ground *g)
{
	struct uuid *ids = mem_zalloc(MANY * sizeof(*ids));
	struct ask *a = mem_zalloc(MANY * sizeof(*a));

	ground_job(g, "{'name':'n'}");
	for (unsigned i = 0; i < MANY; i++) {
		ground_ask(g, &a[i], CMD_TRIGGER);
		a[i].cmd.name = SLICE("n");
	}
	ask_all(g, a, MANY);
	for (unsigned i = 0; i < MANY; i++) {
		ids[i] = a[i].x.id;
		ground_ask(g, &a[i], CMD_REPORT);
		a[i].report = says(REPORT_HEARTBEAT);
		a[i].cmd.reports = &a[i].report;
		a[i].cmd.nreports = 1;
		a[i].cmd.id = ids[i];
	}
	ask_all(g, a, MANY);
	free(a);
	return ids;
}

static void
count(void *arg)
{
	++*(unsigned *)arg;
}

/* A turn is bounded in timers, too; who moved the clock waits for all. */
static void
test_many_timers(void **state)
{
	struct ground *g = ground_new();
	unsigned told = 0;

	(void)state;
	free(begin_many(g));
	assert_true(engine_clock_advance(g->engine, LIMIT + 2000, count,
	    &told));
	assert_false(engine_clock_advance(g->engine, 1, count, &told));
	assert_true(ground_turn(g));
	assert_int_equal(told, 0);
	engine_turn_begin(g->engine);
	assert_int_equal(ground_count(g, STATUS_RETRYING), 256);
	assert_false(ground_turn(g));
	assert_int_equal(told, 1);
	engine_turn_begin(g->engine);
	assert_int_equal(ground_count(g, STATUS_RETRYING), MANY);
	assert_true(engine_clock_advance(g->engine, 1, count, &told));
	assert_false(ground_turn(g));
	assert_int_equal(told, 2);
	ground_free(g);
}

/* ---- the one armed timer ---- */

/* Sleep as the server does, then turn. */
static bool
sleep_and_turn(struct ground *g)
{
	engine_turn_begin(g->engine);
	assert_int_equal(event_base_loop(g->base, EVLOOP_ONCE), 0);
	return engine_turn_end(g->engine);
}

/* It is armed while something may fall due, wherever the clock is moved. */
static void
test_armed(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");

	(void)state;
	assert_int_equal(ground_armed(g), 1);
	ground_advance(g, 100);
	assert_int_equal(ground_armed(g), 1);
	ground_advance(g, -200);
	assert_int_equal(ground_armed(g), 1);
	ground_restart(g, true);
	assert_int_equal(ground_armed(g), 1);
	ground_report(g, &id, says(REPORT_COMPLETE));
	assert_int_equal(ground_armed(g), 0);
	ground_free(g);
}

/* It wakes the loop: nobody else is there to do so. */
static void
test_wakes(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n",
	    ",'retry':{'initial_interval_ms':40,'max_attempts':9,"
	    "'backoff_coefficient':1}");

	(void)state;
	for (unsigned attempt = 2; attempt < 6; attempt++) {
		ground_report(g, &id, says(REPORT_FAIL));
		for (unsigned i = 0; ground_row(g, &id).attempt < attempt;
		     i++) {
			assert_in_range(i, 0, 20);
			sleep_and_turn(g);
			engine_turn_begin(g->engine);
		}
		assert_int_equal(ground_row(g, &id).status, STATUS_QUEUED);
	}
	ground_free(g);
}

/* After a full disk it is armed for what is due, not only for one retry. */
static void
test_armed_after_failure(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");
	struct ask a;
	int64_t failed;

	(void)state;
	store_set_free_mark(g->store, UINT64_MAX);
	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = id;
	ground_submit(&a);
	assert_false(ground_turn(g));
	assert_int_equal(a.rc, ENOSPC);
	assert_int_equal(ground_armed(g), 1);
	failed = engine_now(g->engine);
	assert_false(sleep_and_turn(g)); /* a second */
	assert_true(engine_now(g->engine) - failed > 900);
	assert_int_equal(ground_armed(g), 1);
	store_set_free_mark(g->store, 0);
	ground_free(g);
}

/* Timers wait for the disk, and its fullness is nobody's silence. */
static void
test_timers_while_full(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", ",'total_timeout_seconds':1000");
	unsigned told = 0;
	int64_t full_at;

	(void)state;
	store_set_free_mark(g->store, UINT64_MAX);
	assert_true(engine_clock_advance(g->engine, LIMIT + 2000, count,
	    &told));
	assert_false(ground_turn(g));
	full_at = engine_now(g->engine);
	engine_turn_begin(g->engine);
	assert_int_equal(told, 0);
	assert_int_equal(ground_armed(g), 1);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	store_set_free_mark(g->store, 0);
	assert_false(ground_turn(g));
	engine_turn_begin(g->engine);
	assert_int_equal(told, 1);
	assert_int_equal(ground_row(g, &id).due[TIMER_HEARTBEAT],
	    full_at + LIMIT);
	ground_advance(g, 1000);
	assert_int_equal(ground_row(g, &id).status, STATUS_TIMED_OUT);
	ground_free(g);
}

/* ---- a clock that is set ---- */

static time_t set_by; /* seconds, that the system's clock was set on */

/* The system's, here. */
int
clock_gettime(clockid_t id, struct timespec *out)
{
	int rc = (int)syscall(SYS_clock_gettime, id, out);

	if (id == CLOCK_REALTIME)
		out->tv_sec += set_by;
	return rc;
}

/* Set it; what is logged of it must have that in it. */
static void
set_clock(struct ground *g, int seconds, const char *logged)
{
	int saved = dup(STDERR_FILENO);
	char line[300] = "";
	FILE *f = tmpfile();

	assert_non_null(f);
	fflush(stderr);
	dup2(fileno(f), STDERR_FILENO);
	log_set_level(LOG_WARN);
	set_by += seconds;
	ground_turns(g);
	log_set_level(LOG_ERROR);
	fflush(stderr);
	dup2(saved, STDERR_FILENO);
	close(saved);
	rewind(f);
	assert_non_null(fgets(line, sizeof line, f));
	if (strstr(line, logged) == NULL)
		fail_msg("%s", line);
	fclose(f);
}

/* Forward, nobody is timed out by it; back, that comes late, as is said. */
static void
test_clock_is_set(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");

	(void)state;
	set_clock(g, 3600, "a full heartbeat timeout from now");
	ground_advance(g, LIMIT / 1000 - 10);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	ground_advance(g, 11);
	assert_int_equal(ground_row(g, &id).status, STATUS_RETRYING);
	id = begun(g, "m", "");
	set_clock(g, -3600, "happens that much later");
	ground_advance(g, 3600 + LIMIT / 1000 - 10);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	ground_advance(g, 11);
	assert_int_equal(ground_row(g, &id).status, STATUS_RETRYING);
	set_by = 0;
	ground_free(g);
}

/* ---- starting again ---- */

/* Nobody is silent while no server listens; nor is that a word. */
static void
test_restart_is_no_silence(void **state)
{
	struct ground *g = ground_new();
	struct execution before, x;
	struct uuid id;
	int64_t start;

	(void)state;
	ground_advance(g, -3600);
	id = begun(g, "n", "");
	before = ground_row(g, &id);
	ground_stop(g, true);
	ground_start(g);
	start = engine_now(g->engine);
	assert_int_equal(beat(g, &id), ENGINE_HEARTBEAT_COMMAND);
	ground_turns(g);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_RUNNING);
	assert_in_range(x.due[TIMER_HEARTBEAT], start + LIMIT - 1000,
	    start + LIMIT);
	assert_int_equal(x.heartbeat_at, before.heartbeat_at);
	ground_advance(g, LIMIT / 1000 + 1);
	assert_int_equal(ground_row(g, &id).status, STATUS_RETRYING);
	ground_free(g);
}

/* What ran is marked batch by batch, unless it speaks before that. */
static void
test_unclean(void **state)
{
	struct ground *g = ground_new();
	struct uuid *ids = begin_many(g), queued = ground_trigger(g, "n");
	struct execution x;
	struct ask a;

	(void)state;
	ground_stop(g, false);
	ground_start(g);
	assert_false(engine_idle(g->engine));
	assert_int_equal(beat(g, &ids[0]), ENGINE_HEARTBEAT_SOFT);
	ground_ask(g, &a, CMD_REPORT);
	a.report = says(REPORT_LOG);
	a.cmd.reports = &a.report;
	a.cmd.nreports = 1;
	a.cmd.id = ids[1];
	ground_submit(&a);
	assert_true(ground_turn(g));
	engine_turn_begin(g->engine);
	assert_int_equal(a.code, OUTCOME_DONE);
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), 198);
	assert_true(ground_turn(g));
	engine_turn_begin(g->engine);
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), 398);
	assert_int_equal(beat(g, &ids[MANY - 1]), ENGINE_HEARTBEAT_SOFT);
	assert_false(ground_turn(g));
	engine_turn_begin(g->engine);
	assert_true(engine_idle(g->engine));
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), MANY - 3);
	assert_int_equal(ground_count(g, STATUS_RUNNING), 3);
	assert_int_equal(ground_row(g, &queued).status, STATUS_QUEUED);
	assert_int_equal(beat(g, &ids[2]), ENGINE_HEARTBEAT_COMMAND);
	x = ground_report(g, &ids[2], says(REPORT_HEARTBEAT));
	assert_int_equal(x.status, STATUS_RUNNING);
	assert_int_equal(x.attempt, 1);
	ground_restart(g, true);
	assert_int_equal(ground_count(g, STATUS_RUNNING), 4);
	ground_advance(g, LIMIT / 1000 + 1);
	assert_int_equal(ground_count(g, STATUS_RETRYING), MANY);
	free(ids);
	ground_free(g);
}

/* A lost turn loses no one: the batch is done again. */
static void
test_unclean_while_full(void **state)
{
	struct ground *g = ground_new();

	(void)state;
	free(begin_many(g));
	ground_stop(g, false);
	ground_start(g);
	assert_true(ground_turn(g));
	store_set_free_mark(g->store, UINT64_MAX);
	assert_false(ground_turn(g));
	assert_false(engine_idle(g->engine));
	assert_int_equal(ground_armed(g), 1);
	engine_turn_begin(g->engine);
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), 200);
	store_set_free_mark(g->store, 0);
	ground_turns(g);
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), MANY);
	assert_true(engine_idle(g->engine));
	ground_free(g);
}

/* Nor does a batch whose commit fails. */
static void
test_unclean_commit_fails(void **state)
{
	struct ground *g = ground_new();

	(void)state;
	free(begin_many(g));
	ground_stop(g, false);
	ground_start(g);
	ground_limit_files(g, true);
	while (ground_turn(g))
		;
	ground_limit_files(g, false);
	assert_false(engine_idle(g->engine));
	engine_turn_begin(g->engine);
	assert_true(ground_count(g, STATUS_INTERRUPTED) < MANY);
	ground_turns(g);
	assert_int_equal(ground_count(g, STATUS_INTERRUPTED), MANY);
	ground_free(g);
}

/* A stop in order is nothing to recover from. */
static void
test_clean(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = begun(g, "n", "");

	(void)state;
	ground_stop(g, true);
	ground_start(g);
	assert_true(engine_idle(g->engine));
	ground_turns(g);
	assert_int_equal(ground_row(g, &id).status, STATUS_RUNNING);
	ground_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_soft),
	    cmocka_unit_test(test_not_soft),
	    cmocka_unit_test(test_word_is_kept),
	    cmocka_unit_test(test_order),
	    cmocka_unit_test(test_several_of_one),
	    cmocka_unit_test(test_many_timers),
	    cmocka_unit_test(test_armed),
	    cmocka_unit_test(test_wakes),
	    cmocka_unit_test(test_armed_after_failure),
	    cmocka_unit_test(test_timers_while_full),
	    cmocka_unit_test(test_clock_is_set),
	    cmocka_unit_test(test_restart_is_no_silence),
	    cmocka_unit_test(test_unclean),
	    cmocka_unit_test(test_unclean_while_full),
	    cmocka_unit_test(test_unclean_commit_fails),
	    cmocka_unit_test(test_clean),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
