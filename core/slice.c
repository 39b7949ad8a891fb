/*
 * Comparing and reading borrowed bytes.  Knows nobody; core/buf.h owns bytes.
 */
#include "core/slice.h"

/* Borrow a C string. */
struct slice
slice_str(const char *s)
{
	return (struct slice){s, s != NULL ? strlen(s) : 0};
}

/* Compare for equality; memcmp never sees a NULL. */
bool
slice_eq(struct slice a, struct slice b)
{
	return a.n == b.n && (a.n == 0 || memcmp(a.p, b.p, a.n) == 0);
}

/* Compare with a C string. */
bool
slice_is(struct slice a, const char *z)
{
	return slice_eq(a, slice_str(z));
}

static unsigned char
lower(char c)
{
	return (unsigned char)(c >= 'A' && c <= 'Z' ? c - 'A' + 'a' : c);
}

/* Compare with a C string, ASCII letters of either case being the same. */
bool
slice_is_nocase(struct slice a, const char *z)
{
	struct slice b = slice_str(z);

	if (a.n != b.n)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		if (lower(a.p[i]) != lower(b.p[i]))
			return false;
	}
	return true;
}

/* Order bytewise, a beginning before what it begins. */
int
slice_cmp(struct slice a, struct slice b)
{
	size_t n = a.n < b.n ? a.n : b.n;
	int c = n > 0 ? memcmp(a.p, b.p, n) : 0;

	if (c != 0)
		return c;
	return (a.n > b.n) - (a.n < b.n);
}

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Cut spaces and tabs off both ends. */
struct slice
slice_trim(struct slice a)
{
	while (a.n > 0 && is_blank(a.p[0])) {
		a.p++;
		a.n--;
	}
	while (a.n > 0 && is_blank(a.p[a.n - 1]))
		a.n--;
	return a;
}

/* Read digits, stopping before the value could pass max. */
bool
slice_u64(struct slice a, uint64_t max, uint64_t *out)
{
	uint64_t v = 0;

	if (a.n == 0)
		return false;
	for (size_t i = 0; i < a.n; i++) {
		unsigned d = (unsigned char)a.p[i] - (unsigned)'0';

		if (d > 9 || d > max || v > (max - d) / 10)
			return false;
		v = v * 10 + d;
	}
	*out = v;
	return true;
}

/* Digest: FNV-1a, and the sum of all it went through. */
void
slice_digest(struct slice a, uint64_t out[2])
{
	const uint64_t prime = UINT64_C(0x100000001b3);
	size_t i;

	out[0] = UINT64_C(0xcbf29ce484222325);
	out[1] = a.n;
	for (i = 0; i < a.n; i++) {
		out[0] = (out[0] ^ (unsigned char)a.p[i]) * prime;
		out[1] = (out[1] + out[0]) * prime;
	}
}
