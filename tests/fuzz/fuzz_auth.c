/*
 * Any accepted message as a request to somebody who must know who asks.  The
 * first byte chooses the route, and whether keys are stored.  A '*' stands
 * for the token of a claim, which nobody could guess.  Nobody comes in but
 * who shows a whole key of enough scope, or that token where it will do, or,
 * while no key is stored, who is near.
 */
#include <stdint.h>

#include <event2/event.h>

#include "core/buf.h"
#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/exchange.h"
#include "http/nearby.h"
#include "http/parse.h"
#include "http/query.h"
#include "http/route.h"
#include "http/target.h"
#include "store/keys.h"
#include "tests/fuzz/ground.h"

#define KEYS 3
#define TARGET_MAX 1000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct http_limits limits = {
    .header_bytes = 4096,
    .target_bytes = TARGET_MAX,
    .body_bytes = 128,
};

static struct app apps[2]; /* without keys, with */
static struct key keys[KEYS];
static char texts[KEYS][KEY_TEXT + 1], tokens[2][TOKEN_TEXT + 1];
static const struct token claim = {.id = {{1, 2, 3}},
    .fence = {.claim = 7, .step = EVENT_NO_STEP}};

/* The i-th key is 32 times the letter after the one before it, from 'a'. */
static void
store_keys(struct store *s)
{
	static const enum scope scopes[KEYS] = {SCOPE_READ, SCOPE_WRITE,
	    SCOPE_ADMIN};
	int rc;
	struct store_txn *t = store_begin(s, &rc);
	uint8_t secret[32];

	INVARIANT(t != NULL);
	for (unsigned i = 0; i < KEYS; i++) {
		memset(secret, 'a' + (int)i, sizeof secret);
		key_format(secret, texts[i]);
		keys[i] = (struct key){.id = {{(uint8_t)(i + 1)}},
		    .scope = scopes[i],
		    .project = i};
		auth_hash(slice_str(texts[i]), keys[i].hash);
		keys_put(t, &keys[i]);
	}
	INVARIANT(store_commit(t) == 0);
}

static void
start(void)
{
	struct event_base *base = event_base_new();
	int rc;

	for (unsigned i = 0; i < 2; i++) {
		apps[i].store = ground_store();
		if (i == 1)
			store_keys(apps[i].store);
		apps[i].engine = engine_new(base, apps[i].store, &rc);
		INVARIANT(apps[i].engine != NULL);
		token_write(apps[i].store, &claim, tokens[i]);
	}
}

/* The key that must have been shown for such an answer. */
static const struct key *
key_of(const struct auth *a)
{
	for (unsigned i = 0; i < KEYS; i++)
		if (uuid_eq(&keys[i].id, &a->key))
			return &keys[i];
	return NULL;
}

static bool
has(const struct buf *message, const char *text)
{
	return memmem(message->p, message->len, text, strlen(text)) != NULL;
}

/* Whoever is let in has shown what it takes. */
static void
check_let_in(const struct request *r, const struct buf *message, bool stored)
{
	const struct key *key = key_of(&r->auth);

	if (!uuid_is_zero(&r->auth.token.id)) {
		INVARIANT(has(message, tokens[stored]));
		INVARIANT((r->route->flags & ROUTE_REPORT) != 0);
		INVARIANT(uuid_eq(&r->auth.token.id, &claim.id));
		INVARIANT(r->auth.token.fence.claim == claim.fence.claim);
		INVARIANT(r->auth.scope == SCOPE_WORKER && key == NULL);
		return;
	}
	if (!stored) {
		INVARIANT(nearby_host(request_header(r, "Host")));
		INVARIANT(nearby_origin(request_header(r, "Origin")));
		INVARIANT(r->auth.scope == SCOPE_ADMIN && key == NULL);
		return;
	}
	INVARIANT(key != NULL && key->scope >= r->route->scope);
	INVARIANT(r->auth.scope == key->scope);
	INVARIANT(r->auth.project == key->project);
	/* Encoded, it may stand in a query alone. */
	INVARIANT(has(message, texts[key - keys]) ||
	    ((r->route->flags & ROUTE_STREAM) != 0 && r->query.n > 0));
}

static void
ask(struct exchange *ex, const struct buf *message, bool stored)
{
	struct request *r = &ex->r;
	const char *why = NULL;
	int status = auth_check(r, &why);

	if (status == 0) {
		check_let_in(r, message, stored);
	} else {
		INVARIANT(status == 401 || status == 403);
		INVARIANT(why != NULL);
		INVARIANT(status == 403 || r->auth.scope == SCOPE_NONE);
	}
	engine_turn_begin(r->app->engine); /* its snapshot ends */
	arena_free(&r->arena);
}

/* Take the message apart as a connection does. */
static void
receive(struct buf *message, uint8_t how)
{
	static const enum scope scopes[] = {SCOPE_READ, SCOPE_WORKER,
	    SCOPE_WRITE, SCOPE_ADMIN};
	struct route route = {.scope = scopes[how >> 1 & 3],
	    .flags = (how >> 3 & 1 ? ROUTE_STREAM : 0u) |
		(how >> 4 & 1 ? ROUTE_REPORT : 0u)};
	struct exchange ex = {.r.app = &apps[how & 1], .r.route = &route};
	char *bytes = mem_resize(NULL, message->len, 1), id[UUID_TEXT + 1];
	struct strict s = {0};
	struct parse m;
	size_t n;

	if (strict_scan(&s, &limits, message->p, message->len) != STRICT_DONE)
		goto out;
	ex.head.p = bytes;
	n = strict_copy(&s, message->p, bytes, &ex.head.n);
	INVARIANT(parse_message(bytes, n, &m));
	if (!target_split(m.target, m.method == METHOD_OPTIONS, &ex.r.path,
		&ex.r.query) ||
	    !query_valid(ex.r.query))
		goto out;
	uuid_format(&claim.id, id);
	if (how >> 5 & 1)
		id[0]++;
	ex.r.param[0] = slice_str(id);
	ask(&ex, message, how & 1);
out:
	free(bytes);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf message = {0};

	if (apps[0].store == NULL)
		start();
	for (size_t i = 1; i < size && size < 2 * TARGET_MAX; i++) {
		if (data[i] == '*')
			buf_add_str(&message, tokens[data[0] & 1]);
		else
			buf_add_byte(&message, data[i]);
	}
	if (message.len > 0)
		receive(&message, data[0]);
	buf_free(&message);
	return 0;
}
