/*
 * The journal: every accepted change, in order; and each execution's share.
 */
#ifndef STORE_JOURNAL_H
#define STORE_JOURNAL_H

#include "core/brief.h"
#include "store/store.h"

/* Most events one read hands out, so that no read holds the loop. */
#define JOURNAL_PAGE 500

/* Append ev; ev->seq must be store_seq() + 1.  EVENT_JOB has no execution. */
void journal_append(struct store_txn *t, const struct journal_event *ev);

/* The event of that seq; false when there is none (any more). */
bool journal_get(struct store_txn *t, uint64_t seq, struct journal_event *out);

/*
 * A member of an earlier event, borrowed until the transaction writes or ends;
 * SLICE_NONE when there is none.  A brief one may be borrowed from b instead.
 */
struct slice journal_member(struct store_txn *t, struct ref at, enum member m);
struct slice journal_brief(struct store_txn *t, const struct brief *b,
    enum member m);

/* The oldest seq retained (0 when the journal is empty). */
uint64_t journal_first(struct store_txn *t);

/* The first event at or after at (ms); 0 when none.  Binary search by seq. */
uint64_t journal_since(struct store_txn *t, int64_t at);

/* Called for each event; returns false to stop there. */
struct journal_visit {
	bool (*fn)(void *arg, const struct journal_event *ev);
	void *arg;
};

/*
 * Walk upward from the first seq > after, over at most max events.  Returns
 * the last seq looked at, the one that stopped it included (after when there
 * was none).  The visitor may look things up, but not write.
 */
uint64_t journal_walk(struct store_txn *t, uint64_t after, unsigned max,
    const struct journal_visit *v);

/* The same over one execution's events. */
uint64_t journal_walk_execution(struct store_txn *t, const struct uuid *id,
    uint64_t after, unsigned max, const struct journal_visit *v);

#endif
