/*
 * The environment of a command: our own, with some variables set.
 */
#ifndef CLI_WORK_ENV_H
#define CLI_WORK_ENV_H

#include "core/slice.h"

struct work_env;

struct work_env *work_env_new(void);
void work_env_free(struct work_env *env);

/* Set a variable, which must not have been set; a NUL ends its value. */
void work_env_set(struct work_env *env, const char *name, struct slice value);
void work_env_set_number(struct work_env *env, const char *name, int64_t value);

/* All of it, as exec wants it; borrowed. */
char *const *work_env_list(struct work_env *env);

/* True when a command of that name could be run: a path, or found in PATH. */
bool work_env_finds(const char *command);

#endif
