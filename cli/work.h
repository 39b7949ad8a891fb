/*
 * tidewire work: any command becomes a worker.
 */
#ifndef CLI_WORK_H
#define CLI_WORK_H

#include "cli/args.h"

struct call;

extern const struct args_option work_options[];

int work_command(struct call *call);

#endif
