/*
 * A view: a filter and a form, shared by all subscribers that asked for the
 * same.  They are found by its topic, and what is gathered for one of them
 * serves the next.
 */
#ifndef SSE_VIEW_H
#define SSE_VIEW_H

#include <sys/queue.h>

#include "sse/sse.h"
#include "sse/tail.h"

struct subscriber;
struct topic;

struct view {
	struct topic *topic;
	LIST_ENTRY(view) entry;		 /* the topic's */
	LIST_HEAD(, subscriber) members; /* subscriber.c's */
	unsigned nlive;			 /* members that wait at the tail */
	uint8_t form;			 /* enum frame_form bits */
	bool heartbeat_event, ends;
	struct sse_filter filter; /* what it points at is its own */
	unsigned
	    nover; /* of the executions, from the first: known to be over */
};

/* A view as that request wants it, without members. */
struct view *view_new(const struct sse_request *r);
void view_free(struct view *v);

/* Is v what r asks for? */
bool view_is(const struct view *v, const struct sse_request *r);

/* Would members of v be sent that event? */
bool view_wants(const struct view *v, const struct tail_about *a);

/* Does it end an execution whose end the streams of v wait for? */
bool view_ends(const struct view *v, const struct tail_about *a);

/* The same as view_wants() without a look at the facts, which may be missing in a. */
bool view_wants_type(const struct view *v, const struct tail_about *a);

/* What filters ask of ev; f NULL: not known, or not looked up. */
struct tail_about view_about(const struct journal_event *ev,
    const struct facts *f);

#endif
