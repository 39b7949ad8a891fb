/*
 * Workers who ask an engine for work, for the tests of claims: what each
 * asks for, what it got, and what it then says.
 */
#ifndef TESTS_ENGINE_WORKER_H
#define TESTS_ENGINE_WORKER_H

#include "tests/engine/ground.h"

#define GOT_MAX 16
#define LEASE 60 /* seconds */

/* A worker's claim and what it got. */
struct worker {
	struct ground *g;
	struct cmd cmd;
	struct claim claim;
	struct slice queues[4], jobs[4];
	struct {
		struct uuid id;
		uint64_t number;
		struct fence fence;
		int64_t lease_due;
		struct step step;
	} got[GOT_MAX];
	unsigned n;
	enum outcome_code code;
	bool settled;
	int rc;
};

static inline void
on_work(struct cmd *c, const struct outcome *o)
{
	struct worker *w = c->arg;

	w->code = o->code;
	if (o->code != OUTCOME_DONE)
		return;
	assert_in_range(w->n, 0, GOT_MAX - 1);
	assert_false(w->settled);
	w->got[w->n].id = o->x->id;
	w->got[w->n].number = o->x->number;
	w->got[w->n].fence = o->fence;
	w->got[w->n].lease_due = o->lease_due;
	if (o->fence.of_step)
		w->got[w->n].step = o->steps[o->fence.step];
	w->n++;
}

static inline void
on_settled(struct cmd *c, int rc)
{
	struct worker *w = c->arg;

	assert_false(w->settled);
	w->settled = true;
	w->rc = rc;
}

/* A claim of one thing from a queue ("default" where NULL). */
static inline void
worker_init(struct ground *g, struct worker *w, const char *queue)
{
	*w = (struct worker){.g = g};
	w->queues[0] = slice_str(queue != NULL ? queue : "default");
	w->claim = (struct claim){.worker = SLICE("w"),
	    .queues = w->queues,
	    .jobs = w->jobs,
	    .nqueues = 1,
	    .max = 1,
	    .lease_ms = LEASE * 1000};
	w->cmd.kind = CMD_CLAIM;
	w->cmd.claim = &w->claim;
	w->cmd.answer = on_work;
	w->cmd.settled = on_settled;
	w->cmd.arg = w;
}

/* Ask; returns how much it got. */
static inline unsigned
ask(struct worker *w)
{
	w->n = 0;
	w->settled = false;
	w->code = OUTCOME_DONE;
	engine_submit(w->g->engine, &w->cmd);
	ground_turns(w->g);
	return w->n;
}

/* Ask from the start of this test for one of the default queue. */
static inline unsigned
ask_one(struct ground *g, struct worker *w)
{
	worker_init(g, w, NULL);
	return ask(w);
}

/* Say something with what the i-th got claim allows. */
static inline enum outcome_code
report_as(struct worker *w, unsigned i, struct report r, struct ask *a)
{
	ground_ask(w->g, a, CMD_REPORT);
	a->report = r;
	a->cmd.reports = &a->report;
	a->cmd.nreports = 1;
	a->cmd.id = w->got[i].id;
	a->cmd.fence = w->got[i].fence;
	return ground_run(a);
}

static inline struct report
says(enum report_kind kind)
{
	struct report r = report_make(kind);

	r.level = LEVEL_INFO;
	r.message = SLICE("m");
	r.error_message = SLICE("it broke");
	return r;
}

static inline struct report
says_step(enum report_kind kind, const char *step)
{
	struct report r = says(kind);

	r.step = slice_str(step);
	return r;
}

/* Trigger with members of the command. */
static inline struct execution
trigger(struct ground *g, const char *job, int priority, const char *key,
    int64_t in_ms)
{
	struct ask a;

	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = slice_str(job);
	a.cmd.priority = priority;
	if (key != NULL)
		a.cmd.concurrency_key = slice_str(key);
	if (in_ms != 0)
		a.cmd.run_at = engine_now(g->engine) + in_ms;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
	return a.x;
}

static inline void
give_back(struct worker *w, unsigned i)
{
	struct ask a;

	ground_ask(w->g, &a, CMD_GIVE_BACK);
	a.cmd.id = w->got[i].id;
	a.cmd.fence = w->got[i].fence;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
}

static inline void
pause_it(struct ground *g, const char *job, const char *queue, bool on)
{
	struct ask a;

	ground_ask(g, &a, CMD_PAUSE);
	if (queue != NULL)
		a.cmd.queue = slice_str(queue);
	else
		a.cmd.name = slice_str(job);
	a.cmd.pause = on;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
}

#endif
