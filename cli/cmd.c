/*
 * The table of commands, and help made from it.  A new command is a row here
 * and a function in the file of its group.
 */
#include "cli/cmd.h"

#include "cli/article.h"
#include "cli/completion.h"
#include "cli/config.h"
#include "cli/config_check.h"
#include "cli/download.h"
#include "cli/events.h"
#include "cli/execution.h"
#include "cli/job.h"
#include "cli/key.h"
#include "cli/lineage.h"
#include "cli/logs.h"
#include "cli/pipeline.h"
#include "cli/queue.h"
#include "cli/server.h"
#include "cli/storage.h"
#include "cli/wait.h"
#include "cli/why.h"
#include "cli/work.h"

#define CMD_INDENT 28 /* where help texts start */

static const struct cmd cmd_table[] = {
    {"job", "create", "", "define a job", 0, true, job_create_options,
	job_create},
    {"job", "list", "", "list the jobs, newest first", 0, false,
	job_list_options, job_list},
    {"job", "get", "ID|NAME", "show a job", 1, true, NULL, job_get},
    {"job", "trigger", "ID|NAME", "start an execution of a job", 1, true,
	job_trigger_options, job_trigger},
    {"job", "pause", "ID|NAME", "hand out no work of a job", 1, false, NULL,
	job_pause},
    {"job", "resume", "ID|NAME", "let a paused job go on", 1, false, NULL,
	job_resume},
    {"job", "delete", "ID|NAME", "delete a job", 1, false, NULL, job_delete},
    {"execution", "create", "CONFIG", "start an execution of a config", 1, true,
	pipeline_create_options, pipeline_create},
    {"execution", "list", "", "list executions, newest first", 0, false,
	execution_list_options, execution_list},
    {"execution", "get", "ID", "show an execution", 1, true, NULL,
	execution_get},
    {"execution", "why", "ID", "say why it is where it is", 1, false, NULL,
	why_command},
    {"execution", "cancel", "ID", "cancel an execution", 1, true, NULL,
	execution_cancel},
    {"execution", "end", "ID STATUS", "say how it ended, as an admin", 2, true,
	pipeline_end_options, pipeline_end},
    {"execution", "events", "ID", "print its events as they happen", 1, false,
	events_one_options, events_one},
    {"execution", "logs", "ID", "print its logs", 1, false, logs_options,
	logs_print},
    {"execution", "wait", "ID...", "wait until they end; exit as they did",
	CMD_ANY, true, wait_options, wait_command},
    {"execution", "dag", "ID", "draw its routes", 1, false, NULL, pipeline_dag},
    {"execution", "stats", "ID", "count what its adapters did", 1, false, NULL,
	pipeline_stats},
    {"execution", "routes", "ID", "show how its routes are", 1, false, NULL,
	pipeline_routes},
    {"execution", "monitor", "ID", "show state, routes and counts in one", 1,
	false, NULL, pipeline_monitor},
    {"execution", "lineage", "ID", "list what ran when", 1, false,
	pipeline_lineage_options, pipeline_lineage},
    {"execution", "replay", "ID", "run again from behind a stage", 1, true,
	pipeline_replay_options, pipeline_replay},
    {"execution", "replays", "ID", "list the replays of it", 1, false,
	pipeline_replays_options, pipeline_replays},
    {"execution", "tag", "ID KEY=VALUE...", "set tags", CMD_ANY, false,
	pipeline_tag_options, pipeline_tag},
    {"queue", "list", "", "list the queues, and what waits in them", 0, false,
	NULL, queue_list},
    {"queue", "get", "NAME", "show a queue", 1, false, NULL, queue_get},
    {"queue", "pause", "NAME", "hand out no work of a queue", 1, false, NULL,
	queue_pause},
    {"queue", "resume", "NAME", "let a paused queue go on", 1, false, NULL,
	queue_resume},
    {"work", NULL, "-- COMMAND...", "run a command for each claim", CMD_ANY,
	false, work_options, work_command},
    {"config", "create", "", "store a config from YAML", 0, true,
	config_create_options, config_create},
    {"config", "list", "", "list the configs, newest first", 0, false,
	config_list_options, config_list},
    {"config", "get", "ID|NAME", "show a config", 1, true, NULL, config_print},
    {"config", "run", "ID|NAME", "start an execution of a config", 1, true,
	config_run_options, config_run},
    {"config", "edit", "ID|NAME", "change a config in your editor", 1, true,
	config_edit_options, config_edit},
    {"config", "validate", "FILE|DIR", "check configs; asks no server", 1,
	false, NULL, config_validate},
    {"config", "delete", "ID|NAME", "delete a config", 1, false, NULL,
	config_delete},
    {"storage", "browse", "[PATH]", "show a folder of objects", CMD_ANY, false,
	storage_browse_options, storage_browse},
    {"storage", "list", "[PREFIX]", "list objects by their keys", CMD_ANY,
	false, storage_list_options, storage_list},
    {"storage", "get", "KEY", "print an object as it is", 1, false, NULL,
	storage_get},
    {"storage", "metadata", "KEY", "show what is known of an object", 1, true,
	NULL, storage_metadata},
    {"storage", "put", "ID ROUTE STAGE NAME", "store an object", CMD_ANY, true,
	storage_put_options, storage_put},
    {"storage", "download", "ID|KEY",
	"make files of an execution's objects, or one", 1, false,
	download_options, download_command},
    {"storage", "watch", "", "print objects as they are stored", 0, true,
	storage_watch_options, storage_watch},
    {"lineage", "list", "", "list what ran, oldest first", 0, false,
	lineage_list_options, lineage_list},
    {"lineage", "get", "ID", "show one run by its correlation id", 1, true,
	NULL, lineage_get},
    {"lineage", "chain", "ID", "draw what led to a run and what came of it", 1,
	false, NULL, lineage_chain},
    {"lineage", "children", "ID", "list the runs made from a run", 1, false,
	NULL, lineage_children},
    {"lineage", "batch", "ID", "list what a replay ran", 1, false, NULL,
	lineage_batch},
    {"lineage", "failures", "", "list runs that failed, and why", 0, false,
	lineage_failures_options, lineage_failures},
    {"lineage", "stats", "", "count an execution's runs", 0, false,
	lineage_stats_options, lineage_stats},
    {"article", "list", "", "list the articles, newest first", 0, false,
	article_list_options, article_list},
    {"article", "get", "ID", "show an article and its text", 1, false, NULL,
	article_get},
    {"article", "publish", "ID", "publish an article", 1, false, NULL,
	article_publish},
    {"article", "unpublish", "ID", "make it a draft again", 1, false, NULL,
	article_unpublish},
    {"article", "edit", "ID", "change members of an article", 1, false,
	article_edit_options, article_edit},
    {"article", "delete", "ID", "delete an article", 1, false, NULL,
	article_delete},
    {"events", NULL, "", "print the events of all executions", 0, false,
	events_all_options, events_all},
    {"key", "create", "NAME", "make an API key, shown only now", 1, true,
	key_create_options, key_create},
    {"key", "list", "", "list the API keys", 0, false, NULL, key_list},
    {"key", "revoke", "ID", "revoke an API key", 1, false, NULL, key_revoke},
    {"server", "status", "", "show how the server is", 0, true, NULL,
	server_status},
    {"completion", NULL, "bash|zsh", "print a script that completes commands",
	1, false, NULL, completion_command},
};

#define NCMDS (sizeof(cmd_table) / sizeof(cmd_table[0]))

/* Look a command up. */
const struct cmd *
cmd_find(const char *group, const char *name)
{
	for (size_t i = 0; i < NCMDS; i++) {
		const struct cmd *c = &cmd_table[i];

		if (strcmp(c->group, group) != 0)
			continue;
		if (name == NULL ? c->name == NULL
				 : c->name != NULL && !strcmp(c->name, name))
			return c;
	}
	return NULL;
}

/* Walk the table. */
const struct cmd *
cmd_at(size_t i)
{
	return i < NCMDS ? &cmd_table[i] : NULL;
}

/* Tell whether a group of that name exists. */
bool
cmd_is_group(const char *group)
{
	for (size_t i = 0; i < NCMDS; i++) {
		if (strcmp(cmd_table[i].group, group) == 0)
			return true;
	}
	return false;
}

/* One line of help, its text aligned where there is room. */
static void
help_line(FILE *to, const char *what, const char *help)
{
	fprintf(to, "  %-*s %s\n", CMD_INDENT - 3, what, help);
}

static void
help_cmd(FILE *to, const struct cmd *c)
{
	char what[64];

	snprintf(what, sizeof(what), "%s%s%s %s", c->group,
	    c->name != NULL ? " " : "", c->name != NULL ? c->name : "",
	    c->words);
	help_line(to, what, c->help);
}

static void
help_options(FILE *to, const char *title, const struct args_option *o)
{
	char what[64];

	if (o == NULL)
		return;
	fprintf(to, "\n%s:\n", title);
	for (; o->name != NULL; o++) {
		snprintf(what, sizeof(what), "%c%c%s--%s%s%s",
		    o->letter != 0 ? '-' : ' ',
		    o->letter != 0 ? o->letter : ' ',
		    o->letter != 0 ? ", " : "  ", o->name,
		    o->value != NULL ? " " : "",
		    o->value != NULL ? o->value : "");
		help_line(to, what, o->help);
	}
}

/* Show all commands. */
void
cmd_help(FILE *to)
{
	fputs("usage: tidewire [OPTIONS] GROUP COMMAND [WORDS] [OPTIONS]\n\n"
	      "Commands:\n",
	    to);
	for (size_t i = 0; i < NCMDS; i++)
		help_cmd(to, &cmd_table[i]);
	help_options(to, "Options of every command", args_global);
	fputs("\nExit codes: 0 done, 1 failed, 2 usage, 3 cancelled, 4 timed "
	      "out, 5 not found,\n6 not allowed, 7 server not reached, 124 "
	      "--timeout ran out.  See tidewire(1).\n",
	    to);
}

/* Show the commands of a group. */
void
cmd_help_group(FILE *to, const char *group)
{
	fprintf(to, "usage: tidewire %s COMMAND\n\nCommands:\n", group);
	for (size_t i = 0; i < NCMDS; i++) {
		if (strcmp(cmd_table[i].group, group) == 0)
			help_cmd(to, &cmd_table[i]);
	}
	help_options(to, "Options of every command", args_global);
}

/* Show one command. */
void
cmd_help_one(FILE *to, const struct cmd *c)
{
	const char *options = c->options != NULL ? " [OPTIONS]" : "";
	bool last = strncmp(c->words, "--", 2) == 0; /* nothing behind it */

	fprintf(to, "usage: tidewire %s%s%s%s%s%s%s\n\n%c%s.\n", c->group,
	    c->name != NULL ? " " : "", c->name != NULL ? c->name : "",
	    last ? options : "", *c->words != '\0' ? " " : "", c->words,
	    last ? "" : options, c->help[0] & ~0x20, c->help + 1);
	help_options(to, "Options", c->options);
	help_options(to, "Options of every command", args_global);
}
