/*
 * Jobs as JSON.
 */
#ifndef HTTP_JOBS_VIEW_H
#define HTTP_JOBS_VIEW_H

#include "core/job.h"
#include "core/jsonw.h"
#include "store/jobs.h"

/*
 * The job as an object: its id, its definition, its version and times, and
 * since when t says that it is paused.
 */
void jobs_view(struct jsonw *w, struct store_txn *t, const struct job *job,
    const struct jobs_head *head);

#endif
