/*
 * The loop around cli/stream.c for the commands that print what comes:
 * events and logs -f.  Waiting has a loop of its own (cli/wait.c).
 */
#include "cli/follow.h"

#include "cli/interrupt.h"
#include "cli/text.h"

/* Prefer the canonical word; the path's dialect may blur it. */
struct slice
follow_status(const struct json_node *data)
{
	const struct json_node *n = json_get(data, "canonical_status");

	return text_of(n != NULL ? n : json_get(data, "status"));
}

/* Tell the end of an execution from the end of a stream. */
bool
follow_is_end(const struct sse_event *ev, const struct json_node *data)
{
	static const char *const ends[] = {"completed", "failed", "timed_out",
	    "cancelled"};
	struct slice status = follow_status(data);

	if (!slice_is(ev->type, "end"))
		return false;
	for (size_t i = 0; i < sizeof(ends) / sizeof(*ends); i++) {
		if (slice_is(status, ends[i]))
			return true;
	}
	return false;
}

/* Say why a stream cannot go on. */
enum exits
follow_ended(const struct call *call, const struct stream *s,
    enum stream_what what)
{
	switch (what) {
	case STREAM_REFUSED:
		return call_explain(call, stream_reply(s));
	case STREAM_UNREACHED:
		call_explain(call, stream_reply(s));
		return EXITS_UNREACHED;
	case STREAM_DEADLINE:
		output_note("--timeout ran out");
		return EXITS_DEADLINE;
	case STREAM_INTERRUPTED:
		return EXITS_SIGNAL + interrupt_seen();
	default:
		output_note("the server sent an event that is too large");
		return EXITS_FAILED;
	}
}

/* A cursor must look as the server's do. */
bool
follow_check_since(const struct call *call, const char *since)
{
	size_t n = since != NULL ? strlen(since) : 0;

	if (since == NULL ||
	    (n > 0 && n < 128 && strspn(since, "0123456789abcdefABCDEF-") == n))
		return true;
	call_usage(call, "--since must be the id of an event");
	return false;
}

/* Hand one event on; the exit code when it was the last. */
static enum exits
take_event(const struct follow *f, const struct sse_event *ev)
{
	struct json_error err = {0};
	struct json *doc = json_parse(ev->data, &err);
	enum exits code = EXITS_NONE;

	if (doc == NULL) {
		output_note("left out an event that is not JSON: %s", err.text);
		return EXITS_NONE;
	}
	if (!f->event(f, ev, json_root(doc)))
		code = EXITS_FAILED;
	else if (f->one && follow_is_end(ev, json_root(doc)))
		code = EXITS_DONE;
	json_free(doc);
	return code;
}

/* Follow a stream. */
enum exits
follow_run(const struct call *call, const struct follow *f)
{
	struct stream *s =
	    stream_open(call->client, f->target, slice_str(f->cursor));
	enum exits code = EXITS_NONE;
	enum stream_what what;
	struct sse_event ev;
	bool ended = false; /* by the server, which said so */

	while (code == EXITS_NONE) {
		what = stream_next(s, &ev);
		if (what == STREAM_EVENT) {
			ended = slice_is(ev.type, "end");
			code = take_event(f, &ev);
		} else if (what == STREAM_LOST && !ended)
			output_note("the connection was lost; reconnecting");
		else if (what == STREAM_OVER)
			code = EXITS_DONE;
		else if (what != STREAM_TICK && what != STREAM_LOST)
			code = follow_ended(call, s, what);
	}
	stream_free(s);
	return code;
}
