/*
 * UTF-8, strictly: no overlong form, no surrogate, nothing over U+10FFFF.
 */
#ifndef CORE_UTF8_H
#define CORE_UTF8_H

#include "core/slice.h"

/* True when all of s is well-formed; else *bad (may be NULL) is the offset. */
bool utf8_valid(struct slice s, size_t *bad);

/* The number of code points of well-formed text. */
size_t utf8_count(struct slice s);

/* The longest start of well-formed s of at most n bytes that cuts no char. */
struct slice utf8_prefix(struct slice s, size_t n);

#endif
