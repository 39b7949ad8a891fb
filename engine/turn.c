/*
 * The end of a turn: everything that was gathered becomes one transaction.
 *
 * The order is the promise: decide and answer (held back), commit, and only
 * then settle, show the tail, and arm the timer.
 */
#include <errno.h>
#include <event2/event.h>

#include "core/log.h"
#include "engine/dispatch.h"
#include "engine/engine_impl.h"
#include "engine/fault.h"
#include "store/rows.h"

#define TURN_COMMANDS 512
#define TURN_BYTES (4u << 20)
#define TURN_TIMERS 256
#define RETRY_MS 1000 /* after a failed commit, for the timers */

TAILQ_HEAD(batch, cmd);

/*
 * Carry out commands until the turn is full; they move to done.  A few bytes
 * of request may make many of a step's input, or of what a claim is answered,
 * so all are counted.
 */
static void
run_commands(struct engine *e, struct store_txn *t, struct batch *done)
{
	unsigned n = 0;
	size_t bytes = 0;
	struct cmd *c;

	while (n < TURN_COMMANDS && bytes < TURN_BYTES &&
	    store_written(t) < TURN_BYTES &&
	    (c = TAILQ_FIRST(&e->cmds)) != NULL) {
		TAILQ_REMOVE(&e->cmds, c, entry);
		TAILQ_INSERT_TAIL(done, c, entry);
		e->ncmds--;
		e->cmd_bytes -= c->bytes;
		n++;
		bytes += c->bytes;
		engine_command(e, t, c);
		if (c->kind != CMD_CLAIM)
			continue;
		bytes += c->claim->drawn;
		if (dispatch_waits(c))
			TAILQ_REMOVE(done, c, entry);
	}
}

/* Let timers that are due have their effect, as many as a turn takes. */
static void
run_timers(struct engine *e, struct store_txn *t)
{
	struct rows_timer due[TURN_TIMERS];
	unsigned i, n;

	if (e->first_due == 0 || e->first_due > engine_now(e))
		return;
	n = rows_timers_due(t, engine_now(e), due, TURN_TIMERS);
	for (i = 0; i < n; i++)
		engine_timer(e, t, &due[i]);
}

/* Hand what became ready to claims that wait for it, in this very turn. */
static void
serve_waiting(struct engine *e, struct store_txn *t, struct batch *done)
{
	unsigned n = 0;
	size_t bytes = 0;
	struct cmd *c;

	while (n++ < TURN_COMMANDS && bytes < TURN_BYTES &&
	    store_written(t) < TURN_BYTES && store_error(t) == 0 &&
	    (c = dispatch_serve(e->dispatch, t)) != NULL) {
		TAILQ_INSERT_TAIL(done, c, entry);
		bytes += c->claim->drawn;
	}
}

/* Arm the one timer for when (ms, by our clock), or disarm it for 0. */
static void
arm(struct engine *e, int64_t when)
{
	int64_t wait = when - engine_now(e);
	struct timeval tv;

	if (when == 0) {
		evtimer_del(e->timer);
		return;
	}
	if (wait < 0)
		wait = 0;
	tv.tv_sec = (time_t)(wait / 1000);
	tv.tv_usec = (suseconds_t)(wait % 1000 * 1000);
	evtimer_add(e->timer, &tv);
}

/* Everything gathered is told how the turn ended. */
static void
settle(struct batch *done, int rc)
{
	struct cmd *c;

	while ((c = TAILQ_FIRST(done)) != NULL) {
		TAILQ_REMOVE(done, c, entry);
		c->settled(c, rc);
	}
}

/* The turn is lost: say it once, and hold nobody's silence against them. */
static void
fail(struct engine *e, int rc)
{
	if (!e->failing)
		log_error("cannot write to the store: %s; writes are refused "
			  "until this ends",
		    rc == ENOSPC ? "the disk is full" : "input/output error");
	e->failing = true;
	e->grace_from = engine_now(e);
	arm(e, engine_now(e) + RETRY_MS);
}

/* Arm the timer for the first deadline there is. */
void
engine_look_ahead(struct engine *e)
{
	struct uuid id;
	enum timer timer;

	e->first_due = rows_timer_first(engine_snapshot(e), &id, &timer);
	arm(e, e->first_due);
}

/* The turn is on disk. */
static void
succeed(struct engine *e, uint64_t seq_before, uint64_t seq)
{
	e->commits++;
	if (e->failing)
		log_info("the store can be written again");
	e->failing = false;
	engine_look_ahead(e);
	if (seq != seq_before && e->on_commit != NULL)
		e->on_commit(e->on_commit_arg, seq);
}

/* Run the transaction; 0 or why it failed. */
static int
transact(struct engine *e, struct batch *done)
{
	struct engine_recovery at = e->recovery;
	uint64_t before, after;
	struct store_txn *t;
	int rc = 0;

	if (store_is_full(e->store))
		return ENOSPC;
	t = store_begin(e->store, &rc);
	if (t == NULL)
		return rc;
	before = store_seq(t);
	run_commands(e, t, done);
	run_timers(e, t);
	engine_recovery_step(e, t);
	serve_waiting(e, t, done);
	after = store_seq(t);
	fault_pass(FAULT_BEFORE_COMMIT);
	rc = store_commit(t);
	if (rc != 0) {
		e->recovery = at;
		return rc;
	}
	fault_pass(FAULT_AFTER_COMMIT);
	succeed(e, before, after);
	return 0;
}

/* True when timers are due now. */
static bool
timers_due(struct engine *e)
{
	return e->first_due != 0 && e->first_due <= engine_now(e);
}

/* Whoever moved the clock is told when no timer is due any more. */
static void
tell_waiter(struct engine *e)
{
	struct engine_waiter w = e->waiter;

	if (w.fn == NULL || timers_due(e) || e->ncmds > 0)
		return;
	e->waiter = (struct engine_waiter){0};
	w.fn(w.arg);
}

/* End the turn; see engine.h. */
bool
engine_turn_end(struct engine *e)
{
	struct batch done = TAILQ_HEAD_INITIALIZER(done);
	int rc;

	if (e->ncmds == 0 && !timers_due(e) && !e->recovery.active &&
	    !dispatch_pending(e->dispatch)) {
		/* It may fire early, by another clock, or be a retry's. */
		if (!evtimer_pending(e->timer, NULL))
			arm(e, e->first_due);
		tell_waiter(e);
		return false;
	}
	store_snapshot_end(e->store);
	rc = transact(e, &done);
	if (rc != 0) {
		/* Those not run yet would meet the same disk. */
		TAILQ_CONCAT(&done, &e->cmds, entry);
		e->ncmds = 0;
		e->cmd_bytes = 0;
		dispatch_reload(e->dispatch);
		fail(e, rc);
	}
	fault_pass(FAULT_BEFORE_ANSWER);
	settle(&done, rc);
	tell_waiter(e);
	/* After a failure only what was submitted since is not to wait. */
	return e->ncmds > 0 ||
	    (rc == 0 &&
		(e->recovery.active || timers_due(e) ||
		    dispatch_pending(e->dispatch)));
}
