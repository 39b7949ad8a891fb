/*
 * A job as routes and the queues between them: steps that share a route are
 * its adapters, and where a step waits for one of another route, its queue
 * leads from there.
 */
#ifndef CORE_DAG_H
#define CORE_DAG_H

#include "core/job.h"

struct dag_node {
	struct slice route;
	struct slice queue; /* that its first step takes work from */
};

struct dag_edge {
	uint16_t from, to; /* nodes */
	struct slice queue;
};

struct dag {
	unsigned nnodes, nedges;
	struct dag_node node[JOB_STEPS_MAX]; /* in order of their first steps */
	uint16_t of[JOB_STEPS_MAX];	     /* the node of each step */
	uint16_t at[JOB_STEPS_MAX];	     /* its place among the adapters */
	struct dag_edge *edge;		     /* each pair of routes once */
	struct slice init_queue; /* where the work starts; empty: nowhere */
};

/* The graph of j, from which it borrows; owned. */
struct dag *dag_new(const struct job *j);
void dag_free(struct dag *d);

/* The node of that route; -1 when there is none. */
int dag_find(const struct dag *d, struct slice route);

#endif
