/*
 * What lifecycle.c and lifecycle_report.c share; nobody else includes it.
 */
#ifndef CORE_LIFECYCLE_IMPL_H
#define CORE_LIFECYCLE_IMPL_H

#include "core/lifecycle.h"

/* An event about the execution of d, at its time and attempt. */
struct journal_event lifecycle_event(const struct decision *d,
    enum event_type type);

/* A status event towards s, because of c. */
struct journal_event lifecycle_status(const struct decision *d, enum status s,
    enum cause c);

/*
 * Give ev its seq, keep it, and apply it to the rows; what it writes to
 * storage follows as an event of its own.
 */
void lifecycle_emit(struct decision *d, struct journal_event *ev);

/* The event of the object that by, just emitted, has the bytes of, if any. */
void lifecycle_object(struct decision *d, const struct journal_event *by);

/* The attempt or claim that a worker shows is over; says so in why. */
bool lifecycle_is_stale(const struct decision *d, const struct fence *f,
    char why[120]);

/* A text that lives as long as the change. */
struct buf *lifecycle_text(struct decision *d);

/*
 * Emit EVENT_STEP for every pending step that waits for nothing any more.
 * False with a cause in why when their inputs would be too large.
 */
bool lifecycle_ready_steps(struct decision *d, char why[120]);

/*
 * End this attempt with ev (a status event whose error members are set):
 * retrying when another attempt is allowed, else ev's own status, and
 * cancelled when that was asked for.  after_ms: the wait, or -1 for the
 * job's backoff.
 */
void lifecycle_end_attempt(struct decision *d, struct journal_event *ev,
    bool retry, int64_t after_ms);

/* A member of an event, of those just emitted too; arg: the decision. */
struct slice lifecycle_get(void *arg, struct ref at, enum member m);

/*
 * Step i failed, as ev (whose error members are set) says.  Where it was
 * claimed by itself it is tried again, or will end its execution.
 */
void lifecycle_fail_step(struct decision *d, uint16_t i,
    struct journal_event *ev, bool retry);

/*
 * After its steps moved: an execution that is under way step by step, or
 * whose job says so, ends with the last of them; the former also when one of
 * its steps has failed for good.
 */
void lifecycle_end_steps(struct decision *d);

/* Where steps are claimed one by one: the first deadline of theirs. */
void lifecycle_step_deadlines(struct execution *x, const struct step *steps);

/* lifecycle_claim.c: the timer of claimed steps fell due. */
void lifecycle_step_timer(struct decision *d);

/* True when a step runs. */
bool lifecycle_any_runs(const struct decision *d);

/* Let x wait for a worker again, as that attempt; its steps start over. */
void lifecycle_requeue(struct decision *d, struct journal_event *ev);

/* Refuse; the change is emptied.  Returns false. */
bool lifecycle_refuse(struct decision *d, enum refusal_code code,
    const char *field, const char *fmt, ...)
    __attribute__((format(printf, 4, 5)));

#endif
