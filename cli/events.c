/*
 * tidewire execution events, and tidewire events: one line of JSON each.
 */
#include "cli/events.h"

#include "cli/follow.h"
#include "cli/tag.h"
#include "cli/target.h"

const struct args_option events_one_options[] = {
    {"types", 0, "A,B", "status, step, progress, log, ... or all"},
    {"since", 0, "CURSOR", "go on after this event; 0 is the first"},
    {0},
};

const struct args_option events_all_options[] = {
    {"job", 'j', "ID|NAME", "only of this job"},
    {"tag", 't', "KEY=VALUE", "only with this tag"},
    {"types", 0, "A,B", "status, step, progress, log, ... or all"},
    {"status", 's', "A,B", "only of executions in these states"},
    {"since", 0, "CURSOR", "go on after this event; 0 is the first"},
    {0},
};

static bool
print(const struct follow *f, const struct sse_event *ev,
    const struct json_node *data)
{
	(void)f, (void)ev;
	return output_json(data->raw);
}

static enum exits
run(const struct call *call, struct buf *target, bool one)
{
	struct follow f = {.one = one, .event = print};

	f.target = buf_slice(target);
	f.cursor = args_get(call->args, "since");
	if (!follow_check_since(call, f.cursor))
		return EXITS_USAGE;
	return follow_run(call, &f);
}

/* Print the events of one execution. */
int
events_one(struct call *call)
{
	struct buf target = {0};
	enum exits code;

	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&target, "/events");
	target_query(&target, "types", args_get(call->args, "types"));
	target_query(&target, "timeout", "3600");
	code = run(call, &target, true);
	buf_free(&target);
	return code;
}

/* Print the events of all. */
int
events_all(struct call *call)
{
	const struct args *a = call->args;
	struct buf target = {0};
	enum exits code = EXITS_USAGE;

	buf_add_str(&target, "/events");
	target_query(&target, "job", args_get(a, "job"));
	target_query(&target, "status", args_get(a, "status"));
	target_query(&target, "types", args_get(a, "types"));
	if (tag_query(a, &target))
		code = run(call, &target, false);
	buf_free(&target);
	return code;
}
