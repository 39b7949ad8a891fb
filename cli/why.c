/*
 * The server's reasons, most important first: a sentence each, and what is
 * known beside it.
 */
#include "cli/why.h"

#include "core/utf8.h"

#include "cli/call.h"
#include "cli/show.h"
#include "cli/target.h"
#include "cli/text.h"

#define WHY_INDENT 4

/* Members that are no facts of their own. */
static bool
is_fact(const struct json_node *n)
{
	return !slice_is(n->key, "code") && !slice_is(n->key, "message") &&
	    !json_absent(n);
}

static void
pad(struct buf *out, size_t n)
{
	while (n-- > 0)
		buf_add_byte(out, ' ');
}

/* A fact's name as words: "last_heartbeat_at" is "last heartbeat at". */
static void
add_name(struct buf *out, struct slice key)
{
	size_t at = out->len;

	text_add(out, key);
	for (; at < out->len; at++)
		if (out->p[at] == '_')
			out->p[at] = ' ';
}

/* Names of the array, with commas between, or the value as it is. */
static void
add_value(struct buf *out, const struct json_node *n)
{
	const struct json_node *e;

	if (n->type != JSON_ARRAY) {
		text_add_node(out, n);
		return;
	}
	for (e = n->child; e != NULL; e = e->next) {
		text_add_node(out, e);
		buf_add_str(out, e->next != NULL ? ", " : "");
	}
}

/* The facts of one reason, aligned. */
static void
add_facts(struct buf *out, const struct json_node *reason)
{
	const struct json_node *n;
	size_t width = 0;

	for (n = reason->child; n != NULL; n = n->next)
		if (is_fact(n) && utf8_count(n->key) > width)
			width = utf8_count(n->key);
	for (n = reason->child; n != NULL; n = n->next) {
		if (!is_fact(n))
			continue;
		pad(out, WHY_INDENT);
		add_name(out, n->key);
		pad(out, width - utf8_count(n->key) + 2);
		add_value(out, n);
		buf_add_byte(out, '\n');
	}
}

/* What will happen by itself, at what time. */
static void
add_timer(struct buf *out, const struct json_node *timer)
{
	if (json_absent(timer))
		return;
	buf_add_str(out, "next timer: ");
	add_name(out, text_of(json_get(timer, "name")));
	buf_add_str(out, " at ");
	text_add_node(out, json_get(timer, "at"));
	buf_add_byte(out, '\n');
}

static void
show(const struct json_node *data)
{
	const struct json_node *reasons = json_get(data, "reasons"), *reason;
	struct buf out = {0};

	text_add_node(&out, json_get(data, "execution_id"));
	buf_add_str(&out, " is ");
	table_paint(&out, text_of(json_get(data, "status")),
	    show_style(text_of(json_get(data, "status"))),
	    output_colors(stdout));
	buf_add_byte(&out, '\n');
	reason = reasons != NULL ? reasons->child : NULL;
	for (; reason != NULL; reason = reason->next) {
		buf_add_str(&out, "- ");
		text_add_lines(&out, text_of(json_get(reason, "message")), 2);
		buf_add_byte(&out, '\n');
		add_facts(&out, reason);
	}
	add_timer(&out, json_get(data, "next_timer"));
	output_text(buf_slice(&out));
	buf_free(&out);
}

/* Say why. */
int
why_command(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, "/api/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/why");
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show);
	reply_clear(&r);
	buf_free(&target);
	return code;
}
