/*
 * Who asks, and what they may do.
 */
#ifndef HTTP_AUTH_H
#define HTTP_AUTH_H

#include "core/key.h"
#include "http/token.h"

struct request;

struct auth {
	enum scope scope;   /* admin when no key is stored */
	uint64_t project;   /* 0: not bound to one */
	struct uuid key;    /* zero when no key was needed */
	struct token token; /* that of a claim: it may do nothing else */
};

/*
 * Find the key or token in Authorization: Bearer, X-API-Key or (streams only)
 * access_token, and fill r->auth.  Returns 0, or 401 (missing, unknown or
 * revoked key) or 403 (its scope is too small) with *why set.  With no key
 * stored everyone is the admin; a token is good with and without keys, but
 * only for reports on its execution.
 */
int auth_check(struct request *r, const char **why);

/* The hash a key is stored and found by: SHA-256 of its text. */
void auth_hash(struct slice text, uint8_t hash[32]);

/* True when an execution or job of that project is visible to a. */
bool auth_sees(const struct auth *a, uint64_t project);

#endif
