/*
 * One call of one command: what its function works with, and what all of
 * them do with it.
 */
#ifndef CLI_CALL_H
#define CLI_CALL_H

#include "core/json.h"

#include "cli/client.h"
#include "cli/cmd.h"
#include "cli/output.h"

struct call {
	const struct cmd *cmd;
	const struct args *args;
	struct client *client;
	bool json; /* results as JSON, not as a table */
};

/* A wrong use: say so, and where help is.  Returns EXITS_USAGE. */
enum exits call_usage(const struct call *call, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* The ith word of the command; main() saw to it that it is there. */
const char *call_word(const struct call *call, size_t i);

/*
 * Send a request.  EXITS_DONE with *r filled (the caller clears it), or the
 * exit code of a failure that has been explained.
 */
enum exits call_send(const struct call *call, const char *method,
    struct slice target, struct slice body, struct reply *r);

/* Explain a reply that is not ok.  Returns its exit code. */
enum exits call_explain(const struct call *call, const struct reply *r);

/* Print the data of an answer: as JSON, or the way show does. */
void call_print(const struct call *call, const struct reply *r,
    void (*show)(const struct json_node *data));

/* Print that something was done: "job nightly deleted", or the data. */
void call_done(const struct call *call, const struct reply *r,
    const char *done);

/* POST to target without a body, and print that it was done. */
enum exits call_act(const struct call *call, struct slice target,
    const char *done);

/*
 * Print up to limit elements of a paged list: all as one JSON array, or a
 * table with these heads and the cells that row adds.
 */
struct call_list {
	size_t columns;
	const char *const *heads;
	void (*row)(struct table *t, const struct json_node *element);
	uint64_t offset; /* elements to leave out at the beginning */
};

enum exits call_list(const struct call *call, struct slice target,
    uint64_t limit, const struct call_list *list);

#endif
