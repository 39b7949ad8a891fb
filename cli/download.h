/*
 * tidewire storage download: files made of an execution's objects, or of one.
 */
#ifndef CLI_DOWNLOAD_H
#define CLI_DOWNLOAD_H

#include "core/buf.h"

#include "cli/args.h"

struct call;

extern const struct args_option download_options[];

int download_command(struct call *call);

/*
 * Append the live line: a bar and percent where total is known (0: it is
 * not), how much is here, and how fast it came in so many ms.
 */
void download_line(uint64_t here, uint64_t total, int64_t ms, struct buf *out);

#endif
