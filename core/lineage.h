/*
 * Lineage: one entry for each time a step ran, made from an execution's
 * events in order.
 */
#ifndef CORE_LINEAGE_H
#define CORE_LINEAGE_H

#include "core/execution.h"
#include "core/job.h"

enum lineage_status {
	LINEAGE_PROCESSING,
	LINEAGE_COMPLETED,
	LINEAGE_FAILED,
	LINEAGE_CANCELLED
};

struct lineage_entry {
	uint16_t step;
	uint32_t run;	  /* of this step, from 1 */
	uint32_t attempt; /* of the execution */
	enum lineage_status status;
	int64_t started_at, completed_at; /* ms; 0 not (yet) */
	struct ref metadata, error;	  /* events; error: step's or status */
	int parent; /* the entry it was made from; -1 none */
};

struct lineage {
	const struct job *job; /* borrowed */
	struct lineage_entry *entry;
	unsigned n, cap;
	struct {
		int last; /* its newest entry; -1 none */
		uint32_t runs;
	} step[JOB_STEPS_MAX];
	/* A retry waits: what still runs has failed, unless it is revived. */
	bool waits;
	int64_t waits_since;
	struct ref why;
};

/* Begin with an execution of j, before its first event. */
struct lineage *lineage_new(const struct job *j);
void lineage_free(struct lineage *l);

/* Take the next event of the execution. */
void lineage_apply(struct lineage *l, const struct journal_event *ev);

/* No event is left: settle what only the next one could have changed. */
void lineage_end(struct lineage *l);

/* "processing", "completed", "failed", "cancelled". */
const char *lineage_status_name(enum lineage_status s);

/*
 * The id of an entry: the step's own for its first run, then such that all
 * runs differ and still sort behind their execution's id.
 */
struct uuid lineage_id(const struct uuid *step, uint32_t run);

/* What entries come to. */
struct lineage_sums {
	uint64_t completed, failed, cancelled, in_progress;
	uint64_t pending;    /* 1: it has yet to run */
	uint64_t timed;	     /* completed or failed */
	int64_t duration_ms; /* of those */
};

/* Add up each step by itself; rows are the execution's as they stand. */
void lineage_sum(const struct lineage *l, const struct step *rows,
    struct lineage_sums out[JOB_STEPS_MAX]);

/* Add b to a. */
void lineage_add(struct lineage_sums *a, const struct lineage_sums *b);

#endif
