/*
 * The common part of all commands: usage errors, requests with explained
 * failures, results in the chosen form, lists page by page.
 */
#include "cli/call.h"

#include <stdarg.h>

#include "core/log.h"

#include "cli/target.h"
#include "cli/text.h"

#define CALL_PAGE_MAX 100 /* elements the server gives at once */

/* Say what is wrong with the command line. */
enum exits
call_usage(const struct call *call, const char *fmt, ...)
{
	const struct cmd *cmd = call->cmd;
	va_list ap;

	fputs("tidewire: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fprintf(stderr, "\ntidewire: see: tidewire %s%s%s --help\n", cmd->group,
	    cmd->name != NULL ? " " : "", cmd->name != NULL ? cmd->name : "");
	return EXITS_USAGE;
}

/* Borrow a word of the command. */
const char *
call_word(const struct call *call, size_t i)
{
	const char *word = args_word(call->args, i);

	INVARIANT(word != NULL);
	return word;
}

/* The command that shows what exists, for somebody who named what does not. */
static const char *
list_of(const struct call *call, const struct reply *r)
{
	static const struct {
		const char *what, *list; /* "job" of "job not found" */
	} lists[] = {
	    {"article", "article list"},
	    {"batch", "lineage list"},
	    {"config", "config list"},
	    {"execution", "execution list"},
	    {"job", "job list"},
	    {"key", "key list"},
	    {"lineage", "lineage list"},
	    {"object", "storage list"},
	    {"queue", "queue list"},
	    {"task", "execution list --job article_generation"},
	};
	const char *list =
	    strcmp(call->cmd->group, "storage") == 0 ? "storage list" : NULL;
	struct buf said = {0};
	struct slice what;
	const char *end;

	reply_text(r, &said);
	what = buf_slice(&said);
	end = what.n > 0 ? memchr(what.p, ' ', what.n) : NULL;
	what.n = end != NULL ? (size_t)(end - what.p) : 0;
	for (size_t i = 0; i < sizeof(lists) / sizeof(*lists); i++)
		if (slice_is(what, lists[i].what))
			list = lists[i].list;
	buf_free(&said);
	return list;
}

/* Say why there is no result. */
enum exits
call_explain(const struct call *call, const struct reply *r)
{
	struct buf out = {0};

	reply_explain(r, client_url(call->client), list_of(call, r), &out);
	fflush(stdout);
	fwrite(out.p, 1, out.len, stderr);
	buf_free(&out);
	return reply_exit(r);
}

/* Send, and explain a failure. */
enum exits
call_send(const struct call *call, const char *method, struct slice target,
    struct slice body, struct reply *r)
{
	enum exits code;

	if (client_send(call->client, method, target, body, r))
		return EXITS_DONE;
	code = call_explain(call, r);
	reply_clear(r);
	return code;
}

/* Print one result. */
void
call_print(const struct call *call, const struct reply *r,
    void (*show)(const struct json_node *data))
{
	const struct json_node *data = reply_data(r);

	if (call->json && data != NULL)
		output_json(data->raw);
	else
		show(data);
}

/* Print what was done to the first word. */
void
call_done(const struct call *call, const struct reply *r, const char *done)
{
	const struct json_node *data = reply_data(r);

	if (call->json && data != NULL)
		output_json(data->raw);
	else
		printf("%s %s %s\n", call->cmd->group, call_word(call, 0),
		    done);
}

/* Have something done. */
enum exits
call_act(const struct call *call, struct slice target, const char *done)
{
	struct reply r = {0};
	enum exits code = call_send(call, "POST", target, SLICE_NONE, &r);

	if (code == EXITS_DONE)
		call_done(call, &r, done);
	reply_clear(&r);
	return code;
}

/* A list being put together. */
struct listing {
	const struct call_list *list;
	struct table *table;
	struct buf json;
	uint64_t skip, left;
};

static void
add_elements(struct listing *l, const struct json_node *element)
{
	for (; element != NULL && l->left > 0; element = element->next) {
		if (l->skip > 0) {
			l->skip--;
			continue;
		}
		l->list->row(l->table, element);
		buf_add_str(&l->json, l->json.len > 0 ? ",\n" : "[");
		buf_add_slice(&l->json, element->raw);
		l->left--;
	}
}

/*
 * Fetch one page and put the cursor of the next into *cursor, which is left
 * empty after the last.
 */
static enum exits
add_page(const struct call *call, struct slice target, struct listing *l,
    struct buf *cursor)
{
	struct buf page = {0};
	struct reply r = {0};
	uint64_t wanted = l->skip + l->left;
	const struct json_node *data;
	char limit[8];
	enum exits code;

	snprintf(limit, sizeof(limit), "%u",
	    (unsigned)(wanted < CALL_PAGE_MAX ? wanted : CALL_PAGE_MAX));
	buf_add_slice(&page, target);
	target_query(&page, "limit", limit);
	target_query(&page, "cursor", cursor->len > 0 ? cursor->p : NULL);
	cursor->len = 0;
	code = call_send(call, "GET", buf_slice(&page), SLICE_NONE, &r);
	if (code == EXITS_DONE) {
		data = reply_data(&r);
		if (data != NULL && data->type == JSON_ARRAY)
			add_elements(l, data->child);
		buf_add_slice(cursor,
		    text_of(json_get(json_root(r.doc), "next_cursor")));
		if (cursor->len > 0)
			buf_add_byte(cursor, '\0');
	}
	reply_clear(&r);
	buf_free(&page);
	return code;
}

static void
print_listing(const struct call *call, struct listing *l, bool more)
{
	if (call->json) {
		buf_add_str(&l->json, l->json.len > 0 ? "]" : "[]");
		output_line(buf_slice(&l->json));
		return;
	}
	output_table(l->table);
	l->table = NULL;
	if (more)
		output_note("there are more; raise --limit to see them");
}

/* Print a list, or nothing of it when a page fails. */
enum exits
call_list(const struct call *call, struct slice target, uint64_t limit,
    const struct call_list *list)
{
	struct listing l = {.list = list, .skip = list->offset, .left = limit};
	struct buf cursor = {0};
	enum exits code;

	l.table = table_new(list->columns, list->heads);
	do
		code = add_page(call, target, &l, &cursor);
	while (code == EXITS_DONE && cursor.len > 0 && l.left > 0);
	if (code == EXITS_DONE)
		print_listing(call, &l, cursor.len > 0);
	table_free(l.table);
	buf_free(&l.json);
	buf_free(&cursor);
	return code;
}
