/*
 * One request, from its last byte to its answer.
 *
 * A handler does one of three things before it returns:
 *   - answers: writes a body through request_body() and calls
 *     request_send() (or request_error());
 *   - defers: hands the request to a command and calls request_defer().
 *     The command answers inside the engine's turn; that answer is held back
 *     until request_settle() says the turn is on disk;
 *   - gives the socket away: request_take_socket(), for streams.
 */
#ifndef HTTP_REQUEST_H
#define HTTP_REQUEST_H

#include "core/arena.h"
#include "core/json.h"
#include "core/jsonw.h"
#include "core/slice.h"
#include "http/auth.h"

#define REQUEST_PARAMS 4

enum method {
	METHOD_GET, /* HEAD too: the body is left out when it is sent */
	METHOD_POST,
	METHOD_PUT,
	METHOD_PATCH,
	METHOD_DELETE,
	METHOD_OPTIONS,
	METHOD_OTHER
};

struct route;

/* All slices are borrowed from the request and live as long as it does. */
struct request {
	enum method method;
	bool head;   /* HEAD */
	bool waited; /* it was put off, and is not any more: http/wait.h */
	bool http10; /* HTTP/1.0 */
	struct slice path;  /* as sent, without the query */
	struct slice query; /* behind '?', not decoded */
	struct slice body;
	struct slice param[REQUEST_PARAMS]; /* the {..} of the route, decoded */
	const struct route *route;
	struct auth auth; /* who asks */
	struct app *app;
	struct conn *conn;  /* http/conn.c's own */
	struct json *json;  /* set by request_json(), freed with the request */
	struct arena arena; /* what else lives as long as the request */
};

/* A header's value, trimmed; empty when absent.  name in any case. */
struct slice request_header(const struct request *r, const char *name);

/*
 * A query parameter, percent-decoded ('+' is a space); false when absent.
 * nth counts repetitions from 0.
 */
bool request_query(struct request *r, const char *name, unsigned nth,
    struct slice *out);

/*
 * The body as JSON; an empty body counts as {}.  On malformed JSON, or when
 * the value is no object, answers 400 in the dialect's shape and returns
 * NULL: the handler just returns.
 */
const struct json_node *request_json(struct request *r);

/*
 * Start the answer's body: an empty JSON writer shared by all requests, so
 * write it and send it without returning in between.
 */
struct jsonw *request_body(struct request *r);

/* Add a header to the answer being built ("Allow", "GET, POST"). */
void request_add_header(struct request *r, const char *name, const char *value);

/* Answer with what was written to request_body(), as application/json. */
void request_send(struct request *r, int status);

/* Answer with these bytes (copied) of this type; type NULL: no body at all. */
void request_send_bytes(struct request *r, int status, const char *type,
    struct slice bytes);

/*
 * Answer with an error in the shape of the path's dialect.  field names the
 * member at fault ("logs.3.level", "detail" where there is none).
 */
void request_error(struct request *r, int status, const char *field,
    const char *fmt, ...) __attribute__((format(printf, 4, 5)));

/* The answer comes later; from now on the request is the command's. */
void request_defer(struct request *r);

/*
 * The turn that carried this deferred request has ended: rc 0 releases its
 * answer; otherwise the answer is replaced by 503, or 507 when rc is ENOSPC.
 * The request is gone afterwards.
 */
void request_settle(struct request *r, int rc);

/*
 * Call fn(arg) if the client hangs up while the request is deferred (long
 * polls).  A client that only ends its sending is heard the same, and still
 * gets the answer.  fn may answer and settle.  NULL takes it back.
 */
void request_on_hangup(struct request *r, void (*fn)(void *), void *arg);

/*
 * Take the socket out of http/: returns the descriptor, non-blocking, the
 * caller's to close.  Nothing was sent on it for this request.  The request
 * is gone at the end of the turn.
 */
int request_take_socket(struct request *r);

#endif
