/*
 * The commands about jobs.
 */
#ifndef CLI_JOB_H
#define CLI_JOB_H

#include "cli/args.h"

struct call;

extern const struct args_option job_create_options[];
extern const struct args_option job_list_options[];
extern const struct args_option job_trigger_options[];

int job_create(struct call *call);
int job_list(struct call *call);
int job_get(struct call *call);
int job_trigger(struct call *call);
int job_pause(struct call *call);
int job_resume(struct call *call);
int job_delete(struct call *call);

#endif
