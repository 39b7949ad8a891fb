/*
 * The commands about configs: pipelines written in YAML.
 */
#ifndef CLI_CONFIG_H
#define CLI_CONFIG_H

#include "core/json.h"
#include "core/jsonw.h"

#include "cli/args.h"

struct call;

extern const struct args_option config_create_options[];
extern const struct args_option config_edit_options[];
extern const struct args_option config_list_options[];
extern const struct args_option config_run_options[];

int config_create(struct call *call);
int config_delete(struct call *call);
int config_edit(struct call *call);
int config_print(struct call *call);
int config_list(struct call *call);
int config_run(struct call *call);

/* ---- for cli/config_edit.c ---- */

/* Append the path of the config that the first word names, and below it. */
void config_target(const struct call *call, const char *below,
    struct buf *target);

/* Print a config: its fields, what is wrong with it, and its text. */
void config_show(const struct json_node *answer);

void config_write_text(struct jsonw *w, const char *member, struct slice text);

#endif
