/*
 * The engine: one turn, one transaction.
 *
 * Callbacks of the event loop submit commands; engine_turn_end() decides and
 * answers them all in one transaction, commits it fully synced, and only
 * then settles them and shows the journal's new tail.  It also owns time: the
 * clock is read once a turn, and one libevent timer is armed for the first
 * row of the timers table.
 */
#ifndef ENGINE_ENGINE_H
#define ENGINE_ENGINE_H

#include "engine/cmd.h"

struct engine;
struct event_base;

/*
 * Borrows base and store.  After an unclean stop it starts marking what ran
 * as interrupted, in batches, while already serving.  NULL when the store
 * cannot be written, with *rc ENOSPC or EIO.
 */
struct engine *engine_new(struct event_base *base, struct store *store,
    int *rc);
void engine_free(struct engine *e);

/* Called after each commit that appended events, with the last seq. */
void engine_on_commit(struct engine *e, void (*fn)(void *arg, uint64_t seq),
    void *arg);

/* Transactions committed since engine_new(): commands / commits is the group. */
uint64_t engine_commits(const struct engine *e);

/* This turn's time, ms since 1970; the clock is read at the first call. */
int64_t engine_now(struct engine *e);

/* 64 random bits. */
uint64_t engine_noise(struct engine *e);

/* This turn's read snapshot; gone when the turn ends. */
struct store_txn *engine_snapshot(struct engine *e);

/*
 * A turn begins: the last one's time and snapshot are gone.  Right before the
 * loop may sleep.
 */
void engine_turn_begin(struct engine *e);

/* Gather a command for this turn. */
void engine_submit(struct engine *e, struct cmd *c);

/*
 * End the turn.  Returns true when work is left (a full turn, recovery), so
 * that the loop must not sleep.
 */
bool engine_turn_end(struct engine *e);

/* How many commands are gathered, and the bytes of their requests. */
unsigned engine_pending(const struct engine *e);
size_t engine_pending_bytes(const struct engine *e);

/* True when nothing is gathered and no recovery is under way. */
bool engine_idle(const struct engine *e);

enum engine_heartbeat {
	ENGINE_HEARTBEAT_SOFT,	  /* taken; *x is the row as it reads now */
	ENGINE_HEARTBEAT_COMMAND, /* it changes something: submit a report */
	ENGINE_HEARTBEAT_NOT_FOUND
};

/*
 * A plain heartbeat: moves a deadline in memory and writes nothing, unless it
 * changes the status or the row's own time is older than a quarter of the
 * timeout.
 */
enum engine_heartbeat engine_heartbeat(struct engine *e, const struct uuid *id,
    uint64_t tenant, const struct fence *f, struct execution *x);

/*
 * Take a claim that waits for work back: it is the caller's again, and
 * neither answered nor settled.
 */
void engine_withdraw(struct engine *e, struct cmd *c);

/* How many claims wait for work of that queue. */
unsigned engine_waiting(struct engine *e, struct slice queue);

/* The latest word of an execution: row or memory, whichever is newer. */
int64_t engine_last_word(const struct engine *e, const struct execution *x);

/*
 * When the worker of x, or of a step that was claimed, will have been silent
 * for too long, ms: as of its latest word, and of what is not held against it.
 */
int64_t engine_lease_end(const struct engine *e, const struct execution *x,
    const struct job *job);
int64_t engine_step_lease_end(const struct engine *e, const struct step *s);

/*
 * Test only (--test-clock): move the clock forward; fn(arg) is called when
 * every timer due at the new time has been committed.  False when somebody
 * else is still waiting for that.
 */
bool engine_clock_advance(struct engine *e, int64_t ms, void (*fn)(void *arg),
    void *arg);

#endif
