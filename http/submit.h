/*
 * The way of every command from a request to the engine.
 */
#ifndef HTTP_SUBMIT_H
#define HTTP_SUBMIT_H

#include "engine/engine.h"
#include "http/request.h"

/*
 * Hand c to the engine: it asks with what r's key may do, and r is deferred
 * until c answers and settles it (c->answer, c->settled, c->arg are set).
 */
void submit_cmd(struct request *r, struct cmd *c);

#endif
