/*
 * The commands about API keys.
 */
#ifndef CLI_KEY_H
#define CLI_KEY_H

#include "cli/args.h"

struct call;

extern const struct args_option key_create_options[];

int key_create(struct call *call);
int key_list(struct call *call);
int key_revoke(struct call *call);

#endif
