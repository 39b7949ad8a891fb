/*
 * The commands about configs: pipelines written in YAML.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "cli/args.h"

struct call;

extern const struct args_option config_create_options[];
extern const struct args_option config_list_options[];
extern const struct args_option config_run_options[];

int config_create(struct call *call);
int config_delete(struct call *call);
int config_get(struct call *call);
int config_list(struct call *call);
int config_run(struct call *call);
int config_validate(struct call *call);

#endif
