/*
 * What waits for a worker: executions that are ready, and ready steps of
 * those that are under way step by step.
 *
 * They stand in lanes, each in the order in which it is served: priority,
 * then since when it waits, then number.  A lane is of one job, one kind, one
 * project, and one concurrency key; engine/dispatch.c chooses between lanes.
 */
#ifndef STORE_READY_H
#define STORE_READY_H

#include "store/store.h"

enum ready_kind {
	READY_PLAIN, /* executions without steps */
	READY_STEPS, /* executions with steps */
	READY_STEP   /* steps; concurrency keys do not hold them back */
};
#define READY_KINDS 3

struct ready_lane {
	struct uuid job;
	enum ready_kind kind;
	uint64_t project; /* 0: none */
	uint64_t key;	  /* of concurrency, hashed; 0: none */
};

struct ready_row {
	struct ready_lane lane;
	uint8_t priority;
	int64_t since; /* ms */
	uint64_t number;
	struct uuid id;
	uint16_t step; /* or EVENT_NO_STEP */
};

/* The lane in which x waits when it is ready. */
struct ready_lane ready_lane_of(const struct execution *x);

/* The first row of a lane; false when it is empty. */
bool ready_first(struct store_txn *t, const struct ready_lane *lane,
    struct ready_row *out);

/*
 * The first row of the lane behind `after` (NULL: of the first lane); false
 * when there is none.  Costs a look-up, however much waits.
 */
bool ready_next_lane(struct store_txn *t, const struct ready_lane *after,
    struct ready_row *out);

/*
 * Since when the longest waiting of a job does, of one project or (0) any; 0:
 * nothing waits.  At most READY_LOOK_MAX lanes are looked at.
 */
#define READY_LOOK_MAX 1000
int64_t ready_oldest(struct store_txn *t, const struct uuid *job,
    uint64_t project);

/* True when a is to be served before b. */
bool ready_before(const struct ready_row *a, const struct ready_row *b);

/*
 * Let the table follow an execution (rows_put() calls it), and the steps of
 * one: old is NULL, or old_steps, when it is new.
 */
void ready_move(struct store_txn *t, const struct execution *old,
    const struct execution *x);
void ready_move_steps(struct store_txn *t, const struct execution *old,
    const struct step *old_steps, const struct execution *x,
    const struct step *steps);

/* How many executions of a job, or of one of its lanes, workers hold. */
uint64_t ready_held(struct store_txn *t, const struct uuid *job);
uint64_t ready_held_lane(struct store_txn *t, const struct uuid *job,
    uint64_t key);

/* The row as the table has it, for the check. */
#define READY_KEY 52
struct ready_key {
	uint8_t b[READY_KEY];
	size_t n;
};
struct ready_key ready_key(const struct ready_row *r);
struct ready_row ready_row_of(const struct execution *x);
struct ready_row ready_row_of_step(const struct execution *x,
    const struct step *s);

#endif
