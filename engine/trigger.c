/*
 * Making executions: of a job, or as a replay of another execution.
 */
#include <stdlib.h>

#include "core/config.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/replay.h"
#include "core/wire.h"
#include "engine/engine_impl.h"
#include "store/jobs.h"
#include "store/names.h"
#include "store/rows.h"

/* What an execution is made with, beside its command. */
struct making {
	struct cmd *c;
	struct slice key;   /* idempotency key as stored; empty: none */
	struct slice input; /* JSON; NULL p: none */
	uint64_t project;
	const struct replay *replay; /* NULL: it is none */
};

/* The idempotency key as stored; false when there is none or it is empty. */
static bool
idempotency_key(const struct cmd *c, const struct job *job, struct buf *out)
{
	struct uuid id = {{0}};
	unsigned i;

	if (c->idempotency_key.n == 0)
		return false;
	buf_add_byte(out, (unsigned char)c->scope);
	for (i = 0; i < 8; i++)
		buf_add_byte(out, (unsigned char)(c->tenant >> (56 - 8 * i)));
	if (job != NULL)
		id = job->id;
	else
		uuid_parse(c->name, &id); /* a deleted job's keys still hold */
	if (c->scope == CMD_SCOPE_TUXSEO)
		buf_add(out, id.b, sizeof id.b);
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
	INVARIANT(engine_load(e, t, &id, 0, true));
	lifecycle_change_reset(&e->rows->change);
	o = engine_outcome(e, t, NULL);
	o.code = OUTCOME_EXISTING;
	c->answer(c, &o);
	return true;
}

/* The rows of a new execution, up to what the lifecycle fills in. */
static void
new_rows(struct engine *e, struct store_txn *t, const struct making *m)
{
	struct engine_rows *r = e->rows;
	int priority = m->c->priority;
	unsigned i;

	memset(&r->x, 0, sizeof r->x);
	memset(r->steps, 0, r->job->nsteps * sizeof r->steps[0]);
	r->x.id = uuid_make(&e->maker, engine_now(e), engine_noise(e));
	r->x.number = store_number(t) + 1; /* taken when it is not refused */
	r->x.job = r->job->id;
	r->x.job_version = r->job->version;
	r->x.project = m->project;
	if (m->replay != NULL)
		r->x.parent = m->replay->x->id;
	r->x.priority = priority < 0 ? r->job->priority : (uint8_t)priority;
	r->x.nsteps = r->job->nsteps;
	r->x.key = m->c->asker;
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

static bool
decide(struct decision *d, const struct making *m, struct journal_event *ev)
{
	if (m->replay != NULL)
		return replay_create(d, m->replay, ev);
	event_add_member(ev, MEMBER_INPUT, m->input);
	return lifecycle_create(d, ev);
}

/* What can be found by a key or a name is found from now on. */
static void
remember(struct engine *e, struct store_txn *t, const struct making *m)
{
	const struct execution *x = &e->rows->x;

	if (m->key.n > 0)
		rows_idempotency_put(t, m->key, &x->id);
	if (m->c->unique_name.n > 0)
		names_put(t, m->c->unique_name, x->project, &x->id);
}

/* Of which execution this is a retry. */
static void
add_retry_of(const struct cmd *c, struct journal_event *ev, uint8_t number[8])
{
	if (c->retry_of == 0)
		return;
	wire_put(number, 8, c->retry_of);
	event_add_member(ev, MEMBER_RETRY_OF,
	    (struct slice){(const char *)number, 8});
}

/* Make an execution of the loaded job, store it and answer with it. */
static void
create(struct engine *e, struct store_txn *t, const struct making *m)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	struct cmd *c = m->c;
	uint8_t row[EXECUTION_ORIGIN], number[8];
	struct buf ids = {0};
	struct decision d;
	struct outcome o;

	new_rows(e, t, m);
	d = engine_decision(e, t);
	add_origin(e->rows, &ev, row, &ids);
	event_add_member(&ev, MEMBER_METADATA, c->metadata);
	event_add_member(&ev, MEMBER_TAGS, c->tags);
	event_add_member(&ev, MEMBER_IDEMPOTENCY, m->key);
	event_add_member(&ev, MEMBER_NAME, c->unique_name);
	add_retry_of(c, &ev, number);
	if (!decide(&d, m, &ev)) {
		engine_answer_refused(e, t, c, &d);
		goto out;
	}
	INVARIANT(store_number_next(t) == e->rows->x.number);
	engine_keep(e, t, true);
	remember(e, t, m);
	o = engine_outcome(e, t, &d);
	c->answer(c, &o);
out:
	buf_free(&ids);
}

/* True when as many are active as the asker may have. */
static bool
is_too_many(struct store_txn *t, const struct cmd *c, const struct uuid *job)
{
	struct rows_filter f = {.job = *job,
	    .status = {STATUS_QUEUED, STATUS_RUNNING, STATUS_RETRYING,
		STATUS_INTERRUPTED}};

	if (c->max_active == 0)
		return false;
	if (!uuid_is_zero(&c->asker))
		return rows_count_active(t, &c->asker) >= c->max_active;
	return rows_count(t, &f) >= (int64_t)c->max_active;
}

/* May an execution of the loaded job be made?  Answers when it may not. */
static bool
check(struct engine *e, struct store_txn *t, const struct making *m)
{
	struct outcome o = {.txn = t, .job = e->rows->job};

	if (!e->rows->job->runnable)
		o.code = OUTCOME_NOT_RUNNABLE;
	else if (m->c->unique_name.n > 0 &&
	    names_taken(t, m->c->unique_name, m->project))
		o.code = OUTCOME_NAME_TAKEN;
	else if (is_too_many(t, m->c, &e->rows->job->id))
		o.code = OUTCOME_TOO_MANY;
	else
		return true;
	m->c->answer(m->c, &o);
	return false;
}

/* The job a command names, as it is now; NULL when there is none. */
static const struct job *
find_job(struct store_txn *t, const struct cmd *c)
{
	struct jobs_head head;
	const struct job *j;

	if (!engine_job_find(t, c, &head))
		return NULL;
	j = jobs_get(t, &head.id, head.version);
	INVARIANT(j != NULL);
	return j;
}

/* The input by the command's word for it; made in text where it must be. */
static struct slice
input_of(const struct engine *e, const struct cmd *c, struct buf *text)
{
	bool laid = c->input_form == CMD_INPUT_OVER;

	if (c->input_form == CMD_INPUT_NONE)
		return SLICE_NONE;
	if ((c->input.p == NULL || laid) &&
	    config_input(e->rows->job, c->input, text))
		return buf_slice(text);
	return c->input;
}

/* CMD_TRIGGER: a new execution of a job, once per idempotency key. */
void
engine_trigger(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct making m = {.c = c,
	    .project = c->tenant != 0 ? c->tenant : c->project};
	struct buf key = {0}, input = {0};
	const struct job *job = find_job(t, c);

	if (idempotency_key(c, job, &key) &&
	    answer_existing(e, t, c, buf_slice(&key)))
		goto out;
	e->rows->job = job;
	if (job == NULL) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		goto out;
	}
	m.key = buf_slice(&key);
	m.input = input_of(e, c, &input);
	if (check(e, t, &m))
		create(e, t, &m);
out:
	buf_free(&key);
	buf_free(&input);
}

/* CMD_REPLAY: a new execution from the middle of another, its parent. */
void
engine_replay(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct replay r = {.stage = c->from_stage,
	    .route = c->to_route,
	    .source = c->replay_source,
	    .path = c->from_path};
	struct making m = {.c = c, .replay = &r};
	struct execution parent;
	struct step *steps = NULL;

	if (!engine_load(e, t, &c->id, c->tenant, true)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	parent = e->rows->x;
	r.job = e->rows->job;
	r.x = &parent;
	m.project = parent.project;
	if (c->name.n > 0)
		e->rows->job = find_job(t, c);
	if (e->rows->job == NULL) {
		engine_answer_code(c, t, OUTCOME_NO_JOB);
		return;
	}
	steps = mem_resize(NULL, parent.nsteps + 1u, sizeof *steps);
	memcpy(steps, e->rows->steps, parent.nsteps * sizeof *steps);
	r.steps = steps;
	if (check(e, t, &m))
		create(e, t, &m);
	free(steps);
}
