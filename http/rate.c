/*
 * Token buckets by key.  A bucket counts in units of which one token has
 * MINUTE, so that refilling for any number of ms stays in integers.
 * http/dispatch.c asks.
 */
#include "http/rate.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"

#define MINUTE INT64_C(60000)

struct bucket {
	struct uuid who;
	int64_t units, at_ms;
};

struct rate {
	struct hash *buckets;
	uint64_t seed;
	int64_t per_minute;
	int64_t swept_ms;
};

/* Make a limiter. */
struct rate *
rate_new(unsigned per_minute, uint64_t seed)
{
	struct rate *t = mem_zalloc(sizeof(*t));

	t->per_minute = per_minute;
	t->seed = seed;
	t->buckets = hash_new(seed);
	return t;
}

/* Free the limiter and its buckets. */
void
rate_free(struct rate *t)
{
	void *b;
	size_t at = 0;

	if (t == NULL)
		return;
	while ((b = hash_next(t->buckets, &at)) != NULL)
		free(b);
	hash_free(t->buckets);
	free(t);
}

/* Put into b what has flowed in since it was looked at. */
static void
refill(const struct rate *t, struct bucket *b, int64_t now_ms)
{
	int64_t full = t->per_minute * MINUTE, waited = now_ms - b->at_ms;

	if (waited >= MINUTE || b->units + waited * t->per_minute > full)
		b->units = full;
	else if (waited > 0)
		b->units += waited * t->per_minute;
	b->at_ms = now_ms;
}

/*
 * Forget full buckets, once a minute: by then all that were not used since
 * are full.  The table must not change while it is walked, so a new one is
 * filled with what stays.
 */
static void
sweep(struct rate *t, int64_t now_ms)
{
	struct hash *kept = hash_new(t->seed);
	struct bucket *b;
	size_t at = 0;

	while ((b = hash_next(t->buckets, &at)) != NULL) {
		refill(t, b, now_ms);
		if (b->units < t->per_minute * MINUTE)
			hash_set(kept, &b->who, b);
		else
			free(b);
	}
	hash_free(t->buckets);
	t->buckets = kept;
	t->swept_ms = now_ms;
}

/* Take a token, or say how long to wait for one. */
unsigned
rate_take(struct rate *t, const struct uuid *who, int64_t now_ms)
{
	struct bucket *b;
	int64_t wait_ms;

	if (now_ms - t->swept_ms >= MINUTE)
		sweep(t, now_ms);
	b = hash_get(t->buckets, who);
	if (b == NULL) {
		b = mem_zalloc(sizeof(*b));
		b->who = *who;
		b->units = t->per_minute * MINUTE;
		b->at_ms = now_ms;
		hash_set(t->buckets, who, b);
	}
	refill(t, b, now_ms);
	if (b->units >= MINUTE) {
		b->units -= MINUTE;
		return 0;
	}
	wait_ms = (MINUTE - b->units + t->per_minute - 1) / t->per_minute;
	return (unsigned)((wait_ms + 999) / 1000);
}

/* Count the buckets. */
size_t
rate_count(const struct rate *t)
{
	return hash_count(t->buckets);
}
