/*
 * URL-safe base64 without padding (RFC 4648, section 5).
 */
#ifndef CORE_BASE64_H
#define CORE_BASE64_H

#include "core/slice.h"

/* Characters that n bytes take. */
#define BASE64_TEXT(n) (((n)*4 + 2) / 3)

/* Write n bytes as BASE64_TEXT(n) characters, without a NUL. */
void base64_encode(const void *p, size_t n, char *out);

/*
 * Read exactly n bytes; false when s is not what base64_encode() writes for
 * any such.
 */
bool base64_decode(struct slice s, void *out, size_t n);

#endif
