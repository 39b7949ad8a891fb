/*
 * tidewire config: store, show and run configs.  The server reads the YAML;
 * here it is a text.  Neighbours: config_check.c checks, config_edit.c edits.
 */
#include "cli/config.h"

#include <stdio.h>

#include "core/jsonw.h"

#include "cli/answer.h"
#include "cli/config_check.h"
#include "cli/input.h"
#include "cli/target.h"
#include "cli/text.h"

#define CONFIG_PATH "/api/v1/configs"
#define CONFIG_LIMIT 100
#define CONFIG_LIMIT_MAX 1000

const struct args_option config_create_options[] = {
    {"file", 'f', "FILE", "the YAML; - is standard input"},
    {"name", 0, "NAME", "its name (that of the file, without the ending)"},
    {"description", 0, "TEXT", "what it is for"},
    {0},
};

const struct args_option config_list_options[] = {
    {"limit", 0, "N", "at most so many (100)"},
    {"active", 0, NULL, "those that are there, as without it"},
    {"inactive", 0, NULL, "those that were deleted"},
    {0},
};

const struct args_option config_run_options[] = {
    {"input", 'i', "JSON|@FILE|-", "members that replace the payload's"},
    {"tag", 't', "NAME", "a unique name for the execution"},
    {0},
};

/* The path of the config that the first word names, and below it. */
void
config_target(const struct call *call, const char *below, struct buf *target)
{
	buf_add_str(target, CONFIG_PATH);
	target_segment(target, call_word(call, 0));
	buf_add_str(target, below);
}

/* ---- tables ---- */

static void
show_list(const struct json_node *answer)
{
	static const char *const heads[] = {"ID", "NAME", "VERSION", "RUNNABLE",
	    "CREATED"};
	static const char *const members[] = {"id", "name", "version",
	    "is_runnable", "created_at"};
	const struct json_node *more = json_get(answer, "has_more");

	answer_rows(answer,
	    &(struct answer_table){"configs", 5, heads, members});
	if (more != NULL && more->type == JSON_BOOL && more->boolean)
		output_note("there are more; raise --limit to see them");
}

/* Its fields, what is wrong with it, and its text. */
void
config_show(const struct json_node *answer)
{
	static const char *const members[] = {"id", "name", "description",
	    "version", "is_runnable", "config_hash", "created_at", "updated_at",
	    NULL};
	const struct json_node *report, *yaml, *issues;
	struct buf out = {0};

	answer_fields(answer, members);
	report = json_get(answer, "validation_report");
	issues = json_get(report, "issues");
	if (issues != NULL && issues->child != NULL) {
		output_text(SLICE("\n"));
		config_check_show(report);
	}
	yaml = json_get(answer, "config_yaml");
	if (!json_absent(yaml)) {
		buf_add_byte(&out, '\n');
		text_add_lines(&out, text_of(yaml), 0);
		output_text(buf_slice(&out));
	}
	buf_free(&out);
}

static void
show_run(const struct json_node *answer)
{
	static const char *const members[] = {"execution_id", "status",
	    "config_id", "tag", "started_at", NULL};

	answer_fields(answer, members);
}

/* ---- bodies ---- */

/* Write a member that is a text. */
void
config_write_text(struct jsonw *w, const char *member, struct slice text)
{
	jsonw_key(w, member);
	jsonw_str(w, text);
}

/* A config's name when none is given: "crawl" for "jobs/crawl.yaml". */
static struct slice
name_of(const char *file)
{
	const char *slash = strrchr(file, '/');
	const char *base = slash != NULL ? slash + 1 : file;
	const char *dot = strrchr(base, '.');

	if (dot == NULL || dot == base)
		return slice_str(base);
	return (struct slice){base, (size_t)(dot - base)};
}

/* ---- commands ---- */

/* Store a config. */
int
config_create(struct call *call)
{
	const struct args *a = call->args;
	const char *file = args_get(a, "file"), *name = args_get(a, "name");
	const char *description = args_get(a, "description");
	struct buf yaml = {0}, body = {0};
	enum exits code = EXITS_USAGE;
	struct jsonw *w;

	if (file == NULL)
		return call_usage(call, "give -f FILE");
	if (name == NULL && strcmp(file, "-") == 0)
		return call_usage(call, "give --name NAME");
	if (input_file(file, &yaml)) {
		w = jsonw_new(&body);
		jsonw_object(w);
		config_write_text(w, "name",
		    name != NULL ? slice_str(name) : name_of(file));
		config_write_text(w, "config_yaml", buf_slice(&yaml));
		if (description != NULL)
			config_write_text(w, "description",
			    slice_str(description));
		jsonw_end(w);
		jsonw_free(w);
		code = answer_ask(call, "POST", SLICE(CONFIG_PATH),
		    buf_slice(&body), config_show);
	}
	buf_free(&yaml);
	buf_free(&body);
	return code;
}

/* List the configs. */
int
config_list(struct call *call)
{
	struct args_range range = {1, CONFIG_LIMIT_MAX};
	uint64_t limit = CONFIG_LIMIT;
	struct buf target = {0};
	enum exits code;

	if (!args_number(call->args, "limit", range, &limit))
		return EXITS_USAGE;
	if (args_has(call->args, "active") && args_has(call->args, "inactive"))
		return call_usage(call, "give --active or --inactive");
	buf_addf(&target, CONFIG_PATH "?limit=%u", (unsigned)limit);
	if (args_has(call->args, "inactive"))
		target_query(&target, "active", "false");
	code =
	    answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show_list);
	buf_free(&target);
	return code;
}

/* Show a config. */
int
config_print(struct call *call)
{
	struct buf target = {0};
	enum exits code;

	config_target(call, "", &target);
	code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE,
	    config_show);
	buf_free(&target);
	return code;
}

/* Delete a config; its live executions go on. */
int
config_delete(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	config_target(call, "", &target);
	code = call_send(call, "DELETE", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_done(call, &r, "deleted");
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Start an execution of a config. */
int
config_run(struct call *call)
{
	const struct args *a = call->args;
	const char *input = args_get(a, "input");
	struct buf target = {0}, body = {0};
	enum exits code = EXITS_USAGE;

	config_target(call, "/run", &target);
	target_query(&target, "tag", args_get(a, "tag"));
	if (input == NULL || input_json("--input", input, &body))
		code = answer_ask(call, "POST", buf_slice(&target),
		    buf_slice(&body), show_run);
	buf_free(&target);
	buf_free(&body);
	return code;
}
