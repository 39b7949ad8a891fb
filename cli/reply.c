/*
 * Reading answers, above all the bad ones.  Four shapes of errors exist on
 * the paths we use: {"errors":{field:[text]}}, {"detail":text or list},
 * {"error":{"code","message"}} and {"error":text}; a proxy may answer
 * anything.
 */
#include "cli/reply.h"

#include <stdio.h>

#include "cli/text.h"

#define REPLY_SHOWN 300 /* bytes of an unknown body in a message */

/* Forget the reply. */
void
reply_clear(struct reply *r)
{
	json_free(r->doc);
	buf_free(&r->body);
	*r = (struct reply){0};
}

/* Parse the body and judge it; a 204 has none. */
void
reply_read(struct reply *r)
{
	struct json_error err = {0};

	if (r->status == 204)
		return;
	r->doc = json_parse(buf_slice(&r->body), &err);
	if (r->doc != NULL || r->status < 200 || r->status > 299)
		return;
	r->kind = REPLY_USELESS;
	snprintf(r->cause, sizeof(r->cause), "line %u, column %u: %s", err.line,
	    err.column, err.text);
}

/* Tell success from all the rest. */
bool
reply_ok(const struct reply *r)
{
	return r->kind == REPLY_ANSWER && r->status >= 200 && r->status < 300;
}

/* Borrow the data of an answer. */
const struct json_node *
reply_data(const struct reply *r)
{
	return r->doc != NULL ? json_get(json_root(r->doc), "data") : NULL;
}

/* Map a failure to its exit code. */
enum exits
reply_exit(const struct reply *r)
{
	switch (r->kind) {
	case REPLY_ANSWER:
		return exits_http(r->status);
	case REPLY_UNREACHED:
		return EXITS_UNREACHED;
	case REPLY_DEADLINE:
		return EXITS_DEADLINE;
	case REPLY_INTERRUPTED:
	case REPLY_USELESS:
		break;
	}
	return EXITS_FAILED;
}

/* Tell what the clock may heal. */
bool
reply_may_pass(const struct reply *r)
{
	if (r->kind == REPLY_ANSWER)
		return r->status >= 500 || r->status == 429 || r->status == 408;
	return r->kind != REPLY_USELESS;
}

static void
add_line(struct buf *out, struct slice field, const struct json_node *text)
{
	buf_add_str(out, "tidewire: ");
	if (field.n > 0) {
		text_add(out, field);
		buf_add_str(out, ": ");
	}
	text_add_node(out, text);
	buf_add_byte(out, '\n');
}

/* {"errors":{field:[text, ...]}}, and "detail", a text or a list of them. */
static void
explain_fields(const struct json_node *errors, struct buf *out)
{
	const struct json_node *field, *text;

	for (field = errors->child; field != NULL; field = field->next) {
		struct slice name = field->key;

		if (slice_is(name, "detail"))
			name = SLICE_NONE;
		if (field->type != JSON_ARRAY) {
			add_line(out, name, field);
			continue;
		}
		for (text = field->child; text != NULL; text = text->next)
			add_line(out, name, text);
	}
}

/* "detail": a text, or [{"loc":[..., field],"msg":text}] on /api/v1. */
static void
explain_detail(const struct json_node *detail, struct buf *out)
{
	const struct json_node *entry, *loc;

	if (detail->type != JSON_ARRAY) {
		add_line(out, SLICE_NONE, detail);
		return;
	}
	for (entry = detail->child; entry != NULL; entry = entry->next) {
		loc = json_get(entry, "loc");
		loc = loc != NULL ? loc->child : NULL;
		while (loc != NULL && loc->next != NULL)
			loc = loc->next;
		add_line(out, text_of(loc), json_get(entry, "msg"));
	}
}

static void
explain_refusal(const struct reply *r, struct buf *out)
{
	const struct json_node *root =
	    r->doc != NULL ? json_root(r->doc) : NULL;
	const struct json_node *errors = json_get(root, "errors");
	const struct json_node *error = json_get(root, "error");
	struct slice body = buf_slice(&r->body);

	if (errors != NULL && errors->type == JSON_OBJECT && errors->count) {
		explain_fields(errors, out);
	} else if (json_get(root, "detail") != NULL) {
		explain_detail(json_get(root, "detail"), out);
	} else if (json_get(error, "message") != NULL) {
		add_line(out, SLICE_NONE, json_get(error, "message"));
	} else if (error != NULL && error->type == JSON_STRING) {
		add_line(out, SLICE_NONE, error);
	} else {
		buf_addf(out, "tidewire: the server answered %ld ", r->status);
		text_add(out,
		    body.n > REPLY_SHOWN ? (struct slice){body.p, REPLY_SHOWN}
					 : body);
		buf_add_byte(out, '\n');
	}
}

/* Say it without our name in front of each line, and with no line breaks. */
void
reply_text(const struct reply *r, struct buf *out)
{
	static const char name[] = "tidewire: ";
	struct buf lines = {0};
	char *line, *end;

	if (r->kind != REPLY_ANSWER) {
		text_add(out, slice_str(r->cause));
		return;
	}
	explain_refusal(r, &lines);
	buf_add_byte(&lines, '\0');
	for (line = lines.p; (end = strchr(line, '\n')) != NULL;
	     line = end + 1) {
		if (line != lines.p)
			buf_add_str(out, "; ");
		if (strncmp(line, name, sizeof(name) - 1) == 0)
			line += sizeof(name) - 1;
		buf_add(out, line, (size_t)(end - line));
	}
	buf_free(&lines);
}

/* What a person can do about an HTTP status; NULL when nothing comes to mind. */
static const char *
advice(long status)
{
	switch (status) {
	case 401:
		return "give a valid key with --api-key or TIDEWIRE_API_KEY";
	case 403:
		return "use a key with a wider scope (tidewire key create)";
	case 405:
		return "check --url: is it the address of a tidewired?";
	case 413:
		return "send less, or raise --max-body-bytes of tidewired";
	case 429:
	case 503:
		return "try again in a moment";
	case 507:
		return "free disk space on the server, then try again";
	default:
		return NULL;
	}
}

static void
explain_answer(const struct reply *r, const char *list, struct buf *out)
{
	explain_refusal(r, out);
	if (r->status == 404 && list != NULL)
		buf_addf(out, "tidewire: see what exists: tidewire %s\n", list);
	else if (advice(r->status) != NULL)
		buf_addf(out, "tidewire: %s\n", advice(r->status));
}

static void
explain_cause(const struct reply *r, const char *what, const char *url,
    struct buf *out)
{
	buf_addf(out, "tidewire: %s %s: ", what, url);
	text_add(out, slice_str(r->cause));
	buf_add_byte(out, '\n');
}

/* Say what went wrong and what to do next. */
void
reply_explain(const struct reply *r, const char *url, const char *list,
    struct buf *out)
{
	switch (r->kind) {
	case REPLY_ANSWER:
		explain_answer(r, list, out);
		return;
	case REPLY_UNREACHED:
		explain_cause(r, "cannot reach", url, out);
		buf_add_str(out,
		    "tidewire: is tidewired running there? else give --url or "
		    "TIDEWIRE_URL\n");
		return;
	case REPLY_DEADLINE:
		buf_add_str(out, "tidewire: --timeout ran out\n");
		return;
	case REPLY_USELESS:
		explain_cause(r, "cannot use the answer of", url, out);
		buf_add_str(out,
		    "tidewire: check --url: is it the address of a tidewired?\n");
		return;
	case REPLY_INTERRUPTED:
		return;
	}
}
