/*
 * Counters: how many executions an index holds for one value, kept so that a
 * total never needs a scan.  Keys as in store/schema.h.
 *
 * Changes are gathered in memory and written once a transaction, since the
 * commands of a turn mostly move the same few.
 */
#ifndef STORE_COUNTERS_H
#define STORE_COUNTERS_H

#include "store/internal.h"

/* seed: random bits, so that chosen labels cannot be made to collide. */
struct counters *counters_new(uint64_t seed);
void counters_free(struct counters *c);

/* Move a counter by delta, in a write transaction. */
void counters_add(struct store_txn *t, struct slice key, int64_t delta);

/* The counter as this transaction sees it. */
uint64_t counters_get(struct store_txn *t, struct slice key);

/* Write what was gathered; one that would fall below 0 is damage. */
void counters_flush(struct store_txn *t);

/* Forget what was gathered: the transaction is over. */
void counters_reset(struct counters *c);

#endif
