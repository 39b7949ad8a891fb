/*
 * The count is the table's value itself, so an owner costs one slot.
 */
#include "sse/owner.h"

static struct uuid
key_of(uint64_t owner)
{
	struct uuid key = {0};

	memcpy(key.b, &owner, sizeof(owner));
	return key;
}

/* How many owner has open. */
unsigned
owner_count(const struct hash *h, uint64_t owner)
{
	struct uuid key = key_of(owner);

	return (unsigned)(uintptr_t)hash_get(h, &key);
}

/* One more. */
void
owner_add(struct hash *h, uint64_t owner)
{
	struct uuid key = key_of(owner);

	if (owner != 0)
		hash_set(h, &key,
		    (void *)((uintptr_t)owner_count(h, owner) + 1));
}

/* One fewer. */
void
owner_remove(struct hash *h, uint64_t owner)
{
	struct uuid key = key_of(owner);
	unsigned n = owner_count(h, owner);

	if (n > 1)
		hash_set(h, &key, (void *)((uintptr_t)n - 1));
	else if (n == 1)
		hash_remove(h, &key);
}
