/*
 * The commands that print events as JSON lines.
 */
#ifndef CLI_EVENTS_H
#define CLI_EVENTS_H

#include "cli/args.h"

struct call;

extern const struct args_option events_one_options[];
extern const struct args_option events_all_options[];

/* Those of one execution, until its end. */
int events_one(struct call *call);

/* Those of all executions that match, for ever. */
int events_all(struct call *call);

#endif
