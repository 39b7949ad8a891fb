/*
 * Drawing routes from steps.  core/graph.c walks the same dependencies step
 * by step.
 */
#include "core/dag.h"

#include <stdlib.h>

#include "core/config.h"
#include "core/mem.h"

/* Look a route up: at most 256 of them. */
int
dag_find(const struct dag *d, struct slice route)
{
	for (unsigned i = 0; i < d->nnodes; i++) {
		if (slice_eq(d->node[i].route, route))
			return (int)i;
	}
	return -1;
}

static void
add_step(struct dag *d, const struct job *j, unsigned i)
{
	const struct job_step *s = &j->steps[i];
	int at = dag_find(d, s->route);

	if (at < 0) {
		at = (int)d->nnodes++;
		d->node[at] = (struct dag_node){s->route, s->queue};
	}
	d->of[i] = (uint16_t)at;
	for (unsigned k = 0; k < i; k++)
		d->at[i] = (uint16_t)(d->at[i] + (d->of[k] == at));
}

/* Pairs of routes that have their edge. */
struct pairs {
	bool seen[JOB_STEPS_MAX][JOB_STEPS_MAX];
	unsigned cap;
};

static void
add_edge(struct dag *d, struct pairs *p, struct dag_edge edge)
{
	if (edge.from == edge.to || p->seen[edge.from][edge.to])
		return;
	p->seen[edge.from][edge.to] = true;
	if (d->nedges == p->cap) {
		p->cap = p->cap == 0 ? 16 : p->cap * 2;
		d->edge = mem_resize(d->edge, p->cap, sizeof(*d->edge));
	}
	d->edge[d->nedges++] = edge;
}

static void
add_edges(struct dag *d, const struct job *j)
{
	struct pairs *p = mem_zalloc(sizeof(*p));

	for (unsigned i = 0; i < j->nsteps; i++) {
		const struct job_step *s = &j->steps[i];

		for (unsigned k = 0; k < s->ndepends; k++)
			add_edge(d, p,
			    (struct dag_edge){d->of[s->depends[k]], d->of[i],
				s->queue});
	}
	free(p);
}

/*
 * Where the work starts: a config says so, or that it starts by itself
 * nowhere; of other jobs it is the first step that waits for nothing.
 */
static struct slice
init_queue(const struct dag *d, const struct job *j)
{
	const struct json_node *init = config_init(j);
	int at;

	if (j->config.p != NULL) {
		at = init == NULL ? -1
				  : dag_find(d, json_get(init, "route")->str);
		return at < 0 ? SLICE_NONE : d->node[at].queue;
	}
	for (unsigned i = 0; i < j->nsteps; i++) {
		if (j->steps[i].ndepends == 0)
			return j->steps[i].queue;
	}
	return SLICE_NONE;
}

/* Draw the graph. */
struct dag *
dag_new(const struct job *j)
{
	struct dag *d = mem_zalloc(sizeof(*d));

	for (unsigned i = 0; i < j->nsteps; i++)
		add_step(d, j, i);
	add_edges(d, j);
	d->init_queue = init_queue(d, j);
	return d;
}

/* Release it. */
void
dag_free(struct dag *d)
{
	if (d == NULL)
		return;
	free(d->edge);
	free(d);
}
