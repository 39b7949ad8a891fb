/*
 * A store in a folder of its own, with a job and executions made and moved
 * as the engine does it, for the tests of store/.
 */
#ifndef TESTS_STORE_WORLD_H
#define TESTS_STORE_WORLD_H

#include <limits.h>

#include "core/lifecycle.h"
#include "store/store.h"

struct world {
	char dir[PATH_MAX - 64];
	struct store *s;
	struct uuid_maker maker;
	struct uuid job; /* "build": steps fetch, render */
	int64_t now;
	uint64_t noise;
};

/* A new folder under TMPDIR with a store in it, open to serve. */
struct world *world_new(void);

/* Close (in order, when clean), and open again to serve. */
void world_restart(struct world *w, bool clean);

/* Close and remove the folder. */
void world_free(struct world *w);

/* DIR/name in one of a few buffers that take turns. */
const char *world_path(const struct world *w, const char *name);

/* cmocka fixtures around world_new() and world_free(), with the job. */
int world_setup(void **state);
int world_teardown(void **state);

struct store_txn *world_begin(struct world *w);
void world_commit(struct store_txn *t); /* asserts success */

/* Save a definition (JSON) as the job's next version, or as a new job. */
struct uuid world_job(struct world *w, struct store_txn *t, const char *json,
    const struct uuid *id);

/* What an execution is made with; {0} will do. */
struct world_trigger {
	struct uuid job; /* zero: w->job */
	uint64_t project;
	struct uuid parent;
	const char *tags; /* JSON */
	struct slice idempotency;
};
struct uuid world_trigger(struct world *w, struct store_txn *t,
    const struct world_trigger *with);

/* Decide on a report, a cancel (r NULL), and store what comes of it. */
void world_report(struct world *w, struct store_txn *t, const struct uuid *id,
    const struct report *r);
void world_cancel(struct world *w, struct store_txn *t, const struct uuid *id);

/* Put bytes there as "route/stage/name". */
void world_put(struct world *w, struct store_txn *t, const struct uuid *id,
    const char *where, struct slice bytes);

/* Append labels to an execution: a new set. */
void world_tag(struct world *w, struct store_txn *t, const struct uuid *id,
    const char *tags);

/* check_store() finds nothing; findings are printed. */
void world_check(struct world *w);

/* The next of a fixed series of random numbers. */
uint64_t world_random(struct world *w);

#endif
