/*
 * Executions and steps: the rows, and the indexes, counters and timers that
 * follow from them.
 */
#ifndef STORE_ROWS_H
#define STORE_ROWS_H

#include "store/store.h"

bool rows_get(struct store_txn *t, const struct uuid *id,
    struct execution *out);
/* The row and all its steps at once, for less than one after the other. */
bool rows_get_whole(struct store_txn *t, const struct uuid *id,
    struct execution *out, struct step steps[JOB_STEPS_MAX]);
bool rows_get_by_number(struct store_txn *t, uint64_t number,
    struct execution *out);

/*
 * The execution that an id was made for: the newest whose own id is not
 * above it.  (Steps get their ids right behind their execution's.)
 */
bool rows_get_owner(struct store_txn *t, const struct uuid *id,
    struct execution *out);

/*
 * Write x, the only function that does: old (NULL for a new one) is the row
 * as it was, and every index row, counter and timer that differs is moved.
 * Index rows of labels follow x->tags.
 */
void rows_put(struct store_txn *t, const struct execution *old,
    const struct execution *x);

/* Read all n steps of an execution; false when any is missing. */
bool rows_get_steps(struct store_txn *t, const struct uuid *id,
    struct step *out, unsigned n);
void rows_put_step(struct store_txn *t, const struct uuid *id,
    const struct step *s);

/* Which executions a list shows; every field set must hold. */
struct rows_filter {
	enum status status[STATUS_COUNT]; /* 0 at the end; none: any */
	struct uuid job;		  /* zero: any */
	uint64_t project;		  /* 0: any */
	enum category category;		  /* CATEGORY_NONE: any */
	struct uuid parent;		  /* zero: any */
	struct slice label;		  /* "key:value"; empty: any */
	const struct slice *more; /* more labels, all of which must hold */
	unsigned nmore;
};

/*
 * A page, newest first: up to max rows older than *at (zero: from the
 * newest).  Returns how many and moves *at to where the next page goes on,
 * zero at the end of the list.  Cost follows the page for no filter, one
 * label, or any of status, job, category, project, or project and job, with a
 * status or without; other combinations
 * look at the narrowest index, at most 10,000 rows a call, so that a page may
 * come up short before the end.
 */
unsigned rows_list(struct store_txn *t, const struct rows_filter *f,
    struct uuid *at, struct execution *out, unsigned max);

/* How many match, from the counters; -1 for a combination not counted. */
int64_t rows_count(struct store_txn *t, const struct rows_filter *f);

/* Most rows that a page by offset steps over, or looks at. */
#define ROWS_LOOK_MAX 100000

struct rows_page {
	struct execution *out; /* given, with room for max */
	unsigned max;
	uint64_t offset; /* given: how many newer ones to leave out */
	unsigned n;	 /* read */
	uint64_t total;	 /* how many match in all */
	bool cut;	 /* ROWS_LOOK_MAX were looked at: total may be more */
};

/*
 * A page by offset, newest first.  Where rows_count() knows the total, cost
 * follows offset and page; false when offset is below that total, but over
 * ROWS_LOOK_MAX.  Other combinations are counted within the narrowest index,
 * whose first ROWS_LOOK_MAX rows are looked at.
 */
bool rows_page_read(struct store_txn *t, const struct rows_filter *f,
    struct rows_page *p);

/*
 * The first due timer: its deadline in ms, or 0 when there is none.  With
 * *deadline <= now the timer is for the caller to handle: handling it must
 * move or remove the row (rows_put() with another due[]).
 */
int64_t rows_timer_first(struct store_txn *t, struct uuid *id,
    enum timer *timer);

/* Up to max timers with deadline <= now, in order.  Returns how many. */
struct rows_timer {
	int64_t deadline;
	enum timer timer;
	struct uuid id;
};
unsigned rows_timers_due(struct store_txn *t, int64_t now,
    struct rows_timer *out, unsigned max);

/* Take away a timer that no row asks for; nothing when it is not there. */
void rows_timer_drop(struct store_txn *t, const struct rows_timer *timer);

/* Up to max ids with that status above `after` (zero: from the first). */
unsigned rows_by_status(struct store_txn *t, enum status s,
    const struct uuid *after, struct uuid *out, unsigned max);

/* The newest execution's id; false when there is none. */
bool rows_newest(struct store_txn *t, struct uuid *out);

/* How many active executions a key made, of those it is counted for. */
uint64_t rows_count_active(struct store_txn *t, const struct uuid *key);

/* The execution that an idempotency key made; all of it, however long. */
bool rows_idempotency_get(struct store_txn *t, struct slice key,
    struct uuid *out);
void rows_idempotency_put(struct store_txn *t, struct slice key,
    const struct uuid *id);

#endif
