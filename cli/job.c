/*
 * tidewire job: list, show, pause and delete jobs.  Defining one is in
 * cli/job_create.c, starting executions of it in cli/job_trigger.c.
 */
#include "cli/job.h"

#include "cli/call.h"
#include "cli/show.h"
#include "cli/target.h"

#define JOB_PATH "/api/jobs"
#define JOB_LIMIT 20
#define JOB_LIMIT_MAX 1000000

const struct args_option job_list_options[] = {
    {"limit", 0, "N", "at most so many (20)"},
    {0},
};

static void
add_row(struct table *t, const struct json_node *job)
{
	table_add_node(t, json_get(job, "id"));
	table_add_node(t, json_get(job, "name"));
	table_add_node(t, json_get(job, "version"));
	table_add_node(t, json_get(job, "queue"));
	table_add_node(t, json_get(job, "priority"));
	table_add_node(t, json_get(job, "created_at"));
}

/* List the jobs. */
int
job_list(struct call *call)
{
	static const char *const heads[] = {"ID", "NAME", "VERSION", "QUEUE",
	    "PRIORITY", "CREATED"};
	static const struct call_list list = {6, heads, add_row, 0};
	struct args_range range = {1, JOB_LIMIT_MAX};
	uint64_t limit = JOB_LIMIT;

	if (!args_number(call->args, "limit", range, &limit))
		return EXITS_USAGE;
	return call_list(call, SLICE(JOB_PATH), limit, &list);
}

/* The target of the job that the first word names. */
static void
target_job(const struct call *call, struct buf *target)
{
	buf_add_str(target, JOB_PATH);
	target_segment(target, call_word(call, 0));
}

/* Show a job. */
int
job_get(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	target_job(call, &target);
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show_job);
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Pause a job or let it go on. */
static enum exits
pause_job(const struct call *call, const char *action, const char *done)
{
	struct buf target = {0};
	enum exits code;

	target_job(call, &target);
	buf_add_str(&target, action);
	code = call_act(call, buf_slice(&target), done);
	buf_free(&target);
	return code;
}

/* Pause a job; what workers hold goes on. */
int
job_pause(struct call *call)
{
	return pause_job(call, "/pause", "paused");
}

/* Let a job go on. */
int
job_resume(struct call *call)
{
	return pause_job(call, "/resume", "resumed");
}

/* Delete a job; its live executions go on. */
int
job_delete(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	target_job(call, &target);
	code = call_send(call, "DELETE", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_done(call, &r, "deleted");
	reply_clear(&r);
	buf_free(&target);
	return code;
}
