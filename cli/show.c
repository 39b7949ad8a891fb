/*
 * How things look as tables.  The commands of cli/job.c and cli/execution.c
 * print JSON or call these.
 */
#include "cli/show.h"

#include "core/utf8.h"

#include "cli/duration.h"
#include "cli/output.h"
#include "cli/text.h"

#define SHOW_VALUE_MAX 400 /* bytes of a payload in a table */

static const struct {
	const char *status;
	enum table_style style;
} show_styles[] = {
    {"completed", TABLE_GOOD},
    {"failed", TABLE_BAD},
    {"timeout", TABLE_BAD},
    {"timed_out", TABLE_BAD},
    {"running", TABLE_BUSY},
    {"processing", TABLE_BUSY},
    {"retrying", TABLE_BUSY},
    {"cancelling", TABLE_BUSY},
    {"interrupted", TABLE_BUSY},
    {"cancelled", TABLE_DIM},
    {"skipped", TABLE_DIM},
};

/* Find the colour of a status. */
enum table_style
show_style(struct slice status)
{
	for (size_t i = 0; i < sizeof(show_styles) / sizeof(*show_styles);
	     i++) {
		if (slice_is(status, show_styles[i].status))
			return show_styles[i].style;
	}
	return TABLE_PLAIN;
}

/* Add a field with a text. */
void
show_text(struct table *t, const char *name, struct slice text)
{
	table_add_styled(t, slice_str(name), TABLE_HEAD);
	table_add(t, text);
}

/* Add a field, cutting what is too long to look at. */
void
show_field(struct table *t, struct slice name, const struct json_node *n)
{
	struct slice text = text_of(n);
	struct buf cut = {0};

	table_add_styled(t, name, TABLE_HEAD);
	if (text.n <= SHOW_VALUE_MAX) {
		table_add(t, text);
		return;
	}
	buf_add_slice(&cut, utf8_prefix(text, SHOW_VALUE_MAX));
	buf_add_str(&cut, "... (all of it: --output json)");
	table_add(t, buf_slice(&cut));
	buf_free(&cut);
}

/* Add a member, if there is anything in it. */
void
show_member(struct table *t, const char *name, const struct json_node *obj,
    const char *member)
{
	const struct json_node *n = json_get(obj, member);

	if (json_absent(n))
		return;
	if (n->type == JSON_OBJECT && n->count == 0)
		return;
	show_field(t, slice_str(name), n);
}

/* Add a duration of so many ms as a cell; "-" when n is no number. */
static void
add_duration(struct table *t, const struct json_node *n)
{
	struct buf text = {0};
	int64_t ms;

	if (json_int(n, 0, INT64_MAX, &ms))
		duration_format((uint64_t)ms, &text);
	table_add(t, buf_slice(&text));
	buf_free(&text);
}

static void
show_progress(struct table *t, const struct json_node *execution)
{
	const struct json_node *percent =
	    json_get(execution, "progress_percent");
	const struct json_node *step = json_get(execution, "current_step_name");
	struct buf text = {0};

	if (json_absent(percent) && json_absent(step))
		return;
	if (!json_absent(percent)) {
		buf_add_slice(&text, text_of(percent));
		buf_add_str(&text, "% ");
	}
	buf_add_slice(&text, text_of(step));
	show_text(t, "progress", slice_trim(buf_slice(&text)));
	buf_free(&text);
}

static void
show_attempt(struct table *t, const struct json_node *execution)
{
	struct buf text = {0};

	buf_add_slice(&text, text_of(json_get(execution, "attempt")));
	buf_add_str(&text, " of ");
	buf_add_slice(&text, text_of(json_get(execution, "max_attempts")));
	show_text(t, "attempt", buf_slice(&text));
	buf_free(&text);
}

/* The steps of an execution. */
static void
show_steps(const struct json_node *steps)
{
	static const char *const heads[] = {"STEP", "STATUS", "ATTEMPT",
	    "PROGRESS", "DURATION", "ERROR"};
	const struct json_node *step;
	struct table *t;

	if (steps == NULL || steps->type != JSON_ARRAY || steps->count == 0)
		return;
	output_text(SLICE("\n"));
	t = table_new(6, heads);
	for (step = steps->child; step != NULL; step = step->next) {
		struct slice status = text_of(json_get(step, "status"));

		table_add_node(t, json_get(step, "name"));
		table_add_styled(t, status, show_style(status));
		table_add_node(t, json_get(step, "attempt"));
		table_add_node(t, json_get(step, "progress_percent"));
		add_duration(t, json_get(step, "duration_ms"));
		table_add_node(t, json_get(step, "error_message"));
	}
	output_table(t);
}

/* Its status, as Factflow calls it where detail is there; or "retrying". */
static struct slice
status_of(const struct json_node *e, const struct json_node *detail)
{
	if (!json_absent(json_get(e, "retry_at")))
		return SLICE("retrying");
	return text_of(json_get(detail != NULL ? detail : e, "status"));
}

/* Show an execution and its steps, and what only Factflow's answer has. */
void
show_execution_of(const struct json_node *e, const struct json_node *detail)
{
	struct table *t = table_new(2, NULL);
	struct slice status = status_of(e, detail);

	show_member(t, "id", e, "id");
	show_member(t, "number", e, "number");
	show_member(t, "tag", detail, "tag");
	show_member(t, "config", detail, "config_name");
	show_member(t, "config id", detail, "config_id");
	if (detail == NULL)
		show_member(t, "job", e, "job_name");
	table_add_styled(t, SLICE("status"), TABLE_HEAD);
	table_add_styled(t, status, show_style(status));
	show_attempt(t, e);
	show_progress(t, e);
	show_member(t, "tags", e, "tags");
	show_member(t, "replay of", detail, "parent_execution_id");
	show_member(t, "created", e, "created_at");
	show_member(t, "started", e, "started_at");
	show_member(t, "completed", e, "completed_at");
	show_member(t, "retry at", e, "retry_at");
	if (!json_absent(json_get(e, "duration_ms"))) {
		table_add_styled(t, SLICE("duration"), TABLE_HEAD);
		add_duration(t, json_get(e, "duration_ms"));
	}
	show_member(t, "error", e, "error_message");
	show_member(t, "error type", e, "error_type");
	show_member(t, "input", e, "input_params");
	show_member(t, "result", e, "result_data");
	output_table(t);
	show_steps(json_get(e, "steps"));
}

/* Show an execution and its steps. */
void
show_execution(const struct json_node *execution)
{
	show_execution_of(execution, NULL);
}

/* Names, with commas between. */
static void
add_names(struct table *t, const struct json_node *names)
{
	const struct json_node *n = names != NULL ? names->child : NULL;
	struct buf text = {0};

	for (; n != NULL; n = n->next) {
		buf_add_str(&text, text.len > 0 ? ", " : "");
		buf_add_slice(&text, text_of(n));
	}
	table_add(t, buf_slice(&text));
	buf_free(&text);
}

/* The steps of a definition. */
static void
show_job_steps(const struct json_node *steps)
{
	static const char *const heads[] = {"STEP", "TYPE", "DEPENDS ON"};
	const struct json_node *step;
	struct table *t;

	if (steps == NULL || steps->type != JSON_ARRAY || steps->count == 0)
		return;
	output_text(SLICE("\n"));
	t = table_new(3, heads);
	for (step = steps->child; step != NULL; step = step->next) {
		table_add_node(t, json_get(step, "name"));
		table_add_node(t, json_get(step, "step_type"));
		add_names(t, json_get(step, "depends_on"));
	}
	output_table(t);
}

/* Show a job and its steps. */
void
show_job(const struct json_node *job)
{
	struct table *t = table_new(2, NULL);
	const struct json_node *n;

	for (n = job != NULL ? job->child : NULL; n != NULL; n = n->next) {
		if (!slice_is(n->key, "steps") && !json_absent(n))
			show_field(t, n->key, n);
	}
	output_table(t);
	show_job_steps(json_get(job, "steps"));
}
