/*
 * Workers who ask for work: handing out what dispatch.c chooses, taking back
 * what never arrived, and pausing jobs and queues.
 */
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/dispatch.h"
#include "engine/engine_impl.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/pauses.h"

/* The first step of the loaded execution that is ready. */
static uint16_t
first_ready(const struct engine_rows *r)
{
	uint16_t i;

	for (i = 0; i < r->x.nsteps; i++)
		if (r->steps[i].status == STEP_READY)
			return i;
	return EVENT_NO_STEP;
}

/* Let it be claimed; what was, in f. */
static void
decide(struct decision *d, const struct claim *cl, const struct ready_row *row,
    struct fence *f)
{
	struct claim_terms terms = {cl->worker, cl->lease_ms};

	f->of_step = cl->of_steps;
	f->step = row->step;
	if (cl->of_steps)
		lifecycle_claim_step(d, f->step, &terms);
	else
		lifecycle_claim(d, &terms);
	f->attempt = d->x->attempt;
	f->claim = d->x->claim.seq;
	if (cl->of_steps && f->step != EVENT_NO_STEP) {
		f->attempt = d->steps[f->step].tries;
		f->claim = d->steps[f->step].claim.seq;
	}
}

/* Hand out one row; false when it turned out to be nothing to work on. */
static bool
hand_out(struct engine *e, struct store_txn *t, struct cmd *c,
    struct ready_row *row)
{
	struct engine_rows *r = e->rows;
	struct fence f = {0};
	struct decision d;
	struct outcome o;

	INVARIANT(engine_load(e, t, &row->id, 0, true));
	if (c->claim->of_steps && row->step == EVENT_NO_STEP)
		row->step = first_ready(r);
	d = engine_decision(e, t);
	decide(&d, c->claim, row, &f);
	engine_word_set(e,
	    f.of_step && f.step != EVENT_NO_STEP ? &r->steps[f.step].id
						 : &r->x.id);
	engine_keep(e, t, false);
	if (f.of_step && f.step == EVENT_NO_STEP)
		return false;
	o = engine_outcome(e, t, &d);
	o.fence = f;
	o.lease_due =
	    f.of_step ? r->steps[f.step].due : r->x.due[TIMER_HEARTBEAT];
	c->answer(c, &o);
	return true;
}

/* Hand out as much as there is, up to what was asked for. */
unsigned
engine_hand_out(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct ready_row row;
	unsigned n = 0;

	while (n < c->claim->max && dispatch_pick(e->dispatch, t, c, &row))
		n += hand_out(e, t, c, &row);
	return n;
}

/* Find the jobs a claim names; false, and answered, when one is missing. */
static bool
find_jobs(struct store_txn *t, struct cmd *c, struct uuid *out)
{
	struct outcome o = {.code = OUTCOME_NOT_FOUND, .txn = t};
	struct cmd named = {.tenant = c->tenant};
	struct jobs_head head;

	for (; o.item < c->claim->njobs; o.item++) {
		named.name = c->claim->jobs[o.item];
		if (!engine_job_find(t, &named, &head)) {
			c->answer(c, &o);
			return false;
		}
		out[o.item] = head.id;
	}
	return true;
}

/* CMD_CLAIM: work, now or when there is some. */
void
engine_claim(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct uuid *jobs =
	    mem_resize(NULL, c->claim->njobs + 1u, sizeof *jobs);

	c->claim->drawn = 0;
	if (find_jobs(t, c, jobs)) {
		dispatch_begin(e->dispatch, c, jobs);
		if (engine_hand_out(e, t, c) > 0) {
			dispatch_end(c);
		} else if (c->claim->waits) {
			dispatch_wait(e->dispatch, t, c);
		} else {
			dispatch_end(c);
			engine_answer_code(c, t, OUTCOME_NO_WORK);
		}
	}
	free(jobs);
}

/* Take a claim back. */
void
engine_withdraw(struct engine *e, struct cmd *c)
{
	(void)e;
	INVARIANT(dispatch_waits(c));
	dispatch_end(c);
}

/* How many wait. */
unsigned
engine_waiting(struct engine *e, struct slice queue)
{
	return dispatch_waiting(e->dispatch, queue);
}

/* CMD_GIVE_BACK: whoever claimed it has gone without it. */
void
engine_give_back(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct decision d;
	struct outcome o;

	if (!engine_load(e, t, &c->id, c->tenant, true)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	d = engine_decision(e, t);
	lifecycle_give_back(&d, &c->fence);
	engine_keep(e, t, false);
	o = engine_outcome(e, t, &d);
	c->answer(c, &o);
}

/* Journal a pause, or its end. */
static void
append_pause(struct engine *e, struct store_txn *t, const struct pause *p,
    bool on)
{
	struct journal_event ev = event_make(EVENT_PAUSE);

	ev.seq = store_seq(t) + 1;
	ev.at = engine_now(e);
	ev.status = on;
	if (p->job != NULL)
		ev.execution = *p->job;
	else
		event_add_member(&ev, MEMBER_QUEUE, p->queue);
	journal_append(t, &ev);
}

/* Pause, or let go on, what is not so already. */
static void
set_pause(struct engine *e, struct store_txn *t, const struct pause *p, bool on)
{
	if ((pauses_since(t, p) != 0) == on)
		return;
	append_pause(e, t, p, on);
	pauses_set(t, p, on ? engine_now(e) : 0);
	if (p->job != NULL)
		dispatch_job_changed(e->dispatch, t, p->job);
	else
		dispatch_queue_changed(e->dispatch, t, p->queue);
}

/*
 * The job of a pause.  One that was deleted may go on, by its id: what it had
 * made still waits.
 */
static bool
find_job(struct store_txn *t, const struct cmd *c, struct jobs_head *head)
{
	struct uuid id;

	if (engine_job_find(t, c, head))
		return true;
	return !c->pause && uuid_parse(c->name, &id) &&
	    jobs_head(t, &id, head) && head->deleted &&
	    engine_job_sees(c, head);
}

/* CMD_PAUSE: of a job or a queue. */
void
engine_pause(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct outcome o = {.code = OUTCOME_DONE, .txn = t};
	struct pause p = {.queue = c->queue};
	struct jobs_head head;

	if (c->queue.p == NULL) {
		if (!find_job(t, c, &head)) {
			engine_answer_code(c, t, OUTCOME_NOT_FOUND);
			return;
		}
		p.job = &head.id;
		o.job = jobs_get(t, &head.id, head.version);
	}
	set_pause(e, t, &p, c->pause);
	if (store_error(t) != 0)
		return;
	o.paused_at = pauses_since(t, &p);
	c->answer(c, &o);
}
