/*
 * Showing the server's objects to people: fields, executions, jobs.
 */
#ifndef CLI_SHOW_H
#define CLI_SHOW_H

#include "core/json.h"

#include "cli/table.h"

/* Add a row "name  value" to a table of two columns. */
void show_field(struct table *t, struct slice name, const struct json_node *n);
void show_text(struct table *t, const char *name, struct slice text);

/* The same for a member of obj; no row when it is absent or null. */
void show_member(struct table *t, const char *name, const struct json_node *obj,
    const char *member);

/* The colour of any status word of an execution or step. */
enum table_style show_style(struct slice status);

/* Print a whole execution, with its steps. */
void show_execution(const struct json_node *execution);

/* The same with what GET /api/v1/executions/{id} tells; NULL: nothing. */
void show_execution_of(const struct json_node *execution,
    const struct json_node *detail);

/* Print a whole job, with its steps. */
void show_job(const struct json_node *job);

#endif
