/*
 * Waiting for the end of an execution.
 */
#ifndef CLI_WAIT_H
#define CLI_WAIT_H

#include "cli/args.h"
#include "cli/exits.h"

struct call;

extern const struct args_option wait_options[];

int wait_command(struct call *call);

/*
 * Wait for the execution and print it as it ended.  follow: print its logs
 * to standard error as they come.  Returns the exit code that its end calls
 * for, or that of what kept us from seeing it.
 */
enum exits wait_run(struct call *call, const char *id, bool follow);

#endif
