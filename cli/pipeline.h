/*
 * The commands about what an execution's pipeline did, and replays of it.
 */
#ifndef CLI_PIPELINE_H
#define CLI_PIPELINE_H

#include "cli/args.h"
#include "cli/exits.h"

struct call;

extern const struct args_option pipeline_create_options[];
extern const struct args_option pipeline_end_options[];
extern const struct args_option pipeline_lineage_options[];
extern const struct args_option pipeline_replay_options[];
extern const struct args_option pipeline_replays_options[];
extern const struct args_option pipeline_tag_options[];

int pipeline_create(struct call *call);
int pipeline_end(struct call *call);
int pipeline_dag(struct call *call);
int pipeline_monitor(struct call *call);
int pipeline_replays(struct call *call);
int pipeline_stats(struct call *call);
int pipeline_routes(struct call *call);

/* The routes of the execution that the first word names. */
enum exits pipeline_routes_of(const struct call *call);

int pipeline_lineage(struct call *call);
int pipeline_replay(struct call *call);
int pipeline_tag(struct call *call);

#endif
