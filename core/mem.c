/*
 * Memory that cannot fail.  Every allocation of core passes through here;
 * the message of the end is written by log.c, which allocates nothing.
 */
#include "core/mem.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "core/log.h"

/* Give n zeroed bytes; n of 0 gives a pointer that may be freed. */
void *
mem_zalloc(size_t n)
{
	void *p = calloc(1, n > 0 ? n : 1);

	if (p == NULL)
		log_fatal("out of memory: %zu bytes", n);
	return p;
}

/* Resize p, or end the process; the size never wraps around. */
void *
mem_resize(void *p, size_t count, size_t size)
{
	size_t n;

	if (size != 0 && count > SIZE_MAX / size)
		log_fatal("out of memory: %zu times %zu bytes", count, size);
	n = count * size;
	p = realloc(p, n > 0 ? n : 1);
	if (p == NULL)
		log_fatal("out of memory: %zu bytes", n);
	return p;
}

/* Copy n bytes and put a NUL behind them. */
char *
mem_dup(const void *p, size_t n)
{
	char *copy;

	INVARIANT(n < SIZE_MAX);
	copy = mem_resize(NULL, n + 1, 1);
	if (n > 0)
		memcpy(copy, p, n);
	copy[n] = '\0';
	return copy;
}
