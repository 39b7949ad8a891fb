/*
 * An execution's history: its changes of status, chained in the journal, so
 * that they are read without all it logged; and a rollback.
 */
#ifndef STORE_HISTORY_H
#define STORE_HISTORY_H

#include "store/store.h"

/*
 * Chain an event that is about to be journaled to the one before of the
 * history, *at, when it is of it; before must live until it is appended.
 */
void history_chain(struct journal_event *ev, uint64_t *at, uint8_t before[8]);

/* The seq that MEMBER_BEFORE says; 0: ev is the first. */
uint64_t history_before(const struct journal_event *ev);

/*
 * The seqs of the newest max entries, oldest first: EVENT_CREATED (when all
 * are read), EVENT_STATUS, EVENT_ROLLBACK.  Returns how many.
 */
unsigned history_read(struct store_txn *t, const struct execution *x,
    uint64_t *seqs, unsigned max);

/*
 * The event by which x completed, and when (ms, 0: it was not) it was rolled
 * back since.  False when it has not completed.
 */
bool history_completion(struct store_txn *t, const struct execution *x,
    struct journal_event *out, int64_t *rolled_back);

#endif
