/*
 * Waiting for several executions at once, on one stream.
 */
#ifndef CLI_WAIT_MANY_H
#define CLI_WAIT_MANY_H

#include "cli/exits.h"

struct call;

#define WAIT_MANY_MAX 100 /* as many as one stream can follow */

/*
 * Wait for the executions that the words or --tag name: for --any, the first
 * that ends, whose exit code it returns; else for all, and the code is 0 when
 * every one completed, else 1 when one failed, else 4, else 3.  Each is
 * printed as it ends.
 */
enum exits wait_many(struct call *call);

#endif
