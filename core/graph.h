/*
 * The step graph: who waits for whom.
 */
#ifndef CORE_GRAPH_H
#define CORE_GRAPH_H

#include "core/execution.h"
#include "core/job.h"

/*
 * True when depends_on is free of cycles; else *at is a step on one.
 */
bool graph_is_acyclic(const struct job *j, uint16_t *at);

/* Mark the steps upstream of step `of`, over any distance, by position. */
void graph_upstream(const struct job *j, uint16_t of, bool out[JOB_STEPS_MAX]);

/*
 * The position of the first step in step i's depends_on that is neither
 * completed nor skipped (as a replay skips some); -1 when all are, so that
 * step i may be ready.
 */
int graph_unmet(const struct job *j, const struct step *steps, uint16_t i);

#endif
