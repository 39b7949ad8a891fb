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
#include "store/journal.h"
#include "store/names.h"
#include "store/rows.h"

/* What an execution is made with, beside its command. */
struct making {
	struct cmd *c;
	struct slice key;   /* idempotency key as stored; empty: none */
	struct slice input; /* JSON; NULL p: none */
	uint64_t project;
	const struct replay *replay; /* NULL: it is none */
	bool dry; /* see whether it would be refused, and no more */
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
answer_existing(struct engine *e, struct store_txn *t, const struct making *m,
    struct slice key)
{
	struct outcome o;
	struct uuid id;

	if (!rows_idempotency_get(t, key, &id))
		return false;
	if (m->dry)
		return true;
	INVARIANT(engine_load(e, t, &id, 0, true));
	lifecycle_change_reset(&e->rows->change);
	o = engine_outcome(e, t, NULL);
	o.code = OUTCOME_EXISTING;
	m->c->answer(m->c, &o);
	return true;
}

/* A concurrency key as rows have it: its own within each project. */
static uint64_t
lane_of(struct slice key, uint64_t project)
{
	struct buf text = {0};
	uint64_t digest[2];

	if (key.n == 0)
		return 0;
	wire_put((unsigned char *)buf_room(&text, 8), 8, project);
	text.len = 8;
	buf_add_slice(&text, key);
	slice_digest(buf_slice(&text), digest);
	buf_free(&text);
	return digest[0] == 0 ? 1 : digest[0];
}

/* When it is to be handed out, and what with. */
static void
new_waiting(struct execution *x, const struct cmd *c, int64_t now)
{
	x->lane = lane_of(c->concurrency_key, x->project);
	x->ready_at = c->run_at > now ? c->run_at : 0;
	if (c->start_timeout_ms == 0)
		return;
	x->due[TIMER_ATTEMPT] = c->start_timeout_ms;
	x->due[TIMER_ATTEMPT] += x->ready_at != 0 ? x->ready_at : now;
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
	new_waiting(&r->x, m->c, engine_now(e));
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

/*
 * Make an execution of the loaded job, store it and answer with it.  False,
 * and answered, when it is refused.
 */
static bool
create(struct engine *e, struct store_txn *t, const struct making *m)
{
	struct journal_event ev = event_make(EVENT_CREATED);
	struct cmd *c = m->c;
	uint8_t row[EXECUTION_ORIGIN], number[8];
	struct buf ids = {0};
	struct decision d;
	struct outcome o;
	bool ok;

	new_rows(e, t, m);
	d = engine_decision(e, t);
	add_origin(e->rows, &ev, row, &ids);
	event_add_member(&ev, MEMBER_METADATA, c->metadata);
	event_add_member(&ev, MEMBER_TAGS, c->tags);
	event_add_member(&ev, MEMBER_IDEMPOTENCY, m->key);
	event_add_member(&ev, MEMBER_NAME, c->unique_name);
	event_add_member(&ev, MEMBER_CONCURRENCY, c->concurrency_key);
	add_retry_of(c, &ev, number);
	ok = decide(&d, m, &ev);
	if (!ok)
		engine_answer_refused(e, t, c, &d);
	if (!ok || m->dry)
		goto out;
	INVARIANT(store_number_next(t) == e->rows->x.number);
	engine_keep(e, t, true);
	remember(e, t, m);
	o = engine_outcome(e, t, &d);
	c->answer(c, &o);
out:
	buf_free(&ids);
	return ok;
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

/*
 * A new execution of a job, once per idempotency key.  dry: only see whether
 * there is a refusal, which is answered; false then.
 */
static bool
trigger(struct engine *e, struct store_txn *t, struct cmd *c, bool dry)
{
	struct making m = {.c = c,
	    .project = c->tenant != 0 ? c->tenant : c->project,
	    .dry = dry};
	struct buf key = {0}, input = {0};
	const struct job *job = find_job(t, c);
	bool ok = true;

	if (idempotency_key(c, job, &key) &&
	    answer_existing(e, t, &m, buf_slice(&key)))
		goto out;
	ok = false;
	e->rows->job = job;
	if (job == NULL) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		goto out;
	}
	m.key = buf_slice(&key);
	m.input = input_of(e, c, &input);
	if (check(e, t, &m))
		ok = create(e, t, &m);
out:
	buf_free(&key);
	buf_free(&input);
	return ok;
}

/* CMD_TRIGGER */
void
engine_trigger(struct engine *e, struct store_txn *t, struct cmd *c)
{
	trigger(e, t, c, false);
}

/* The i-th of a batch, with what its batch says for all. */
static struct cmd *
batch_item(struct cmd *c, unsigned i)
{
	struct cmd *item = &c->items[i];

	item->kind = CMD_TRIGGER;
	item->name = c->name;
	item->tenant = c->tenant;
	item->asker = c->asker;
	return item;
}

/*
 * CMD_TRIGGER_BATCH: executions are decided on before the first is made, so
 * that one refusal refuses them all.
 */
void
engine_trigger_batch(struct engine *e, struct store_txn *t, struct cmd *c)
{
	unsigned i;

	for (i = 0; i < c->nitems; i++)
		if (!trigger(e, t, batch_item(c, i), true))
			return;
	for (i = 0; i < c->nitems; i++)
		trigger(e, t, batch_item(c, i), false);
}

/* The concurrency key of an execution; made in text. */
static struct slice
key_of(struct store_txn *t, const struct execution *x, struct buf *text)
{
	struct journal_event ev;

	if (x->lane == 0 || !journal_get(t, x->created.seq, &ev))
		return SLICE_NONE;
	buf_add_slice(text, event_get(&ev, MEMBER_CONCURRENCY));
	return buf_slice(text);
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
	struct buf key = {0};

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
	c->concurrency_key = key_of(t, &parent, &key);
	if (check(e, t, &m))
		create(e, t, &m);
	c->concurrency_key = SLICE_NONE;
	buf_free(&key);
	free(steps);
}
