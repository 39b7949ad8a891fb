/*
 * One claim, from when it was handed out until its outcome is reported or it
 * is lost: the command that runs for it, and what is said about it.
 */
#ifndef CLI_WORK_TASK_H
#define CLI_WORK_TASK_H

#include <sys/types.h>

#include "core/json.h"

#include "cli/exits.h"
#include "cli/post.h"

/* What all claims of a worker have in common; borrowed by its tasks. */
struct work_plan {
	struct post_pool *pool;
	const char *url;
	const char *worker;
	char **argv;	  /* of the command, ends with NULL */
	bool steps;	  /* single steps are claimed */
	int64_t grace_ms; /* between SIGTERM and SIGKILL */
	int64_t lease_ms; /* 0: the job's heartbeat timeout */
	const int *final; /* exit statuses that are not tried again */
	size_t nfinal;
};

struct work_task;

/* Begin to work on an element of a claim's answer; NULL when it is none. */
struct work_task *work_task_new(const struct work_plan *plan,
    const struct json_node *claim);

/* Free it, over or not; a command that still runs is killed. */
void work_task_free(struct work_task *t);

/*
 * See to all that is due.  Returns the clock_now() by which it must be called
 * again if nothing happens before; INT64_MAX: never.
 */
int64_t work_task_turn(struct work_task *t, int64_t now);

/* Add the pipes that it would read from now; returns how many (up to 3). */
size_t work_task_fds(const struct work_task *t, struct curl_waitfd *fds);

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
