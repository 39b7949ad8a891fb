/*
 * The commands about executions.  Events, logs and waiting have files of
 * their own.
 */
#ifndef CLI_EXECUTION_H
#define CLI_EXECUTION_H

#include "cli/args.h"

struct call;

extern const struct args_option execution_list_options[];

int execution_list(struct call *call);
int execution_get(struct call *call);
int execution_cancel(struct call *call);

#endif
