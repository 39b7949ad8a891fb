/*
 * A hash table from a 16-byte key to a pointer, for what lives in memory
 * only: heartbeats, cached jobs.  Open addressing, grows and shrinks.
 */
#ifndef CORE_HASH_H
#define CORE_HASH_H

#include "core/uuid.h"

struct hash;

/* seed: random bits, so that chosen ids cannot be made to collide. */
struct hash *hash_new(uint64_t seed);
void hash_free(struct hash *h); /* the values are the caller's */

void *hash_get(const struct hash *h, const struct uuid *key);

/* Set (value not NULL) and return the value that was there, or NULL. */
void *hash_set(struct hash *h, const struct uuid *key, void *value);
void *hash_remove(struct hash *h, const struct uuid *key);

size_t hash_count(const struct hash *h);

/*
 * Walk: start with *at = 0, call until it returns NULL.  The table must not
 * change during a walk.
 */
void *hash_next(const struct hash *h, size_t *at);

#endif
