/*
 * One claim, from when it was handed out until its outcome is reported or it
 * is lost: the command that runs for it, and what is said about it.
 */
#ifndef CLI_WORK_TASK_H
#define CLI_WORK_TASK_H

#include <sys/types.h>

#include "cli/exits.h"
#include "cli/post.h"
#include "cli/work_claim.h"
#include "cli/work_options.h"

#define WORK_TASK_FDS 3

struct work_task;

/* Begin to work on a claim, which is borrowed for the call only. */
struct work_task *work_task_new(const struct work_options *o,
    struct post_pool *pool, const struct work_claim *c);

/* Free it, over or not; a command that still runs is killed. */
void work_task_free(struct work_task *t);

/*
 * See to all that is due.  Returns the clock_now() by which it must be called
 * again if nothing happens before; INT64_MAX: never.
 */
int64_t work_task_turn(struct work_task *t, int64_t now);

/* The descriptors it is to be polled for now; returns how many. */
size_t work_task_fds(const struct work_task *t, int fds[WORK_TASK_FDS]);

/* True when pid was its command, which is noted as ended. */
bool work_task_ended(struct work_task *t, pid_t pid, int status);

/* The worker is told to end now: stop the command and report a failure. */
void work_task_stop(struct work_task *t);

/* True when there is nothing left to do for it. */
bool work_task_over(const struct work_task *t);

/* The exit code that its outcome means. */
enum exits work_task_exit(const struct work_task *t);

/* Append one line of JSON, or for people, that says how it went. */
void work_task_describe(const struct work_task *t, bool json, struct buf *out);

#endif
