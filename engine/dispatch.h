/*
 * Who gets which work: the lanes of the table "ready", and the claims that
 * wait for something to stand in them.
 *
 * Memory has one entry for each lane that is not empty, with a guess at its
 * first row; the table has the truth, and is asked before anything is handed
 * out.  So a guess may be too good, never too bad: what joins a lane is told
 * here, what leaves it is not.
 */
#ifndef ENGINE_DISPATCH_H
#define ENGINE_DISPATCH_H

#include "engine/cmd.h"
#include "store/ready.h"

struct dispatch;
struct engine;
struct engine_rows;

/* Reads what waits from this turn's snapshot. */
struct dispatch *dispatch_new(struct engine *e);
void dispatch_free(struct dispatch *d);

/* A transaction was lost: read it all again. */
void dispatch_reload(struct dispatch *d);

/*
 * Choose what the claim gets next; false when there is nothing for it.  With
 * several queues that one gives whose turn was the longest ago.
 */
bool dispatch_pick(struct dispatch *d, struct store_txn *t, const struct cmd *c,
    struct ready_row *out);

/* Rows were stored (created: for the first time): see what they change. */
void dispatch_follow(struct dispatch *d, struct store_txn *t,
    const struct engine_rows *r, bool created);

/*
 * A job has a new definition or was deleted; a job or a queue was paused or
 * goes on.
 */
void dispatch_job_changed(struct dispatch *d, struct store_txn *t,
    const struct uuid *job);
void dispatch_queue_changed(struct dispatch *d, struct store_txn *t,
    struct slice queue);

/*
 * Begin a claim: jobs are the ids of those it names (copied).  dispatch_end()
 * forgets it, also where it waits.
 */
void dispatch_begin(struct dispatch *d, struct cmd *c, const struct uuid *jobs);
void dispatch_end(struct cmd *c);

/* Let a claim that was begun wait for work. */
void dispatch_wait(struct dispatch *d, struct store_txn *t, struct cmd *c);
bool dispatch_waits(const struct cmd *c);

/* How many wait for work of that queue. */
unsigned dispatch_waiting(const struct dispatch *d, struct slice queue);

/*
 * Serve one waiting claim from what became ready since the last call, and
 * give it back, ended; NULL when there is nothing left to serve.
 */
struct cmd *dispatch_serve(struct dispatch *d, struct store_txn *t);

/* True when dispatch_serve() has something to look at. */
bool dispatch_pending(const struct dispatch *d);

#endif
