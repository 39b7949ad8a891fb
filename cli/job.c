/*
 * tidewire job: list, show, trigger and delete jobs.  Defining one is in
 * cli/job_create.c; waiting for what was triggered in cli/wait.c.
 */
#include "cli/job.h"

#include "core/jsonw.h"

#include "cli/call.h"
#include "cli/input.h"
#include "cli/show.h"
#include "cli/tag.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/wait.h"

#define JOB_PATH "/api/jobs"
#define JOB_LIMIT 20
#define JOB_LIMIT_MAX 1000000

const struct args_option job_list_options[] = {
    {"limit", 0, "N", "at most so many (20)"},
    {0},
};

const struct args_option job_trigger_options[] = {
    {"input", 'i', "JSON|@FILE|-", "its input_params"},
    {"tag", 't', "KEY=VALUE", "a tag (repeatable)"},
    {"idempotency-key", 0, "KEY", "start it once, however often this runs"},
    {"wait", 'w', NULL, "wait until it ends; exit as it did"},
    {"follow", 'f', NULL, "with --wait: print its logs too"},
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

/* The body of a trigger; false when an option is wrong. */
static bool
write_trigger(const struct args *a, struct buf *body)
{
	const char *input = args_get(a, "input");
	const char *idempotency = args_get(a, "idempotency-key");
	struct jsonw *w = jsonw_new(body);
	struct buf json = {0};
	bool ok = true;

	jsonw_object(w);
	if (input != NULL) {
		ok = input_json("--input", input, &json);
		jsonw_key(w, "input_params");
		jsonw_raw_or_null(w, ok ? buf_slice(&json) : SLICE_NONE);
	}
	if (idempotency != NULL) {
		jsonw_key(w, "idempotency_key");
		jsonw_cstr(w, idempotency);
	}
	jsonw_key(w, "tags");
	ok = ok && tag_write(a, w);
	if (ok)
		jsonw_end(w);
	buf_free(&json);
	jsonw_free(w);
	return ok;
}

/* Go on to wait for the execution that was made. */
static enum exits
wait_for(struct call *call, const struct reply *r)
{
	struct slice id = text_of(json_get(reply_data(r), "id"));
	struct buf name = {0};
	enum exits code;

	text_add(&name, id);
	buf_add_byte(&name, '\0');
	output_note("execution %s", name.p);
	code = wait_run(call, name.p, args_has(call->args, "follow"));
	buf_free(&name);
	return code;
}

/* Start an execution. */
int
job_trigger(struct call *call)
{
	struct buf target = {0}, body = {0};
	struct reply r = {0};
	enum exits code = EXITS_USAGE;

	target_job(call, &target);
	buf_add_str(&target, "/trigger");
	if (!write_trigger(call->args, &body))
		goto out;
	code =
	    call_send(call, "POST", buf_slice(&target), buf_slice(&body), &r);
	if (code != EXITS_DONE)
		goto out;
	if (args_has(call->args, "wait"))
		code = wait_for(call, &r);
	else
		call_print(call, &r, show_execution);
out:
	reply_clear(&r);
	buf_free(&body);
	buf_free(&target);
	return code;
}
