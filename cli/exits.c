/*
 * The two tables behind the exit codes.
 */
#include "cli/exits.h"

static const struct {
	const char *status;
	enum exits code;
} exits_ends[] = {
    {"completed", EXITS_DONE},
    {"failed", EXITS_FAILED},
    {"timeout", EXITS_TIMED_OUT},
    {"cancelled", EXITS_CANCELLED},
};

#define NENDS (sizeof(exits_ends) / sizeof(exits_ends[0]))

/* Map an HTTP status; all refusals that have no code of their own failed. */
enum exits
exits_http(long status)
{
	if (status >= 200 && status < 300)
		return EXITS_DONE;
	if (status == 401 || status == 403)
		return EXITS_AUTH;
	if (status == 404)
		return EXITS_NOT_FOUND;
	return EXITS_FAILED;
}

/* Map the status of an execution that has ended. */
enum exits
exits_status(struct slice status, bool retry_waits)
{
	if (retry_waits)
		return EXITS_NONE;
	for (size_t i = 0; i < NENDS; i++) {
		if (slice_is(status, exits_ends[i].status))
			return exits_ends[i].code;
	}
	return EXITS_NONE;
}
