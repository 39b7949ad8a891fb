/*
 * tidewire: the command line of Tidewire.  Reads the command line, finds the
 * command in the table of cli/cmd.c and calls it; exit codes are in
 * cli/exits.h.
 */
#include <stdlib.h>

#include "cli/call.h"
#include "cli/clock.h"

#define MAIN_URL "http://127.0.0.1:8000"

/* A command line that names no command: say it and show where help is. */
static int
lost(const char *group, const char *name)
{
	if (name == NULL)
		output_note("there is no command %s; see: tidewire --help",
		    group);
	else
		output_note("there is no command %s %s; see: tidewire %s "
			    "--help",
		    group, name, group);
	return EXITS_USAGE;
}

static int
version(void)
{
	printf("tidewire %s\n", PACKAGE_VERSION);
	return EXITS_DONE;
}

/*
 * Read up to the command and find it.  NULL with *code when there is none:
 * help was shown, or the line is wrong.
 */
static const struct cmd *
find(struct args *a, struct args_line *line, int *code)
{
	const struct cmd *cmd;
	const char *group;

	*code = EXITS_USAGE;
	if (!args_read(a, line, NULL, false))
		return NULL;
	if (args_has(a, "version")) {
		*code = version();
		return NULL;
	}
	if (line->at == line->argc) {
		*code = args_has(a, "help") ? EXITS_DONE : EXITS_USAGE;
		cmd_help(*code == EXITS_DONE ? stdout : stderr);
		return NULL;
	}
	group = line->argv[line->at++];
	cmd = cmd_find(group, NULL);
	if (cmd != NULL)
		return cmd;
	if (!cmd_is_group(group)) {
		*code = lost(group, NULL);
		return NULL;
	}
	if (!args_read(a, line, NULL, false))
		return NULL;
	if (line->at == line->argc) {
		*code = args_has(a, "help") ? EXITS_DONE : EXITS_USAGE;
		cmd_help_group(*code == EXITS_DONE ? stdout : stderr, group);
		return NULL;
	}
	cmd = cmd_find(group, line->argv[line->at++]);
	if (cmd == NULL)
		*code = lost(group, line->argv[line->at - 1]);
	return cmd;
}

/* An option, else its variable in the environment, else NULL. */
static const char *
setting(const struct args *a, const char *name, const char *variable)
{
	const char *value = args_get(a, name);

	if (value == NULL)
		value = getenv(variable);
	return value != NULL && *value != '\0' ? value : NULL;
}

/* Choose the form of results: as told, else what suits the command. */
static bool
choose_output(struct call *call)
{
	const char *output = args_get(call->args, "output");

	if (output == NULL)
		call->json = call->cmd->pipes && !output_is_terminal(stdout);
	else
		call->json = strcmp(output, "json") == 0;
	return output == NULL || call->json || strcmp(output, "table") == 0;
}

/* See to it that a command gets what it asks for, then run it. */
static int
run(struct call *call)
{
	const struct args *a = call->args;
	const char *url = setting(a, "url", "TIDEWIRE_URL");
	const char *key = setting(a, "api-key", "TIDEWIRE_API_KEY");
	uint64_t ms = 0;
	int code;

	url = url != NULL ? url : MAIN_URL;
	if (client_url_fault(url) != NULL)
		return call_usage(call, "%s", client_url_fault(url));
	if (key != NULL && client_key_fault(key) != NULL)
		return call_usage(call, "%s", client_key_fault(key));
	if (!args_duration(a, "timeout", &ms))
		return EXITS_USAGE;
	if (!choose_output(call))
		return call_usage(call, "--output must be table or json");
	call->client =
	    client_new(url, key, ms != 0 ? clock_now() + (int64_t)ms : 0);
	code = call->cmd->run(call);
	client_free(call->client);
	if (!output_finish() && code == EXITS_DONE)
		code = EXITS_FAILED;
	return code;
}

/* Read what is behind the command and check its words. */
static int
run_command(const struct cmd *cmd, struct args *a, struct args_line *line)
{
	struct call call = {.cmd = cmd, .args = a};

	if (!args_read(a, line, cmd->options, true)) {
		output_note("see: tidewire %s%s%s --help", cmd->group,
		    cmd->name != NULL ? " " : "",
		    cmd->name != NULL ? cmd->name : "");
		return EXITS_USAGE;
	}
	if (args_has(a, "version"))
		return version();
	if (args_has(a, "help")) {
		cmd_help_one(stdout, cmd);
		return EXITS_DONE;
	}
	if (cmd->nwords == CMD_ANY)
		return run(&call);
	if (args_words(a) < cmd->nwords)
		return call_usage(&call, "%s is missing", cmd->words);
	if (args_words(a) > cmd->nwords)
		return call_usage(&call, "one word too many: %s",
		    args_word(a, cmd->nwords));
	for (size_t i = 0; i < cmd->nwords; i++) {
		if (*args_word(a, i) == '\0')
			return call_usage(&call, "%s is empty", cmd->words);
	}
	return run(&call);
}

int
main(int argc, char **argv)
{
	struct args_line line = {argc, argv, 1};
	struct args *a = args_new();
	const struct cmd *cmd;
	int code;

	if (curl_global_init(CURL_GLOBAL_DEFAULT) != CURLE_OK) {
		output_note("libcurl does not start");
		return EXITS_FAILED;
	}
	cmd = find(a, &line, &code);
	if (cmd != NULL)
		code = run_command(cmd, a, &line);
	args_free(a);
	curl_global_cleanup();
	return code;
}
