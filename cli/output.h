/*
 * Where results and remarks go: results to standard output, everything else
 * to standard error.
 */
#ifndef CLI_OUTPUT_H
#define CLI_OUTPUT_H

#include <stdio.h>

#include "core/buf.h"

#include "cli/table.h"

bool output_is_terminal(FILE *to);

/* True for a terminal that shows colours, unless NO_COLOR forbids them. */
bool output_colors(FILE *to);

/*
 * Write one result line and flush.  False when standard output takes no
 * more, so that a command which would go on for ever can stop.
 */
bool output_line(struct slice text);

/* The same for valid JSON, which becomes one line. */
bool output_json(struct slice json);

/* Write text as it is. */
void output_text(struct slice text);

/* Write the table to standard output and free it. */
void output_table(struct table *t);

/* A remark on standard error: "tidewire: ..." and a newline. */
void output_note(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

/* False, with a remark, when standard output did not take everything. */
bool output_finish(void);

#endif
