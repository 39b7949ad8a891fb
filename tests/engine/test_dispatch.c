/*
 * Who is handed what, whatever happens: each claim is compared with looking
 * at every row, and nobody waits for what could be had.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "engine/dispatch_impl.h"
#include "engine/engine_impl.h"
#include "store/ready.h"
#include "store/rows.h"
#include "tests/engine/worker.h"

/* ---- anything, compared with looking at every row ---- */

#define MANY 400
#define OPS 3000
#define WAITING 4

static const char *const queues[2] = {"default", "other"};

/* What is there, as the oracle sees it. */
struct every {
	struct ground *g;
	uint64_t state; /* of the generator */
	struct uuid ids[MANY];
	char key[MANY]; /* 0: none */
	unsigned job[MANY];
	struct execution x[MANY]; /* as look() found it */
	unsigned n;
	struct {
		bool paused;
		unsigned max, per_key, queue;
	} jobs[3];
	bool paused[2]; /* queues */
	struct worker held[MANY];
	unsigned nheld;
	struct worker waits[WAITING];
	bool waiting[WAITING];
	unsigned woken;
};

static unsigned
any(struct every *v, unsigned below)
{
	v->state = v->state * UINT64_C(6364136223846793005) + 1442695041;
	return (unsigned)(v->state >> 33) % below;
}

/* Read every row. */
static void
look(struct every *v)
{
	for (unsigned i = 0; i < v->n; i++)
		v->x[i] = ground_row(v->g, &v->ids[i]);
}

/* How many of a job, and of one of its keys, are held. */
static unsigned
held(const struct every *v, unsigned job, char key)
{
	unsigned n = 0;

	for (unsigned i = 0; i < v->n; i++)
		if (v->job[i] == job && status_is_held(v->x[i].status) &&
		    (key == 0 || key == v->key[i]))
			n++;
	return n;
}

static bool
is_eligible(const struct every *v, unsigned i)
{
	unsigned job = v->job[i], max = v->jobs[job].max;

	if (max != 0 && held(v, job, 0) >= max)
		return false;
	return v->key[i] == 0 || held(v, job, v->key[i]) < v->jobs[job].per_key;
}

/* Does the claim ask for work of that job, which is not paused? */
static bool
is_asked(const struct every *v, const struct cmd *c, unsigned job)
{
	unsigned queue = v->jobs[job].queue, i;
	const struct claim *cl = c->claim;

	if (v->jobs[job].paused || v->paused[queue])
		return false;
	for (i = 0; i < cl->njobs; i++)
		if (cl->jobs[i].p[1] == (char)('0' + job))
			return true;
	for (i = 0; i < cl->nqueues; i++)
		if (slice_is(cl->queues[i], queues[queue]))
			return true;
	return false;
}

static void
keep_best(const struct ready_row *r, struct ready_row *best, bool *found)
{
	if (!*found || ready_before(r, best))
		*best = *r;
	*found = true;
}

/* The best that a claim may have; false when there is none. */
static bool
expect(struct every *v, const struct cmd *c, struct ready_row *best)
{
	struct step steps[2];
	struct ready_row r;
	bool found = false;

	for (unsigned i = 0; i < v->n; i++) {
		const struct execution *x = &v->x[i];

		if ((c->tenant != 0 && x->project != c->tenant) ||
		    !is_asked(v, c, v->job[i]))
			continue;
		if (execution_is_ready(x) && is_eligible(v, i) &&
		    (!c->claim->of_steps || x->nsteps > 0)) {
			r = ready_row_of(x);
			keep_best(&r, best, &found);
		}
		rows_get_steps(engine_snapshot(v->g->engine), &x->id, steps,
		    x->nsteps);
		for (unsigned s = 0; c->claim->of_steps && s < x->nsteps; s++) {
			if (!execution_is_step_ready(x, &steps[s]))
				continue;
			r = ready_row_of_step(x, &steps[s]);
			keep_best(&r, best, &found);
		}
	}
	return found;
}

static void
do_trigger(struct every *v)
{
	struct ask a;
	char name[3] = "j0", key[2] = "a";

	if (v->n == MANY)
		return;
	v->job[v->n] = any(v, 3);
	name[1] = (char)('0' + v->job[v->n]);
	key[0] = (char)('a' + any(v, 2));
	ground_ask(v->g, &a, CMD_TRIGGER);
	a.cmd.name = slice_str(name);
	a.cmd.priority = (int)any(v, 3);
	a.cmd.project = any(v, 3);
	if (any(v, 4) != 0)
		a.cmd.concurrency_key = slice_str(key);
	if (any(v, 4) == 0)
		a.cmd.run_at = engine_now(v->g->engine) + any(v, 20000);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	/* A key is its own within a project. */
	v->key[v->n] = 0;
	if (a.cmd.concurrency_key.n > 0)
		v->key[v->n] = (char)(1 + 3 * (int)a.x.project + key[0] - 'a');
	v->ids[v->n++] = a.x.id;
}

/* A claim that asks for anything. */
static void
draw_claim(struct every *v, struct worker *w)
{
	worker_init(v->g, w, queues[any(v, 2)]);
	w->claim.of_steps = any(v, 3) == 0;
	w->cmd.tenant = any(v, 3) == 0 ? 1 + any(v, 2) : 0;
}

static void
do_claim(struct every *v)
{
	struct worker *w = &v->held[v->nheld];
	struct ready_row best;
	bool found;

	if (v->nheld == MANY)
		return;
	draw_claim(v, w);
	look(v);
	found = expect(v, &w->cmd, &best);
	assert_int_equal(ask(w), found);
	if (!found)
		return;
	assert_true(uuid_eq(&w->got[0].id, &best.id));
	if (best.step != EVENT_NO_STEP)
		assert_int_equal(w->got[0].fence.step, best.step);
	v->nheld++;
}

/* Somebody waits, for all of it or some, or not any more. */
static void
do_wait(struct every *v)
{
	unsigned i = any(v, WAITING);
	struct worker *w = &v->waits[i];

	if (v->waiting[i]) {
		engine_withdraw(v->g->engine, &w->cmd);
		v->waiting[i] = false;
		return;
	}
	draw_claim(v, w);
	w->claim.waits = true;
	w->claim.max = 1 + any(v, 2);
	if (any(v, 3) == 0) {
		w->claim.nqueues = 2;
		w->queues[0] = slice_str(queues[0]);
		w->queues[1] = slice_str(queues[1]);
	} else if (any(v, 3) == 0) {
		w->claim.nqueues = 0;
		w->claim.njobs = 1 + any(v, 2);
		w->jobs[0] = SLICE("j2");
		w->jobs[1] = SLICE("j1");
	}
	ask(w);
	v->waiting[i] = true;
}

/*
 * Whoever has something waits no more; whoever waits could have nothing:
 * else somebody was to be woken, and was not.
 */
static void
check_waiting(struct every *v)
{
	struct ready_row best;

	look(v);
	for (unsigned i = 0; i < WAITING; i++) {
		struct worker *w = &v->waits[i];

		if (v->waiting[i] && w->settled) {
			v->waiting[i] = false;
			v->woken += w->rc == 0;
			for (unsigned k = 0; w->rc == 0 && k < w->n; k++) {
				if (v->nheld == MANY)
					break;
				v->held[v->nheld] = *w;
				v->held[v->nheld++].got[0] = w->got[k];
			}
		} else if (v->waiting[i]) {
			assert_int_equal(w->n, 0);
			assert_false(expect(v, &w->cmd, &best));
		}
	}
}

/* Whoever holds something says, or gives back, or nothing: it may be over. */
static void
do_end(struct every *v)
{
	unsigned i = v->nheld == 0 ? 0 : any(v, v->nheld);
	struct worker *w = &v->held[i];
	struct report r = says(REPORT_COMPLETE);
	struct ask a;

	if (v->nheld == 0)
		return;
	if (w->got[0].fence.of_step)
		r = says_step(REPORT_STEP_COMPLETED,
		    w->got[0].fence.step == 0 ? "a" : "b");
	if (any(v, 3) == 0)
		r.kind =
		    w->got[0].fence.of_step ? REPORT_STEP_FAILED : REPORT_FAIL;
	if (any(v, 3) == 0)
		give_back(w, 0);
	else
		report_as(w, 0, r, &a);
	*w = v->held[--v->nheld];
}

static void
do_pause(struct every *v)
{
	unsigned i = any(v, 4);
	char name[3] = "j0";

	if (i == 3) {
		i = any(v, 2);
		if (!v->paused[i] && any(v, 4) != 0)
			return;
		v->paused[i] = !v->paused[i];
		pause_it(v->g, NULL, queues[i], v->paused[i]);
		return;
	}
	/* Most of the time work is handed out. */
	if (!v->jobs[i].paused && any(v, 4) != 0)
		return;
	name[1] = (char)('0' + i);
	v->jobs[i].paused = !v->jobs[i].paused;
	pause_it(v->g, name, NULL, v->jobs[i].paused);
}

/* A job gets other limits, or moves to another queue. */
static void
edit(struct every *v, unsigned i, enum cmd_kind kind)
{
	char json[300], name[3] = "j0";
	struct ask a;

	name[1] = (char)('0' + i);
	snprintf(json, sizeof json,
	    "{'name':'%s','queue':'%s'%s,'max_concurrency_per_key':%u,"
	    "'retry':{'jitter':0},'timeout_seconds':300%s",
	    name, queues[v->jobs[i].queue],
	    i == 2 ? ",'steps':[{'name':'a'},{'name':'b'}]" : "",
	    v->jobs[i].per_key, v->jobs[i].max == 0 ? "}" : "");
	if (v->jobs[i].max != 0)
		snprintf(json + strlen(json), sizeof json - strlen(json),
		    ",'max_concurrency':%u}", v->jobs[i].max);
	ground_ask(v->g, &a, kind);
	a.cmd.name = slice_str(name);
	a.cmd.job = ground_read_job(json);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	job_free(a.cmd.job);
}

static void
do_edit(struct every *v)
{
	unsigned i = any(v, 3);

	v->jobs[i].max = any(v, 2) * any(v, 5);
	v->jobs[i].per_key = 1 + any(v, 2);
	if (any(v, 2) == 0)
		v->jobs[i].queue = any(v, 2);
	edit(v, i, CMD_JOB_REPLACE);
}

/* Somebody without a token ends one, whatever it is at. */
static void
do_other(struct every *v)
{
	static const enum cmd_kind kinds[] = {CMD_CANCEL, CMD_PATCH,
	    CMD_REPORT};
	struct ask a;

	if (v->n == 0)
		return;
	ground_ask(v->g, &a, kinds[any(v, 3)]);
	a.cmd.id = v->ids[any(v, v->n)];
	a.cmd.status = STATUS_FAILED;
	a.report = says(any(v, 2) == 0 ? REPORT_HEARTBEAT : REPORT_COMPLETE);
	a.cmd.reports = &a.report;
	a.cmd.nreports = 1;
	ground_run(&a);
}

/* A turn is lost, with what it ended, handed out or changed. */
static void
do_lose(struct every *v)
{
	struct worker w;
	struct ask a;

	ground_limit_files(v->g, true);
	draw_claim(v, &w);
	engine_submit(v->g->engine, &w.cmd);
	if (v->n > 0) {
		ground_ask(v->g, &a, CMD_PATCH);
		a.cmd.id = v->ids[any(v, v->n)];
		a.cmd.status = STATUS_FAILED;
		ground_submit(&a);
	}
	ground_turns(v->g);
	assert_true(w.settled);
	ground_limit_files(v->g, false);
	ground_turns(v->g);
	if (w.rc == 0 && w.n > 0)
		give_back(&w, 0);
}

static void
do_restart(struct every *v)
{
	for (unsigned i = 0; i < WAITING; i++)
		if (v->waiting[i])
			engine_withdraw(v->g->engine, &v->waits[i].cmd);
	memset(v->waiting, 0, sizeof v->waiting);
	ground_restart(v->g, any(v, 2) == 0);
}

/* ---- what was deleted is forgotten ---- */

static void
delete_job(struct ground *g, const char *name)
{
	struct ask a;

	ground_ask(g, &a, CMD_JOB_DELETE);
	a.cmd.name = slice_str(name);
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
}

static void
cancel(struct ground *g, const struct uuid *id)
{
	struct ask a;

	ground_ask(g, &a, CMD_CANCEL);
	a.cmd.id = *id;
	ground_run(&a);
}

static void
assert_known(struct ground *g, size_t jobs)
{
	const struct dispatch *d = g->engine->dispatch;

	assert_int_equal(hash_count(d->jobs), jobs);
	if (jobs > 0)
		return;
	assert_int_equal(hash_count(d->lanes), 0);
	assert_int_equal(hash_count(d->queues), 0);
}

/* A job that was deleted is forgotten with the last that waits for anybody. */
static void
test_deleted(void **state)
{
	struct ground *g = ground_new();
	struct execution x[2];
	struct worker w;

	(void)state;
	/* nobody ever claims, and all is over when it is deleted */
	ground_job(g, "{'name':'j'}");
	x[0] = trigger(g, "j", -1, NULL, 0);
	cancel(g, &x[0].id);
	assert_known(g, 1);
	delete_job(g, "j");
	assert_known(g, 0);
	/* something waits, and later ends unclaimed */
	ground_job(g, "{'name':'j'}");
	x[0] = trigger(g, "j", -1, NULL, 0);
	x[1] = trigger(g, "j", -1, "ann", 0);
	delete_job(g, "j");
	cancel(g, &x[0].id);
	assert_known(g, 1);
	cancel(g, &x[1].id);
	assert_known(g, 0);
	/* a worker holds the last, and fails: it is claimed and tried again */
	ground_job(g, "{'name':'j','retry':{'jitter':0}}");
	trigger(g, "j", -1, NULL, 0);
	assert_int_equal(ask_one(g, &w), 1);
	delete_job(g, "j");
	assert_known(g, 0);
	report_as(&w, 0, says(REPORT_FAIL), &(struct ask){0});
	ground_advance(g, 600);
	assert_known(g, 1);
	assert_int_equal(ask_one(g, &w), 1);
	report_as(&w, 0, says(REPORT_COMPLETE), &(struct ask){0});
	assert_known(g, 0);
	ground_free(g);
}

/* Who waits for a job that is deleted waits on, and it goes with the last. */
static void
test_deleted_with_waiters(void **state)
{
	struct ground *g = ground_new();
	struct worker w[2];
	unsigned i;

	(void)state;
	ground_job(g, "{'name':'j'}");
	for (i = 0; i < 2; i++) {
		worker_init(g, &w[i], NULL);
		w[i].claim.waits = true;
		w[i].claim.nqueues = 0;
		w[i].claim.njobs = 2; /* the same one twice */
		w[i].jobs[0] = w[i].jobs[1] = SLICE("j");
		assert_int_equal(ask(&w[i]), 0);
	}
	trigger(g, "j", -1, NULL, 0);
	assert_int_equal(w[0].n, 1);
	delete_job(g, "j");
	report_as(&w[0], 0, says(REPORT_COMPLETE), &(struct ask){0});
	assert_known(g, 1);
	engine_withdraw(g->engine, &w[1].cmd);
	assert_known(g, 0);
	ground_free(g);
}

/* Delete every job and end what there is: nothing is known of them then. */
static void
end_all(struct every *v)
{
	for (unsigned i = 0; i < WAITING; i++)
		if (v->waiting[i] && i != 0)
			engine_withdraw(v->g->engine, &v->waits[i].cmd);
	delete_job(v->g, "j0");
	delete_job(v->g, "j2");
	for (unsigned i = 0; i < v->n; i++)
		cancel(v->g, &v->ids[i]);
	ground_advance(v->g, 600); /* what is cancelling ends, too */
	delete_job(v->g, "j1");
	if (v->waiting[0])
		engine_withdraw(v->g->engine, &v->waits[0].cmd);
	assert_known(v->g, 0);
}

/*
 * Whatever happens, a claim gets the best of all that it may have, and who
 * waits is woken; and when all is over nothing of it is left in memory.
 */
static void
test_property(void **state)
{
	static const struct {
		unsigned upto; /* of a hundred */
		void (*fn)(struct every *);
	} ops[] = {{20, do_trigger}, {45, do_claim}, {71, do_end},
	    {83, do_wait}, {88, NULL}, {92, do_pause}, {94, do_edit},
	    {98, do_other}, {99, do_lose}, {100, do_restart}};
	struct every *v = mem_zalloc(sizeof *v);
	const char *seed = getenv("TIDEWIRE_SEED");

	(void)state;
	v->state = seed != NULL ? strtoull(seed, NULL, 10) : 7;
	v->g = ground_new();
	for (unsigned i = 0; i < 3; i++) {
		v->jobs[i].max = i == 0 ? 3 : 0;
		v->jobs[i].per_key = i == 1 ? 2 : 1;
		edit(v, i, CMD_JOB_CREATE);
	}
	for (unsigned i = 0; i < OPS; i++) {
		unsigned op = any(v, 100), k = 0;

		while (op >= ops[k].upto)
			k++;
		if (ops[k].fn != NULL)
			ops[k].fn(v);
		else
			ground_advance(v->g, any(v, 30));
		check_waiting(v);
	}
	assert_true(v->woken > 0);
	end_all(v);
	ground_free(v->g);
	free(v);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_deleted),
	    cmocka_unit_test(test_deleted_with_waiters),
	    cmocka_unit_test(test_property),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
