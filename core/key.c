/*
 * API keys as text: scopes by name, and the secret in URL-safe base64.
 * Hashing stands in http/auth.c, storing in store/keys.c.
 */
#include "core/key.h"

#include "core/base64.h"
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

/* Write "tw_" and the secret. */
void
key_format(const uint8_t secret[32], char out[KEY_TEXT + 1])
{
	memcpy(out, "tw_", 3);
	base64_encode(secret, 32, out + 3);
	out[KEY_TEXT] = '\0';
}
