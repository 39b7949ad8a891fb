/*
 * The heap: each node stands before its two children, 2i + 1 and 2i + 2.
 */
#include "core/heap.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define FIRST_CAP 16

/* Release the heap's own memory. */
void
heap_free(struct heap *h)
{
	free(h->nodes);
	h->nodes = NULL;
	h->n = h->cap = 0;
}

static void
place(struct heap *h, unsigned at, struct heap_node *n)
{
	h->nodes[at] = n;
	n->at = at;
}

/* Move the node at `at` up for as long as it is before its parent. */
static void
rise(struct heap *h, unsigned at)
{
	struct heap_node *n = h->nodes[at];

	while (at > 0 && h->before(n, h->nodes[(at - 1) / 2])) {
		place(h, at, h->nodes[(at - 1) / 2]);
		at = (at - 1) / 2;
	}
	place(h, at, n);
}

/* Move it down for as long as a child is before it. */
static void
sink(struct heap *h, unsigned at)
{
	struct heap_node *n = h->nodes[at];
	unsigned child;

	while ((child = 2 * at + 1) < h->n) {
		if (child + 1 < h->n &&
		    h->before(h->nodes[child + 1], h->nodes[child]))
			child++;
		if (!h->before(h->nodes[child], n))
			break;
		place(h, at, h->nodes[child]);
		at = child;
	}
	place(h, at, n);
}

/* Add a node. */
void
heap_add(struct heap *h, struct heap_node *n)
{
	if (h->n == h->cap) {
		h->cap = h->cap == 0 ? FIRST_CAP : h->cap * 2;
		h->nodes = mem_resize(h->nodes, h->cap, sizeof *h->nodes);
	}
	place(h, h->n++, n);
	rise(h, n->at);
}

/* Take a node out; the last one fills its place. */
void
heap_remove(struct heap *h, struct heap_node *n)
{
	unsigned at = n->at;

	INVARIANT(at < h->n && h->nodes[at] == n);
	h->n--;
	if (at == h->n)
		return;
	place(h, at, h->nodes[h->n]);
	heap_fix(h, h->nodes[at]);
}

/* Find a node's place again. */
void
heap_fix(struct heap *h, struct heap_node *n)
{
	rise(h, n->at);
	sink(h, n->at);
}

/* Look at the first. */
struct heap_node *
heap_first(const struct heap *h)
{
	return h->n == 0 ? NULL : h->nodes[0];
}
