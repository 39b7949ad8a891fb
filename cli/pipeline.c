/*
 * tidewire execution create, end, dag, stats, routes, monitor, lineage,
 * replay, replays and tag: Factflow's view of an execution.  The other commands of the group are in
 * cli/execution.c.
 */
#include "cli/pipeline.h"

#include <stdlib.h>

#include "core/jsonw.h"
#include "core/mem.h"

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/target.h"
#include "cli/text.h"

#define PIPELINE_PATH "/api/v1/executions"
#define PIPELINE_LINEAGE_MAX 10000
#define PIPELINE_REPLAYS_MAX 1000

const struct args_option pipeline_create_options[] = {
    {"context", 'c', "JSON|@FILE|-", "what started it: its trigger_context"},
    {"tag", 't', "NAME", "a unique name for the execution"},
    {"idempotency-key", 0, "KEY", "start it once, however often this runs"},
    {0},
};

const struct args_option pipeline_replays_options[] = {
    {"limit", 0, "N", "at most so many (100)"},
    {"offset", 0, "N", "leave out the newest N"},
    {0},
};

const struct args_option pipeline_end_options[] = {
    {"error", 'e', "JSON|@FILE|-", "why: its error_info, an object"},
    {0},
};

const struct args_option pipeline_lineage_options[] = {
    {"limit", 0, "N", "at most so many (1000)"},
    {0},
};

const struct args_option pipeline_replay_options[] = {
    {"from-stage", 0, "STAGE", "the last stage that is taken over"},
    {"to-route", 0, "ROUTE", "where it starts (what follows the stage)"},
    {"tag", 't', "NAME", "a unique name for the new execution"},
    {0},
};

const struct args_option pipeline_tag_options[] = {
    {"remove", 'r', "KEY", "take this tag away (repeatable)"},
    {0},
};

/* The path of the execution that the first word names, and below it. */
static void
target_execution(const struct call *call, const char *below, struct buf *target)
{
	buf_add_str(target, PIPELINE_PATH);
	target_segment(target, call_word(call, 0));
	buf_add_str(target, below);
}

/* Ask for one document about it. */
static enum exits
ask(const struct call *call, const char *below,
    void (*show)(const struct json_node *answer))
{
	struct buf target = {0};
	enum exits code;

	target_execution(call, below, &target);
	code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show);
	buf_free(&target);
	return code;
}

/* ---- tables ---- */

static void
show_stats(const struct json_node *answer)
{
	static const char *const heads[] = {"ROUTE", "ADAPTER", "COMPLETED",
	    "FAILED", "PENDING", "RUNNING", "AVERAGE MS", "PER SECOND"};
	static const char *const members[] = {"route_id", "adapter",
	    "completed", "failed", "pending", "in_progress", "avg_duration_ms",
	    "throughput_per_s"};

	answer_rows(answer,
	    &(struct answer_table){"adapters", 8, heads, members});
}

static void
show_routes(const struct json_node *answer)
{
	static const char *const heads[] = {"ROUTE", "QUEUE", "STATUS",
	    "IN FLIGHT", "TOTAL", "COMPLETED", "FAILED"};
	static const char *const members[] = {"route_id", "queue",
	    "processor_status", "in_flight", "total_messages", "completed",
	    "failed"};

	answer_rows(answer,
	    &(struct answer_table){"routes", 7, heads, members});
}

static void
show_lineage(const struct json_node *answer)
{
	static const char *const heads[] = {"ROUTE", "STAGE", "ATTEMPT",
	    "STATUS", "STARTED", "MS", "CORRELATION ID"};
	static const char *const members[] = {"route_id", "stage_name",
	    "attempt", "stage_status", "started_at", "duration_ms",
	    "correlation_id"};

	answer_rows(answer,
	    &(struct answer_table){"entries", 7, heads, members});
}

static void
show_row(const struct json_node *answer)
{
	static const char *const members[] = {"execution_id", "status",
	    "config_id", "parent_execution_id", "replay_source", "tag",
	    "started_at", NULL};

	answer_fields(answer, members);
}

static void
show_replays(const struct json_node *answer)
{
	static const char *const heads[] = {"ID", "STATUS", "SOURCE", "TAG",
	    "STARTED", "COMPLETED"};
	static const char *const members[] = {"id", "status", "replay_source",
	    "tag", "started_at", "completed_at"};
	const struct json_node *more = json_get(answer, "has_more");

	answer_rows(answer,
	    &(struct answer_table){"executions", 6, heads, members});
	if (more != NULL && more->type == JSON_BOOL && more->boolean)
		output_note("there are more; raise --limit or --offset");
}

static void
show_patched(const struct json_node *answer)
{
	static const char *const members[] = {"execution_id", "previous_status",
	    "current_status", "message", NULL};

	answer_fields(answer, members);
}

static void
show_tags(const struct json_node *answer)
{
	const struct json_node *n, *tags = json_get(answer, "tags");
	struct buf out = {0};

	for (n = tags != NULL ? tags->child : NULL; n != NULL; n = n->next) {
		text_add(&out, n->key);
		buf_add_byte(&out, '=');
		text_add_node(&out, n);
		buf_add_byte(&out, '\n');
	}
	output_text(buf_slice(&out));
	buf_free(&out);
}

/* ---- the tree ---- */

struct tree {
	const struct json_node *nodes, *edges; /* first of each */
	bool *seen;			       /* by the node's place */
	struct buf out;
};

/* The place of the node with this id, or -1. */
static int
find_node(const struct tree *t, struct slice id)
{
	const struct json_node *n = t->nodes;

	for (int i = 0; n != NULL; n = n->next, i++)
		if (slice_eq(text_of(json_get(n, "route_id")), id))
			return i;
	return -1;
}

/* True when another route leads to this one. */
static bool
has_source(const struct tree *t, struct slice id)
{
	const struct json_node *e;

	for (e = t->edges; e != NULL; e = e->next)
		if (slice_eq(text_of(json_get(e, "to_route")), id))
			return true;
	return false;
}

/* One line: the route and its adapters; "..." when it was drawn before. */
static void
draw_line(struct tree *t, const struct json_node *node, unsigned depth,
    bool again)
{
	const struct json_node *n = json_get(node, "adapters");

	for (unsigned i = 0; i < depth; i++)
		buf_add_str(&t->out, i + 1 < depth ? "   " : "`- ");
	text_add(&t->out, text_of(json_get(node, "route_id")));
	buf_add_str(&t->out, again ? " ..." : ":");
	for (n = n != NULL && !again ? n->child : NULL; n != NULL;
	     n = n->next) {
		buf_add_byte(&t->out, ' ');
		text_add_node(&t->out, n);
	}
	buf_add_byte(&t->out, '\n');
}

/* A route and what follows it; each is followed once, so this ends. */
static void
draw_route(struct tree *t, struct slice id, unsigned depth)
{
	int at = find_node(t, id);
	const struct json_node *n = t->nodes, *e;
	bool again;

	if (at < 0)
		return;
	for (int i = 0; i < at; i++)
		n = n->next;
	again = t->seen[at];
	t->seen[at] = true;
	draw_line(t, n, depth, again);
	for (e = again ? NULL : t->edges; e != NULL; e = e->next)
		if (slice_eq(text_of(json_get(e, "from_route")), id))
			draw_route(t, text_of(json_get(e, "to_route")),
			    depth + 1);
}

/* Draw from the routes that nothing leads to, then whatever is left. */
static void
show_dag(const struct json_node *answer)
{
	const struct json_node *nodes = json_get(answer, "nodes");
	const struct json_node *edges = json_get(answer, "edges"), *n;
	struct tree t = {0};
	size_t count = 0, i;

	t.nodes = nodes != NULL ? nodes->child : NULL;
	t.edges = edges != NULL ? edges->child : NULL;
	for (n = t.nodes; n != NULL; n = n->next)
		count++;
	t.seen = mem_zalloc(count + 1);
	for (n = t.nodes; n != NULL; n = n->next)
		if (!has_source(&t, text_of(json_get(n, "route_id"))))
			draw_route(&t, text_of(json_get(n, "route_id")), 0);
	for (n = t.nodes, i = 0; n != NULL; n = n->next, i++)
		if (!t.seen[i])
			draw_route(&t, text_of(json_get(n, "route_id")), 0);
	output_text(buf_slice(&t.out));
	buf_free(&t.out);
	free(t.seen);
}

/* Its state in a line, its routes as a tree, and each one's counts. */
static void
show_monitor(const struct json_node *answer)
{
	static const char *const members[] = {"execution_id", "config_id",
	    "status", "started_at", NULL};

	answer_fields(answer, members);
	output_text(SLICE("\n"));
	show_dag(json_get(answer, "dag"));
	output_text(SLICE("\n"));
	show_routes(answer);
}

/* ---- commands ---- */

/* Draw the routes and what follows what. */
int
pipeline_dag(struct call *call)
{
	return ask(call, "/dag", show_dag);
}

/* Show counts and durations by adapter. */
int
pipeline_stats(struct call *call)
{
	return ask(call, "/stats", show_stats);
}

/* Show how each route is. */
enum exits
pipeline_routes_of(const struct call *call)
{
	return ask(call, "/routes", show_routes);
}

/* The same as a command. */
int
pipeline_routes(struct call *call)
{
	return pipeline_routes_of(call);
}

/* Show all of it at once. */
int
pipeline_monitor(struct call *call)
{
	return ask(call, "/monitor", show_monitor);
}

/* List its replays. */
int
pipeline_replays(struct call *call)
{
	struct args_range limits = {1, PIPELINE_REPLAYS_MAX};
	struct args_range offsets = {0, INT64_MAX};
	uint64_t limit = 100, offset = 0;
	struct buf below = {0};
	enum exits code;

	if (!args_number(call->args, "limit", limits, &limit) ||
	    !args_number(call->args, "offset", offsets, &offset))
		return EXITS_USAGE;
	buf_add_str(&below, "/replays?limit=");
	buf_add_u64(&below, limit);
	buf_add_str(&below, "&offset=");
	buf_add_u64(&below, offset);
	buf_add_byte(&below, '\0');
	code = ask(call, below.p, show_replays);
	buf_free(&below);
	return code;
}

/* Show what ran when. */
int
pipeline_lineage(struct call *call)
{
	struct args_range range = {1, PIPELINE_LINEAGE_MAX};
	uint64_t limit = 1000;
	struct buf below = {0};
	enum exits code;

	if (!args_number(call->args, "limit", range, &limit))
		return EXITS_USAGE;
	buf_addf(&below, "/lineage?limit=%u", (unsigned)limit);
	buf_add_byte(&below, '\0');
	code = ask(call, below.p, show_lineage);
	buf_free(&below);
	return code;
}

/* Post body to below, and print what comes of it. */
static enum exits
post(const struct call *call, const char *below, struct slice body,
    void (*show)(const struct json_node *answer))
{
	struct buf target = {0};
	enum exits code;

	target_execution(call, below, &target);
	code = answer_ask(call, "POST", buf_slice(&target), body, show);
	buf_free(&target);
	return code;
}

/* Add a member when its option is given. */
static void
write_option(struct jsonw *w, const struct args *a, const char *option,
    const char *member)
{
	const char *value = args_get(a, option);

	if (value == NULL)
		return;
	jsonw_key(w, member);
	jsonw_cstr(w, value);
}

/* Add a member that is the JSON of "--option"; false when it is none. */
static bool
write_json(struct jsonw *w, const struct args *a, const char *option,
    const char *member)
{
	const char *given = args_get(a, option + 2);
	struct buf json = {0};
	bool ok;

	if (given == NULL)
		return true;
	ok = input_json(option, given, &json);
	if (ok) {
		jsonw_key(w, member);
		jsonw_raw(w, slice_trim(buf_slice(&json)));
	}
	buf_free(&json);
	return ok;
}

/* Start an execution of a config, as POST /api/v1/executions does. */
int
pipeline_create(struct call *call)
{
	const struct args *a = call->args;
	enum exits code = EXITS_USAGE;
	struct buf body = {0};
	struct jsonw *w = jsonw_new(&body);
	bool ok;

	jsonw_object(w);
	jsonw_key(w, "config_id");
	jsonw_cstr(w, call_word(call, 0));
	write_option(w, a, "tag", "tag");
	write_option(w, a, "idempotency-key", "idempotency_key");
	ok = write_json(w, a, "--context", "trigger_context");
	jsonw_end(w);
	jsonw_free(w);
	if (ok)
		code = answer_ask(call, "POST", SLICE(PIPELINE_PATH),
		    buf_slice(&body), show_row);
	buf_free(&body);
	return code;
}

/* Say how an execution ended that nobody else will: an admin's word. */
int
pipeline_end(struct call *call)
{
	struct buf target = {0}, body = {0};
	enum exits code = EXITS_USAGE;
	struct jsonw *w = jsonw_new(&body);
	bool ok;

	jsonw_object(w);
	jsonw_key(w, "status");
	jsonw_cstr(w, call_word(call, 1));
	ok = write_json(w, call->args, "--error", "error_info");
	jsonw_end(w);
	jsonw_free(w);
	target_execution(call, "", &target);
	if (ok)
		code = answer_ask(call, "PATCH", buf_slice(&target),
		    buf_slice(&body), show_patched);
	buf_free(&target);
	buf_free(&body);
	return code;
}

/* Run again from behind a stage. */
int
pipeline_replay(struct call *call)
{
	const struct args *a = call->args;
	struct buf body = {0};
	struct jsonw *w;
	enum exits code;

	if (!args_has(a, "from-stage"))
		return call_usage(call, "give --from-stage STAGE");
	w = jsonw_new(&body);
	jsonw_object(w);
	write_option(w, a, "from-stage", "from_stage");
	write_option(w, a, "to-route", "to_route");
	write_option(w, a, "tag", "tag");
	jsonw_end(w);
	jsonw_free(w);
	code = post(call, "/replay", buf_slice(&body), show_row);
	buf_free(&body);
	return code;
}

/* Write one KEY=VALUE; false, with a remark, when it is none. */
static bool
write_tag(struct jsonw *w, const char *word)
{
	const char *eq = strchr(word, '=');

	if (eq == NULL || eq == word) {
		output_note("a tag must be KEY=VALUE, not %s", word);
		return false;
	}
	jsonw_key_slice(w, (struct slice){word, (size_t)(eq - word)});
	jsonw_cstr(w, eq + 1);
	return true;
}

/* The words as members, what --remove names as null. */
static bool
write_tags(const struct args *a, struct jsonw *w)
{
	const char *key;
	size_t i;

	for (i = 1; i < args_words(a); i++)
		if (!write_tag(w, args_word(a, i)))
			return false;
	for (i = 0; (key = args_at(a, "remove", i)) != NULL; i++) {
		jsonw_key(w, key);
		jsonw_null(w);
	}
	return true;
}

/* Set and remove tags. */
int
pipeline_tag(struct call *call)
{
	const struct args *a = call->args;
	struct buf body = {0};
	struct jsonw *w;
	enum exits code = EXITS_USAGE;

	if (args_words(a) == 0)
		return call_usage(call, "which execution?");
	w = jsonw_new(&body);
	jsonw_object(w);
	if (write_tags(a, w)) {
		jsonw_end(w);
		code = post(call, "/tag", buf_slice(&body), show_tags);
	}
	jsonw_free(w);
	buf_free(&body);
	return code;
}
