/*
 * tidewire lineage: what ran, and what was made from what.
 */
#ifndef CLI_LINEAGE_H
#define CLI_LINEAGE_H

#include "cli/args.h"

struct call;

extern const struct args_option lineage_list_options[];
extern const struct args_option lineage_failures_options[];
extern const struct args_option lineage_stats_options[];

/* Each returns an exit code. */
int lineage_list(struct call *call);
int lineage_get(struct call *call);
int lineage_chain(struct call *call);
int lineage_children(struct call *call);
int lineage_batch(struct call *call);
int lineage_failures(struct call *call);
int lineage_stats(struct call *call);

#endif
