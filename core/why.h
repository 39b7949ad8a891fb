/*
 * Why an execution does not move: each thing that holds it back or that it
 * waits for, the most important first.  Pure: from rows and what is known
 * around them to a list; http/why.c draws it.
 */
#ifndef CORE_WHY_H
#define CORE_WHY_H

#include "core/execution.h"
#include "core/job.h"

enum why_code {
	WHY_ENDED,
	WHY_CANCELLING,
	WHY_INTERRUPTED,
	WHY_SCHEDULED,
	WHY_RETRY_WAITING,
	WHY_QUEUE_PAUSED,
	WHY_JOB_PAUSED,
	WHY_CONCURRENCY_LIMIT,
	WHY_CONCURRENCY_KEY_LIMIT,
	WHY_WAITING_FOR_WORKER,
	WHY_HELD,   /* by a worker that claimed it */
	WHY_SILENT, /* it runs, of nobody who claimed it */
	WHY_STEP_RUNNING,
	WHY_STEP_RETRY_WAITING,
	WHY_STEP_READY,
	WHY_STEP_WAITING
};

/* What is known; all borrowed, all of one moment. */
struct why_facts {
	const struct execution *x;
	const struct job *job;	  /* the version that x is of */
	const struct step *steps; /* all of x's */
	int64_t last_word;	  /* ms */
	int64_t lease_end;	  /* ms: of its worker's patience */
	/* of the job as it is now, and its queue: */
	int64_t job_paused_at, queue_paused_at; /* 0: it is not */
	uint64_t held, max;			/* max 0: no limit */
	uint64_t held_of_key, max_of_key;	/* where x has a key */
};

struct why_reason {
	enum why_code code;
	int64_t since; /* ms; what it is of is the code's */
	int64_t until;
	uint64_t have, limit; /* of a limit */
	uint16_t step;	      /* of a step */
};

/* One for each step, and some for the execution. */
#define WHY_MAX (JOB_STEPS_MAX + 8)

/* Fill in the reasons, and return how many there are; at least one. */
unsigned why(const struct why_facts *f, struct why_reason out[WHY_MAX]);

/* "queue_paused", ... */
const char *why_code_name(enum why_code c);

/*
 * The first timer of x that is set, by its name ("heartbeat", "start",
 * "attempt", ...), and when it is due in *at; NULL: none is.
 */
const char *why_next_timer(const struct execution *x, int64_t *at);

#endif
