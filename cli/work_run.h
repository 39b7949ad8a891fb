/*
 * The command, as it runs for one claim: started, listened to, stopped if
 * need be, and judged when it has ended.
 */
#ifndef CLI_WORK_RUN_H
#define CLI_WORK_RUN_H

#include <sys/types.h>

#include "cli/work_claim.h"
#include "cli/work_options.h"
#include "cli/work_report.h"

/* Why it is stopped. */
enum work_stop { WORK_GO_ON, WORK_CANCEL, WORK_LOST, WORK_QUIT };

struct work_run;

/*
 * Start it.  What it says goes to report (borrowed), at last its outcome;
 * where it cannot be started that is the outcome.
 */
struct work_run *work_run_new(const struct work_options *o,
    const struct work_claim *claim, struct work_report *report);

/* Free it; if it still runs it is killed.  NULL is fine. */
void work_run_free(struct work_run *r);

/*
 * Take in what it says, as far as the report has room, and report the
 * outcome when that was all.  True when there is more to take in right now.
 */
bool work_run_follow(struct work_run *r);

/*
 * Ask it to end (WORK_LOST: and say nothing more).  A loss counts whatever
 * was asked before, all else only once.
 */
void work_run_stop(struct work_run *r, enum work_stop why);
enum work_stop work_run_stopped(const struct work_run *r);

/*
 * Kill it when it has not heeded that for too long.  Returns the clock_now()
 * by which to call again; INT64_MAX: never.
 */
int64_t work_run_insist(struct work_run *r, int64_t now);

/* True when pid was this command, which is noted as ended. */
bool work_run_ended(struct work_run *r, pid_t pid, int status);

/* Nothing of it is left that matters. */
bool work_run_done(const struct work_run *r);

/* The descriptors it is to be polled for now; returns how many (up to 3). */
size_t work_run_fds(const struct work_run *r, int *fds);

#endif
