/*
 * Executions in TuxSEO's words: jobs.
 */
#ifndef HTTP_TUXSEO_VIEW_H
#define HTTP_TUXSEO_VIEW_H

#include "core/execution.h"
#include "core/job.h"
#include "core/jsonw.h"
#include "store/store.h"

/* What a job is drawn from; all borrowed. */
struct tuxseo_view {
	struct store_txn *txn;
	const struct execution *x;
	const struct job *job;
	bool in_list; /* of a long history, the newest 200 entries do */
};

/*
 * The statuses of a word ("queued", "running", "succeeded", "failed",
 * "canceled"), in any case, 0 at the end; false when it is no such word.
 */
bool tuxseo_view_statuses(struct slice word, enum status out[STATUS_COUNT]);

/* The whole job. */
void tuxseo_view_job(struct jsonw *w, const struct tuxseo_view *v);

#endif
