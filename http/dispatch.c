/*
 * Dispatch: what every endpoint has in common happens here, in this order,
 * before its function is called.  http/conn.c brings the requests.
 */
#include "http/dispatch.h"

#include <stdio.h>
#include <string.h>

#include "core/log.h"
#include "engine/wheel.h"
#include "http/conn.h"
#include "http/exchange.h"
#include "http/query.h"
#include "http/rate.h"
#include "http/route.h"
#include "http/server.h"

/* What a web page of another origin may do and send. */
#define CORS_METHODS "GET, HEAD, POST, PUT, PATCH, DELETE"
#define CORS_HEADERS                                                    \
	"Authorization, Content-Type, Idempotency-Key, Last-Event-ID, " \
	"X-API-Key, X-Attempt, X-Idempotency-Key, X-Project-Id"

/* Answer OPTIONS for a path whose methods are known, or any. */
static void
answer_options(struct request *r, const char *allow)
{
	const char *methods = allow[0] != '\0' ? allow : CORS_METHODS;

	request_add_header(r, "Allow", methods);
	request_add_header(r, "Access-Control-Allow-Methods", methods);
	request_add_header(r, "Access-Control-Allow-Headers", CORS_HEADERS);
	request_add_header(r, "Access-Control-Max-Age", "86400");
	request_send_bytes(r, 204, NULL, SLICE_NONE);
}

/* Answer a request that no row takes. */
static void
answer_unrouted(struct request *r, const char *allow)
{
	if (r->method == METHOD_OPTIONS) {
		answer_options(r, allow);
	} else if (allow[0] != '\0') {
		request_add_header(r, "Allow", allow);
		request_error(r, 405, "detail", "method not allowed");
	} else {
		request_error(r, 404, "detail", "not found");
	}
}

/* Check who asks; false when that is answered. */
static bool
admit(struct request *r)
{
	const char *why = NULL;
	int status = auth_check(r, &why);

	if (status == 401)
		request_add_header(r, "WWW-Authenticate", "Bearer");
	if (status != 0)
		request_error(r, status, "detail", "%s", why);
	return status == 0;
}

/* Check how often; false when that is answered. */
static bool
pace(struct request *r, struct rate *rate)
{
	const struct uuid *who = &r->auth.key;
	char text[16];
	unsigned wait;

	if (rate == NULL)
		return true;
	if (uuid_is_zero(who))
		who = conn_peer(r->conn);
	wait = rate_take(rate, who, wheel_clock_coarse());
	if (wait == 0)
		return true;
	snprintf(text, sizeof(text), "%u", wait);
	request_add_header(r, "Retry-After", text);
	request_error(r, 429, "detail", "too many requests, try again in %u s",
	    wait);
	return false;
}

/* Handle a request. */
void
dispatch_request(struct exchange *ex)
{
	struct request *r = &ex->r;
	char allow[64];

	r->route = route_find(r, allow);
	if (r->route == NULL) {
		answer_unrouted(r, allow);
		return;
	}
	if (!query_valid(r->query)) {
		request_error(r, 400, "detail",
		    "query is not valid percent-encoded UTF-8");
		return;
	}
	if ((r->route->flags & ROUTE_OPEN) == 0 &&
	    (!admit(r) || !pace(r, ex->http->rate)))
		return;
	r->route->handler(r);
	/* A handler that does none of the three would leave a client waiting. */
	if (ex->state == EXCHANGE_RUNNING)
		log_fatal("no answer from %s", r->route->pattern);
}

/* Answer a refusal. */
void
dispatch_refusal(struct exchange *ex, int status, const char *why)
{
	if (status == 503)
		request_add_header(&ex->r, "Retry-After", "1");
	request_error(&ex->r, status, "detail", "%s", why);
}
