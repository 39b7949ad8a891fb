/*
 * Reading the command line of `tidewire work`, and refusing what cannot be
 * meant before any work is taken.
 */
#include "cli/work_options.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/mem.h"

#include "cli/work.h"
#include "cli/work_env.h"

#define OPTIONS_CONCURRENCY_MAX 100
#define OPTIONS_GRACE_MS 10000

const struct args_option work_options[] = {
    {"queue", 'q', "QUEUE", "take work of this queue (default; repeatable)"},
    {"job", 'j', "ID|NAME", "take only work of this job (repeatable)"},
    {"worker", 0, "NAME", "the worker's name (HOST:PID)"},
    {"concurrency", 'c', "N", "so many commands at once (1)"},
    {"lease", 0, "DUR", "silence that ends a claim (as the job has it)"},
    {"unit", 0, "UNIT", "execution or step: what a claim is (execution)"},
    {"grace", 0, "DUR", "between SIGTERM and SIGKILL (10s)"},
    {"no-retry-status", 0, "N",
	"an exit status never tried again (repeatable)"},
    {"once", 0, NULL, "do one claim; exit as it ended"},
    {"drain", 0, NULL, "exit when there is no work left"},
    {0},
};

/* The exit statuses that are final. */
static bool
read_final(struct work_options *o, const struct args *a)
{
	const char *text;
	uint64_t n;

	for (size_t i = 0; (text = args_at(a, "no-retry-status", i)) != NULL;
	     i++) {
		if (i == WORK_OPTIONS_FINAL ||
		    !slice_u64(slice_str(text), 255, &n) || n == 0) {
			output_note("--no-retry-status must be a number from 1 "
				    "to 255, at most %d of them",
			    WORK_OPTIONS_FINAL);
			return false;
		}
		o->final[i] = (int)n;
		o->nfinal = i + 1;
	}
	return true;
}

static bool
read_times(struct work_options *o, const struct args *a)
{
	uint64_t lease = 0, grace = OPTIONS_GRACE_MS;

	if (!args_seconds(a, "lease", &lease) ||
	    !args_duration(a, "grace", &grace))
		return false;
	o->lease_ms = (int64_t)lease * 1000;
	o->grace_ms = (int64_t)grace;
	return true;
}

/* What is said that cannot be meant; NULL when all is well. */
static const char *
contradiction(const struct args *a)
{
	const char *unit = args_get(a, "unit");

	if (args_words(a) == 0)
		return "which command? say: work [OPTIONS] -- COMMAND [ARGS]";
	if (args_has(a, "queue") && args_has(a, "job"))
		return "--queue or --job";
	if (args_has(a, "once") && args_has(a, "drain"))
		return "--once or --drain";
	if (args_has(a, "once") && args_has(a, "concurrency"))
		return "--once is one: it goes without --concurrency";
	if (unit != NULL && strcmp(unit, "execution") != 0 &&
	    strcmp(unit, "step") != 0)
		return "--unit must be execution or step";
	return NULL;
}

/* HOST:PID, unless it was given a name. */
static void
name_worker(struct work_options *o)
{
	char host[256] = "";

	if (o->worker != NULL)
		return;
	if (gethostname(host, sizeof(host) - 1) != 0 || host[0] == '\0')
		snprintf(host, sizeof(host), "worker");
	snprintf(o->name, sizeof(o->name), "%s:%ld", host, (long)getpid());
	o->worker = o->name;
}

static void
copy_command(struct work_options *o, const struct args *a)
{
	size_t n = args_words(a);

	o->argv = mem_resize(NULL, n + 1, sizeof(*o->argv));
	for (size_t i = 0; i < n; i++) {
		const char *word = args_word(a, i);

		o->argv[i] = mem_dup(word, strlen(word));
	}
	o->argv[n] = NULL;
}

/* Read all of them. */
enum exits
work_options_read(struct work_options *o, const struct call *call)
{
	const struct args *a = call->args;
	const char *unit = args_get(a, "unit"), *fault = contradiction(a);
	struct args_range range = {1, OPTIONS_CONCURRENCY_MAX};

	if (fault != NULL)
		return call_usage(call, "%s", fault);
	o->concurrency = 1;
	if (!args_number(a, "concurrency", range, &o->concurrency) ||
	    !read_times(o, a) || !read_final(o, a))
		return EXITS_USAGE;
	if (!work_env_finds(args_word(a, 0)))
		return call_usage(call, "there is no command %s",
		    args_word(a, 0));
	o->once = args_has(a, "once");
	o->drain = args_has(a, "drain");
	o->steps = unit != NULL && strcmp(unit, "step") == 0;
	o->url = client_url(call->client);
	o->worker = args_get(a, "worker");
	name_worker(o);
	copy_command(o, a);
	return EXITS_DONE;
}

/* Free the copy of the command. */
void
work_options_free(struct work_options *o)
{
	for (char **word = o->argv; *word != NULL; word++)
		free(*word);
	free(o->argv);
}
