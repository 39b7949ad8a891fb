/*
 * Commands on executions: load the rows, decide, store what changed, answer.
 * Commands on jobs and keys are in definition.c.
 */
#include "core/log.h"
#include "engine/engine_impl.h"
#include "engine/fault.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/rows.h"

/* Read a member of an earlier event; borrowed until the next write. */
static struct slice
get_member(void *arg, struct ref at, enum member m)
{
	struct journal_event ev;

	if (at.seq == 0 || !journal_get(arg, at.seq, &ev))
		return SLICE_NONE;
	return event_get(&ev, m);
}

/* Load an execution that tenant may see; steps too when asked. */
static bool
load(struct engine_rows *r, struct store_txn *t, const struct uuid *id,
    uint64_t tenant, bool steps)
{
	size_t n;

	if (!rows_get(t, id, &r->before) ||
	    (tenant != 0 && r->before.project != tenant))
		return false;
	r->x = r->before;
	r->job = jobs_get(t, &r->x.job, r->x.job_version);
	INVARIANT(r->job != NULL && r->x.nsteps == r->job->nsteps);
	r->steps_loaded = steps;
	if (!steps)
		return true;
	n = r->x.nsteps * sizeof r->steps[0];
	INVARIANT(rows_get_steps(t, id, r->steps, r->x.nsteps));
	memcpy(r->steps_before, r->steps, n);
	return true;
}

/* A decision about the loaded rows. */
static struct decision
decision(struct engine *e, struct store_txn *t)
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
	unsigned i;

	for (i = 0; i < c->nevents; i++) {
		journal_append(t, &c->events[i]);
		fault_pass(FAULT_AFTER_JOURNAL_APPEND);
		log_status(&c->events[i]);
	}
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
			rows_put_step(t, &r->x.id, &r->steps[i]);
	if (status_is_held(r->x.status))
		return;
	engine_word_forget(e, &r->x.id);
}

/* The loaded rows as an outcome. */
static struct outcome
outcome(struct engine *e, struct store_txn *t, const struct decision *d)
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
static void
answer_refused(struct engine *e, struct store_txn *t, struct cmd *c,
    const struct decision *d)
{
	struct engine_rows *r = e->rows;
	struct outcome o;

	r->steps_loaded = false;
	if (r->change.nevents > 0) {
		store_events(e, t);
		store_rows(e, t, false);
	} else {
		r->x = r->before; /* what was decided before the refusal */
	}
	o = outcome(e, t, NULL);
	if (c->kind == CMD_TRIGGER)
		o.x = NULL;
	o.steps = NULL;
	o.code = OUTCOME_REFUSED;
	o.refusal = &d->refusal;
	c->answer(c, &o);
}

/* CMD_REPORT and CMD_CANCEL: decide on an execution that is there. */
static void
run_decision(struct engine *e, struct store_txn *t, struct cmd *c)
{
	bool report = c->kind == CMD_REPORT;
	bool steps = !report || lifecycle_needs_steps(c->reports, c->nreports);
	struct decision d;
	struct outcome o;
	bool ok;

	if (!load(e->rows, t, &c->id, c->tenant, steps)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	d = decision(e, t);
	if (report)
		ok = lifecycle_report(&d, c->reports, c->nreports, c->attempt);
	else
		ok = lifecycle_cancel(&d);
	if (!ok) {
		answer_refused(e, t, c, &d);
		return;
	}
	if (report)
		engine_word_set(e, &c->id);
	store_events(e, t);
	store_rows(e, t, false);
	o = outcome(e, t, &d);
	c->answer(c, &o);
}

/* The idempotency key as stored; false when there is none or it is empty. */
static bool
idempotency_key(const struct cmd *c, struct buf *out)
{
	unsigned i;

	if (c->idempotency_key.n == 0)
		return false;
	buf_add_byte(out, (unsigned char)c->scope);
	for (i = 0; i < 8; i++)
		buf_add_byte(out, (unsigned char)(c->tenant >> (56 - 8 * i)));
	buf_add_slice(out, c->idempotency_key);
	return true;
}

/* The key was met before: answer with what it made. */
static bool
answer_existing(struct engine *e, struct store_txn *t, struct cmd *c,
    struct slice key)
{
	struct outcome o;
	struct uuid id;

	if (!rows_idempotency_get(t, key, &id))
		return false;
	INVARIANT(load(e->rows, t, &id, 0, true));
	lifecycle_change_reset(&e->rows->change);
	o = outcome(e, t, NULL);
	o.code = OUTCOME_EXISTING;
	c->answer(c, &o);
	return true;
}

/* The rows of a new execution, up to what the lifecycle fills in. */
static void
new_rows(struct engine *e, struct store_txn *t, const struct cmd *c)
{
	struct engine_rows *r = e->rows;
	unsigned i;

	memset(&r->x, 0, sizeof r->x);
	memset(r->steps, 0, r->job->nsteps * sizeof r->steps[0]);
	r->x.id = uuid_make(&e->maker, engine_now(e), engine_noise(e));
	r->x.number = store_number(t) + 1; /* taken when it is not refused */
	r->x.job = r->job->id;
	r->x.job_version = r->job->version;
	r->x.project = c->tenant != 0 ? c->tenant : c->project;
	r->x.priority =
	    c->priority < 0 ? r->job->priority : (uint8_t)c->priority;
	r->x.nsteps = r->job->nsteps;
	for (i = 0; i < r->x.nsteps; i++)
		r->steps[i].id =
		    uuid_make(&e->maker, engine_now(e), engine_noise(e));
	r->steps_loaded = true;
}

/* What only EVENT_CREATED can tell: enough to make the rows again. */
static void
add_origin(const struct engine_rows *r, struct journal_event *ev,
    uint8_t row[EXECUTION_ORIGIN], struct buf *ids)
{
	unsigned i;

	execution_encode_origin(&r->x, row);
	for (i = 0; i < r->x.nsteps; i++)
		buf_add(ids, r->steps[i].id.b, sizeof r->steps[i].id.b);
	event_add_member(ev, MEMBER_ROW,
	    (struct slice){(char *)row, EXECUTION_ORIGIN});
	event_add_member(ev, MEMBER_STEPS, buf_slice(ids));
}

/* Make the execution, store it and answer with it. */
static void
create(struct engine *e, struct store_txn *t, struct cmd *c, struct slice key)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	uint8_t row[EXECUTION_ORIGIN];
	struct buf ids = {0};
	struct decision d;
	struct outcome o;

	new_rows(e, t, c);
	d = decision(e, t);
	add_origin(e->rows, &ev, row, &ids);
	event_add_member(&ev, MEMBER_INPUT, c->input);
	event_add_member(&ev, MEMBER_METADATA, c->metadata);
	event_add_member(&ev, MEMBER_TAGS, c->tags);
	event_add_member(&ev, MEMBER_IDEMPOTENCY, key);
	if (!lifecycle_create(&d, &ev)) {
		answer_refused(e, t, c, &d);
		goto out;
	}
	INVARIANT(store_number_next(t) == e->rows->x.number);
	store_events(e, t);
	store_rows(e, t, true);
	if (key.n > 0)
		rows_idempotency_put(t, key, &e->rows->x.id);
	o = outcome(e, t, &d);
	c->answer(c, &o);
out:
	buf_free(&ids);
}

/* CMD_TRIGGER: a new execution of a job, once per idempotency key. */
static void
run_trigger(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct jobs_head head;
	struct buf key = {0};

	if (idempotency_key(c, &key) &&
	    answer_existing(e, t, c, buf_slice(&key)))
		goto out;
	if (!engine_job_find(t, c, &head)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		goto out;
	}
	e->rows->job = jobs_get(t, &head.id, head.version);
	INVARIANT(e->rows->job != NULL);
	create(e, t, c, buf_slice(&key));
out:
	buf_free(&key);
}

/* A timer fell due; see engine_impl.h. */
void
engine_timer(struct engine *e, struct store_txn *t, const struct uuid *id,
    enum timer timer)
{
	int64_t word = engine_word(e, id);
	struct decision d;

	if (store_error(t) != 0)
		return;
	INVARIANT(load(e->rows, t, id, 0, true));
	if (word < e->grace_from)
		word = e->grace_from;
	d = decision(e, t);
	lifecycle_timer(&d, timer, word);
	store_events(e, t);
	store_rows(e, t, false);
}

/* Interrupt what ran when the server died and has not spoken since. */
void
engine_interrupt(struct engine *e, struct store_txn *t, const struct uuid *id)
{
	struct decision d;

	if (engine_word(e, id) != 0 || store_error(t) != 0)
		return;
	INVARIANT(load(e->rows, t, id, 0, false));
	d = decision(e, t);
	lifecycle_interrupt(&d);
	store_events(e, t);
	store_rows(e, t, false);
	e->recovery.marked++;
}

static void (*const runners[])(struct engine *, struct store_txn *,
    struct cmd *) = {
    [CMD_JOB_CREATE] = engine_job_create,
    [CMD_JOB_REPLACE] = engine_job_replace,
    [CMD_JOB_DELETE] = engine_job_delete,
    [CMD_TRIGGER] = run_trigger,
    [CMD_REPORT] = run_decision,
    [CMD_CANCEL] = run_decision,
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
