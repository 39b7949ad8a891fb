/*
 * Made before fork(2), since little may be called behind it.
 */
#include "cli/work_env.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"

extern char **environ;

struct work_env {
	char **list; /* the first n are owned */
	size_t n;
};

/* Nothing is set. */
struct work_env *
work_env_new(void)
{
	return mem_zalloc(sizeof(struct work_env));
}

/* Free what was set. */
void
work_env_free(struct work_env *env)
{
	for (size_t i = 0; i < env->n; i++)
		free(env->list[i]);
	free(env->list);
	free(env);
}

/* Set a variable. */
void
work_env_set(struct work_env *env, const char *name, struct slice value)
{
	struct buf text = {0};

	buf_addf(&text, "%s=", name);
	buf_add_slice(&text, value);
	env->list = mem_resize(env->list, env->n + 1, sizeof(*env->list));
	env->list[env->n++] = mem_dup(text.p, text.len);
	buf_free(&text);
}

/* Set it to a number. */
void
work_env_set_number(struct work_env *env, const char *name, int64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%lld", (long long)value);
	work_env_set(env, name, slice_str(text));
}

/* Is the variable, "NAME=value", among those set? */
static bool
is_set(const struct work_env *env, const char *variable)
{
	size_t len = strcspn(variable, "=") + 1;

	for (size_t i = 0; i < env->n; i++)
		if (strncmp(env->list[i], variable, len) == 0)
			return true;
	return false;
}

/* Add what is ours, and the end. */
char *const *
work_env_list(struct work_env *env)
{
	size_t n = env->n, ours = 0;

	while (environ[ours] != NULL)
		ours++;
	env->list = mem_resize(env->list, n + ours + 1, sizeof(*env->list));
	for (size_t i = 0; i < ours; i++)
		if (!is_set(env, environ[i]))
			env->list[n++] = environ[i];
	env->list[n] = NULL;
	return env->list;
}

/* Look for it in one folder. */
static bool
is_in(struct slice folder, const char *command)
{
	struct buf path = {0};
	bool found;

	buf_add_slice(&path, folder.n > 0 ? folder : SLICE("."));
	buf_add_byte(&path, '/');
	buf_add_str(&path, command);
	buf_add_byte(&path, '\0');
	found = access(path.p, X_OK) == 0;
	buf_free(&path);
	return found;
}

/* Look for it as execvp(3) will. */
bool
work_env_finds(const char *command)
{
	const char *path = getenv("PATH");
	struct slice folder;

	if (strchr(command, '/') != NULL)
		return access(command, X_OK) == 0;
	if (path == NULL || *command == '\0')
		return path == NULL && *command != '\0';
	for (;; path += folder.n + 1) {
		folder = (struct slice){path, strcspn(path, ":")};
		if (is_in(folder, command))
			return true;
		if (path[folder.n] == '\0')
			return false;
	}
}
