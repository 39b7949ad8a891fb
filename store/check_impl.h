/*
 * What check*.c share: the state of one check.
 */
#ifndef STORE_CHECK_IMPL_H
#define STORE_CHECK_IMPL_H

#include "store/check.h"
#include "store/rows_impl.h"
#include "store/table.h"

/*
 * Rows and what follows from them agree both ways when everything a row asks
 * for is there, and there is no more of it than was asked for.  So each row
 * is looked up forward only, and these are compared with what the tables
 * hold; only where they differ are the strays searched.
 */
struct check_wanted {
	uint64_t events, index, timers, names, articles, objects, ready;
};

struct check {
	struct store_txn *t;
	struct check_result *out;
	void (*report)(void *arg, const char *text);
	void *arg;
	struct check_wanted wanted;
	uint64_t execution_events; /* in the journal */
	uint64_t number;	   /* meta "number" */
	bool jobs_broken;	   /* some definition cannot be read */
	struct check_made *made;   /* check_articles.c's own */
	struct hash *paused;	   /* check_ready.c's own */

	/* Places where the last look-up was: the next one is near. */
	struct table_cursor journal, numbers, labels, ready;
	struct table_cursor facets[ROWS_FACETS_MAX][STATUS_COUNT];
	struct table_cursor timers[TIMER_COUNT];
};

/* Tell of a finding. */
void check_find(struct check *c, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Look a key up from where at stands, opening it first when needed. */
bool check_lookup(struct check *c, struct table_cursor *at, enum table table,
    struct slice key);

/* An id as text, in one of a few buffers that take turns. */
const char *check_id(const struct uuid *id);

/* check_jobs.c: heads, versions, names and API keys. */
void check_jobs(struct check *c);

/* check_rows.c: executions, their steps and events, and what they ask for. */
void check_rows(struct check *c);

/* check_index.c: what is more than was asked for, and the counters. */
void check_index(struct check *c);
void check_timers(struct check *c);
void check_idempotency(struct check *c);
void check_taken_names(struct check *c);

/* check_ready.c: what waits for workers, and what is paused. */
void check_ready_of(struct check *c, const struct execution *x,
    const struct step *steps, unsigned n);
void check_ready(struct check *c);
void check_pause(struct check *c, const struct journal_event *ev);
void check_pauses(struct check *c);

/* check_articles.c: what the events of one execution after the other made. */
void check_articles_begin(struct check *c);
void check_articles_event(struct check *c, const struct journal_event *ev);
void check_articles_end(struct check *c, const struct execution *x);
void check_articles(struct check *c);
bool check_articles_want(struct check *c, const struct uuid *id,
    struct slice key);
void check_articles_free(struct check *c);

/* check_objects.c: the rows of what was written to storage. */
struct object;
void check_objects_event(struct check *c, const struct journal_event *ev,
    const struct object *o);
void check_objects(struct check *c);

#endif
