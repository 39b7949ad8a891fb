/*
 * A replay: a new execution that begins in the middle, with what an earlier
 * one, its parent, had made by then.
 */
#ifndef CORE_REPLAY_H
#define CORE_REPLAY_H

#include "core/lifecycle.h"

#define REPLAY_COPY_MAX (64u << 20) /* bytes of artifacts and results */

/* What is asked for; all borrowed. */
struct replay {
	const struct job *job; /* the parent's, of its version */
	const struct execution *x;
	const struct step *steps;
	struct slice stage;  /* a step of the parent, or a route: its last */
	struct slice route;  /* where to go on; empty: what follows stage */
	struct slice source; /* "storage", "lineage", "manual" */
	struct slice path;   /* as asked, kept; or NULL p */
};

/*
 * The same as lifecycle_create() for a replay.  d->job is the parent's, or
 * another one, whose steps then have nothing to do with the parent's.
 *
 * Of the same job, the parent's completed steps up to and including stage,
 * and those beside it, are copied with artifacts and results.  The route's
 * steps that are not among those up to stage run (without a route: those that
 * wait for stage itself), and all that wait for them; the rest is skipped.
 * One of the first to run that waits for no copied step gets stage's
 * artifacts as its input.  Of another job nothing is copied: stage's
 * artifacts are the new execution's input.
 *
 * False when refused: on "from_stage" or "to_route".
 */
bool replay_create(struct decision *d, const struct replay *r,
    struct journal_event *created);

#endif
