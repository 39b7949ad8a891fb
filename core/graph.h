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

/* True when step `from` is upstream of step `of`, over any distance. */
bool graph_is_upstream(const struct job *j, uint16_t from, uint16_t of);

/*
 * The first dependency of step i that is not completed, by position; -1
 * when all are and it may be ready.
 */
int graph_unmet(const struct job *j, const struct step *steps, uint16_t i);

#endif
