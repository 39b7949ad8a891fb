/*
 * tidewire queue: list, show, pause and resume.  A queue is there as soon as
 * a job names it.
 */
#include "cli/queue.h"

#include "cli/call.h"
#include "cli/show.h"
#include "cli/target.h"
#include "cli/text.h"

#define QUEUE_PATH "/api/queues"

static struct slice
state(const struct json_node *queue)
{
	return json_absent(json_get(queue, "paused_at")) ? SLICE("open")
							 : SLICE("paused");
}

static void
add_row(struct table *t, const struct json_node *queue)
{
	struct slice word = state(queue);

	table_add_node(t, json_get(queue, "name"));
	table_add_styled(t, word,
	    slice_is(word, "open") ? TABLE_GOOD : TABLE_BUSY);
	table_add_node(t, json_get(queue, "queued"));
	table_add_node(t, json_get(queue, "running"));
	table_add_node(t, json_get(queue, "waiting_workers"));
	table_add_node(t, json_get(queue, "oldest_ready_at"));
	table_add_node(t, json_get(queue, "jobs"));
}

/* List the queues. */
int
queue_list(struct call *call)
{
	static const char *const heads[] = {"QUEUE", "STATE", "QUEUED",
	    "RUNNING", "WAITING WORKERS", "OLDEST", "JOBS"};
	static const struct call_list list = {7, heads, add_row, 0};

	return call_list(call, SLICE(QUEUE_PATH), UINT64_MAX, &list);
}

static void
show(const struct json_node *queue)
{
	struct table *t = table_new(2, NULL);

	show_member(t, "queue", queue, "name");
	show_text(t, "state", state(queue));
	show_member(t, "paused at", queue, "paused_at");
	show_member(t, "queued", queue, "queued");
	show_member(t, "running", queue, "running");
	show_member(t, "waiting workers", queue, "waiting_workers");
	show_member(t, "oldest", queue, "oldest_ready_at");
	show_member(t, "jobs", queue, "jobs");
	output_table(t);
}

/* The queue of that name among those of an answer; NULL: none. */
static const struct json_node *
find(const struct reply *r, const char *name)
{
	const struct json_node *data = reply_data(r), *q;

	for (q = data != NULL ? data->child : NULL; q != NULL; q = q->next)
		if (slice_is(text_of(json_get(q, "name")), name))
			return q;
	return NULL;
}

/* Show one queue. */
int
queue_get(struct call *call)
{
	const char *name = call_word(call, 0);
	const struct json_node *queue;
	struct reply r = {0};
	enum exits code;

	code = call_send(call, "GET", SLICE(QUEUE_PATH), SLICE_NONE, &r);
	if (code != EXITS_DONE)
		return code;
	queue = find(&r, name);
	if (queue == NULL) {
		output_note("there is no queue %s; see: tidewire queue list",
		    name);
		code = EXITS_NOT_FOUND;
	} else if (call->json) {
		output_json(queue->raw);
	} else {
		show(queue);
	}
	reply_clear(&r);
	return code;
}

/* Have something done to a queue. */
static enum exits
act(const struct call *call, const char *action, const char *done)
{
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, QUEUE_PATH);
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, action);
	code = call_act(call, buf_slice(&target), done);
	buf_free(&target);
	return code;
}

/* Hand out no more of a queue. */
int
queue_pause(struct call *call)
{
	return act(call, "/pause", "paused");
}

/* Let it go on. */
int
queue_resume(struct call *call)
{
	return act(call, "/resume", "resumed");
}
