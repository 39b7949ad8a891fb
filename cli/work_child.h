/*
 * One run of the command that `tidewire work` was given, as a process with a
 * group of its own.
 */
#ifndef CLI_WORK_CHILD_H
#define CLI_WORK_CHILD_H

#include <sys/types.h>

#include "cli/work_lines.h"

/* What it writes on. */
enum work_pipe { WORK_STDOUT, WORK_STDERR, WORK_FD3 };
#define WORK_PIPES 3

struct work_child;

/* All borrowed for the call. */
struct work_child_plan {
	char *const *argv; /* ends with NULL; searched in PATH */
	char *const *envp;
	struct slice input;	 /* what it reads on standard input */
	struct slice checkpoint; /* what it reads on descriptor 4; p NULL:
				    there is none */
};

/* To be called once: orphans of children come to us, so we see them end. */
void work_child_adopt(void);

/* Run it.  NULL, with errno, when that is not possible. */
struct work_child *work_child_start(const struct work_child_plan *plan);

/* Free it, which should have ended; what it started is killed.  NULL is fine. */
void work_child_free(struct work_child *c);

pid_t work_child_pid(const struct work_child *c);

/* Signal it and all that it started. */
void work_child_signal(const struct work_child *c, int signo);

/* It was waited for: what is in its pipes now is all there will be. */
void work_child_ended(struct work_child *c, int status);

/* Its status as of waitpid(2); false while it runs. */
bool work_child_status(const struct work_child *c, int *status);

/* Nothing of its process group is left. */
bool work_child_gone(const struct work_child *c);

/* The descriptor to poll, or -1 when the pipe is closed. */
int work_child_fd(const struct work_child *c, enum work_pipe p);

/* Its lines so far.  Never NULL. */
struct work_lines *work_child_lines(struct work_child *c, enum work_pipe p);

/* Read what is there.  False when there is nothing, or the pipe is closed. */
bool work_child_read(struct work_child *c, enum work_pipe p);

#endif
