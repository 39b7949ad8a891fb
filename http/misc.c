/*
 * The server about itself, and the test's clock.
 */
#include "http/misc.h"

#include "engine/engine.h"
#include "http/app.h"
#include "http/claims.h"
#include "http/http.h"
#include "http/request.h"
#include "http/draw.h"
#include "http/wait.h"
#include "sse/sse.h"
#include "store/rows.h"

#define ADVANCE_MAX 315360000000 /* ms: ten years */

/* GET /healthz */
void
misc_health(struct request *r)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "status");
	jsonw_cstr(w, "ok");
	jsonw_end(w);
	request_send(r, 200);
}

/* How many executions there are, in all and by status. */
static void
write_counts(struct jsonw *w, struct store_txn *t, uint64_t project)
{
	struct rows_filter f = {.project = project};
	enum status s;

	jsonw_object(w);
	jsonw_key(w, "total");
	jsonw_int(w, rows_count(t, &f));
	for (s = STATUS_QUEUED; s < STATUS_COUNT; s++) {
		f.status[0] = s;
		jsonw_key(w, status_name(s));
		jsonw_int(w, rows_count(t, &f));
	}
	jsonw_end(w);
}

/* GET /api/server */
void
misc_server(struct request *r)
{
	struct app *a = r->app;
	struct store_txn *t = engine_snapshot(a->engine);
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_key(w, "version");
	jsonw_cstr(w, PACKAGE_VERSION);
	draw_seconds(w, "started_at", a->started_at);
	draw_seconds(w, "now", engine_now(a->engine));
	jsonw_key(w, "epoch");
	jsonw_cstr(w, store_epoch(a->store));
	jsonw_key(w, "seq");
	jsonw_u64(w, store_seq(t));
	jsonw_key(w, "commits");
	jsonw_u64(w, engine_commits(a->engine));
	jsonw_key(w, "executions");
	write_counts(w, t, r->auth.project);
	jsonw_key(w, "connections");
	jsonw_u64(w, http_connections(a->http));
	jsonw_key(w, "subscribers");
	jsonw_u64(w, sse_subscribers(a->sse));
	jsonw_key(w, "waiting");
	jsonw_u64(w, wait_count(a->wait) + claims_count(a->claims));
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 200);
}

/* Every timer due at the new time is on disk. */
static void
on_advanced(void *arg)
{
	struct request *r = arg;
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "now_ms");
	jsonw_int(w, engine_now(r->app->engine));
	jsonw_end(w);
	request_send(r, 200);
	request_settle(r, 0);
}

/* POST /test/clock {"advance_ms":N} */
void
misc_clock(struct request *r)
{
	const struct json_node *body = request_json(r);
	int64_t ms;

	if (body == NULL)
		return;
	if (!json_int(json_get(body, "advance_ms"), 0, ADVANCE_MAX, &ms)) {
		request_error(r, 422, "advance_ms",
		    "must be an integer from 0");
		return;
	}
	if (!engine_clock_advance(r->app->engine, ms, on_advanced, r)) {
		request_error(r, 409, "advance_ms",
		    "the clock is being moved already");
		return;
	}
	request_defer(r);
}
