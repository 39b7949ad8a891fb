/*
 * Logs of an execution.
 */
#ifndef CLI_LOGS_H
#define CLI_LOGS_H

#include "core/buf.h"
#include "core/json.h"

#include "cli/args.h"

struct call;

extern const struct args_option logs_options[];

int logs_print(struct call *call);

/*
 * Append one log entry, as the API or the stream gives it: time, level, step,
 * message and data, and no newline at the end.
 */
void logs_format(struct buf *out, const struct json_node *log, bool color);

#endif
