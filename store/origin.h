/*
 * The rows of an execution before its first event: what EVENT_CREATED says of
 * them.  Whoever replays the journal begins here.
 */
#ifndef STORE_ORIGIN_H
#define STORE_ORIGIN_H

#include "store/store.h"

/*
 * Make x and its steps (room for JOB_STEPS_MAX), to which created is then to
 * be applied.  Its job, borrowed until the turn ends; NULL when the event is
 * no such event, or its job's version is not there.
 */
const struct job *origin_read(struct store_txn *t,
    const struct journal_event *created, struct execution *x,
    struct step *steps);

#endif
