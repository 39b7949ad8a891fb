/*
 * The engine as others see it: its clock, its timer, its soft heartbeats.
 * turn.c ends turns, command.c carries out commands.
 */
#include "engine/engine.h"

#include <event2/event.h>
#include <stdlib.h>
#include <sys/random.h>
#include <time.h>

#include "core/log.h"
#include "core/mem.h"
#include "engine/dispatch.h"
#include "engine/engine_impl.h"
#include "store/jobs.h"
#include "store/rows.h"

/* A wall clock that steps this far from the steady one is not believed. */
#define CLOCK_STEP_MS 2000

_Static_assert(sizeof(uintptr_t) >= sizeof(int64_t),
    "words are kept as pointers");

static int64_t
read_clock(clockid_t id)
{
	struct timespec ts;

	INVARIANT(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/*
 * The clock jumped: nobody's silence can be measured across the jump.
 * Deadlines are rows with the time of day, and keep it when that is set back.
 */
static void
note_step(struct engine *e, int64_t step)
{
	if (step > 0)
		log_warn("the system clock stepped forward by %lld ms: running "
			 "executions get a full heartbeat timeout from now",
		    (long long)step);
	else
		log_warn("the system clock stepped back by %lld ms: what was "
			 "to happen at a time, such as the end of a heartbeat "
			 "timeout or a retry, happens that much later",
		    -(long long)step);
	e->grace_from = e->now;
	evtimer_del(e->timer); /* armed anew at the turn's end */
}

/* Read the clocks, the steady one to tell a step of the other. */
static void
read_clocks(struct engine *e)
{
	int64_t wall = read_clock(CLOCK_REALTIME);
	int64_t steady = read_clock(CLOCK_MONOTONIC);
	int64_t step = (wall - e->wall) - (steady - e->steady);

	e->now = wall + e->clock_offset;
	if (e->wall != 0 && (step > CLOCK_STEP_MS || step < -CLOCK_STEP_MS))
		note_step(e, step);
	e->wall = wall;
	e->steady = steady;
	e->now_known = true;
	log_set_time(e->now);
}

/* This turn's time. */
int64_t
engine_now(struct engine *e)
{
	if (!e->now_known)
		read_clocks(e);
	return e->now;
}

/* Random bits from the system, fetched many at a time. */
uint64_t
engine_noise(struct engine *e)
{
	if (e->noises == 0) {
		if (getrandom(e->noise, sizeof e->noise, 0) != sizeof e->noise)
			log_fatal("the system gives no random bytes");
		e->noises = ENGINE_NOISES;
	}
	return e->noise[--e->noises];
}

/* The timer only ends the loop's sleep; the turn's end looks what is due. */
static void
on_timer(evutil_socket_t fd, short what, void *arg)
{
	(void)fd;
	(void)what;
	(void)arg;
}

/* Set the engine up on a store that is open to serve. */
struct engine *
engine_new(struct event_base *base, struct store *store, int *rc)
{
	struct engine *e = mem_zalloc(sizeof *e);
	struct uuid newest;

	e->base = base;
	e->store = store;
	e->rows = mem_zalloc(sizeof *e->rows);
	e->timer = evtimer_new(base, on_timer, e);
	INVARIANT(e->timer != NULL);
	TAILQ_INIT(&e->cmds);
	e->words = hash_new(engine_noise(e));
	e->grace_from = engine_now(e);
	if (rows_newest(engine_snapshot(e), &newest))
		uuid_maker_seen(&e->maker, &newest);
	engine_recovery_begin(e);
	engine_turn_begin(e);
	e->dispatch = dispatch_new(e);
	*rc = engine_seed(e);
	if (*rc != 0) {
		engine_free(e);
		return NULL;
	}
	engine_look_ahead(e);
	return e;
}

/* Forget the engine; commands not settled yet are lost to their askers. */
void
engine_free(struct engine *e)
{
	if (e == NULL)
		return;
	event_free(e->timer);
	hash_free(e->words);
	dispatch_free(e->dispatch);
	lifecycle_change_free(&e->rows->change);
	buf_free(&e->made);
	free(e->rows);
	free(e);
}

/* Whom to tell of the journal's new tail. */
void
engine_on_commit(struct engine *e, void (*fn)(void *arg, uint64_t seq),
    void *arg)
{
	e->on_commit = fn;
	e->on_commit_arg = arg;
}

/* Turns that reached the disk. */
uint64_t
engine_commits(const struct engine *e)
{
	return e->commits;
}

/* This turn's view of the store. */
struct store_txn *
engine_snapshot(struct engine *e)
{
	return store_snapshot(e->store);
}

/* Forget the last turn's view of time and store. */
void
engine_turn_begin(struct engine *e)
{
	store_snapshot_end(e->store);
	e->now_known = false;
}

/* Gather. */
void
engine_submit(struct engine *e, struct cmd *c)
{
	TAILQ_INSERT_TAIL(&e->cmds, c, entry);
	e->ncmds++;
	e->cmd_bytes += c->bytes;
}

/* Gathered so far. */
unsigned
engine_pending(const struct engine *e)
{
	return e->ncmds;
}

/* What they hold. */
size_t
engine_pending_bytes(const struct engine *e)
{
	return e->cmd_bytes;
}

/* Nothing left to do but wait. */
bool
engine_idle(const struct engine *e)
{
	return e->ncmds == 0 && !e->recovery.active;
}

/* When it last spoke, as far as memory knows. */
int64_t
engine_word(const struct engine *e, const struct uuid *id)
{
	return (int64_t)(uintptr_t)hash_get(e->words, id);
}

/* It speaks now. */
void
engine_word_set(struct engine *e, const struct uuid *id)
{
	hash_set(e->words, id, (void *)(uintptr_t)engine_now(e));
}

/* Nobody waits for its next word. */
void
engine_word_forget(struct engine *e, const struct uuid *id)
{
	hash_remove(e->words, id);
}

/* Memory or row, whichever heard it last. */
int64_t
engine_last_word(const struct engine *e, const struct execution *x)
{
	int64_t word = engine_word(e, &x->id);

	return word > x->heartbeat_at ? word : x->heartbeat_at;
}

/* The end of a lease that was last renewed at word; a row may be ahead. */
static int64_t
lease_end(const struct engine *e, int64_t word, int64_t lease, int64_t due)
{
	if (word < e->grace_from)
		word = e->grace_from;
	return word + lease > due ? word + lease : due;
}

/* Of an execution. */
int64_t
engine_lease_end(const struct engine *e, const struct execution *x,
    const struct job *job)
{
	return lease_end(e, engine_last_word(e, x), lifecycle_lease(x, job),
	    x->due[TIMER_HEARTBEAT]);
}

/* Of a step. */
int64_t
engine_step_lease_end(const struct engine *e, const struct step *s)
{
	return lease_end(e, engine_word(e, &s->id), s->lease_ms, s->due);
}

/* The same for the claim of a step of x. */
static enum engine_heartbeat
step_heartbeat(struct engine *e, struct store_txn *t, const struct fence *f,
    struct execution *x)
{
	struct step *s = &e->rows->steps[f->step];

	if (f->step >= x->nsteps ||
	    !rows_get_steps(t, &x->id, e->rows->steps, x->nsteps) ||
	    !lifecycle_step_is_soft(x, s, f->claim, engine_now(e)))
		return ENGINE_HEARTBEAT_COMMAND;
	engine_word_set(e, &s->id);
	return ENGINE_HEARTBEAT_SOFT;
}

/* Take a heartbeat in memory where that is all it needs. */
enum engine_heartbeat
engine_heartbeat(struct engine *e, const struct uuid *id, uint64_t tenant,
    const struct fence *f, struct execution *x)
{
	struct store_txn *t = engine_snapshot(e);
	const struct job *job;

	if (!rows_get(t, id, x) || (tenant != 0 && x->project != tenant))
		return ENGINE_HEARTBEAT_NOT_FOUND;
	job = jobs_get(t, &x->job, x->job_version);
	INVARIANT(job != NULL);
	if (f->of_step)
		return step_heartbeat(e, t, f, x);
	if ((f->claim != 0 && f->claim != x->claim.seq) ||
	    !lifecycle_heartbeat_is_soft(x, job, f->attempt, engine_now(e)))
		return ENGINE_HEARTBEAT_COMMAND;
	engine_word_set(e, id);
	x->heartbeat_at = engine_now(e);
	return ENGINE_HEARTBEAT_SOFT;
}

/* Move the test's clock; one waiter at a time. */
bool
engine_clock_advance(struct engine *e, int64_t ms, void (*fn)(void *arg),
    void *arg)
{
	if (e->waiter.fn != NULL)
		return false;
	e->clock_offset += ms;
	e->now_known = false;
	evtimer_del(e->timer); /* armed anew at the turn's end */
	e->waiter.fn = fn;
	e->waiter.arg = arg;
	return true;
}
