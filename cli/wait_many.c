/*
 * tidewire execution wait, for several.  As for one (cli/wait.c) the stream
 * says when to look, and GET /api/executions/{id} says what is true.
 */
#include "cli/wait_many.h"

#include <stdlib.h>
#include <string.h>

#include "core/mem.h"
#include "core/uuid.h"

#include "cli/call.h"
#include "cli/follow.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/logs.h"
#include "cli/tag.h"
#include "cli/target.h"
#include "cli/text.h"

struct one {
	char *id;
	bool look;	 /* the stream said it ended, or we do not know */
	enum exits code; /* EXITS_NONE: it has not ended yet */
};

struct many {
	struct call *call;
	struct one *ones;
	size_t n, ended;
	bool any, lost;
	struct stream *stream;
	struct live live;
};

/* Add an execution, once. */
static void
add(struct many *m, struct slice id)
{
	for (size_t i = 0; i < m->n; i++)
		if (slice_is(id, m->ones[i].id))
			return;
	m->ones = mem_resize(m->ones, m->n + 1, sizeof(*m->ones));
	m->ones[m->n++] =
	    (struct one){.id = mem_dup(id.p, id.n), .code = EXITS_NONE};
}

static void
draw(struct many *m)
{
	struct buf line = {0};

	buf_addf(&line, "%zu of %zu ended", m->ended, m->n);
	if (m->lost)
		buf_add_str(&line, "  reconnecting");
	live_draw(&m->live, buf_slice(&line));
	buf_free(&line);
}

/* Print one that ended: its JSON on a line, or its id and how it ended. */
static void
print(struct many *m, const struct json_node *e)
{
	struct buf line = {0};

	live_clear(&m->live);
	if (m->call->json) {
		output_json(e->raw);
		return;
	}
	text_add_node(&line, json_get(e, "id"));
	buf_add_str(&line, "  ");
	text_add_node(&line, json_get(e, "status"));
	output_line(buf_slice(&line));
	buf_free(&line);
}

/* Read one that may have ended.  EXITS_NONE unless looking is of no use. */
static enum exits
look(struct many *m, struct one *o)
{
	struct buf target = {0};
	struct reply r = {0};
	const struct json_node *e;
	enum exits code = EXITS_NONE;

	buf_add_str(&target, "/api/executions");
	target_segment(&target, o->id);
	if (client_send(m->call->client, "GET", buf_slice(&target), SLICE_NONE,
		&r)) {
		e = reply_data(&r);
		o->look = false;
		o->code = exits_status(text_of(json_get(e, "status")),
		    !json_absent(json_get(e, "retry_at")));
		if (o->code != EXITS_NONE) {
			m->ended++;
			print(m, e);
		}
	} else if (r.kind == REPLY_ANSWER && !reply_may_pass(&r)) {
		live_clear(&m->live);
		code = call_explain(m->call, &r);
	}
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Look at all that may have ended. */
static enum exits
look_all(struct many *m)
{
	enum exits code = EXITS_NONE;

	for (size_t i = 0; i < m->n && code == EXITS_NONE; i++)
		if (m->ones[i].look && m->ones[i].code == EXITS_NONE)
			code = look(m, &m->ones[i]);
	return code;
}

/* That execution's status is this one now. */
static void
note(struct many *m, const struct json_node *id, const struct json_node *data)
{
	static const char *const ends[] = {"completed", "failed", "timed_out",
	    "cancelled"};
	struct slice status = follow_status(data);

	for (size_t k = 0; k < sizeof(ends) / sizeof(*ends); k++)
		for (size_t i = 0; i < m->n && slice_is(status, ends[k]); i++)
			if (slice_is(text_of(id), m->ones[i].id))
				m->ones[i].look = true;
}

static void
print_log(struct many *m, const struct json_node *data)
{
	struct buf line = {0};

	logs_format(&line, data, output_colors(stderr));
	live_print(&m->live, buf_slice(&line));
	buf_free(&line);
}

static void
take_event(struct many *m, const struct sse_event *ev)
{
	struct json_error err = {0};
	struct json *doc = json_parse(ev->data, &err);
	const struct json_node *data = json_root(doc), *e;

	if (doc == NULL)
		return;
	m->lost = false;
	if (slice_is(ev->type, "snapshot")) {
		e = json_get(data, "executions");
		/* A snapshot of one is that one. */
		if (e == NULL && json_get(data, "execution") != NULL)
			note(m, json_get(data, "execution_id"),
			    json_get(data, "execution"));
		for (e = e == NULL ? NULL : e->child; e != NULL; e = e->next)
			note(m, json_get(e, "id"), e);
	} else if (slice_is(ev->type, "status")) {
		note(m, json_get(data, "execution_id"), data);
	} else if (slice_is(ev->type, "log")) {
		print_log(m, data);
	}
	json_free(doc);
}

/* What the whole has come to; EXITS_NONE while it goes on. */
static enum exits
verdict(const struct many *m)
{
	static const enum exits worst[] = {EXITS_FAILED, EXITS_TIMED_OUT,
	    EXITS_CANCELLED};

	for (size_t i = 0; m->any && i < m->n; i++)
		if (m->ones[i].code != EXITS_NONE)
			return m->ones[i].code;
	if (m->ended < m->n)
		return EXITS_NONE;
	for (size_t k = 0; k < sizeof(worst) / sizeof(*worst); k++)
		for (size_t i = 0; i < m->n; i++)
			if (m->ones[i].code == worst[k])
				return worst[k];
	return EXITS_DONE;
}

static enum exits
step(struct many *m)
{
	struct sse_event ev;
	enum stream_what what = stream_next(m->stream, &ev);
	enum exits code;

	if (what == STREAM_EVENT) {
		take_event(m, &ev);
	} else if (what == STREAM_LOST || what == STREAM_OVER) {
		if (!m->lost && !m->live.terminal)
			output_note("the connection was lost; reconnecting");
		m->lost = true;
		if (what == STREAM_OVER)
			stream_reconnect(m->stream);
	} else if (what != STREAM_TICK) {
		live_clear(&m->live);
		return follow_ended(m->call, m->stream, what);
	}
	code = look_all(m);
	if (code == EXITS_NONE)
		code = verdict(m);
	if (code == EXITS_NONE)
		draw(m);
	return code;
}

/* Find the executions that have the tags now. */
static enum exits
add_tagged(struct many *m)
{
	struct buf target = {0};
	struct reply r = {0};
	const struct json_node *e;
	enum exits code = EXITS_USAGE;

	buf_add_str(&target, "/api/executions?limit=100");
	if (tag_query(m->call->args, &target))
		code = call_send(m->call, "GET", buf_slice(&target), SLICE_NONE,
		    &r);
	e = code == EXITS_DONE ? reply_data(&r)->child : NULL;
	for (; e != NULL; e = e->next)
		add(m, text_of(json_get(e, "id")));
	if (code == EXITS_DONE && m->n == 0) {
		output_note("no execution has these tags");
		code = EXITS_NOT_FOUND;
	}
	if (code == EXITS_DONE &&
	    !json_absent(json_get(json_root(r.doc), "next_cursor"))) {
		output_note("more than %d executions have these tags",
		    WAIT_MANY_MAX);
		code = EXITS_USAGE;
	}
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Add the execution of a unique name. */
static enum exits
add_named(struct many *m, const char *name)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, "/api/executions");
	target_segment(&target, name);
	code = call_send(m->call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		add(m, text_of(json_get(reply_data(&r), "id")));
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Add what a word calls by its id, as events write it, or by its name. */
static enum exits
add_word(struct many *m, const char *word)
{
	char text[UUID_TEXT + 1];
	struct uuid id;

	if (!uuid_parse(slice_str(word), &id))
		return add_named(m, word);
	uuid_format(&id, text);
	add(m, slice_str(text));
	return EXITS_DONE;
}

/* Find whom to wait for. */
static enum exits
gather(struct many *m)
{
	const struct args *a = m->call->args;
	enum exits code = EXITS_DONE;

	for (size_t i = 0; i < args_words(a) && code == EXITS_DONE; i++)
		code = add_word(m, args_word(a, i));
	if (code != EXITS_DONE)
		return code;
	if (m->n > WAIT_MANY_MAX)
		return call_usage(m->call, "at most %d executions at once",
		    WAIT_MANY_MAX);
	return m->n > 0 ? EXITS_DONE : add_tagged(m);
}

static void
open_stream(struct many *m)
{
	struct buf target = {0};

	buf_add_str(&target, "/events");
	target_query(&target, "types",
	    args_has(m->call->args, "follow") ? "status,log" : "status");
	for (size_t i = 0; i < m->n; i++)
		target_query(&target, "execution_id", m->ones[i].id);
	m->stream =
	    stream_open(m->call->client, buf_slice(&target), SLICE_NONE);
	buf_free(&target);
}

/* Wait for several. */
enum exits
wait_many(struct call *call)
{
	struct many m = {.call = call, .any = args_has(call->args, "any")};
	enum exits code = gather(&m);

	if (code == EXITS_DONE) {
		interrupt_watch();
		live_open(&m.live);
		open_stream(&m);
		draw(&m);
		do
			code = step(&m);
		while (code == EXITS_NONE);
		live_clear(&m.live);
		stream_free(m.stream);
	}
	for (size_t i = 0; i < m.n; i++)
		free(m.ones[i].id);
	free(m.ones);
	return code;
}
