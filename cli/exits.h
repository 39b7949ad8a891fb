/*
 * What the program's exit code says.  tidewire(1) promises these numbers.
 */
#ifndef CLI_EXITS_H
#define CLI_EXITS_H

#include "core/slice.h"

enum exits {
	EXITS_NONE = -1, /* not over yet; never leaves the program */
	EXITS_DONE = 0,
	EXITS_FAILED = 1,
	EXITS_USAGE = 2,
	EXITS_CANCELLED = 3,
	EXITS_TIMED_OUT = 4, /* the execution did, on the server */
	EXITS_NOT_FOUND = 5,
	EXITS_AUTH = 6,
	EXITS_UNREACHED = 7,
	EXITS_DEADLINE = 124, /* --timeout ran out */
	EXITS_SIGNAL = 128    /* plus the signal's number */
};

/* For an answer with this HTTP status. */
enum exits exits_http(long status);

/*
 * For an execution that ended in this status of GET /api/executions/{id}.
 * EXITS_NONE when that status is no end: it is still going on, or a retry
 * waits (retry_waits: its retry_at is set).
 */
enum exits exits_status(struct slice status, bool retry_waits);

#endif
