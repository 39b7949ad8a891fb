/*
 * Printing Factflow's answers.  cli/pipeline.c and cli/config.c say what is
 * asked and which columns there are; cli/call.c does the same for the paths
 * whose answers stand in "data".
 */
#include "cli/answer.h"

#include "cli/show.h"

/* A member that is an array, as the first of its elements. */
static const struct json_node *
elements(const struct json_node *answer, const char *member)
{
	const struct json_node *n = json_get(answer, member);

	return n != NULL && n->type == JSON_ARRAY ? n->child : NULL;
}

/* One cell, coloured when it is a status. */
static void
add_cell(struct table *t, const struct json_node *n)
{
	if (json_absent(n))
		table_add(t, SLICE_NONE);
	else if (n->type == JSON_STRING)
		table_add_styled(t, n->str, show_style(n->str));
	else
		table_add_node(t, n);
}

/* Print a table. */
void
answer_rows(const struct json_node *answer, const struct answer_table *table)
{
	struct table *t = table_new(table->columns, table->heads);
	const struct json_node *n = elements(answer, table->array);

	for (; n != NULL; n = n->next)
		for (size_t i = 0; i < table->columns; i++)
			add_cell(t, json_get(n, table->members[i]));
	output_table(t);
}

/* Print fields. */
void
answer_fields(const struct json_node *answer, const char *const *members)
{
	struct table *t = table_new(2, NULL);

	for (; *members != NULL; members++)
		show_member(t, *members, answer, *members);
	output_table(t);
}

/* Ask for something and print it. */
enum exits
answer_ask(const struct call *call, const char *method, struct slice target,
    struct slice body, void (*show)(const struct json_node *answer))
{
	struct reply r = {0};
	enum exits code = call_send(call, method, target, body, &r);

	if (code == EXITS_DONE && call->json)
		output_json(json_root(r.doc)->raw);
	else if (code == EXITS_DONE)
		show(json_root(r.doc));
	reply_clear(&r);
	return code;
}
