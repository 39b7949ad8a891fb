/*
 * Carrying out commands on executions that are there, and timers.  decide.c
 * loads and stores; trigger.c makes new ones; commands on jobs and keys are
 * in definition.c.
 */
#include "core/log.h"
#include "engine/engine_impl.h"
#include "store/rows.h"

/* Must the steps be loaded for a command's decision? */
static bool
needs_steps(const struct cmd *c)
{
	if (c->kind == CMD_REPORT)
		return lifecycle_needs_steps(c->reports, c->nreports,
		    &c->fence);
	return c->kind != CMD_TAGS;
}

static bool
decide(struct decision *d, const struct cmd *c)
{
	switch (c->kind) {
	case CMD_REPORT:
		return lifecycle_report(d, c->reports, c->nreports, &c->fence);
	case CMD_TAGS:
		return lifecycle_tags(d, c->tags);
	case CMD_PATCH:
		return lifecycle_patch(d, c->status, c->error_info);
	default:
		return lifecycle_cancel(d);
	}
}

/* Whoever reported has spoken: on the execution, and of a claimed step. */
static void
hear(struct engine *e, const struct cmd *c, const struct decision *d)
{
	const struct step *s = d->about;

	engine_word_set(e, &c->id);
	if (c->fence.of_step)
		s = &d->steps[c->fence.step];
	if (s != NULL && s->claim.seq != 0 && s->status == STEP_RUNNING)
		engine_word_set(e, &s->id);
}

/* Commands on an execution that is there. */
static void
run_decision(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct decision d;
	struct outcome o;

	if (!engine_load(e, t, &c->id, c->tenant, needs_steps(c))) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	d = engine_decision(e, t);
	if (!decide(&d, c)) {
		engine_answer_refused(e, t, c, &d);
		return;
	}
	if (c->kind == CMD_REPORT)
		hear(e, c, &d);
	engine_keep(e, t, false);
	o = engine_outcome(e, t, &d);
	c->answer(c, &o);
}

/* A timer fell due; see engine_impl.h. */
void
engine_timer(struct engine *e, struct store_txn *t,
    const struct rows_timer *due)
{
	int64_t word = engine_word(e, &due->id);
	struct decision d;

	if (store_error(t) != 0)
		return;
	if (!engine_load(e, t, &due->id, 0, true) ||
	    e->rows->x.due[due->timer] != due->deadline) {
		/* Earlier timers of this turn may have moved it. */
		rows_timer_drop(t, due);
		return;
	}
	if (word < e->grace_from)
		word = e->grace_from;
	d = engine_decision(e, t);
	lifecycle_timer(&d, due->timer, word);
	engine_keep(e, t, false);
}

/* Interrupt what ran when the server died and has not spoken since. */
void
engine_interrupt(struct engine *e, struct store_txn *t, const struct uuid *id)
{
	struct decision d;

	if (engine_word(e, id) != 0 || store_error(t) != 0)
		return;
	INVARIANT(engine_load(e, t, id, 0, false));
	d = engine_decision(e, t);
	lifecycle_interrupt(&d);
	e->recovery.marked += e->rows->change.nevents;
	engine_keep(e, t, false);
}

static void (*const runners[])(struct engine *, struct store_txn *,
    struct cmd *) = {
    [CMD_JOB_CREATE] = engine_job_create,
    [CMD_JOB_REPLACE] = engine_job_replace,
    [CMD_JOB_DELETE] = engine_job_delete,
    [CMD_TRIGGER] = engine_trigger,
    [CMD_TRIGGER_BATCH] = engine_trigger_batch,
    [CMD_REPLAY] = engine_replay,
    [CMD_RETRY] = engine_retry,
    [CMD_ROLLBACK] = engine_rollback,
    [CMD_ARTICLE_EDIT] = engine_article_change,
    [CMD_ARTICLE_DELETE] = engine_article_change,
    [CMD_OBJECT_PUT] = engine_object_put,
    [CMD_REPORT] = run_decision,
    [CMD_CANCEL] = run_decision,
    [CMD_CLAIM] = engine_claim,
    [CMD_GIVE_BACK] = engine_give_back,
    [CMD_PAUSE] = engine_pause,
    [CMD_TAGS] = run_decision,
    [CMD_PATCH] = run_decision,
    [CMD_KEY_CREATE] = engine_key_create,
    [CMD_KEY_REVOKE] = engine_key_revoke,
};

/* Carry out one command; see engine_impl.h. */
void
engine_command(struct engine *e, struct store_txn *t, struct cmd *c)
{
	if (store_error(t) != 0)
		return; /* the turn is lost already; settled says so */
	runners[c->kind](e, t, c);
}
