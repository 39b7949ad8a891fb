/*
 * The words of the lifecycle: statuses of executions and steps.  The numbers
 * are stored (store/schema.h): append, never renumber.
 */
#ifndef CORE_STATUS_H
#define CORE_STATUS_H

#include "core/slice.h"

enum status {
	STATUS_QUEUED = 1,
	STATUS_RUNNING = 2,
	STATUS_RETRYING = 3, /* waits for retry_at */
	STATUS_CANCELLING = 4,
	STATUS_INTERRUPTED = 5, /* ran when the server stopped uncleanly */
	STATUS_COMPLETED = 6,
	STATUS_FAILED = 7,
	STATUS_TIMED_OUT = 8,
	STATUS_CANCELLED = 9
};
#define STATUS_COUNT 10 /* one over the largest; 0 is no status */

enum step_status {
	STEP_PENDING = 1, /* waits for what it depends on */
	STEP_READY = 2,
	STEP_RUNNING = 3,
	STEP_COMPLETED = 4,
	STEP_FAILED = 5,
	STEP_SKIPPED = 6,
	STEP_CANCELLED = 7
};
#define STEP_STATUS_COUNT 8 /* likewise */

/* Completed, failed, timed_out, cancelled: never changes again. */
bool status_is_terminal(enum status s);

/* Running, interrupted, cancelling: a worker holds it, silence ends it. */
bool status_is_held(enum status s);

/*
 * Did not complete, and is to end without that: somebody may ask for a new
 * execution of the same.
 */
bool status_may_retry(enum status s);

/* Queued, running, retrying, interrupted: there is work left to do. */
bool status_is_active(enum status s);

/*
 * "timed_out", NULL for 0; false from the parser when s is no such word.
 */
const char *status_name(enum status s);
bool status_parse(struct slice s, enum status *out);

/* "pending", NULL for 0. */
const char *status_step_name(enum step_status s);

#endif
