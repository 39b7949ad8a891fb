/*
 * tidewire execution wait.
 *
 * The stream says when to look, GET /api/executions/{id} says what is true:
 * an end is believed only when the stream has ended (an "end" event, or 204)
 * and the execution then read is in a status that never changes.  Whatever
 * else happens - a lost connection, a restart of the server, a gap - we
 * connect again from where we were.
 */
#include "cli/wait.h"

#include "cli/call.h"
#include "cli/clock.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/logs.h"
#include "cli/progress.h"
#include "cli/show.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/wait_many.h"

#define WAIT_DRAW_MS 50 /* between two drawings; a tick makes up for it */

struct wait {
	struct call *call;
	const char *id;
	bool follow;
	bool lost;  /* connecting again */
	bool ended; /* last shows it as it ended */
	int64_t drawn_at;
	struct stream *stream;
	struct progress progress;
	struct live live;
	struct reply last; /* the execution as last read */
};

const struct args_option wait_options[] = {
    {"follow", 'f', NULL, "print its logs and changes to standard error"},
    {"tag", 't', "KEY=VALUE", "wait for all that have this tag now"},
    {"all", 0, NULL, "of several: until the last has ended (the default)"},
    {"any", 0, NULL, "of several: until the first has ended"},
    {0},
};

static void
draw(struct wait *w)
{
	struct buf line = {0};

	w->drawn_at = clock_now();
	progress_line(&w->progress, w->drawn_at, &line);
	if (w->lost)
		buf_add_str(&line, "  reconnecting");
	live_draw(&w->live, buf_slice(&line));
	buf_free(&line);
}

/* Say something on a line of its own. */
static void
say(struct wait *w, const char *text)
{
	live_clear(&w->live);
	output_note("%s", text);
	draw(w);
}

/* Read the execution.  True when that worked; else w->last says why not. */
static bool
fetch(struct wait *w)
{
	struct buf target = {0};
	bool ok;

	buf_add_str(&target, "/api/executions");
	target_segment(&target, w->id);
	ok = client_send(w->call->client, "GET", buf_slice(&target), SLICE_NONE,
	    &w->last);
	buf_free(&target);
	return ok;
}

/*
 * What a failed fetch means: EXITS_NONE when it may work later, since the
 * server is away or busy.
 */
static enum exits
judge_failure(struct wait *w)
{
	const struct reply *r = &w->last;

	if (reply_may_pass(r))
		return EXITS_NONE; /* the stream sees to these */
	live_clear(&w->live);
	return call_explain(w->call, r);
}

/* Not on a terminal, a loss is one line in a log. */
static void
mark_lost(struct wait *w)
{
	w->lost = true;
	if (!w->live.terminal)
		output_note("the connection was lost; reconnecting");
	draw(w);
}

/* The stream has ended: is that the end? */
static enum exits
conclude(struct wait *w)
{
	const struct json_node *e;
	enum exits code;

	if (fetch(w)) {
		e = reply_data(&w->last);
		code = exits_status(text_of(json_get(e, "status")),
		    !json_absent(json_get(e, "retry_at")));
		w->ended = code != EXITS_NONE;
	} else {
		code = judge_failure(w);
		if (code == EXITS_NONE)
			mark_lost(w);
	}
	if (code == EXITS_NONE)
		stream_reconnect(w->stream);
	return code;
}

/* Events are missing, so the picture may be wrong: look. */
static enum exits
fill_gap(struct wait *w, const struct json_node *data)
{
	struct buf text = {0};

	buf_add_str(&text, "some events were missed (");
	text_add_node(&text, json_get(data, "reason"));
	buf_add_byte(&text, ')');
	buf_add_byte(&text, '\0');
	say(w, text.p);
	buf_free(&text);
	if (!fetch(w))
		return judge_failure(w);
	progress_execution(&w->progress, reply_data(&w->last));
	return EXITS_NONE;
}

static void
print_log(struct wait *w, const struct json_node *data)
{
	struct buf line = {0};

	logs_format(&line, data, output_colors(stderr));
	live_print(&w->live, buf_slice(&line));
	buf_free(&line);
}

static void
print_change(struct wait *w, const struct json_node *data)
{
	struct buf line = {0};

	text_add_node(&line, json_get(data, "at"));
	buf_add_str(&line, " ----- ");
	progress_words(&w->progress, &line);
	live_print(&w->live, buf_slice(&line));
	buf_free(&line);
}

static enum exits
take_data(struct wait *w, struct slice type, const struct json_node *data)
{
	enum exits code = EXITS_NONE;

	if (slice_is(type, "log"))
		print_log(w, data);
	else if (slice_is(type, "gap"))
		code = fill_gap(w, data);
	else if (progress_event(&w->progress, type, data, clock_now()) &&
	    w->follow)
		print_change(w, data);
	return code;
}

/* Take in one event.  One that is not JSON changes nothing. */
static enum exits
take_event(struct wait *w, const struct sse_event *ev)
{
	struct json_error err = {0};
	struct json *doc;
	enum exits code;

	if (slice_is(ev->type, "end"))
		return conclude(w);
	doc = json_parse(ev->data, &err);
	if (doc == NULL)
		return EXITS_NONE;
	w->lost = false;
	code = take_data(w, ev->type, json_root(doc));
	json_free(doc);
	if (code == EXITS_NONE && clock_now() - w->drawn_at >= WAIT_DRAW_MS)
		draw(w);
	return code;
}

static enum exits
give_up(struct wait *w, enum stream_what what)
{
	enum exits code;

	live_clear(&w->live);
	code = follow_ended(w->call, w->stream, what);
	if (code == EXITS_DEADLINE)
		output_note(
		    "it goes on; wait again: tidewire execution wait %s",
		    w->id);
	return code;
}

static enum exits
step(struct wait *w)
{
	struct sse_event ev;
	enum stream_what what = stream_next(w->stream, &ev);

	switch (what) {
	case STREAM_EVENT:
		return take_event(w, &ev);
	case STREAM_LOST:
		mark_lost(w);
		return EXITS_NONE;
	case STREAM_TICK:
		draw(w);
		return EXITS_NONE;
	case STREAM_OVER:
		return conclude(w);
	default:
		return give_up(w, what);
	}
}

static void
open_stream(struct wait *w)
{
	struct buf target = {0};

	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, w->id);
	buf_add_str(&target, "/events?types=status,step,progress");
	if (w->follow)
		buf_add_str(&target, ",log");
	buf_add_str(&target, "&timeout=3600");
	w->stream =
	    stream_open(w->call->client, buf_slice(&target), SLICE_NONE);
	buf_free(&target);
}

/* Wait, then print. */
enum exits
wait_run(struct call *call, const char *id, bool follow)
{
	struct wait w = {.call = call, .id = id, .follow = follow};
	enum exits code;

	interrupt_watch();
	progress_init(&w.progress);
	live_open(&w.live);
	open_stream(&w);
	draw(&w);
	do
		code = step(&w);
	while (code == EXITS_NONE);
	live_clear(&w.live);
	if (w.ended)
		call_print(call, &w.last, show_execution);
	reply_clear(&w.last);
	stream_free(w.stream);
	progress_free(&w.progress);
	return code;
}

/* Wait for the one execution, or the several, that are named. */
int
wait_command(struct call *call)
{
	const struct args *a = call->args;
	size_t n = args_words(a);

	if (args_has(a, "tag") == (n > 0))
		return call_usage(call, "name executions, or a --tag");
	if (args_has(a, "any") && args_has(a, "all"))
		return call_usage(call, "--any or --all");
	for (size_t i = 0; i < n; i++)
		if (*args_word(a, i) == '\0')
			return call_usage(call, "ID is empty");
	return n == 1 ? wait_run(call, args_word(a, 0), args_has(a, "follow"))
		      : wait_many(call);
}
