/*
 * tidewire server status: what GET /api/server says.
 */
#include "cli/server.h"

#include "cli/call.h"
#include "cli/show.h"

/* One row a member; the counts of executions are members of a member. */
static void
show(const struct json_node *data)
{
	struct table *t = table_new(2, NULL);
	const struct json_node *n, *count;
	struct buf name = {0};

	for (n = data != NULL ? data->child : NULL; n != NULL; n = n->next) {
		if (n->type != JSON_OBJECT) {
			show_field(t, n->key, n);
			continue;
		}
		for (count = n->child; count != NULL; count = count->next) {
			name.len = 0;
			buf_add_slice(&name, n->key);
			buf_add_byte(&name, ' ');
			buf_add_slice(&name, count->key);
			show_field(t, buf_slice(&name), count);
		}
	}
	buf_free(&name);
	output_table(t);
}

/* Show the server's state. */
int
server_status(struct call *call)
{
	struct reply r = {0};
	enum exits code;

	code = call_send(call, "GET", SLICE("/api/server"), SLICE_NONE, &r);
	if (code == EXITS_DONE)
		call_print(call, &r, show);
	reply_clear(&r);
	return code;
}
