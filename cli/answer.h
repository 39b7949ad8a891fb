/*
 * Answers of Factflow's paths: the object itself, with no "data" around it.
 */
#ifndef CLI_ANSWER_H
#define CLI_ANSWER_H

#include "cli/call.h"

/* A table of the objects in one member that is an array. */
struct answer_table {
	const char *array;
	size_t columns;
	const char *const *heads;
	const char *const *members; /* one a column */
};

/* Print those objects. */
void answer_rows(const struct json_node *answer,
    const struct answer_table *table);

/* Print these members of the answer that are there; ends with NULL. */
void answer_fields(const struct json_node *answer, const char *const *members);

/*
 * A whole command: send, print as JSON or the way show does, and release.
 * Returns its exit code.
 */
enum exits answer_ask(const struct call *call, const char *method,
    struct slice target, struct slice body,
    void (*show)(const struct json_node *answer));

#endif
