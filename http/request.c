/*
 * What handlers see of a request, and how they answer it.  The rest of it is
 * http/exchange.h; answers go to http/conn.c.
 */
#include "http/request.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/log.h"
#include "core/utf8.h"
#include "http/conn.h"
#include "http/exchange.h"
#include "http/query.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/server.h"

#define JSON_TYPE "application/json; charset=utf-8"
#define ERROR_TEXT_MAX 1000

/* ---- asking ---- */

/* Look a header up. */
struct slice
request_header(const struct request *r, const char *name)
{
	return strict_header(exchange_of(r)->head, name);
}

/* Look a query parameter up; dispatch has checked that all can be decoded. */
bool
request_query(struct request *r, const char *name, unsigned nth,
    struct slice *out)
{
	return query_find(r->query, name, nth, &r->arena, out);
}

/* Parse the body once; answer when it is no JSON object. */
const struct json_node *
request_json(struct request *r)
{
	struct slice text = r->body.n > 0 ? r->body : SLICE("{}");
	struct json_error err;

	if (r->json == NULL)
		r->json = json_parse(text, &err);
	if (r->json == NULL) {
		request_error(r, 400, "detail",
		    "Cannot parse request body: line %u, column %u (%s)",
		    err.line, err.column, err.text);
		return NULL;
	}
	if (json_root(r->json)->type != JSON_OBJECT) {
		request_error(r, 400, "detail",
		    "the request body must be a JSON object");
		return NULL;
	}
	return json_root(r->json);
}

/* ---- answering ---- */

/* Start the body that all requests share. */
struct jsonw *
request_body(struct request *r)
{
	struct http *h = exchange_of(r)->http;

	h->body.len = 0;
	jsonw_reset(h->json, &h->body);
	return h->json;
}

/* Add a header; a line break within the value would end it, so it goes. */
void
request_add_header(struct request *r, const char *name, const char *value)
{
	struct buf *extra = &exchange_of(r)->extra;

	buf_add_str(extra, name);
	buf_add_str(extra, ": ");
	for (; *value != '\0'; value++)
		if ((unsigned char)*value >= ' ')
			buf_add_byte(extra, (unsigned char)*value);
	buf_add_str(extra, "\r\n");
}

/*
 * Answer: at once among its connection's answers, or, once it is deferred,
 * into memory of its own, where it is held until the turn is on disk.
 */
void
request_send_bytes(struct request *r, int status, const char *type,
    struct slice bytes)
{
	struct exchange *ex = exchange_of(r);
	bool running = ex->state == EXCHANGE_RUNNING;
	struct buf *out = running ? conn_out(r->conn) : NULL;

	INVARIANT(running || ex->state == EXCHANGE_DEFERRED);
	ex->waits = running && out == NULL;
	ex->close = ex->close || (ex->http->draining && ex->behind == NULL);
	reply_write(out != NULL ? out : &ex->held,
	    &(struct reply){
		.status = status,
		.type = type,
		.body = type != NULL ? bytes : SLICE_NONE,
		.extra = buf_slice(&ex->extra),
		.head = r->head,
		.http10 = r->http10,
		.close = ex->close,
	    });
	ex->state = out != NULL ? EXCHANGE_ANSWERED : EXCHANGE_HELD;
}

/* Answer with the body that was written. */
void
request_send(struct request *r, int status)
{
	request_send_bytes(r, status, JSON_TYPE,
	    buf_slice(&exchange_of(r)->http->body));
}

/* Answer with an error as the path's dialect says it. */
void
request_error(struct request *r, int status, const char *field, const char *fmt,
    ...)
{
	char buf[ERROR_TEXT_MAX];
	struct slice text = {buf, 0};
	size_t bad;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(buf, sizeof(buf), fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0);
	text.n = (size_t)n < sizeof(buf) ? (size_t)n : sizeof(buf) - 1;
	/* Where it was cut short it may end within a character. */
	if (!utf8_valid(text, &bad))
		text.n = bad;
	route_dialect(r->path)->error(r, status, slice_str(field), text);
	INVARIANT(exchange_of(r)->state != EXCHANGE_RUNNING &&
	    exchange_of(r)->state != EXCHANGE_DEFERRED);
}

/* ---- answering later ---- */

/* Hand the request to a command. */
void
request_defer(struct request *r)
{
	struct exchange *ex = exchange_of(r);

	INVARIANT(ex->state == EXCHANGE_RUNNING);
	ex->state = EXCHANGE_DEFERRED;
}

/* Say instead of the answer that nothing of it happened. */
static void
replace_answer(struct exchange *ex, int rc)
{
	ex->state = EXCHANGE_DEFERRED;
	ex->held.len = 0;
	ex->extra.len = 0;
	request_add_header(&ex->r, "Retry-After", "1");
	if (rc == ENOSPC)
		request_error(&ex->r, 507, "detail",
		    "the disk is full; nothing was stored");
	else
		request_error(&ex->r, 503, "detail",
		    "storing failed; nothing was stored");
}

/* The turn is over: let the answer go. */
void
request_settle(struct request *r, int rc)
{
	struct exchange *ex = exchange_of(r);

	if (ex->state == EXCHANGE_TAKEN)
		return;
	INVARIANT(ex->state == EXCHANGE_DEFERRED || ex->state == EXCHANGE_HELD);
	if (rc != 0)
		replace_answer(ex, rc);
	INVARIANT(ex->state == EXCHANGE_HELD || r->conn == NULL);
	if (r->conn != NULL)
		conn_release(r->conn, &ex->held, ex->close);
	ex->state = EXCHANGE_SETTLED;
	exchange_bury(ex);
}

/* Be told when the client hangs up. */
void
request_on_hangup(struct request *r, void (*fn)(void *), void *arg)
{
	struct exchange *ex = exchange_of(r);

	ex->hangup = fn;
	ex->hangup_arg = arg;
}

/* Look whether anybody is there. */
bool
request_is_gone(const struct request *r)
{
	return r->conn == NULL || conn_is_gone(r->conn);
}

/* Give the socket away. */
int
request_take_socket(struct request *r)
{
	struct exchange *ex = exchange_of(r);
	int fd = -1;

	INVARIANT(ex->state == EXCHANGE_RUNNING ||
	    ex->state == EXCHANGE_DEFERRED);
	if (r->conn != NULL)
		fd = conn_take(r->conn);
	r->conn = NULL;
	ex->state = EXCHANGE_TAKEN;
	exchange_bury(ex);
	return fd;
}
