/*
 * JSON that the user hands us: on the command line, in a file, on stdin.
 */
#ifndef CLI_INPUT_H
#define CLI_INPUT_H

#include "core/buf.h"

/*
 * Read the file at path ("-": standard input) into *out.  False, with a
 * remark, when that fails or it is larger than 16 MiB.
 */
bool input_file(const char *path, struct buf *out);

/* Check that text is one JSON value; name says whose in the remark. */
bool input_check(const char *name, struct slice text);

/* Read JSON given as itself, as @FILE or as "-" into *out, and check it. */
bool input_json(const char *name, const char *given, struct buf *out);

#endif
