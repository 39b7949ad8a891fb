/*
 * The lifecycle: what a command does to an execution, or why it is refused.
 *
 * Pure.  A decision gets copies of the rows and fills in events; each event
 * is applied to the copies at once by lifecycle_apply(), the only function
 * that assigns a status.  The engine stores the rows and the events, or, when
 * the command is refused, forgets both.
 */
#ifndef CORE_LIFECYCLE_H
#define CORE_LIFECYCLE_H

#include "core/execution.h"
#include "core/job.h"
#include "core/mapping.h"
#include "core/report.h"

enum refusal_code {
	REFUSAL_NONE,
	REFUSAL_NO_STEP,  /* no step of that id or name (404) */
	REFUSAL_STALE,	  /* an attempt or claim that is over (409) */
	REFUSAL_FENCED,	  /* not of the step that was claimed (403) */
	REFUSAL_TERMINAL, /* the status does not change any more */
	REFUSAL_INVALID	  /* against a rule (422) */
};

struct refusal {
	enum refusal_code code;
	char field[80];
	char text[200];
};

/* Growing list of what was decided; events borrow from texts. */
struct change {
	struct journal_event *events;
	unsigned nevents, cap;
	struct buf *texts; /* one per step input or reason made here */
	unsigned ntexts, texts_cap;
};

struct decision {
	/* given: */
	const struct job *job;
	int64_t now;	/* ms */
	uint64_t noise; /* 64 random bits, for jitter */
	uint64_t seq;	/* the seq the first event will get */
	struct slice (*get)(void *arg, struct ref at, enum member m);
	void *arg;
	/* changed: */
	struct execution *x;
	struct step *steps; /* x->nsteps of them; NULL: not loaded */
	struct change *change;
	struct refusal refusal;
	struct mapping_sources *sources; /* lifecycle's own */
	/* When a claimed step last spoke, ms, as memory knows; NULL: never. */
	int64_t (*step_word)(void *arg, const struct uuid *step);
	void *step_word_arg;
	/* told: */
	struct step *about; /* the step a step report was about */
	bool repeated;	    /* said before: nothing changed */
};

/* Ready c for the next decision; memory is kept. */
void lifecycle_change_reset(struct change *c);
void lifecycle_change_free(struct change *c);

/*
 * Fill x and steps (ids set by the caller, as are id, number, job, version,
 * project, parent, priority, created) of a new execution and give its
 * events: EVENT_CREATED (extra members added by the caller beforehand are
 * kept when events[0] is one), then EVENT_STEP for every step that is ready.
 * False when refused: the inputs of those steps would be too large.
 */
bool lifecycle_create(struct decision *d, struct journal_event *created);

/*
 * What a worker shows that it reports on: an attempt, or a claim.  A zeroed
 * one claims nothing.
 */
struct fence {
	uint32_t attempt; /* of a step's claim: its tries; 0: not said */
	uint64_t claim;	  /* the seq of the claim's event; 0: none */
	bool of_step;	  /* the claim is of this step: */
	uint16_t step;
};

/*
 * True when a decision on these reports must have steps loaded; without it
 * d->steps may be NULL.
 */
bool lifecycle_needs_steps(const struct report *r, unsigned n,
    const struct fence *f);

/*
 * All or nothing: apply n reports in order; only the last may be an outcome
 * (complete, fail, cancel), and what the last may still say of an attempt that
 * is over, all may.  f is what the worker claims to be.
 * False when refused; a late report (terminal or stale) then leaves one
 * EVENT_IGNORED in the change, named after the last, heartbeats apart.
 */
bool lifecycle_report(struct decision *d, const struct report *r, unsigned n,
    const struct fence *f);

/*
 * True when a plain heartbeat at now needs no write: it changes no status and
 * the row's own time is younger than a quarter of the timeout.
 */
bool lifecycle_heartbeat_is_soft(const struct execution *x,
    const struct job *job, uint32_t attempt, int64_t now);

/* The same for the claim of a step. */
bool lifecycle_step_is_soft(const struct execution *x, const struct step *s,
    uint64_t claim, int64_t now);

/* How long its worker may be silent, ms: its lease, else the job's timeout. */
int64_t lifecycle_lease(const struct execution *x, const struct job *job);

/* What a worker asks with. */
struct claim_terms {
	struct slice worker; /* its name */
	int64_t lease_ms;    /* 0: the job's heartbeat timeout */
};

/*
 * Hand x, which is ready (execution_is_ready()), to a worker; or step i of
 * it, which must be ready in an execution that is or is under way by steps.
 * Where an execution has no step left to do i is EVENT_NO_STEP: it completes.
 * x->claim, or the step's, is then the seq that its token is made of.
 */
void lifecycle_claim(struct decision *d, const struct claim_terms *terms);
void lifecycle_claim_step(struct decision *d, uint16_t i,
    const struct claim_terms *terms);

/*
 * The worker never got what it claimed: it is ready again, with the same
 * attempt and in its old place.  Nothing is decided once somebody has spoken.
 */
void lifecycle_give_back(struct decision *d, const struct fence *f);

/*
 * A timer fell due.  last_word is the latest sign of life in ms, of this or
 * an earlier turn (the server's start counts).  Nothing is decided when the
 * timer is no longer true; a heartbeat that is not over moves to its new
 * deadline (a row change without an event; heartbeat_at is the engine's).
 */
void lifecycle_timer(struct decision *d, enum timer t, int64_t last_word);

/* Somebody other than the worker asks to cancel.  False when terminal. */
bool lifecycle_cancel(struct decision *d);

/*
 * Change the labels by a patch (JSON that labels_check() allows with nulls);
 * repeated when that changes nothing.  False when it makes too many.
 */
bool lifecycle_tags(struct decision *d, struct slice patch);

/*
 * An administrator ends it as completed, failed or cancelled, whatever its
 * worker does; info (JSON object, NULL p: none) is kept.  False when it is
 * terminal.
 */
bool lifecycle_patch(struct decision *d, enum status to, struct slice info);

/* The server stopped uncleanly while it ran: running -> interrupted. */
void lifecycle_interrupt(struct decision *d);

/*
 * Apply an event to its rows: the single place where a status, a pointer or
 * a deadline of a row is assigned.  steps may be NULL when the event is about
 * none and ends nothing.
 */
void lifecycle_apply(const struct job *job, const struct journal_event *ev,
    struct execution *x, struct step *steps);

#endif
