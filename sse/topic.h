/*
 * Topics: who asked for what, so that an event touches only those.  A view
 * belongs to the narrowest topic of its filter: its execution, else its
 * label, its only job, project, else the one topic of everything.
 */
#ifndef SSE_TOPIC_H
#define SSE_TOPIC_H

#include "core/hash.h"

#include "sse/view.h"

struct topic {
	struct uuid key;
	LIST_HEAD(, view) views;
	/*
	 * An execution's: all its events behind seq `born` are in the tail
	 * cache's chain, the newest of them is `last` (0: none yet).
	 */
	uint64_t born, last;
};

struct topics {
	struct hash *by_key;
	unsigned general; /* views of topics other than an execution's */
	unsigned labels;  /* views of a label's topic */
};

void topic_init(struct topics *t, uint64_t seed);
void topic_free(struct topics *t); /* no view is left */

/*
 * The view for r, made if need be.  last: the newest seq in the cache.  Give
 * it back with topic_leave() when its last member is gone.
 */
struct view *topic_join(struct topics *t, const struct sse_request *r,
    uint64_t last);
void topic_leave(struct topics *t, struct view *v);

/* The topic of that execution, or NULL when nobody asked for it. */
struct topic *topic_of_execution(const struct topics *t, const struct uuid *id);

/* Call fn for each view that wants the event. */
void topic_touch(const struct topics *t, const struct tail_about *a,
    void (*fn)(struct view *v, void *arg), void *arg);

#endif
