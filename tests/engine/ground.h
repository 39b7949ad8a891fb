/*
 * An engine on a store in a folder of its own, turned by hand: commands go in,
 * outcomes are kept.  Whatever a test did, the store must be consistent when
 * it is closed.
 */
#ifndef TESTS_ENGINE_GROUND_H
#define TESTS_ENGINE_GROUND_H

#include <limits.h>

#include "engine/engine.h"

#define GROUND_STEPS 4

struct ground {
	char dir[PATH_MAX - 64];
	struct store *store;
	struct event_base *base;
	struct engine *engine;
	uint64_t shown;	   /* the journal's tail, as last told */
	unsigned showings; /* how often */
	unsigned order;	   /* of answers and settlements */
	bool told;	   /* by engine_clock_advance() */
};

/* A command and what came of it. */
struct ask {
	struct cmd cmd;
	struct ground *g;
	struct report report; /* when there is one */
	struct ask *then;     /* submitted when this is settled */
	/* answered and settled as the n-th from 1, 0: not */
	unsigned answered, settled;
	uint64_t commits; /* when it was answered */
	int rc;
	enum outcome_code code;
	struct refusal refusal;
	bool repeated, had_x;
	uint64_t first_seq, last_seq;
	struct execution x;
	struct step steps[GROUND_STEPS];
	struct uuid job;
	uint32_t job_version;
};

/* A new folder with a store and an engine that has had its first turns. */
struct ground *ground_new(void);
void ground_free(struct ground *g);

/* Stop (in order, when clean), check the store, and start again. */
void ground_restart(struct ground *g, bool clean);

/* The same in two halves; the second leaves the first turn to the caller. */
void ground_stop(struct ground *g, bool clean);
void ground_start(struct ground *g);

/* One turn; true when the loop must not sleep. */
bool ground_turn(struct ground *g);

/* Turns until there is nothing left to do; returns how many there were. */
unsigned ground_turns(struct ground *g);

/* Move the clock, and turn until all that is due has happened. */
void ground_advance(struct ground *g, int64_t seconds);

/* Ready a command with its hooks, and gather it. */
void ground_ask(struct ground *g, struct ask *a, enum cmd_kind kind);
void ground_submit(struct ask *a);

/* Submit, turn, and expect it to be on disk; returns the code. */
enum outcome_code ground_run(struct ask *a);

/* A definition (JSON with ' for "), owned by the caller. */
struct job *ground_read_job(const char *json);

/* Define such a job, which must work. */
struct uuid ground_job(struct ground *g, const char *json);

/* Trigger it by name, which must work. */
struct uuid ground_trigger(struct ground *g, const char *job);

/* A report that must be accepted; the row as it is then. */
struct execution ground_report(struct ground *g, const struct uuid *id,
    struct report r);

/* Read a row as it is on disk; it must be there. */
struct execution ground_row(struct ground *g, const struct uuid *id);

uint64_t ground_seq(struct ground *g);
uint64_t ground_count(struct ground *g, enum status s);

/* Let no file grow, so that commits fail; or let them again. */
void ground_limit_files(struct ground *g, bool on);

/* Timers of the event loop that are armed. */
int ground_armed(struct ground *g);

#endif
