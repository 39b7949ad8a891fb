/*
 * How many streams each API key has open.
 */
#ifndef SSE_OWNER_H
#define SSE_OWNER_H

#include "core/hash.h"

/* Owner 0 is nobody and is not counted. */
unsigned owner_count(const struct hash *h, uint64_t owner);
void owner_add(struct hash *h, uint64_t owner);
void owner_remove(struct hash *h, uint64_t owner);

#endif
