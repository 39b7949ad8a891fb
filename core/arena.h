/*
 * An arena hands out memory that is all given back at once: what makes a
 * tree of any depth free in one loop.  {0} is an empty one.
 */
#ifndef CORE_ARENA_H
#define CORE_ARENA_H

#include <stddef.h>

struct arena_chunk;

struct arena {
	struct arena_chunk *chunks;
	char *at;
	size_t left, next; /* next: the size of the chunk to come */
};

/* Make sure that the next chunk holds n bytes at least. */
void arena_expect(struct arena *a, size_t n);

/* Return n bytes, not zeroed, aligned for anything, living as long as a. */
void *arena_get(struct arena *a, size_t n);

/* Release all that was handed out; a is {0} afterwards. */
void arena_free(struct arena *a);

#endif
