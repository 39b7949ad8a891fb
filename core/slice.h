/*
 * A slice borrows bytes: a pointer and a length, no NUL promised.
 * Text from the outside is a slice until somebody must own it (core/buf.h).
 */
#ifndef CORE_SLICE_H
#define CORE_SLICE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct slice {
	const char *p;
	size_t n;
};

#define SLICE(lit) ((struct slice){(lit), sizeof(lit) - 1})
#define SLICE_NONE ((struct slice){NULL, 0})
/* For printf's "%.*s". */
#define SLICE_FMT(s) (int)(s).n, (s).p ? (s).p : ""

/* Borrow a C string (NULL gives the empty slice). */
struct slice slice_str(const char *s);

bool slice_eq(struct slice a, struct slice b);

/* Equal to the C string z, to the letter / whatever the ASCII case. */
bool slice_is(struct slice a, const char *z);
bool slice_is_nocase(struct slice a, const char *z);

/* Order of memcmp, the shorter first where one begins the other. */
int slice_cmp(struct slice a, struct slice b);

/*
 * 128 bits that tell texts apart in a table; anybody can make two texts meet,
 * so whoever finds one still compares.
 */
void slice_digest(struct slice a, uint64_t out[2]);

/* a without ASCII spaces and tabs at either end. */
struct slice slice_trim(struct slice a);

/*
 * Read all of a as a decimal number: digits only, no sign, space or excess.
 * False (and *out untouched) when it is empty, malformed or over max.
 */
bool slice_u64(struct slice a, uint64_t max, uint64_t *out);

#endif
