/*
 * The names of the statuses.  Which may follow which is for core/lifecycle.c to say.
 */
#include "core/status.h"

static const char *const names[STATUS_COUNT] = {
    [STATUS_QUEUED] = "queued",
    [STATUS_RUNNING] = "running",
    [STATUS_RETRYING] = "retrying",
    [STATUS_CANCELLING] = "cancelling",
    [STATUS_INTERRUPTED] = "interrupted",
    [STATUS_COMPLETED] = "completed",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMED_OUT] = "timed_out",
    [STATUS_CANCELLED] = "cancelled",
};

static const char *const step_names[STEP_STATUS_COUNT] = {
    [STEP_PENDING] = "pending",
    [STEP_READY] = "ready",
    [STEP_RUNNING] = "running",
    [STEP_COMPLETED] = "completed",
    [STEP_FAILED] = "failed",
    [STEP_SKIPPED] = "skipped",
    [STEP_CANCELLED] = "cancelled",
};

/* Say whether nothing follows s. */
bool
status_is_terminal(enum status s)
{
	return s == STATUS_COMPLETED || s == STATUS_FAILED ||
	    s == STATUS_TIMED_OUT || s == STATUS_CANCELLED;
}

/* Say whether a worker holds an execution in s. */
bool
status_is_held(enum status s)
{
	return s == STATUS_RUNNING || s == STATUS_INTERRUPTED ||
	    s == STATUS_CANCELLING;
}

/* Say whether a new execution may be made of one in s. */
bool
status_may_retry(enum status s)
{
	return s == STATUS_CANCELLING ||
	    (status_is_terminal(s) && s != STATUS_COMPLETED);
}

/* Say whether s has work left to do. */
bool
status_is_active(enum status s)
{
	return s != STATUS_CANCELLING && !status_is_terminal(s);
}

/* Name s; no status has no name. */
const char *
status_name(enum status s)
{
	return (unsigned)s < STATUS_COUNT ? names[s] : NULL;
}

/* Find the status of that name. */
bool
status_parse(struct slice s, enum status *out)
{
	for (unsigned i = STATUS_QUEUED; i < STATUS_COUNT; i++) {
		if (!slice_is(s, names[i]))
			continue;
		*out = (enum status)i;
		return true;
	}
	return false;
}

/* Name a step's status; no status has no name. */
const char *
status_step_name(enum step_status s)
{
	return (unsigned)s < STEP_STATUS_COUNT ? step_names[s] : NULL;
}
