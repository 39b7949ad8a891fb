/*
 * Memory: allocation that cannot fail.  Running out of memory ends the
 * process with a message; nothing in Tidewire handles it half-way.
 */
#ifndef CORE_MEM_H
#define CORE_MEM_H

#include <stddef.h>

/* Return n zeroed bytes, owned by the caller (free with free()). */
void *mem_zalloc(size_t n);

/* Resize p (NULL is fine) to count * size bytes; the product is checked. */
void *mem_resize(void *p, size_t count, size_t size);

/* Return an owned copy of n bytes at p with a NUL behind it. */
char *mem_dup(const void *p, size_t n);

#endif
