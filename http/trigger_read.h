/*
 * Reading what an execution is to be made of, by itself or in a batch.
 */
#ifndef HTTP_TRIGGER_READ_H
#define HTTP_TRIGGER_READ_H

#include "engine/cmd.h"
#include "http/errors.h"
#include "http/request.h"

/*
 * Read the members of body, an object, into c; texts and JSON borrow from it.
 * What is wrong goes to e, with prefix before the member's name.
 */
void trigger_read(struct request *r, struct errors *e, const char *prefix,
    const struct json_node *body, struct cmd *c);

#endif
