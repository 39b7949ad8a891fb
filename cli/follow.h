/*
 * Reading a stream to its end, event by event.
 */
#ifndef CLI_FOLLOW_H
#define CLI_FOLLOW_H

#include "cli/call.h"
#include "cli/stream.h"

struct follow {
	struct slice target;
	const char *cursor; /* start after it; NULL: as the server likes */
	bool one;	    /* of one execution: its end is the end */
	/* Takes an event whose data is JSON; false ends it all (exit 1). */
	bool (*event)(const struct follow *f, const struct sse_event *ev,
	    const struct json_node *data);
	const void *arg; /* for event */
};

/*
 * Follow until the stream is at its end, which is EXITS_DONE, or cannot go
 * on, which has been said.
 */
enum exits follow_run(const struct call *call, const struct follow *f);

/*
 * See whether --since (NULL: not given) could be the id of an event: it
 * becomes a header.  False when not, which has been said.
 */
bool follow_check_since(const struct call *call, const char *since);

/*
 * The stream said what, which is none of EVENT, TICK, LOST and OVER: say why
 * it is over, and return the exit code.
 */
enum exits follow_ended(const struct call *call, const struct stream *s,
    enum stream_what what);

/*
 * True for the event that says that an execution is over.  (The same event
 * also ends a stream whose time is up while the execution goes on.)
 */
bool follow_is_end(const struct sse_event *ev, const struct json_node *data);

/* The execution's state in an event or snapshot, in the server's own words. */
struct slice follow_status(const struct json_node *data);

#endif
