/*
 * Base64, for texts that go into headers and addresses.
 */
#include "core/base64.h"

static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
			     "abcdefghijklmnopqrstuvwxyz0123456789-_";

/* Three bytes give four characters; a rest of one or two, two or three. */
void
base64_encode(const void *p, size_t n, char *out)
{
	const uint8_t *in = p;
	uint32_t bits = 0;
	unsigned have = 0;

	for (size_t i = 0; i < n; i++) {
		bits = (bits << 8 | in[i]) & 0xffff;
		for (have += 8; have >= 6; have -= 6)
			*out++ = digits[bits >> (have - 6) & 63];
	}
	if (have > 0)
		*out = digits[bits << (6 - have) & 63];
}

/* Characters back to bytes; bits left over must be zero. */
bool
base64_decode(struct slice s, void *out, size_t n)
{
	uint8_t *to = out;
	uint32_t bits = 0;
	unsigned have = 0;
	const char *at;

	if (s.n != BASE64_TEXT(n))
		return false;
	for (size_t i = 0; i < s.n; i++) {
		at = memchr(digits, s.p[i], sizeof digits - 1);
		if (at == NULL)
			return false;
		bits = (bits << 6 | (uint32_t)(at - digits)) & 0xffff;
		have += 6;
		if (have < 8)
			continue;
		have -= 8;
		*to++ = (uint8_t)(bits >> have);
	}
	return (bits & ((1u << have) - 1)) == 0;
}
