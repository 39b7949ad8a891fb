/*
 * Executions in WiseRows' words: jobs.
 */
#ifndef HTTP_WISEROWS_VIEW_H
#define HTTP_WISEROWS_VIEW_H

#include "core/execution.h"
#include "core/job.h"
#include "core/jsonw.h"
#include "store/store.h"

/* "pending", "running", "completed", "failed", "cancelled". */
const char *wiserows_view_status(enum status s);

/* The statuses of that word, 0 at the end; false when it is no such word. */
bool wiserows_view_statuses(struct slice word, enum status out[STATUS_COUNT]);

/* The members of a job, into an open object. */
void wiserows_view_job(struct jsonw *w, struct store_txn *t,
    const struct execution *x, const struct job *job);

/* The member `logs`, the newest of them, oldest first. */
void wiserows_view_logs(struct jsonw *w, struct store_txn *t,
    const struct execution *x);

#endif
