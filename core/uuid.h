/*
 * UUIDs, version 7 (RFC 9562): 48 bits of ms, then a count, then randomness.
 */
#ifndef CORE_UUID_H
#define CORE_UUID_H

#include "core/slice.h"

#define UUID_TEXT 36 /* characters, without a NUL */

struct uuid {
	uint8_t b[16];
};

/* Makes ids that only ever ascend, even when the clock steps back. */
struct uuid_maker {
	uint64_t last_ms;
	uint32_t count; /* 18 bits, within last_ms */
};

/*
 * The next id.  now_ms is the time, noise 64 random bits of which 56 are
 * used.  When more than 2^18 ids fall in one ms, or the clock is behind, the
 * id's time runs ahead of now_ms.
 */
struct uuid uuid_make(struct uuid_maker *m, int64_t now_ms, uint64_t noise);

/* Tell m of an id made earlier (found in the store), so it stays ahead. */
void uuid_maker_seen(struct uuid_maker *m, const struct uuid *u);

/* Write 36 lower-case characters and a NUL. */
void uuid_format(const struct uuid *u, char out[UUID_TEXT + 1]);

/* Parse the 8-4-4-4-12 form, either case; false when s is anything else. */
bool uuid_parse(struct slice s, struct uuid *out);

bool uuid_eq(const struct uuid *a, const struct uuid *b);
int uuid_cmp(const struct uuid *a, const struct uuid *b);
bool uuid_is_zero(const struct uuid *u);

#endif
