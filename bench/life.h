/*
 * Made-up lives of executions, decided by the real rules (core/lifecycle.h)
 * and written straight into a store.  For fill.c.
 */
#ifndef BENCH_LIFE_H
#define BENCH_LIFE_H

#include "core/lifecycle.h"
#include "store/store.h"

#define LIFE_JOBS 8
#define LIFE_STEPS 3
#define LIFE_STAGES 4 /* made, started, at work, ended */

/* What all lives share. */
struct life_world {
	struct store *store;
	struct store_txn *txn; /* the one under way */
	int64_t now;	       /* ms, of the made-up time */
	uint64_t noise;	       /* state of the random numbers */
	struct uuid_maker maker;
	struct job *jobs[LIFE_JOBS];
	struct change change;
};

/* One life under way; its events are stored already, its rows are not. */
struct life {
	const struct job *job;
	unsigned stage;
	uint64_t status; /* seq of its last change of status */
	struct execution x;
	struct step steps[LIFE_STEPS];
};

/* Define the jobs. */
void life_define(struct life_world *w);

/* Begin a life in l, over the one that was there. */
void life_begin(struct life_world *w, struct life *l);

/* Move it one stage on. */
void life_go_on(struct life_world *w, struct life *l);

/* Write its rows; its life is over, or goes on in a server. */
void life_store(struct life_world *w, const struct life *l);

const struct uuid *life_id(const struct life *l);

/* Free what the world has. */
void life_forget(struct life_world *w);

#endif
