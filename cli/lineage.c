/*
 * tidewire lineage: runs over executions, by their correlation ids.  One
 * execution's lineage is also a command of cli/pipeline.c.
 */
#include "cli/lineage.h"

#include <stdlib.h>

#include "core/mem.h"

#include "cli/answer.h"
#include "cli/show.h"
#include "cli/target.h"
#include "cli/text.h"

#define LINEAGE_PATH "/api/v1/lineage"
#define LINEAGE_LIMIT_MAX 1000

const struct args_option lineage_list_options[] = {
    {"execution", 'e', "ID", "only of this execution (else the newest 100)"},
    {"route", 'r', "ROUTE", "only of this route"},
    {"adapter", 'a', "ADAPTER", "only of this adapter"},
    {"status", 's', "STATE", "processing, completed, failed or cancelled"},
    {"limit", 0, "N", "at most so many (100)"},
    {0},
};

const struct args_option lineage_failures_options[] = {
    {"execution", 'e', "ID", "only of this execution (else the newest 100)"},
    {"limit", 0, "N", "at most so many (100)"},
    {0},
};

const struct args_option lineage_stats_options[] = {
    {"execution", 'e', "ID", "of which execution"},
    {0},
};

/* ---- tables ---- */

static bool
is_true(const struct json_node *answer, const char *member)
{
	const struct json_node *n = json_get(answer, member);

	return n != NULL && n->type == JSON_BOOL && n->boolean;
}

/* Say what a list leaves out. */
static void
note_rest(const struct json_node *answer)
{
	if (is_true(answer, "has_more"))
		output_note("there are more; raise --limit to see them");
	else if (is_true(answer, "truncated"))
		output_note("older ones were not looked at; give --execution");
}

static void
show_runs(const struct json_node *answer)
{
	static const char *const heads[] = {"CORRELATION ID", "ROUTE",
	    "ADAPTER", "ATTEMPT", "STATUS", "STARTED", "MS"};
	static const char *const members[] = {"correlation_id", "route_id",
	    "adapter_name", "attempt", "stage_status", "started_at",
	    "duration_ms"};

	answer_rows(answer,
	    &(struct answer_table){"entries", 7, heads, members});
	note_rest(answer);
}

static void
show_failures(const struct json_node *answer)
{
	static const char *const heads[] = {"EXECUTION", "ROUTE", "ADAPTER",
	    "ATTEMPT", "FAILED", "ERROR"};
	const struct json_node *n = json_get(answer, "entries"), *error;
	struct table *t = table_new(6, heads);

	for (n = n != NULL ? n->child : NULL; n != NULL; n = n->next) {
		error = json_get(n, "error_info");
		table_add_node(t, json_get(n, "execution_id"));
		table_add_node(t, json_get(n, "route_id"));
		table_add_node(t, json_get(n, "adapter_name"));
		table_add_node(t, json_get(n, "attempt"));
		table_add_node(t, json_get(n, "completed_at"));
		if (json_get(error, "message") != NULL)
			error = json_get(error, "message");
		table_add_styled(t, text_of(error), TABLE_BAD);
	}
	output_table(t);
	note_rest(answer);
}

static void
show_run(const struct json_node *answer)
{
	static const char *const members[] = {"correlation_id",
	    "parent_correlation_id", "replay_batch_id", "execution_id",
	    "route_id", "adapter_name", "stage_status", "attempt", "started_at",
	    "completed_at", "duration_ms", "metadata", "error_info", NULL};

	answer_fields(answer, members);
}

static int64_t
number(const struct json_node *n, const char *member)
{
	int64_t v = 0;

	return json_int(json_get(n, member), 0, INT64_MAX, &v) ? v : 0;
}

static void
show_stats(const struct json_node *answer)
{
	static const char *const heads[] = {"ROUTE", "ADAPTER", "COUNT",
	    "COMPLETED", "FAILED"};
	const struct json_node *n = json_get(answer, "adapters");
	struct table *t = table_new(5, heads);
	struct buf count = {0};

	for (n = n != NULL ? n->child : NULL; n != NULL; n = n->next) {
		count.len = 0;
		buf_add_u64(&count,
		    (uint64_t)(number(n, "completed") + number(n, "failed") +
			number(n, "cancelled") + number(n, "in_progress")));
		table_add_node(t, json_get(n, "route_id"));
		table_add_node(t, json_get(n, "adapter"));
		table_add(t, buf_slice(&count));
		table_add_node(t, json_get(n, "completed"));
		table_add_node(t, json_get(n, "failed"));
	}
	buf_free(&count);
	output_table(t);
}

/* ---- a chain, as a tree ---- */

/* A run of a chain, one below the run it was made from. */
struct link {
	struct slice id;
	unsigned depth;
};

/* A parent stands before its children, and mostly close. */
static void
measure(const struct json_node *n, struct link *links)
{
	for (size_t i = 0; n != NULL; n = n->next, i++) {
		struct slice parent =
		    text_of(json_get(n, "parent_correlation_id"));
		size_t j = i;

		links[i].id = text_of(json_get(n, "correlation_id"));
		while (parent.n > 0 && j-- > 0)
			if (slice_eq(links[j].id, parent)) {
				links[i].depth = links[j].depth + 1;
				break;
			}
	}
}

static void
add_run(struct table *t, const struct json_node *n, unsigned depth)
{
	struct slice status = text_of(json_get(n, "stage_status"));
	struct buf name = {0};

	for (unsigned i = 0; i < depth; i++)
		buf_add_str(&name, i + 1 < depth ? "   " : "`- ");
	buf_add_slice(&name, text_of(json_get(n, "route_id")));
	buf_add_byte(&name, '/');
	buf_add_slice(&name, text_of(json_get(n, "adapter_name")));
	table_add(t, buf_slice(&name));
	table_add_styled(t, status, show_style(status));
	table_add_node(t, json_get(n, "duration_ms"));
	table_add_node(t, json_get(n, "correlation_id"));
	buf_free(&name);
}

static void
show_chain(const struct json_node *answer)
{
	static const char *const heads[] = {"RUN", "STATUS", "MS",
	    "CORRELATION ID"};
	const struct json_node *n = json_get(answer, "entries"), *first;
	struct table *t = table_new(4, heads);
	size_t count = n != NULL ? n->count : 0;
	struct link *links = mem_zalloc((count + 1) * sizeof(*links));

	first = n != NULL ? n->child : NULL;
	measure(first, links);
	count = 0;
	for (n = first; n != NULL; n = n->next)
		add_run(t, n, links[count++].depth);
	free(links);
	output_table(t);
	note_rest(answer);
}

/* ---- commands ---- */

/* Ask for what is below the path of the first word. */
static enum exits
ask(const struct call *call, const char *path, const char *below,
    void (*show)(const struct json_node *answer))
{
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, path);
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, below);
	code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show);
	buf_free(&target);
	return code;
}

/* Ask for a list with the command's filters, and status if there is one. */
static enum exits
ask_list(const struct call *call, const char *status,
    void (*show)(const struct json_node *answer))
{
	struct args_range range = {1, LINEAGE_LIMIT_MAX};
	const struct args *a = call->args;
	uint64_t limit = 100;
	struct buf target = {0};
	enum exits code;
	char text[8];

	if (!args_number(a, "limit", range, &limit))
		return EXITS_USAGE;
	snprintf(text, sizeof(text), "%u", (unsigned)limit);
	buf_add_str(&target, LINEAGE_PATH);
	target_query(&target, "limit", text);
	target_query(&target, "execution_id", args_get(a, "execution"));
	target_query(&target, "route_id", args_get(a, "route"));
	target_query(&target, "adapter_name", args_get(a, "adapter"));
	target_query(&target, "status", status);
	code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show);
	buf_free(&target);
	return code;
}

/* List runs. */
int
lineage_list(struct call *call)
{
	return ask_list(call, args_get(call->args, "status"), show_runs);
}

/* List runs that failed. */
int
lineage_failures(struct call *call)
{
	return ask_list(call, "failed", show_failures);
}

/* Show a run. */
int
lineage_get(struct call *call)
{
	return ask(call, LINEAGE_PATH, "", show_run);
}

/* Draw what a run was made from and what was made from it. */
int
lineage_chain(struct call *call)
{
	return ask(call, LINEAGE_PATH, "/chain", show_chain);
}

/* List what was made from a run. */
int
lineage_children(struct call *call)
{
	return ask(call, LINEAGE_PATH, "/children", show_runs);
}

/* List what a replay did. */
int
lineage_batch(struct call *call)
{
	return ask(call, LINEAGE_PATH "/batch", "", show_runs);
}

/* Count the runs of an execution. */
int
lineage_stats(struct call *call)
{
	const char *execution = args_get(call->args, "execution");
	struct buf target = {0};
	enum exits code;

	if (execution == NULL || *execution == '\0')
		return call_usage(call, "give --execution ID");
	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, execution);
	buf_add_str(&target, "/stats");
	code =
	    answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show_stats);
	buf_free(&target);
	return code;
}
