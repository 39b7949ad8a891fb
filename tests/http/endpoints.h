/*
 * The endpoints of the server under test, and its life around each test.
 * Three programs share them: test_conn.c, test_slow.c and test_pipeline.c.
 */
#ifndef TESTS_HTTP_ENDPOINTS_H
#define TESTS_HTTP_ENDPOINTS_H

#include "engine/engine.h"
#include "store/keys.h"
#include "tests/http/harness.h"
#include "tests/http/hostile.h"

#define DEFER "POST /defer HTTP/1.1\r\n" HOST
#define PROBE "GET /probe HTTP/1.1\r\n" HOST "Connection: close\r\n\r\n"
#define BIG ((size_t)1 << 20)

/* ---- what auth.c asks of others ---- */

/* Three keys, by the SHA-256 of their text, once there are to be any. */
static const struct {
	const char *hash;
	enum scope scope;
	uint64_t project;
} stored_keys[] = {
    /* "tw_read", "tw_worker", "tw_admin" */
    {"\016\346\377\263\236\120\065\117\117\372\245\276\270\067\060\275\375\001\244\026\241\324\366\020\117\254\200\107\113\005\256\007",
	SCOPE_READ, 7},
    {"\240\255\273\200\227\325\151\150\301\270\271\054\120\364\220\326\167\342\276\121\011\232\311\137\032\263\046\226\053\304\260\043",
	SCOPE_WORKER, 0},
    {"\074\247\163\236\241\203\337\074\266\324\314\137\172\236\325\240\236\372\226\234\267\153\151\307\016\215\154\242\221\320\051\053",
	SCOPE_ADMIN, 0},
};
static bool keys_are_stored;

struct store_txn *
engine_snapshot(struct engine *e)
{
	(void)e;
	return NULL;
}

size_t
engine_pending_bytes(const struct engine *e)
{
	(void)e;
	return 0;
}

bool
keys_find(struct store_txn *t, const uint8_t hash[32], struct key *out)
{
	(void)t;
	for (uint8_t i = 0; keys_are_stored && i < 3; i++) {
		if (memcmp(hash, stored_keys[i].hash, 32) != 0)
			continue;
		*out = (struct key){.id.b = {i, 1},
		    .scope = stored_keys[i].scope,
		    .project = stored_keys[i].project};
		memcpy(out->hash, hash, 32);
		return true;
	}
	return false;
}

uint64_t
keys_count(struct store_txn *t)
{
	(void)t;
	return keys_are_stored ? 3 : 0;
}

/* ---- endpoints ---- */

static inline void
say_ok(struct request *r)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "path");
	jsonw_str(w, r->path);
	jsonw_end(w);
	request_send(r, 200);
}

static inline void
echo(struct request *r)
{
	request_send_bytes(r, 200, "text/plain", r->body);
}

static inline void
big(struct request *r)
{
	char *p = malloc(BIG);

	assert_non_null(p);
	memset(p, r->param[0].p[0], BIG);
	request_send_bytes(r, 200, "text/plain", (struct slice){p, BIG});
	free(p);
}

/* Say who asks. */
static inline void
whoami(struct request *r)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "scope");
	jsonw_cstr(w, key_scope_name(r->auth.scope));
	jsonw_key(w, "project");
	jsonw_u64(w, r->auth.project);
	jsonw_end(w);
	request_send(r, 200);
}

static inline void
want_json(struct request *r)
{
	if (request_json(r) != NULL)
		say_ok(r);
}

static struct request *held[1024];
static unsigned nheld, hangups;
static bool settle_now;
static int settle_rc;

static inline void
on_hangup(void *arg)
{
	(void)arg;
	hangups++;
}

static inline void
defer(struct request *r)
{
	assert_true(nheld < 1024);
	request_defer(r);
	request_on_hangup(r, on_hangup, r);
	held[nheld++] = r;
}

/* The turn's transaction: answer, then settle. */
static inline void
commit(void)
{
	if (!settle_now)
		return;
	for (unsigned i = 0; i < nheld; i++)
		echo(held[i]);
	for (unsigned i = 0; i < nheld; i++)
		request_settle(held[i], settle_rc);
	nheld = 0;
}

static inline void
settle_at_once(struct request *r)
{
	request_defer(r);
	say_ok(r);
	request_settle(r, 0);
}

static int taken = -1;

static inline void
take(struct request *r)
{
	taken = request_take_socket(r);
}

/* A streamed answer: pieces of that many bytes, or what a test adds. */
struct flow {
	struct request *req;
	unsigned left, asked, gone;
	size_t bytes;
	bool broken; /* it does not end as it should */
};
static struct flow flow, pushed;

static inline void
flow_more(void *arg)
{
	struct flow *f = arg;
	char *p;

	f->asked++;
	assert_int_equal(request_stream_unsent(f->req), 0);
	if (f->left == 0) {
		request_stream_end(f->req, !f->broken);
		f->req = NULL;
		return;
	}
	p = malloc(f->bytes);
	assert_non_null(p);
	memset(p, 'a' + (int)(f->left-- % 26), f->bytes);
	request_stream_add(f->req, (struct slice){p, f->bytes});
	free(p);
}

static inline void
flow_gone(void *arg)
{
	struct flow *f = arg;

	f->req = NULL;
	f->gone++;
}

static inline void
flow_all(struct request *r)
{
	struct request_flow calls = {flow_more, flow_gone, &flow};

	flow.req = r;
	request_add_header(r, "X-Flow", "yes");
	if (!request_stream(r, "text/x", &calls))
		flow.req = NULL;
}

static inline void
flow_pushed(struct request *r)
{
	struct request_flow calls = {NULL, flow_gone, &pushed};

	pushed.req = r;
	assert_true(request_stream(r, "text/x", &calls));
}

static inline void
say_error(struct request *r, int status, struct slice field, struct slice text)
{
	struct jsonw *w = request_body(r);

	(void)field;
	jsonw_object(w);
	jsonw_key(w, "api");
	jsonw_str(w, text);
	jsonw_end(w);
	request_send(r, status);
}

static inline void
say_plain_error(struct request *r, int status, struct slice field,
    struct slice text)
{
	struct jsonw *w = request_body(r);

	(void)field;
	jsonw_object(w);
	jsonw_key(w, "error");
	jsonw_str(w, text);
	jsonw_end(w);
	request_send(r, status);
}

const struct route route_table[] = {
    {METHOD_GET, "/", say_ok, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_POST, "/", echo, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_DELETE, "/", echo, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/probe", say_ok, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/n/{n}", say_ok, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/big/{c}", big, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_POST, "/defer", defer, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_POST, "/now", settle_at_once, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_POST, "/json", want_json, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_POST, "/api/executions/{id}/progress", defer, SCOPE_NONE,
	ROUTE_OPEN | ROUTE_PIPELINE},
    {METHOD_POST, "/api/executions/{id}/log", want_json, SCOPE_NONE,
	ROUTE_OPEN | ROUTE_PIPELINE},
    {METHOD_GET, "/flow", flow_all, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/pushed", flow_pushed, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/take", take, SCOPE_NONE, ROUTE_OPEN},
    {METHOD_GET, "/api/who", whoami, SCOPE_READ, 0},
    {METHOD_POST, "/api/who", whoami, SCOPE_WORKER, 0},
    {METHOD_DELETE, "/api/who", whoami, SCOPE_ADMIN, 0},
    {METHOD_GET, "/api/stream", whoami, SCOPE_READ, ROUTE_STREAM},
    {0},
};

const struct dialect route_dialects[] = {
    {"/api", say_error},
    {"", say_plain_error},
};

/* ---- before and after each test ---- */

static inline int
setup_with(const struct http_limits *l)
{
	harness_start(l);
	hx.engine = commit;
	nheld = hangups = 0;
	flow = pushed = (struct flow){0};
	settle_now = true;
	settle_rc = 0;
	keys_are_stored = false;
	return 0;
}

static inline int
setup(void **state)
{
	struct http_limits l;

	(void)state;
	http_limits_init(&l);
	return setup_with(&l);
}

static inline int
teardown(void **state)
{
	(void)state;
	HARNESS_UNTIL(http_idle(hx.http));
	assert_int_equal(http_connections(hx.http), 0);
	harness_stop();
	return 0;
}

#define T(f, setup) cmocka_unit_test_setup_teardown(f, setup, teardown)

#endif
