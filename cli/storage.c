/*
 * tidewire storage: looking at objects, storing one, and watching them being
 * stored.  cli/download.c makes files of them.
 */
#include "cli/storage.h"

#include <stdio.h>

#include "cli/answer.h"
#include "cli/follow.h"
#include "cli/input.h"
#include "cli/target.h"
#include "cli/text.h"

#define STORAGE_PATH "/api/v1/storage"
#define STORAGE_LIMIT 100
#define STORAGE_LIMIT_MAX 1000

const struct args_option storage_list_options[] = {
    {"execution", 'e', "ID", "only of this execution"},
    {"limit", 0, "N", "at most so many (100)"},
    {"cursor", 0, "CURSOR", "go on where a list ended"},
    {0},
};

const struct args_option storage_browse_options[] = {
    {"limit", 0, "N", "at most so many (100)"},
    {"cursor", 0, "CURSOR", "go on where a list ended"},
    {0},
};

const struct args_option storage_put_options[] = {
    {"file", 'f', "FILE", "the bytes; - is standard input"},
    {"type", 't', "TYPE", "their content type (application/octet-stream)"},
    {0},
};

const struct args_option storage_watch_options[] = {
    {"execution", 'e', "ID", "only of this execution (repeatable)"},
    {"route", 'r', "ROUTE", "only of this route"},
    {"stage", 0, "PREFIX", "only of stages that begin so"},
    {"extension", 0, "A,B", "only names that end so: md,json"},
    {"keep-open", 0, NULL, "go on when all these executions are over"},
    {"since", 0, "CURSOR", "go on after this event; 0 is the first"},
    {0},
};

/* A key's parts are segments of the path. */
void
storage_target(const char *key, const char *below, struct buf *target)
{
	buf_add_str(target, STORAGE_PATH "/objects");
	target_path(target, key);
	buf_add_str(target, below);
}

/* ---- tables ---- */

static void
add_object(struct table *t, const struct json_node *n, const char *name)
{
	table_add_node(t, json_get(n, name));
	table_add_node(t, json_get(n, "size"));
	table_add_node(t, json_get(n, "content_type"));
	table_add_node(t, json_get(n, "created_at"));
}

/* Say how a list goes on. */
static void
note_cursor(const struct json_node *answer)
{
	const struct json_node *cursor = json_get(answer, "next_cursor");

	if (!json_absent(cursor))
		output_note("there are more; raise --limit, or go on with "
			    "--cursor %.*s",
		    SLICE_FMT(text_of(cursor)));
}

static const struct json_node *
first_of(const struct json_node *answer, const char *member)
{
	const struct json_node *n = json_get(answer, member);

	return n != NULL ? n->child : NULL;
}

static void
show_list(const struct json_node *answer)
{
	static const char *const heads[] = {"KEY", "SIZE", "TYPE", "CREATED"};
	struct table *t = table_new(4, heads);
	const struct json_node *n;

	for (n = first_of(answer, "objects"); n != NULL; n = n->next)
		add_object(t, n, "key");
	output_table(t);
	note_cursor(answer);
}

/* Folders first, each with a slash behind it. */
static void
show_folder(const struct json_node *answer)
{
	static const char *const heads[] = {"NAME", "SIZE", "TYPE", "CREATED"};
	struct table *t = table_new(4, heads);
	const struct json_node *n;
	struct buf name = {0};

	for (n = first_of(answer, "folders"); n != NULL; n = n->next) {
		name.len = 0;
		buf_add_slice(&name, text_of(json_get(n, "name")));
		if (name.len == 0 || name.p[name.len - 1] != '/')
			buf_add_byte(&name, '/');
		table_add_styled(t, buf_slice(&name), TABLE_HEAD);
		for (int i = 0; i < 3; i++)
			table_add(t, SLICE_NONE);
	}
	for (n = first_of(answer, "objects"); n != NULL; n = n->next)
		add_object(t, n, "name");
	buf_free(&name);
	output_table(t);
	note_cursor(answer);
}

static void
show_object(const struct json_node *answer)
{
	static const char *const members[] = {"key", "size", "content_type",
	    "created_at", "execution_id", "route", "stage", "name", "etag",
	    "seq", NULL};

	answer_fields(answer, members);
}

/* ---- lists ---- */

/* The command's only word, which may be left out. */
static bool
read_word(const struct call *call, const char **word)
{
	if (args_words(call->args) > 1) {
		call_usage(call, "one word too many: %s",
		    args_word(call->args, 1));
		return false;
	}
	*word = args_words(call->args) == 1 ? call_word(call, 0) : NULL;
	return true;
}

/* Add limit and cursor to a list's query. */
static bool
add_page(const struct call *call, struct buf *target)
{
	struct args_range range = {1, STORAGE_LIMIT_MAX};
	uint64_t limit = STORAGE_LIMIT;
	char text[8];

	if (!args_number(call->args, "limit", range, &limit))
		return false;
	snprintf(text, sizeof(text), "%u", (unsigned)limit);
	target_query(target, "limit", text);
	target_query(target, "cursor", args_get(call->args, "cursor"));
	return true;
}

/* The id of an execution, which may be named by its tag. */
static enum exits
find_execution(const struct call *call, const char *name, struct buf *id)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, name);
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		buf_add_slice(id, text_of(json_get(json_root(r.doc), "id")));
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* The prefix of a list: that of an execution, then what the word says. */
static enum exits
make_prefix(const struct call *call, const char *word, struct buf *prefix)
{
	const char *execution = args_get(call->args, "execution");
	enum exits code = EXITS_DONE;

	if (execution != NULL) {
		buf_add_str(prefix, "executions/");
		code = find_execution(call, execution, prefix);
		buf_add_byte(prefix, '/');
	}
	if (word != NULL)
		buf_add_str(prefix, word);
	buf_add_byte(prefix, '\0');
	return code;
}

/* List objects by their keys. */
int
storage_list(struct call *call)
{
	struct buf target = {0}, prefix = {0};
	enum exits code = EXITS_USAGE;
	const char *word;

	buf_add_str(&target, STORAGE_PATH "/objects");
	if (read_word(call, &word) && add_page(call, &target))
		code = make_prefix(call, word, &prefix);
	if (code == EXITS_DONE) {
		if (prefix.p[0] != '\0')
			target_query(&target, "prefix", prefix.p);
		code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE,
		    show_list);
	}
	buf_free(&prefix);
	buf_free(&target);
	return code;
}

/* Show one folder. */
int
storage_browse(struct call *call)
{
	struct buf target = {0};
	enum exits code = EXITS_USAGE;
	const char *word;

	buf_add_str(&target, STORAGE_PATH "/browse");
	if (read_word(call, &word)) {
		target_query(&target, "path", word);
		if (add_page(call, &target))
			code = answer_ask(call, "GET", buf_slice(&target),
			    SLICE_NONE, show_folder);
	}
	buf_free(&target);
	return code;
}

/* ---- one object ---- */

/* Show what is known of an object. */
int
storage_metadata(struct call *call)
{
	struct buf target = {0};
	enum exits code;

	storage_target(call_word(call, 0), "/metadata", &target);
	code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE,
	    show_object);
	buf_free(&target);
	return code;
}

static bool
write_bytes(void *arg, struct slice bytes, uint64_t total)
{
	struct buf *shown = arg;

	(void)total;
	if (shown != NULL) {
		buf_add_slice(shown, bytes);
		return true;
	}
	output_text(bytes);
	return !ferror(stdout);
}

/*
 * Write an object's bytes as they are; but to a terminal as harmless text.
 * JSON is its description: bytes have no place in it.
 */
int
storage_get(struct call *call)
{
	struct buf target = {0}, text = {0}, harmless = {0};
	bool terminal = output_is_terminal(stdout);
	struct client_sink sink = {write_bytes, terminal ? &text : NULL};
	enum exits code = EXITS_DONE;
	struct reply r = {0};

	if (call->json)
		return storage_metadata(call);
	storage_target(call_word(call, 0), "", &target);
	if (!client_receive(call->client, buf_slice(&target), &sink, &r))
		code = reply_ok(&r) ? EXITS_FAILED : call_explain(call, &r);
	text_add_lines(&harmless, buf_slice(&text), 0);
	output_text(buf_slice(&harmless));
	buf_free(&target);
	buf_free(&text);
	buf_free(&harmless);
	reply_clear(&r);
	return code;
}

/* Store an object: ID ROUTE STAGE NAME. */
int
storage_put(struct call *call)
{
	const struct args *a = call->args;
	const char *type = args_get(a, "type"), *file = args_get(a, "file");
	struct buf target = {0}, bytes = {0}, header = {0};
	enum exits code = EXITS_USAGE;

	if (args_words(a) != 4)
		return call_usage(call, "give ID ROUTE STAGE NAME");
	type = type != NULL ? type : "application/octet-stream";
	if (*type == '\0' || client_key_fault(type) != NULL)
		return call_usage(call, "--type must be like text/plain");
	if (file == NULL)
		return call_usage(call, "give -f FILE");
	for (size_t i = 1; i < 4; i++)
		if (strchr(call_word(call, i), '/') != NULL)
			return call_usage(call, "%s: no part may have a /",
			    call_word(call, i));
	buf_addf(&header, "Content-Type: %s", type);
	buf_add_byte(&header, '\0');
	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/storage");
	for (size_t i = 1; i < 4; i++)
		target_segment(&target, call_word(call, i));
	client_set_type(call->client, header.p);
	if (input_file(file, &bytes))
		code = answer_ask(call, "PUT", buf_slice(&target),
		    buf_slice(&bytes), show_object);
	client_set_type(call->client, NULL);
	buf_free(&target);
	buf_free(&bytes);
	buf_free(&header);
	return code;
}

/* ---- watching ---- */

/* One line a write: the event, or what a person wants of it. */
static bool
print(const struct follow *f, const struct sse_event *ev,
    const struct json_node *data)
{
	const struct call *call = f->arg;
	struct buf line = {0};
	bool ok;

	if (call->json)
		return output_json(data->raw);
	if (!slice_is(ev->type, "storage.object.created"))
		return true;
	text_add_node(&line, json_get(data, "at"));
	buf_add_str(&line, "  ");
	text_add_node(&line, json_get(data, "key"));
	buf_add_str(&line, "  ");
	text_add_node(&line, json_get(data, "size"));
	ok = output_line(buf_slice(&line));
	buf_free(&line);
	return ok;
}

static void
add_watch_query(const struct args *a, struct buf *target)
{
	const char *route = args_get(a, "route"), *id;
	struct buf path = {0};
	bool several = args_at(a, "execution", 0) != NULL;

	for (size_t i = 0; (id = args_at(a, "execution", i)) != NULL; i++)
		target_query(target, "execution_id", id);
	if (route != NULL) {
		buf_addf(&path, "%s/", route);
		buf_add_byte(&path, '\0');
		target_query(target, "path", path.p);
	}
	target_query(target, "stage", args_get(a, "stage"));
	target_query(target, "extension", args_get(a, "extension"));
	if (several)
		target_query(target, "timeout", "3600");
	if (several && args_has(a, "keep-open"))
		target_query(target, "keep_open", "true");
	buf_free(&path);
}

/* Print objects as they are stored. */
int
storage_watch(struct call *call)
{
	const struct args *a = call->args;
	bool several = args_at(a, "execution", 0) != NULL;
	struct follow f = {.one = several && !args_has(a, "keep-open"),
	    .event = print,
	    .arg = call};
	struct buf target = {0};
	enum exits code = EXITS_USAGE;

	buf_add_str(&target,
	    several ? STORAGE_PATH "/events" : "/storage-stream");
	add_watch_query(a, &target);
	f.target = buf_slice(&target);
	f.cursor = args_get(a, "since");
	if (follow_check_since(call, f.cursor))
		code = follow_run(call, &f);
	buf_free(&target);
	return code;
}
