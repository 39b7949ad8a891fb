/*
 * A binary heap of things that know their place in it.
 */
#ifndef CORE_HEAP_H
#define CORE_HEAP_H

#include <stdbool.h>

/* Lives inside the thing; at is the heap's own. */
struct heap_node {
	unsigned at;
};

struct heap {
	struct heap_node **nodes;
	unsigned n, cap;
	bool (*before)(const struct heap_node *a, const struct heap_node *b);
};

/* The nodes are the caller's. */
void heap_free(struct heap *h);

void heap_add(struct heap *h, struct heap_node *n);
void heap_remove(struct heap *h, struct heap_node *n);

/* n's order has changed. */
void heap_fix(struct heap *h, struct heap_node *n);

/* The one that is before all others; NULL when there is none. */
struct heap_node *heap_first(const struct heap *h);

#endif
