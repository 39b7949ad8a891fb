/*
 * One request, from its last byte to its answer.
 *
 * A handler does one of four things before it returns:
 *   - answers: writes a body through request_body() and calls
 *     request_send() (or request_error());
 *   - defers: hands the request to a command and calls request_defer().
 *     The command answers inside the engine's turn; that answer is held back
 *     until request_settle() says the turn is on disk;
 *   - streams: request_stream() begins an answer whose body is made while it
 *     is sent;
 *   - gives the socket away: request_take_socket(), for Server-Sent Events.
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
 * True when nobody is left to answer, as far as the socket tells now: what
 * was not sent yet would be lost.  A client that has ended its sending counts
 * as gone, since it looks the same.
 */
bool request_is_gone(const struct request *r);

/*
 * The other end of an answer that is streamed.
 */
struct request_flow {
	/*
	 * The socket has taken all there was: add more, end it, or do neither
	 * and add when there is something.  Called at a turn's end, behind the
	 * engine's.  NULL: it is never asked for.
	 */
	void (*more)(void *arg);
	/*
	 * The client has gone, or reads nothing for too long, or the server
	 * ends: the request is no more.  Called at any time but from within
	 * request_stream...(); a command submitted here is the next turn's.
	 * A client that only ends its sending has gone once it was sent all
	 * there is.
	 */
	void (*gone)(void *arg);
	void *arg;
};

/*
 * Answer 200 with a body of that type whose length nobody knows: chunked, or,
 * for HTTP/1.0, up to the connection's end.  From then on and until it is
 * ended or gone, the request is the caller's handle of the answer, and what
 * the client sends next waits.  False for HEAD: it is answered, and flow is
 * not used.
 *
 * Nothing is held but what was added and the socket has not taken.  Who adds
 * only when asked for more holds no more than what is added at a time, however
 * slowly the client reads; the server closes on one that reads nothing for as
 * long as a body may take to arrive.
 */
bool request_stream(struct request *r, const char *type,
    const struct request_flow *flow);

/* Add bytes (copied), at any time of a turn; they are sent at its end. */
void request_stream_add(struct request *r, struct slice bytes);

/* How many bytes were added that the socket has not taken. */
size_t request_stream_unsent(const struct request *r);

/*
 * End the body.  The request is gone afterwards; what was added is still
 * sent.  whole: false cuts it short, so that the client knows of it (one of
 * HTTP/1.0 cannot).
 */
void request_stream_end(struct request *r, bool whole);

/*
 * Take the socket out of http/: returns the descriptor, non-blocking, the
 * caller's to close.  Nothing was sent on it for this request.  The request
 * is gone at the end of the turn.
 */
int request_take_socket(struct request *r);

#endif
