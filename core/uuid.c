/*
 * UUIDs of version 7, laid out so that memcmp orders them as they were made:
 *
 *	48 bits ms | 0111 | 12 bits count | 10 | 6 bits count | 56 bits noise
 *
 * The time and the randomness are the caller's.
 */
#include "core/uuid.h"

#include "core/log.h"

#define COUNT_MAX ((UINT32_C(1) << 18) - 1)
#define MS_MAX ((UINT64_C(1) << 48) - 1)

static void
maker_advance(struct uuid_maker *m, int64_t now_ms)
{
	uint64_t now = now_ms > 0 ? (uint64_t)now_ms : 0;

	if (now > m->last_ms) {
		m->last_ms = now;
		m->count = 0;
	} else if (m->count < COUNT_MAX) {
		m->count++;
	} else {
		m->last_ms++;
		m->count = 0;
	}
	INVARIANT(m->last_ms <= MS_MAX);
}

/* Make the next id, above all that m made or has seen. */
struct uuid
uuid_make(struct uuid_maker *m, int64_t now_ms, uint64_t noise)
{
	struct uuid u;

	maker_advance(m, now_ms);
	for (int i = 0; i < 6; i++)
		u.b[i] = (uint8_t)(m->last_ms >> (40 - 8 * i));
	u.b[6] = (uint8_t)(0x70 | m->count >> 14);
	u.b[7] = (uint8_t)(m->count >> 6);
	u.b[8] = (uint8_t)(0x80 | (m->count & 0x3f));
	for (int i = 0; i < 7; i++)
		u.b[9 + i] = (uint8_t)(noise >> (48 - 8 * i));
	return u;
}

/* Move m up to u, unless u is older or of another make. */
void
uuid_maker_seen(struct uuid_maker *m, const struct uuid *u)
{
	uint64_t ms = 0;
	uint32_t count;

	if ((u->b[6] & 0xf0) != 0x70 || (u->b[8] & 0xc0) != 0x80)
		return;
	for (int i = 0; i < 6; i++)
		ms = ms << 8 | u->b[i];
	count = (uint32_t)(u->b[6] & 0x0f) << 14 | (uint32_t)u->b[7] << 6 |
	    (u->b[8] & 0x3f);
	if (ms > m->last_ms || (ms == m->last_ms && count > m->count)) {
		m->last_ms = ms;
		m->count = count;
	}
}

static bool
hyphen_before(size_t byte)
{
	return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

/* Write the canonical text. */
void
uuid_format(const struct uuid *u, char out[UUID_TEXT + 1])
{
	static const char hex[] = "0123456789abcdef";

	for (size_t i = 0; i < sizeof(u->b); i++) {
		if (hyphen_before(i))
			*out++ = '-';
		*out++ = hex[u->b[i] >> 4];
		*out++ = hex[u->b[i] & 0x0f];
	}
	*out = '\0';
}

static int
hex_value(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

/* Read the canonical text of any version; *out changes only on success. */
bool
uuid_parse(struct slice s, struct uuid *out)
{
	struct uuid u;
	size_t at = 0;

	if (s.n != UUID_TEXT)
		return false;
	for (size_t i = 0; i < sizeof(u.b); i++) {
		int high, low;

		if (hyphen_before(i) && s.p[at++] != '-')
			return false;
		high = hex_value(s.p[at]);
		low = hex_value(s.p[at + 1]);
		if (high < 0 || low < 0)
			return false;
		u.b[i] = (uint8_t)(high << 4 | low);
		at += 2;
	}
	*out = u;
	return true;
}

/* Compare for equality. */
bool
uuid_eq(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b)) == 0;
}

/* Order by time made. */
int
uuid_cmp(const struct uuid *a, const struct uuid *b)
{
	return memcmp(a->b, b->b, sizeof(a->b));
}

/* Tell whether all bits are zero, which stands for no id. */
bool
uuid_is_zero(const struct uuid *u)
{
	static const struct uuid zero;

	return uuid_eq(u, &zero);
}
