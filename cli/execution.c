/*
 * tidewire execution list, get and cancel, as Factflow's paths have them.
 * cli/pipeline.c asks for all the rest that they tell of an execution.
 */
#include "cli/execution.h"

#include "core/uuid.h"

#include "cli/answer.h"
#include "cli/pipeline.h"
#include "cli/show.h"
#include "cli/tag.h"
#include "cli/target.h"
#include "cli/text.h"

#define EXECUTION_PATH "/api/v1/executions"
#define EXECUTION_LIMIT "100"
#define EXECUTION_LIMIT_MAX 1000

const struct args_option execution_list_options[] = {
    {"status", 's', "STATUS",
	"created, running, cancelling, interrupted, completed, failed, "
	"cancelled"},
    {"config", 'c', "ID|NAME", "only executions of this config"},
    {"job", 'j', "ID|NAME", "the same: a config is a job"},
    {"tag", 't', "KEY=VALUE", "only with this tag (repeatable)"},
    {"limit", 0, "N", "at most so many (" EXECUTION_LIMIT ")"},
    {"offset", 0, "N", "leave out the newest N"},
    {0},
};

/* ---- list ---- */

static void
add_percent(struct table *t, const struct json_node *percent)
{
	struct buf text = {0};

	buf_add_slice(&text, text_of(percent));
	if (text.len > 0)
		buf_add_byte(&text, '%');
	table_add(t, buf_slice(&text));
	buf_free(&text);
}

static void
add_row(struct table *t, const struct json_node *e)
{
	struct slice status = text_of(json_get(e, "status"));

	table_add_node(t, json_get(e, "id"));
	table_add_node(t, json_get(e, "config_name"));
	table_add_styled(t, status, show_style(status));
	add_percent(t, json_get(e, "progress_percent"));
	table_add_node(t, json_get(e, "tag"));
	table_add_node(t, json_get(e, "started_at"));
	table_add_node(t, json_get(e, "completed_at"));
}

/* Say how many there are in all, and how to see those that follow. */
static void
note_rest(const struct json_node *answer, size_t shown)
{
	const struct json_node *more = json_get(answer, "has_more");
	int64_t offset = 0;

	if (more == NULL || more->type != JSON_BOOL || !more->boolean)
		return;
	(void)json_int(json_get(answer, "offset"), 0, INT64_MAX, &offset);
	output_note("%zu of %.*s executions; see more with --offset %lld",
	    shown, SLICE_FMT(text_of(json_get(answer, "total"))),
	    (long long)offset + (long long)shown);
}

static void
show_list(const struct json_node *answer)
{
	static const char *const heads[] = {"ID", "CONFIG", "STATUS",
	    "PROGRESS", "TAG", "STARTED", "COMPLETED"};
	const struct json_node *list = json_get(answer, "executions");
	const struct json_node *e = list != NULL ? list->child : NULL;
	struct table *t = table_new(7, heads);
	size_t shown;

	for (; e != NULL; e = e->next)
		add_row(t, e);
	shown = table_rows(t);
	output_table(t);
	note_rest(answer, shown);
}

/* A name that no config has is told, where the list would be empty. */
static enum exits
add_config(const struct call *call, struct buf *target)
{
	const char *name = args_get(call->args, "config");
	enum exits code = EXITS_DONE;
	struct buf path = {0};
	struct reply r = {0};
	struct uuid uuid;

	if (name == NULL)
		name = args_get(call->args, "job");
	target_query(target, "config_id", name);
	if (name == NULL || uuid_parse(slice_str(name), &uuid))
		return EXITS_DONE;
	buf_add_str(&path, "/api/v1/configs");
	target_segment(&path, name);
	if (!client_send(call->client, "GET", buf_slice(&path), SLICE_NONE,
		&r) &&
	    reply_exit(&r) == EXITS_NOT_FOUND) {
		output_note("there is no config %s; see: tidewire config list",
		    name);
		code = EXITS_NOT_FOUND;
	} else if (!reply_ok(&r)) {
		code = call_explain(call, &r);
	}
	reply_clear(&r);
	buf_free(&path);
	return code;
}

static bool
add_number(const struct args *a, const char *name, struct args_range range,
    struct buf *target)
{
	uint64_t n = 0;
	struct buf text = {0};

	if (!args_number(a, name, range, &n))
		return false;
	buf_add_u64(&text, n);
	buf_add_byte(&text, '\0');
	target_query(target, name, args_get(a, name) != NULL ? text.p : NULL);
	buf_free(&text);
	return true;
}

/* List executions. */
int
execution_list(struct call *call)
{
	const struct args *a = call->args;
	struct args_range limits = {1, EXECUTION_LIMIT_MAX};
	struct args_range offsets = {0, INT64_MAX};
	enum exits code = EXITS_USAGE;
	struct buf target = {0};

	buf_add_str(&target, EXECUTION_PATH);
	for (size_t i = 0; args_at(a, "status", i) != NULL; i++)
		target_query(&target, "status", args_at(a, "status", i));
	if (add_number(a, "limit", limits, &target) &&
	    add_number(a, "offset", offsets, &target) && tag_query(a, &target))
		code = add_config(call, &target);
	if (code == EXITS_DONE)
		code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE,
		    show_list);
	buf_free(&target);
	return code;
}

/* ---- one ---- */

/*
 * For people: what a worker knows of it, too, such as its steps, and how each
 * route of a pipeline is.
 */
static enum exits
show_one(const struct call *call, const struct json_node *detail)
{
	const struct json_node *snapshot = json_get(detail, "config_snapshot");
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, "/api/executions/");
	buf_add_slice(&target, text_of(json_get(detail, "id")));
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		show_execution_of(reply_data(&r), detail);
	reply_clear(&r);
	buf_free(&target);
	if (code != EXITS_DONE || json_get(snapshot, "routes") == NULL)
		return code;
	output_text(SLICE("\n"));
	return pipeline_routes_of(call);
}

/* Show an execution. */
int
execution_get(struct call *call)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	buf_add_str(&target, EXECUTION_PATH);
	target_segment(&target, call_word(call, 0));
	code = call_send(call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE && call->json)
		output_json(json_root(r.doc)->raw);
	else if (code == EXITS_DONE)
		code = show_one(call, json_root(r.doc));
	reply_clear(&r);
	buf_free(&target);
	return code;
}

static void
show_cancelled(const struct json_node *answer)
{
	static const char *const members[] = {"execution_id", "status", "tag",
	    "message", NULL};

	answer_fields(answer, members);
}

/* Cancel an execution. */
int
execution_cancel(struct call *call)
{
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, EXECUTION_PATH);
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/cancel");
	code = answer_ask(call, "POST", buf_slice(&target), SLICE_NONE,
	    show_cancelled);
	buf_free(&target);
	return code;
}
