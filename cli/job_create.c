/*
 * tidewire job create: from a file, or for a simple job from options.
 */
#include "cli/job.h"

#include "core/jsonw.h"

#include "cli/call.h"
#include "cli/input.h"
#include "cli/show.h"

const struct args_option job_create_options[] = {
    {"file", 'f', "FILE", "the definition as JSON; - is standard input"},
    {"name", 0, "NAME", "define it by options: its name"},
    {"description", 0, "TEXT", "what it is for"},
    {"queue", 0, "QUEUE", "where workers look for it (default)"},
    {"priority", 0, "N", "0 to 9; 9 goes first (5)"},
    {"step", 0, "NAME", "a step, after the one before (repeatable)"},
    {"max-attempts", 0, "N", "tries, the first included (3)"},
    {"heartbeat-timeout", 0, "DUR", "silence that ends an attempt (5m)"},
    {"attempt-timeout", 0, "DUR", "time for one attempt (none)"},
    {"auto-complete", 0, NULL, "it is done when its steps are"},
    {0},
};

/* Options that -f makes pointless. */
static const char *
other_option(const struct args *a)
{
	const struct args_option *o = job_create_options + 1;

	for (; o->name != NULL; o++) {
		if (args_has(a, o->name))
			return o->name;
	}
	return NULL;
}

static void
write_text(struct jsonw *w, const char *member, const char *text)
{
	if (text == NULL)
		return;
	jsonw_key(w, member);
	jsonw_cstr(w, text);
}

static bool
write_number(struct jsonw *w, const struct args *a, const char *option,
    struct args_range range)
{
	uint64_t n = 0;

	if (!args_has(a, option))
		return true;
	if (!args_number(a, option, range, &n))
		return false;
	jsonw_key(w, strcmp(option, "priority") == 0 ? option : "max_attempts");
	jsonw_u64(w, n);
	return true;
}

/* The API counts seconds. */
static bool
write_seconds(struct jsonw *w, const struct args *a, const char *option,
    const char *member)
{
	uint64_t s = 0;

	if (!args_has(a, option))
		return true;
	if (!args_seconds(a, option, &s))
		return false;
	jsonw_key(w, member);
	jsonw_u64(w, s);
	return true;
}

/* A chain: each step depends on the one before it. */
static void
write_steps(struct jsonw *w, const struct args *a)
{
	const char *step, *before = NULL;

	jsonw_key(w, "steps");
	jsonw_array(w);
	for (size_t i = 0; (step = args_at(a, "step", i)) != NULL; i++) {
		jsonw_object(w);
		write_text(w, "name", step);
		jsonw_key(w, "step_index");
		jsonw_u64(w, i);
		jsonw_key(w, "depends_on");
		jsonw_array(w);
		if (before != NULL)
			jsonw_cstr(w, before);
		jsonw_end(w);
		jsonw_end(w);
		before = step;
	}
	jsonw_end(w);
}

static bool
write_retry(struct jsonw *w, const struct args *a)
{
	bool ok;

	jsonw_key(w, "retry");
	jsonw_object(w);
	ok = write_number(w, a, "max-attempts", (struct args_range){1, 1000});
	jsonw_end(w);
	return ok;
}

static bool
write_options(const struct args *a, struct buf *body)
{
	struct jsonw *w = jsonw_new(body);
	bool ok;

	jsonw_object(w);
	write_text(w, "name", args_get(a, "name"));
	write_text(w, "description", args_get(a, "description"));
	write_text(w, "queue", args_get(a, "queue"));
	ok = write_number(w, a, "priority", (struct args_range){0, 9}) &&
	    write_seconds(w, a, "heartbeat-timeout",
		"heartbeat_timeout_seconds") &&
	    write_seconds(w, a, "attempt-timeout", "timeout_seconds") &&
	    write_retry(w, a);
	if (args_has(a, "auto-complete")) {
		jsonw_key(w, "auto_complete");
		jsonw_bool(w, true);
	}
	write_steps(w, a);
	jsonw_end(w);
	jsonw_free(w);
	return ok;
}

/* Make the definition, from wherever the user has it. */
static enum exits
definition(const struct call *call, struct buf *body)
{
	const struct args *a = call->args;
	const char *file = args_get(a, "file");

	if (file != NULL && other_option(a) != NULL)
		return call_usage(call, "-f and --%s exclude each other",
		    other_option(a));
	if (file == NULL && !args_has(a, "name"))
		return call_usage(call, "give -f FILE or --name NAME");
	if (file == NULL)
		return write_options(a, body) ? EXITS_DONE : EXITS_USAGE;
	if (!input_file(file, body) || !input_check(file, buf_slice(body)))
		return EXITS_USAGE;
	return EXITS_DONE;
}

/* Define a job. */
int
job_create(struct call *call)
{
	struct buf body = {0};
	struct reply r = {0};
	enum exits code = definition(call, &body);

	if (code == EXITS_DONE)
		code = call_send(call, "POST", SLICE("/api/jobs"),
		    buf_slice(&body), &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show_job);
	reply_clear(&r);
	buf_free(&body);
	return code;
}
