/*
 * Chunks of growing size, handed out from the front.  Neighbours: mem.c gives
 * the chunks, json.c builds its trees here.
 */
#include "core/arena.h"

#include <stdalign.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define CHUNK_MIN ((size_t)1024)
#define CHUNK_MAX ((size_t)256 * 1024) /* doubling ends here */
#define ALIGN alignof(max_align_t)

struct arena_chunk {
	struct arena_chunk *next;
	alignas(max_align_t) char bytes[];
};

/* Let the next chunk be as large as the caller knows it will need. */
void
arena_expect(struct arena *a, size_t n)
{
	if (a->next < n)
		a->next = n;
}

/* Begin a chunk with room for n bytes; what was left of the last is lost. */
static void
arena_grow(struct arena *a, size_t n)
{
	size_t size = a->next > CHUNK_MIN ? a->next : CHUNK_MIN;
	struct arena_chunk *c;

	if (size < n)
		size = n;
	c = mem_resize(NULL, sizeof(*c) + size, 1);
	c->next = a->chunks;
	a->chunks = c;
	a->at = c->bytes;
	a->left = size;
	a->next = size < CHUNK_MAX / 2 ? size * 2 : CHUNK_MAX;
}

/* Hand out n bytes. */
void *
arena_get(struct arena *a, size_t n)
{
	void *p;

	INVARIANT(n <= SIZE_MAX / 2);
	n = (n + ALIGN - 1) / ALIGN * ALIGN;
	if (n > a->left || a->chunks == NULL)
		arena_grow(a, n);
	p = a->at;
	a->at += n;
	a->left -= n;
	return p;
}

/* Free chunk by chunk. */
void
arena_free(struct arena *a)
{
	while (a->chunks != NULL) {
		struct arena_chunk *c = a->chunks;

		a->chunks = c->next;
		free(c);
	}
	*a = (struct arena){0};
}
