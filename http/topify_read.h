/*
 * Reading what a Topify task is to be made of.
 */
#ifndef HTTP_TOPIFY_READ_H
#define HTTP_TOPIFY_READ_H

#include "core/buf.h"
#include "core/json.h"

/* What is wrong with a body: the first thing found. */
struct topify_fault {
	char text[160]; /* "keywords must be an array of at most 10 strings" */
};

/*
 * Check a task's body and append the execution's input: its known members, as
 * they were sent.  False with the fault.
 */
bool topify_read_task(const struct json_node *body, struct buf *input,
    struct topify_fault *fault);

/* An absolute http or https URL with a host, of printable characters. */
bool topify_read_is_url(struct slice s);

#endif
