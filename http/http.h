/*
 * The HTTP server: listener, connections, limits.  It parses bytes into
 * requests (http/request.h), finds the row of the route table
 * (http/route.h), checks the key (http/auth.h) and calls the row's function.
 *
 * Nothing is written to a socket before http_turn_end(): a turn's answers
 * leave in one write per connection, after the engine has committed.
 */
#ifndef HTTP_HTTP_H
#define HTTP_HTTP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct app;
struct event_base;
struct http;

/* Every limit has a flag of the same name and a clear answer (in brackets). */
struct http_limits {
	size_t header_bytes;	      /* request line and headers [431] */
	size_t target_bytes;	      /* [414] */
	size_t body_bytes;	      /* [413] */
	size_t pending_bytes;	      /* of all unanswered requests [503] */
	unsigned header_timeout_ms;   /* for the whole header [408] */
	unsigned body_timeout_ms;     /* for the whole body [408] */
	unsigned idle_timeout_ms;     /* between requests; closes silently */
	unsigned connections;	      /* [503 with Retry-After] */
	unsigned requests_per_minute; /* per key; 0 is unlimited [429] */
};

/* The defaults: 16 KiB, 8 KiB, 1 MiB, 10 s, 60 s, 75 s, 16384, 0. */
void http_limits_init(struct http_limits *l);

/* Borrows base and app for its whole life. */
struct http *http_new(struct event_base *base, struct app *app,
    const struct http_limits *l);

/*
 * Closes every connection and the listener (NULL is fine).  Who waits in
 * request_on_hangup() is told; requests that are still deferred after that
 * are freed, so their commands must not settle them any more.
 */
void http_free(struct http *h);

/*
 * Listen on host ("127.0.0.1", "::1", "0.0.0.0") and port (0 picks one).
 * Returns the port, or -1 with a cause in err (owned by caller, errlen).
 */
int http_listen(struct http *h, const char *host, unsigned port, char *err,
    size_t errlen);

/*
 * The end of a turn: write what is released, parse pipelined requests that
 * waited behind an answer, free the dead.  Returns true when requests were
 * parsed meanwhile, so that the loop must not sleep.
 */
bool http_turn_end(struct http *h);

/*
 * Stop accepting, close idle connections, let the others finish with
 * "Connection: close".  http_idle() tells when no connection is left.
 */
void http_drain(struct http *h);
bool http_idle(const struct http *h);

/* Open connections now. */
unsigned http_connections(const struct http *h);

/* The app given to http_new(). */
struct app *http_app(struct http *h);

#endif
