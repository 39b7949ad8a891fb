/*
 * tidewire job trigger: start an execution, or one for each line of a file.
 * Waiting for what was started is in cli/wait.c.
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

const struct args_option job_trigger_options[] = {
    {"input", 'i', "JSON|@FILE|-", "its input_params"},
    {"tag", 't', "KEY=VALUE", "a tag (repeatable)"},
    {"idempotency-key", 0, "KEY", "start it once, however often this runs"},
    {"priority", 0, "N", "0 to 9; 9 goes first (as the job has it)"},
    {"run-at", 0, "TIME", "not before then: 2026-11-22T10:00:00Z"},
    {"start-timeout", 0, "DUR", "fail it if no worker begins it in time"},
    {"concurrency-key", 0, "KEY", "those with the same key take turns"},
    {"batch", 'b', "FILE", "one for each line of JSON; - is standard input"},
    {"wait", 'w', NULL, "wait until it ends; exit as it did"},
    {"follow", 'f', NULL, "with --wait: print its logs too"},
    {0},
};

static void
write_text(struct jsonw *w, const struct args *a, const char *option,
    const char *member)
{
	if (!args_has(a, option))
		return;
	jsonw_key(w, member);
	jsonw_cstr(w, args_get(a, option));
}

static bool
write_numbers(struct jsonw *w, const struct args *a)
{
	struct args_range range = {0, 9};
	uint64_t priority = 0, seconds = 0;

	if (!args_number(a, "priority", range, &priority) ||
	    !args_seconds(a, "start-timeout", &seconds))
		return false;
	if (args_has(a, "priority")) {
		jsonw_key(w, "priority");
		jsonw_u64(w, priority);
	}
	if (args_has(a, "start-timeout")) {
		jsonw_key(w, "start_timeout_seconds");
		jsonw_u64(w, seconds);
	}
	return true;
}

static bool
write_input(struct jsonw *w, const struct args *a)
{
	const char *input = args_get(a, "input");
	struct buf json = {0};
	bool ok = true;

	if (input != NULL) {
		ok = input_json("--input", input, &json);
		jsonw_key(w, "input_params");
		jsonw_raw_or_null(w, ok ? buf_slice(&json) : SLICE_NONE);
	}
	buf_free(&json);
	return ok;
}

/* The body of a trigger; false when an option is wrong. */
static bool
write_trigger(const struct args *a, struct buf *body)
{
	struct jsonw *w = jsonw_new(body);
	bool ok;

	jsonw_object(w);
	ok = write_input(w, a) && write_numbers(w, a);
	write_text(w, a, "idempotency-key", "idempotency_key");
	write_text(w, a, "run-at", "run_at");
	write_text(w, a, "concurrency-key", "concurrency_key");
	jsonw_key(w, "tags");
	ok = ok && tag_write(a, w);
	if (ok)
		jsonw_end(w);
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

static enum exits
request(const struct call *call, const char *action, const struct buf *body,
    struct reply *r)
{
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, "/api/jobs");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, action);
	code = call_send(call, "POST", buf_slice(&target), buf_slice(body), r);
	buf_free(&target);
	return code;
}

/* ---- many at once ---- */

/* An option that says of one what a batch says line by line. */
static const char *
other_option(const struct args *a)
{
	const struct args_option *o = job_trigger_options;

	for (; o->name != NULL; o++)
		if (strcmp(o->name, "batch") != 0 && args_has(a, o->name))
			return o->name;
	return NULL;
}

/* Each line that is not empty as an element; false when one is not JSON. */
static bool
write_batch(const char *path, struct slice text, struct buf *body)
{
	struct buf place = {0};
	bool ok = true, first = true;

	buf_add_str(body, "{\"executions\":[");
	for (unsigned n = 1; ok && text.n > 0; n++) {
		const char *end = memchr(text.p, '\n', text.n);
		size_t len = end != NULL ? (size_t)(end - text.p) : text.n;
		struct slice line = slice_trim((struct slice){text.p, len});

		text.p += len + (end != NULL);
		text.n -= len + (end != NULL);
		if (line.n == 0 || slice_is(line, "\r"))
			continue;
		place.len = 0;
		buf_addf(&place, "%s, entry in line %u,", path, n);
		buf_add_byte(&place, '\0');
		ok = input_check(place.p, line);
		buf_add_str(body, first ? "" : ",\n");
		buf_add_slice(body, line);
		first = false;
	}
	buf_add_str(body, "]}");
	buf_free(&place);
	return ok;
}

static void
show_batch(const struct json_node *data)
{
	static const char *const heads[] = {"ID", "STATUS", "PRIORITY",
	    "CREATED"};
	struct table *t = table_new(4, heads);
	const struct json_node *x = data != NULL ? data->child : NULL;

	for (; x != NULL; x = x->next) {
		table_add_node(t, json_get(x, "id"));
		table_add_node(t, json_get(x, "status"));
		table_add_node(t, json_get(x, "priority"));
		table_add_node(t, json_get(x, "created_at"));
	}
	output_table(t);
}

/* Start all of a file, or none. */
static enum exits
trigger_batch(const struct call *call, const char *path)
{
	const char *other = other_option(call->args);
	struct buf text = {0}, body = {0};
	struct reply r = {0};
	enum exits code = EXITS_USAGE;

	if (other != NULL)
		return call_usage(call, "--batch and --%s exclude each other",
		    other);
	if (input_file(path, &text) &&
	    write_batch(path, buf_slice(&text), &body))
		code = request(call, "/trigger/batch", &body, &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show_batch);
	reply_clear(&r);
	buf_free(&body);
	buf_free(&text);
	return code;
}

/* Start an execution. */
int
job_trigger(struct call *call)
{
	const char *batch = args_get(call->args, "batch");
	struct buf body = {0};
	struct reply r = {0};
	enum exits code = EXITS_USAGE;

	if (batch != NULL)
		return trigger_batch(call, batch);
	if (write_trigger(call->args, &body))
		code = request(call, "/trigger", &body, &r);
	if (code == EXITS_DONE) {
		if (args_has(call->args, "wait"))
			code = wait_for(call, &r);
		else
			call_print(call, &r, show_execution);
	}
	reply_clear(&r);
	buf_free(&body);
	return code;
}
