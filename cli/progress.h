/*
 * How far an execution is, as its events tell it.
 */
#ifndef CLI_PROGRESS_H
#define CLI_PROGRESS_H

#include "core/buf.h"
#include "core/json.h"

struct progress {
	struct buf status, step; /* harmless text */
	int64_t percent;	 /* 0-100; -1: not told */
	int64_t step_index;	 /* from 0; -1: not told */
	int64_t attempt;	 /* 0: not told */
	uint32_t steps;		 /* how many there are; 0: not told */
	int64_t started;	 /* ms on the server's clock; 0: not yet */
	int64_t at, seen; /* the server's clock, and ours when it said that */
};

void progress_init(struct progress *p);
void progress_free(struct progress *p);

/*
 * Take in an execution: of a snapshot event or of GET /api/executions/{id}.
 */
void progress_execution(struct progress *p, const struct json_node *e);

/*
 * Take in the data of an event of any type, read at now (clock_now()).
 * True when the status, attempt or step has changed.
 */
bool progress_event(struct progress *p, struct slice type,
    const struct json_node *data, int64_t now);

/* Append one line: bar, percent, status, step, attempt, elapsed time. */
void progress_line(const struct progress *p, int64_t now, struct buf *out);

/* Append the same without the bar and the time: what changed. */
void progress_words(const struct progress *p, struct buf *out);

#endif
