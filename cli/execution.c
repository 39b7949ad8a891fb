/*
 * tidewire execution: list, show, cancel.
 */
#include "cli/execution.h"

#include "core/uuid.h"

#include "cli/call.h"
#include "cli/show.h"
#include "cli/tag.h"
#include "cli/target.h"
#include "cli/text.h"

#define EXECUTION_PATH "/api/executions"
#define EXECUTION_LIMIT 20
#define EXECUTION_LIMIT_MAX 1000000

const struct args_option execution_list_options[] = {
    {"status", 's', "STATUS",
	"pending, running, completed, failed, timeout or cancelled"},
    {"job", 'j', "ID|NAME", "only executions of this job"},
    {"tag", 't', "KEY=VALUE", "only with this tag"},
    {"limit", 0, "N", "at most so many (20)"},
    {"offset", 0, "N", "leave out the newest N"},
    {0},
};

static void
add_percent(struct table *t, const struct json_node *percent)
{
	struct buf text = {0};

	buf_add_slice(&text, text_of(percent));
	if (text.len > 0)
		buf_add_byte(&text, '%');
	table_add(t, buf_slice(&text));
	buf_free(&text);
}

static void
add_row(struct table *t, const struct json_node *e)
{
	struct slice status = show_status(e);

	table_add_node(t, json_get(e, "id"));
	table_add_node(t, json_get(e, "job_name"));
	table_add_styled(t, status, show_style(status));
	table_add_node(t, json_get(e, "attempt"));
	add_percent(t, json_get(e, "progress_percent"));
	table_add_node(t, json_get(e, "current_step_name"));
	table_add_node(t, json_get(e, "created_at"));
	show_duration(t, json_get(e, "duration_ms"));
}

/* The list filters by a job's id, so a name is looked up first. */
static enum exits
add_job(const struct call *call, const char *job, struct buf *target)
{
	struct buf path = {0}, id = {0};
	struct reply r = {0};
	struct uuid uuid;
	enum exits code;

	if (job == NULL || uuid_parse(slice_str(job), &uuid)) {
		target_query(target, "job_id", job);
		return EXITS_DONE;
	}
	buf_add_str(&path, "/api/jobs");
	target_segment(&path, job);
	code = call_send(call, "GET", buf_slice(&path), SLICE_NONE, &r);
	if (code == EXITS_DONE) {
		buf_add_slice(&id, text_of(json_get(reply_data(&r), "id")));
		buf_add_byte(&id, '\0');
		target_query(target, "job_id", id.p);
	}
	reply_clear(&r);
	buf_free(&id);
	buf_free(&path);
	return code;
}

/* List executions. */
int
execution_list(struct call *call)
{
	static const char *const heads[] = {"ID", "JOB", "STATUS", "ATTEMPT",
	    "PROGRESS", "STEP", "CREATED", "DURATION"};
	struct call_list list = {8, heads, add_row, 0};
	const struct args *a = call->args;
	struct args_range range = {1, EXECUTION_LIMIT_MAX};
	struct args_range offsets = {0, EXECUTION_LIMIT_MAX};
	uint64_t limit = EXECUTION_LIMIT;
	struct buf target = {0};
	enum exits code = EXITS_USAGE;

	buf_add_str(&target, EXECUTION_PATH);
	target_query(&target, "status", args_get(a, "status"));
	if (args_number(a, "limit", range, &limit) &&
	    args_number(a, "offset", offsets, &list.offset) &&
	    tag_query(a, &target))
		code = add_job(call, args_get(a, "job"), &target);
	if (code == EXITS_DONE)
		code = call_list(call, buf_slice(&target), limit, &list);
	buf_free(&target);
	return code;
}

/* Ask for the execution that the first word names, and show the answer. */
static enum exits
ask(const struct call *call, const char *method, const char *action)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, EXECUTION_PATH);
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, action);
	code = call_send(call, method, buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show_execution);
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Show an execution. */
int
execution_get(struct call *call)
{
	return ask(call, "GET", "");
}

/* Cancel an execution. */
int
execution_cancel(struct call *call)
{
	return ask(call, "POST", "/cancel");
}
