/*
 * Keys on requests.  The store knows them by their SHA-256, so that is what
 * is looked up; core/key.h says what a key is, http/dispatch.c asks.
 */
#include "http/auth.h"

#include <stdio.h>

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include "core/log.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/nearby.h"
#include "http/route.h"
#include "store/keys.h"

/* Cut "Bearer " off an Authorization header; empty when it is another one. */
static struct slice
bearer(struct slice value)
{
	struct slice scheme = {value.p, 7};

	if (value.n <= 7 || !slice_is_nocase(scheme, "bearer "))
		return SLICE_NONE;
	return slice_trim((struct slice){value.p + 7, value.n - 7});
}

/* Find the key's text, wherever it is allowed to stand. */
static struct slice
find_text(struct request *r)
{
	struct slice text = bearer(request_header(r, "Authorization"));

	if (text.n == 0)
		text = request_header(r, "X-API-Key");
	if (text.n == 0 && (r->route->flags & ROUTE_STREAM) != 0 &&
	    !request_query(r, "access_token", 0, &text))
		text = SLICE_NONE;
	return text;
}

/* Hash a key's text.  Naming the digest once spares finding it each time. */
void
auth_hash(struct slice text, uint8_t hash[32])
{
	static EVP_MD_CTX *ctx;
	const EVP_MD *digest = NULL;
	unsigned n = 0;

	if (ctx == NULL) {
		ctx = EVP_MD_CTX_new();
		digest = EVP_sha256();
	}
	if (ctx == NULL || EVP_DigestInit_ex(ctx, digest, NULL) != 1 ||
	    EVP_DigestUpdate(ctx, text.p, text.n) != 1 ||
	    EVP_DigestFinal_ex(ctx, hash, &n) != 1 || n != 32)
		log_fatal("SHA-256 does not work");
}

/*
 * Look a key up by its hash.  The tree's order leaks nothing about a key
 * that is only there hashed; the comparison is constant in time all the same.
 */
static bool
find_key(struct store_txn *t, struct slice text, struct key *key)
{
	uint8_t hash[32];

	auth_hash(text, hash);
	return keys_find(t, hash, key) &&
	    CRYPTO_memcmp(hash, key->hash, sizeof(hash)) == 0;
}

/* While no key is stored everyone near is the admin, and nobody else. */
static int
check_nearby(struct request *r, const char **why)
{
	if (nearby_host(request_header(r, "Host")) &&
	    nearby_origin(request_header(r, "Origin")))
		return 0;
	*why = "no API key is stored, so only this machine is served: this "
	       "Host or Origin is elsewhere; create a key to serve others";
	return 403;
}

/* Say what the token is good for. */
static const char *
tell_token(struct request *r, const struct uuid *id)
{
	const size_t size = 100;
	char *text = arena_get(&r->arena, size);
	char name[UUID_TEXT + 1];

	uuid_format(id, name);
	snprintf(text, size, "this token reports on execution %s only", name);
	return text;
}

/* A token opens the reports on the execution that was claimed with it. */
static int
check_token(struct request *r, struct slice text, const char **why)
{
	struct token *t = &r->auth.token;
	struct uuid id;

	r->auth = (struct auth){.scope = SCOPE_NONE};
	if (!token_read(r->app->store, text, t)) {
		*why = "the token is damaged, or another store's";
		return 401;
	}
	if ((r->route->flags & ROUTE_REPORT) == 0 ||
	    !uuid_parse(r->param[0], &id) || !uuid_eq(&id, &t->id)) {
		*why = tell_token(r, &t->id);
		return 403;
	}
	r->auth.scope = SCOPE_WORKER;
	return 0;
}

/* Check the request's key against its row's scope. */
int
auth_check(struct request *r, const char **why)
{
	struct slice text = find_text(r);
	struct store_txn *t;
	struct key key;

	if (token_is(text))
		return check_token(r, text, why);
	t = engine_snapshot(r->app->engine);
	r->auth = (struct auth){.scope = SCOPE_ADMIN};
	if (text.n > 0 && find_key(t, text, &key)) {
		r->auth.scope = key.scope;
		r->auth.project = key.project;
		r->auth.key = key.id;
	} else if (keys_count(t) > 0) {
		r->auth.scope = SCOPE_NONE;
		*why = text.n > 0 ? "the API key is unknown or revoked"
				  : "an API key is needed";
		return 401;
	} else {
		return check_nearby(r, why);
	}
	if (r->auth.scope < r->route->scope) {
		*why = "the API key's scope does not allow this";
		return 403;
	}
	return 0;
}

/* Whether a may see what belongs to a project. */
bool
auth_sees(const struct auth *a, uint64_t project)
{
	return a->project == 0 || a->project == project;
}
