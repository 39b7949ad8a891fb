/*
 * What every command on an execution does around its decision: load the rows,
 * and afterwards store what changed.  The decisions are core's; command.c and
 * trigger.c ask for them.
 */
#include "core/log.h"
#include "engine/dispatch.h"
#include "engine/engine_impl.h"
#include "engine/fault.h"
#include "store/articles.h"
#include "store/history.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/ready.h"
#include "store/rows.h"

static struct slice
get_member(void *arg, struct ref at, enum member m)
{
	return journal_member(arg, at, m);
}

/* Load an execution that tenant may see; steps too when asked. */
bool
engine_load(struct engine *e, struct store_txn *t, const struct uuid *id,
    uint64_t tenant, bool steps)
{
	struct engine_rows *r = e->rows;

	if (!(steps ? rows_get_whole(t, id, &r->before, r->steps)
		    : rows_get(t, id, &r->before)) ||
	    (tenant != 0 && r->before.project != tenant))
		return false;
	r->x = r->before;
	r->job = jobs_get(t, &r->x.job, r->x.job_version);
	INVARIANT(r->job != NULL && r->x.nsteps == r->job->nsteps);
	r->steps_loaded = steps;
	if (steps)
		memcpy(r->steps_before, r->steps,
		    r->x.nsteps * sizeof r->steps[0]);
	return true;
}

/* When a claimed step last spoke; silence that we caused does not count. */
static int64_t
step_word(void *arg, const struct uuid *step)
{
	const struct engine *e = arg;
	int64_t word = engine_word(e, step);

	return word > e->grace_from ? word : e->grace_from;
}

/* A decision about the loaded rows. */
struct decision
engine_decision(struct engine *e, struct store_txn *t)
{
	struct engine_rows *r = e->rows;

	lifecycle_change_reset(&r->change);
	return (struct decision){
	    .job = r->job,
	    .now = engine_now(e),
	    .noise = engine_noise(e),
	    .seq = store_seq(t) + 1,
	    .get = get_member,
	    .arg = t,
	    .x = &r->x,
	    .steps = r->steps_loaded ? r->steps : NULL,
	    .change = &r->change,
	    .step_word = step_word,
	    .step_word_arg = e,
	};
}

/* Say a change of status by name: from, to, why. */
static void
log_status(const struct journal_event *ev)
{
	char id[UUID_TEXT + 1];

	if (ev->type != EVENT_STATUS || !log_wants(LOG_DEBUG))
		return;
	uuid_format(&ev->execution, id);
	log_debug("execution %s: %s -> %s (%s), attempt %u", id,
	    status_name(ev->previous), status_name(ev->status),
	    execution_cause_name(ev->cause), (unsigned)ev->attempt);
}

/* Append what was decided to the journal. */
static void
store_events(struct engine *e, struct store_txn *t)
{
	const struct change *c = &e->rows->change;
	uint64_t at = e->rows->before.last.seq;
	struct journal_event ev;
	uint8_t before[8];
	unsigned i;

	for (i = 0; i < c->nevents; i++) {
		ev = c->events[i];
		history_chain(&ev, &at, before);
		engine_articles_find(e, t, i, &ev);
		journal_append(t, &ev);
		articles_follow(t, &ev, e->rows->x.project);
		fault_pass(FAULT_AFTER_JOURNAL_APPEND);
		log_status(&ev);
	}
}

/* Write a step; one that nobody holds any more has no last word. */
static void
store_step(struct engine *e, struct store_txn *t, unsigned i)
{
	const struct step *s = &e->rows->steps[i];

	rows_put_step(t, &e->rows->x.id, s);
	if ((s->tries > 0 || e->rows->steps_before[i].tries > 0) &&
	    s->status != STEP_RUNNING)
		engine_word_forget(e, &s->id);
}

/*
 * Write the rows that differ.  Copies are compared as memory: padding may
 * make two equal rows differ, which costs a write and no more.  A row that
 * is written takes the last word along, which memory forgets with its end.
 */
static void
store_rows(struct engine *e, struct store_txn *t, bool created)
{
	struct engine_rows *r = e->rows;
	unsigned i;

	if (created || memcmp(&r->x, &r->before, sizeof r->x) != 0) {
		r->x.heartbeat_at = engine_last_word(e, &r->x);
		rows_put(t, created ? NULL : &r->before, &r->x);
	}
	for (i = 0; r->steps_loaded && i < r->x.nsteps; i++)
		if (created ||
		    memcmp(&r->steps[i], &r->steps_before[i],
			sizeof r->steps[i]) != 0)
			store_step(e, t, i);
	if (r->steps_loaded)
		ready_move_steps(t, created ? NULL : &r->before,
		    r->steps_before, &r->x, r->steps);
	if (status_is_held(r->x.status))
		return;
	engine_word_forget(e, &r->x.id);
}

/* Store what was decided. */
void
engine_keep(struct engine *e, struct store_txn *t, bool created)
{
	store_events(e, t);
	store_rows(e, t, created);
	dispatch_follow(e->dispatch, t, e->rows, created);
}

/* The loaded rows as an outcome. */
struct outcome
engine_outcome(struct engine *e, struct store_txn *t, const struct decision *d)
{
	struct engine_rows *r = e->rows;
	unsigned n = r->change.nevents;

	return (struct outcome){
	    .code = OUTCOME_DONE,
	    .x = &r->x,
	    .steps = r->steps_loaded ? r->steps : NULL,
	    .job = r->job,
	    .about = d == NULL ? NULL : d->about,
	    .repeated = d != NULL && d->repeated,
	    .first_seq = n == 0 ? 0 : r->change.events[0].seq,
	    .last_seq = n == 0 ? 0 : r->change.events[n - 1].seq,
	    .txn = t,
	};
}

/* Answer that there is no such thing. */
void
engine_answer_code(struct cmd *c, struct store_txn *t, enum outcome_code code)
{
	struct outcome o = {.code = code, .txn = t};

	c->answer(c, &o);
}

/* A decision was refused: keep the journal's note of it, if any. */
void
engine_answer_refused(struct engine *e, struct store_txn *t, struct cmd *c,
    const struct decision *d)
{
	struct engine_rows *r = e->rows;
	struct outcome o;

	r->steps_loaded = false;
	if (r->change.nevents > 0) {
		engine_keep(e, t, false);
	} else {
		r->x = r->before; /* what was decided before the refusal */
	}
	o = engine_outcome(e, t, NULL);
	if (c->kind == CMD_TRIGGER || c->kind == CMD_REPLAY ||
	    c->kind == CMD_RETRY)
		o.x = NULL;
	o.steps = NULL;
	o.code = OUTCOME_REFUSED;
	o.refusal = &d->refusal;
	c->answer(c, &o);
}
