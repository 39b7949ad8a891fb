/*
 * Strict UTF-8 (Unicode, table 3-7), because yajl lets overlong forms and
 * surrogates pass and a subscriber's decoder would not.
 */
#include "core/utf8.h"

#define HIGH_BITS UINT64_C(0x8080808080808080)

/* Skip plain ASCII, eight bytes at a time while there are as many. */
static size_t
skip_ascii(const unsigned char *p, size_t at, size_t n)
{
	uint64_t word;

	while (n - at >= sizeof(word)) {
		memcpy(&word, p + at, sizeof(word));
		if ((word & HIGH_BITS) != 0)
			break;
		at += sizeof(word);
	}
	while (at < n && p[at] < 0x80)
		at++;
	return at;
}

/*
 * The length of the sequence a non-ASCII byte begins, 0 when it begins none,
 * and the range of the second byte, which is where all that is overlong, a
 * surrogate or too large shows.
 */
static size_t
sequence(unsigned char first, unsigned char *low, unsigned char *high)
{
	*low = 0x80;
	*high = 0xbf;
	if (first >= 0xc2 && first <= 0xdf)
		return 2;
	if (first >= 0xe0 && first <= 0xef) {
		if (first == 0xe0)
			*low = 0xa0;
		else if (first == 0xed)
			*high = 0x9f;
		return 3;
	}
	if (first >= 0xf0 && first <= 0xf4) {
		if (first == 0xf0)
			*low = 0x90;
		else if (first == 0xf4)
			*high = 0x8f;
		return 4;
	}
	return 0;
}

static bool
sequence_valid(const unsigned char *p, size_t left, size_t *n)
{
	unsigned char low, high;

	*n = sequence(p[0], &low, &high);
	if (*n == 0 || *n > left || p[1] < low || p[1] > high)
		return false;
	for (size_t i = 2; i < *n; i++) {
		if ((p[i] & 0xc0) != 0x80)
			return false;
	}
	return true;
}

/* Check all of s, telling where the first malformed sequence begins. */
bool
utf8_valid(struct slice s, size_t *bad)
{
	const unsigned char *p = (const unsigned char *)s.p;
	size_t at = 0, n;

	while ((at = skip_ascii(p, at, s.n)) < s.n) {
		if (!sequence_valid(p + at, s.n - at, &n)) {
			if (bad != NULL)
				*bad = at;
			return false;
		}
		at += n;
	}
	return true;
}

static bool
continues(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80;
}

/* Count the bytes that begin a character. */
size_t
utf8_count(struct slice s)
{
	size_t count = 0;

	for (size_t i = 0; i < s.n; i++) {
		if (!continues(s.p[i]))
			count++;
	}
	return count;
}

/* Step back from n to where a character begins. */
struct slice
utf8_prefix(struct slice s, size_t n)
{
	if (n >= s.n)
		return s;
	while (n > 0 && continues(s.p[n]))
		n--;
	return (struct slice){s.p, n};
}
