/*
 * tidewire execution logs: page by page, or with -f from the first log on
 * along the stream, which replays what was and goes on with what comes.
 */
#include "cli/logs.h"

#include "cli/follow.h"
#include "cli/target.h"
#include "cli/text.h"

#define LOGS_PAGE "1000"

const struct args_option logs_options[] = {
    {"follow", 'f', NULL, "go on until the execution ends"},
    {"level", 'l', "LEVEL", "at least debug, info, warn or error"},
    {0},
};

static const struct {
	const char *name;
	enum table_style style;
} logs_levels[] = {
    {"debug", TABLE_DIM},
    {"info", TABLE_PLAIN},
    {"warn", TABLE_BUSY},
    {"error", TABLE_BAD},
};

#define NLEVELS (sizeof(logs_levels) / sizeof(logs_levels[0]))

/* The rank of a level; NLEVELS when it is none. */
static size_t
rank(struct slice name)
{
	size_t i;

	for (i = 0; i < NLEVELS; i++) {
		if (slice_is(name, logs_levels[i].name))
			break;
	}
	return i;
}

/* Write one entry for people. */
void
logs_format(struct buf *out, const struct json_node *log, bool color)
{
	struct slice level = text_of(json_get(log, "level"));
	const struct json_node *step = json_get(log, "step");
	const struct json_node *data = json_get(log, "log_data");
	struct buf word = {0};
	size_t r = rank(level);

	text_add_node(out, json_get(log, "at"));
	buf_add_byte(out, ' ');
	text_add(&word, level);
	while (word.len < 5)
		buf_add_byte(&word, ' ');
	table_paint(out, buf_slice(&word),
	    r < NLEVELS ? logs_levels[r].style : TABLE_PLAIN, color);
	buf_free(&word);
	buf_add_byte(out, ' ');
	if (!json_absent(step)) {
		buf_add_byte(out, '[');
		text_add_node(out, step);
		buf_add_str(out, "] ");
	}
	text_add_lines(out, text_of(json_get(log, "message")), 4);
	if (!json_absent(data) && data->count > 0) {
		buf_add_byte(out, ' ');
		text_add_node(out, data);
	}
}

/* Print one entry, unless its level is too low. */
static bool
print(const struct call *call, const struct json_node *log)
{
	const char *least = args_get(call->args, "level");
	struct buf line = {0};
	bool ok;

	if (least != NULL &&
	    rank(text_of(json_get(log, "level"))) < rank(slice_str(least)))
		return true;
	if (call->json)
		return output_json(log->raw);
	logs_format(&line, log, output_colors(stdout));
	ok = output_line(buf_slice(&line));
	buf_free(&line);
	return ok;
}

static bool
take_event(const struct follow *f, const struct sse_event *ev,
    const struct json_node *data)
{
	if (slice_is(ev->type, "gap"))
		output_note("some logs are no longer kept");
	if (!slice_is(ev->type, "log"))
		return true;
	return print(f->arg, data);
}

static enum exits
follow(const struct call *call)
{
	struct follow f = {.cursor = "0",
	    .one = true,
	    .event = take_event,
	    .arg = call};
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/events?types=log&timeout=3600");
	f.target = buf_slice(&target);
	code = follow_run(call, &f);
	buf_free(&target);
	return code;
}

/*
 * Print a page, and put where the next begins into *after, which is left
 * empty at the end.  A page may be short, or even empty, before the end.
 */
static enum exits
print_page(const struct call *call, struct buf *after)
{
	const struct json_node *n, *data;
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;
	bool ok = true;

	buf_add_str(&target, "/api/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/logs?limit=" LOGS_PAGE);
	target_query(&target, "after", after->len > 0 ? after->p : NULL);
	after->len = 0;
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	buf_free(&target);
	if (code != EXITS_DONE)
		return code;
	data = reply_data(&r);
	for (n = data != NULL ? data->child : NULL; ok && n; n = n->next)
		ok = print(call, n);
	buf_add_slice(after,
	    text_of(json_get(json_root(r.doc), "next_cursor")));
	if (after->len > 0)
		buf_add_byte(after, '\0');
	reply_clear(&r);
	return ok ? EXITS_DONE : EXITS_FAILED;
}

/* Print the logs. */
int
logs_print(struct call *call)
{
	const char *level = args_get(call->args, "level");
	struct buf after = {0};
	enum exits code;

	if (level != NULL && rank(slice_str(level)) == NLEVELS)
		return call_usage(call,
		    "--level must be debug, info, warn or error");
	if (args_has(call->args, "follow"))
		return follow(call);
	do
		code = print_page(call, &after);
	while (code == EXITS_DONE && after.len > 0);
	buf_free(&after);
	return code;
}
