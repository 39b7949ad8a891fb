/*
 * Jobs and queues that are paused: what waits there is handed to nobody.
 */
#ifndef STORE_PAUSES_H
#define STORE_PAUSES_H

#include "store/store.h"

/* Of a job, or, with job NULL, of a queue. */
struct pause {
	const struct uuid *job;
	struct slice queue; /* its name, not empty */
};

/* Since when it is paused, ms; 0: it is not. */
int64_t pauses_since(struct store_txn *t, const struct pause *p);

/* Pause it, or (at 0) let it go on; the caller journals it. */
void pauses_set(struct store_txn *t, const struct pause *p, int64_t at);

/* Call fn for each queue that is paused. */
void pauses_queues(struct store_txn *t,
    void (*fn)(void *arg, struct slice queue, int64_t since), void *arg);

#endif
