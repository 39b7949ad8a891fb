/*
 * API keys as text: scopes by name, and the secret in URL-safe base64.
 * Hashing stands in http/auth.c, storing in store/keys.c.
 */
#include "core/key.h"

#include "core/log.h"

static const char *const scope_names[] = {
    [SCOPE_READ] = "read",
    [SCOPE_WORKER] = "worker",
    [SCOPE_WRITE] = "write",
    [SCOPE_ADMIN] = "admin",
};

/* The scope's name. */
const char *
key_scope_name(enum scope s)
{
	INVARIANT(s >= SCOPE_READ && s <= SCOPE_ADMIN);
	return scope_names[s];
}

/* Read a scope's name; false leaves *out alone. */
bool
key_scope_parse(struct slice s, enum scope *out)
{
	for (int i = SCOPE_READ; i <= SCOPE_ADMIN; i++) {
		if (slice_is(s, scope_names[i])) {
			*out = (enum scope)i;
			return true;
		}
	}
	return false;
}

/* Write the characters that carry n (1-3) bytes; returns how many. */
static size_t
base64url_group(const uint8_t *in, size_t n, char *out)
{
	static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				     "abcdefghijklmnopqrstuvwxyz0123456789-_";
	uint32_t v = (uint32_t)in[0] << 16;

	if (n > 1)
		v |= (uint32_t)in[1] << 8;
	if (n > 2)
		v |= in[2];
	for (size_t i = 0; i <= n; i++)
		out[i] = digits[(v >> (18 - 6 * i)) & 63];
	return n + 1;
}

/* Write "tw_" and the secret, 3 bytes to 4 characters, without padding. */
void
key_format(const uint8_t secret[32], char out[KEY_TEXT + 1])
{
	size_t at = 3;

	memcpy(out, "tw_", 3);
	for (size_t i = 0; i < 32; i += 3)
		at += base64url_group(secret + i, i + 3 <= 32 ? 3 : 32 - i,
		    out + at);
	INVARIANT(at == KEY_TEXT);
	out[at] = '\0';
}
