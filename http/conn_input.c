/*
 * What a connection is sent: bytes to messages, and messages to requests, one
 * after the other, or as a pipeline.  Neighbours: conn.c reads and writes the
 * socket, strict.c finds where a message ends, dispatch.c has it handled.
 */
#include <stdlib.h>

#include "core/mem.h"
#include "http/conn_impl.h"
#include "http/dispatch.h"
#include "http/reply.h"
#include "http/route.h"

#define REQUESTS_PER_TURN 32	     /* of one connection: others wait */
#define PIPELINE_MAX 32		     /* likewise, that are out together */
#define OUT_MAX ((size_t)256 * 1024) /* then answers must go out first */

/* Forget what waits. */
void
conn_input_drop(struct conn *c)
{
	if (c->pending != NULL) {
		c->http->pending_bytes -= c->pending->in.len;
		buf_free(&c->pending->in);
	}
	free(c->pending);
	c->pending = NULL;
}

/* Keep bytes for later. */
static void
hold(struct conn *c, const char *p, size_t n)
{
	buf_add(&c->pending->in, p, n);
	c->http->pending_bytes += n;
}

/* True when the next message may be taken. */
bool
conn_input_ready(const struct conn *c)
{
	return !c->dead && !c->closing && !c->stuck && c->req == NULL &&
	    c->npipelined < PIPELINE_MAX &&
	    (c->last == NULL || !c->last->close) &&
	    c->out.len - c->sent < OUT_MAX;
}

/* Answer a message that cannot be taken, and end the connection. */
static void
refuse(struct conn *c, const struct strict *s, const char *p, size_t n)
{
	struct exchange *ex = exchange_refused(c->http, c, s, p, n);

	c->req = ex;
	c->linger = true;
	dispatch_refusal(ex, s->status, s->why);
	conn_release(c, NULL, true);
	exchange_free(ex);
}

/* The request that is out joins the pipeline; the next may be taken. */
static void
pipeline_join(struct conn *c)
{
	struct exchange *ex = c->req;

	if (c->last != NULL)
		c->last->behind = ex;
	else
		c->pipeline = ex;
	c->last = ex;
	c->npipelined++;
	c->req = NULL;
}

/* Take a complete message: make a request of it and have it handled. */
static void
take(struct conn *c, struct strict *s, const char *p)
{
	struct exchange *ex = exchange_new(c->http, c, s, p);

	c->fresh = true;
	c->continued = false;
	c->http->parsed++;
	if (ex == NULL) {
		s->status = 400;
		s->why = "malformed request";
		refuse(c, s, p, s->at);
		return;
	}
	c->req = ex;
	dispatch_request(ex);
	/* It may be settled, or its socket taken, by now. */
	if (c->req != ex)
		return;
	if (ex->state == EXCHANGE_ANSWERED) {
		conn_release(c, NULL, ex->close);
		exchange_free(ex);
	} else if ((ex->r.route->flags & ROUTE_PIPELINE) != 0) {
		pipeline_join(c);
	} else if (c->eof) {
		conn_hang_up(ex);
	}
}

/* Ask for the body, once, when the client waits to be asked. */
static void
ask_for_body(struct conn *c, const struct strict *s, size_t n)
{
	if (s->head == 0 || !s->expect || c->continued || c->pipeline != NULL)
		return;
	c->continued = true;
	if (n > s->head)
		return;
	reply_continue(&c->out);
	conn_mark_dirty(c);
}

/* True when what was read of a message waits for the pipeline to have gone. */
static bool
is_held_up(const struct conn *c, enum strict_verdict v, const struct strict *s,
    const char *p)
{
	return c->pipeline != NULL &&
	    (v == STRICT_REFUSED ||
		(v == STRICT_DONE &&
		    !route_may_pipeline(s->method,
			(struct slice){p + s->target, s->target_len})));
}

/*
 * Take the complete messages among the n bytes at p; *s tells how far the
 * first was read before, and afterwards how far the last was.  Returns the
 * number of bytes that are done with.
 */
static size_t
feed(struct conn *c, const char *p, size_t n, struct strict *s)
{
	const struct http_limits *l = &c->http->limits;
	size_t used = 0;
	unsigned left = REQUESTS_PER_TURN;
	enum strict_verdict v;

	c->hungry = false;
	while (used < n && conn_input_ready(c) && left-- > 0) {
		v = strict_scan(s, l, p + used, n - used);
		if (is_held_up(c, v, s, p + used)) {
			*s = (struct strict){0};
			return used;
		}
		switch (v) {
		case STRICT_MORE:
			ask_for_body(c, s, n - used);
			return used;
		case STRICT_REFUSED:
			refuse(c, s, p + used, n - used);
			return n;
		case STRICT_DONE:
			take(c, s, p + used);
			used += s->at;
			*s = (struct strict){0};
		}
	}
	c->linger = c->linger || (used < n && c->closing);
	c->hungry = used < n && !c->closing && c->req == NULL;
	if (c->hungry)
		conn_mark_dirty(c);
	return used;
}

/* Take what waits. */
void
conn_input_go_on(struct conn *c)
{
	struct pending *w = c->pending;

	if (w == NULL || !conn_input_ready(c))
		return;
	w->off += feed(c, w->in.p + w->off, w->in.len - w->off, &w->scan);
	if (w->off == w->in.len || c->closing) {
		conn_input_drop(c);
	} else if (w->off >= w->in.len / 2) {
		c->http->pending_bytes -= w->off;
		buf_drop(&w->in, w->off);
		w->off = 0;
	}
}

/* Bytes that wait, and whether they begin a message. */
size_t
conn_input_waiting(const struct conn *c)
{
	return c->pending != NULL ? c->pending->in.len - c->pending->off : 0;
}

/* Refuse the message that waits, for it will not be completed. */
void
conn_input_refuse(struct conn *c, int status, const char *why)
{
	struct pending *w = c->pending;
	struct strict s = w->scan;

	s.status = status;
	s.why = why;
	strict_peek(&s, w->in.p + w->off, conn_input_waiting(c));
	refuse(c, &s, w->in.p + w->off, conn_input_waiting(c));
}

/*
 * Unfinished requests of all connections share a bound, for nobody has shown
 * a key yet, and so do those that wait for an answer: whoever crosses it with
 * a request under way is turned down.
 */
static void
bound_pending(struct conn *c)
{
	const struct http *h = c->http;

	if (c->pending == NULL || !conn_input_ready(c) || c->pipeline != NULL ||
	    h->pending_bytes <= h->limits.pending_bytes ||
	    strict_blank(&c->pending->scan))
		return;
	conn_input_refuse(c, 503, "too many requests are being received");
	conn_input_drop(c);
}

/* Take what was just read into the scratch buffer; keep the rest. */
void
conn_input_read(struct conn *c, size_t n)
{
	const char *p = c->http->scratch;
	struct strict s = {0};
	size_t used;

	if (c->pending != NULL) {
		hold(c, p, n);
		conn_input_go_on(c);
		bound_pending(c);
		return;
	}
	used = feed(c, p, n, &s);
	if (used < n && !c->closing && !c->dead) {
		c->pending = mem_zalloc(sizeof(*c->pending));
		c->pending->scan = s;
		hold(c, p + used, n - used);
		bound_pending(c);
	}
}

/* The client sends no more and all it sent is taken: what remains is cut. */
void
conn_input_end(struct conn *c)
{
	if (c->pending != NULL && !strict_blank(&c->pending->scan))
		conn_input_refuse(c, 400, "the request ended early");
	else
		c->closing = true;
}

/* Refuse whatever will be asked. */
void
conn_input_turn_away(struct conn *c)
{
	struct strict s = {.status = 503, .why = "too many connections"};

	refuse(c, &s, NULL, 0);
}
