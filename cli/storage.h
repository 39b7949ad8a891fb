/*
 * tidewire storage: the objects that executions left.
 */
#ifndef CLI_STORAGE_H
#define CLI_STORAGE_H

#include "core/buf.h"

#include "cli/args.h"

struct call;

extern const struct args_option storage_list_options[];
extern const struct args_option storage_browse_options[];
extern const struct args_option storage_put_options[];
extern const struct args_option storage_watch_options[];

/* Each returns an exit code. */
int storage_browse(struct call *call);
int storage_list(struct call *call);
int storage_get(struct call *call);
int storage_metadata(struct call *call);
int storage_put(struct call *call);
int storage_watch(struct call *call);

/* Append the path of the object with that key, and below it. */
void storage_target(const char *key, const char *below, struct buf *target);

#endif
