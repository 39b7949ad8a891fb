/*
 * Connections.  Events of the loop come in at on_event(), deadlines at
 * conn_expired(), answers at conn_release(); what they leave to be done is
 * done once, at the turn's end, in turn().  A connection that ends is marked
 * dead and freed there, so every function may still look at it.
 */
#include "http/conn.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "engine/wheel.h"
#include "http/app.h"
#include "http/dispatch.h"
#include "http/exchange.h"
#include "http/reply.h"
#include "http/route.h"
#include "http/server.h"
#include "http/strict.h"

#define REQUESTS_PER_TURN 32		/* of one connection: others wait */
#define PIPELINE_MAX 32			/* likewise, that are out together */
#define WAITING_MAX ((size_t)64 * 1024) /* read behind a request that is out */
#define OUT_MAX ((size_t)256 * 1024)	/* then answers must go out first */
#define GATHERED_MAX (4u << 20)		/* bytes of requests in one turn */
#define LINGER_MAX ((size_t)8 * 1024 * 1024)
#define LINGER_MS 2000
#define UNSENT_FOLD 4 /* of the requests' bound: that of unsent answers */

/* What was read and is not a whole message yet, or waits for its turn. */
struct pending {
	struct buf in;
	size_t off; /* of the first message */
	struct strict scan;
};

/* What a deadline is for. */
enum limit {
	LIMIT_NONE,
	LIMIT_IDLE,
	LIMIT_HEAD,
	LIMIT_BODY,
	LIMIT_WRITE,
	LIMIT_LINGER
};

struct conn {
	struct event event;
	struct wheel_node deadline;
	struct http *http;
	struct conn *next, **at; /* of all that are open, or the dead */
	struct conn *next_dirty;
	struct exchange *req;		  /* the one that is out */
	struct exchange *pipeline, *last; /* or those that are out together */
	struct pending *pending;
	struct buf out;
	size_t sent;   /* of out */
	size_t unsent; /* counted in http->unsent_bytes */
	size_t lingered;
	struct uuid peer;
	int fd;
	unsigned char npipelined;
	unsigned char watched; /* EV_READ, EV_WRITE or 0 */
	unsigned char limit;   /* enum limit */
	bool dirty : 1;
	bool dead : 1;
	bool hungry : 1;    /* had its share of this turn; more is waiting */
	bool stuck : 1;	    /* the socket takes no more for now */
	bool eof : 1;	    /* the client sends no more */
	bool closing : 1;   /* the last answer is in out */
	bool linger : 1;    /* unread bytes: closing at once would lose it */
	bool lingering : 1; /* all is sent; reading until the client is done */
	bool fresh : 1;	    /* a message was taken since the deadline was set */
	bool continued : 1; /* 100 was answered to the message being read */
	bool turned : 1;    /* there was no room for it */
};

/* ---- life and death ---- */

/* Have turn() look at c at the turn's end. */
static void
mark_dirty(struct conn *c)
{
	if (c->dirty || c->dead)
		return;
	c->dirty = true;
	c->next_dirty = c->http->dirty;
	c->http->dirty = c;
}

/* Take the first from the pipeline, and tell what came behind it. */
static struct exchange *
pipeline_next(struct conn *c)
{
	struct exchange *ex = c->pipeline;

	c->pipeline = ex->behind;
	if (c->pipeline == NULL)
		c->last = NULL;
	c->npipelined--;
	return ex;
}

/* Let go of the pipeline: those that are answered already, nobody else will. */
static void
pipeline_leave(struct conn *c)
{
	struct exchange *ex;

	while (c->pipeline != NULL) {
		ex = pipeline_next(c);
		ex->r.conn = NULL;
		if (ex->waits)
			exchange_bury(ex);
	}
}

/* Note how much of its answers a client has not taken. */
static void
count_unsent(struct conn *c, size_t n)
{
	c->http->unsent_bytes += n - c->unsent;
	c->unsent = n;
}

/* Take c out of everything but the dirty list, and bury it. */
static void
detach(struct conn *c)
{
	struct http *h = c->http;

	if (c->watched != 0)
		event_del(&c->event);
	wheel_clear(h->wheel, &c->deadline);
	*c->at = c->next;
	if (c->next != NULL)
		c->next->at = c->at;
	h->nconns--;
	h->nturned -= c->turned;
	count_unsent(c, 0);
	c->dead = true;
	c->next = h->dead;
	h->dead = c;
	if (c->req != NULL)
		c->req->r.conn = NULL;
	pipeline_leave(c);
}

/* Tell who waits on the request that is out, once, that nobody listens. */
static void
hang_up(struct exchange *ex)
{
	void (*fn)(void *) = ex != NULL ? ex->hangup : NULL;

	if (fn == NULL || ex->state != EXCHANGE_DEFERRED)
		return;
	ex->hangup = NULL;
	fn(ex->hangup_arg);
}

/* True while the answer to the request that is out is made. */
static bool
is_streaming(const struct conn *c)
{
	return c->req != NULL && c->req->state == EXCHANGE_STREAMING;
}

/* Tell who streams an answer that it is over. */
static void
forsake(struct exchange *ex)
{
	ex->state = EXCHANGE_SETTLED;
	exchange_bury(ex);
	ex->flow.gone(ex->flow.arg);
}

/* Close the socket.  A request that is out lives on until it is settled. */
static void
cut(struct conn *c)
{
	struct exchange *ex = c->req;
	bool streaming = is_streaming(c);

	if (c->dead)
		return;
	detach(c);
	close(c->fd);
	c->req = NULL;
	if (streaming)
		forsake(ex);
	else
		hang_up(ex);
}

/* Forget what waits. */
static void
drop_pending(struct conn *c)
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

/* ---- taking messages ---- */

/* True when the next message may be taken. */
static bool
ready(const struct conn *c)
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
		hang_up(ex);
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
	mark_dirty(c);
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
	while (used < n && ready(c) && left-- > 0) {
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
		mark_dirty(c);
	return used;
}

/* Take what waits. */
static void
feed_pending(struct conn *c)
{
	struct pending *w = c->pending;

	if (w == NULL || !ready(c))
		return;
	w->off += feed(c, w->in.p + w->off, w->in.len - w->off, &w->scan);
	if (w->off == w->in.len || c->closing) {
		drop_pending(c);
	} else if (w->off >= w->in.len / 2) {
		c->http->pending_bytes -= w->off;
		buf_drop(&w->in, w->off);
		w->off = 0;
	}
}

/* Bytes that wait, and whether they begin a message. */
static size_t
waiting(const struct conn *c)
{
	return c->pending != NULL ? c->pending->in.len - c->pending->off : 0;
}

/* Refuse the message that waits, for it will not be completed. */
static void
refuse_pending(struct conn *c, int status, const char *why)
{
	struct pending *w = c->pending;
	struct strict s = w->scan;

	s.status = status;
	s.why = why;
	strict_peek(&s, w->in.p + w->off, waiting(c));
	refuse(c, &s, w->in.p + w->off, waiting(c));
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

	if (c->pending == NULL || !ready(c) || c->pipeline != NULL ||
	    h->pending_bytes <= h->limits.pending_bytes ||
	    strict_blank(&c->pending->scan))
		return;
	refuse_pending(c, 503, "too many requests are being received");
	drop_pending(c);
}

/* Take what was just read into the scratch buffer; keep the rest. */
static void
feed_scratch(struct conn *c, size_t n)
{
	const char *p = c->http->scratch;
	struct strict s = {0};
	size_t used;

	if (c->pending != NULL) {
		hold(c, p, n);
		feed_pending(c);
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
static void
end_input(struct conn *c)
{
	if (c->pending != NULL && !strict_blank(&c->pending->scan))
		refuse_pending(c, 400, "the request ended early");
	else
		c->closing = true;
}

/* ---- events and deadlines ---- */

static void on_event(evutil_socket_t fd, short what, void *arg);

/* Watch the socket for EV_READ, EV_WRITE or nothing, and only change that. */
static void
watch(struct conn *c, short what)
{
	if (c->watched == what)
		return;
	if (c->watched != 0)
		event_del(&c->event);
	c->watched = (unsigned char)what;
	if (what == 0)
		return;
	event_assign(&c->event, c->http->base, c->fd,
	    (short)(what | EV_PERSIST), on_event, c);
	if (event_add(&c->event, NULL) != 0) {
		c->watched = 0;
		cut(c);
	}
}

/* What to watch for.  A socket that is not read is not watched: no spin. */
static short
wanted(const struct conn *c)
{
	bool out = c->req != NULL || c->pipeline != NULL;
	bool full = waiting(c) >= WAITING_MAX && (out || c->hungry);

	if (c->stuck)
		return EV_WRITE;
	return c->eof || full ? 0 : EV_READ;
}

/* What the client has to hurry with. */
static enum limit
current_limit(const struct conn *c)
{
	if (c->lingering)
		return LIMIT_LINGER;
	if (c->stuck)
		return LIMIT_WRITE;
	if (c->req != NULL || c->pipeline != NULL)
		return LIMIT_NONE;
	if (c->pending == NULL || strict_blank(&c->pending->scan))
		return LIMIT_IDLE;
	return c->pending->scan.head > 0 ? LIMIT_BODY : LIMIT_HEAD;
}

/* How long it has for that. */
static int64_t
limit_ms(const struct http_limits *l, enum limit limit)
{
	switch (limit) {
	case LIMIT_IDLE:
		return l->idle_timeout_ms;
	case LIMIT_HEAD:
		return l->header_timeout_ms;
	case LIMIT_LINGER:
		return LINGER_MS;
	default:
		return l->body_timeout_ms;
	}
}

/*
 * Settle down until the next event: watch for the right one, with the right
 * deadline.  A head or body has one for all of it, however it trickles in.
 */
static void
rest(struct conn *c)
{
	struct http *h = c->http;
	enum limit limit = current_limit(c);

	if (!c->dead)
		watch(c, wanted(c));
	if (c->dead || (limit == c->limit && !c->fresh))
		return;
	c->limit = (unsigned char)limit;
	c->fresh = false;
	if (limit == LIMIT_NONE)
		wheel_clear(h->wheel, &c->deadline);
	else
		wheel_set(h->wheel, &c->deadline, wheel_clock_coarse(),
		    limit_ms(&h->limits, limit));
}

/* As much is gathered as a turn should: whoever sends more waits for it. */
static bool
is_turn_full(const struct conn *c)
{
	const struct engine *e = http_app(c->http)->engine;

	return e != NULL && engine_pending_bytes(e) > GATHERED_MAX;
}

/* Read once: a client that sends much is read again next turn. */
static void
readable(struct conn *c)
{
	ssize_t n;

	if (is_turn_full(c))
		return;
	n = recv(c->fd, c->http->scratch, SERVER_SCRATCH, 0);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0 || (n == 0 && c->lingering)) {
		cut(c);
	} else if (n == 0) {
		c->eof = true;
		mark_dirty(c);
		hang_up(c->req);
	} else if (c->closing) {
		c->lingered += (size_t)n;
		if (c->lingered > LINGER_MAX)
			cut(c);
	} else {
		feed_scratch(c, (size_t)n);
	}
}

/*
 * What clients are slow to take is bounded: whoever is slow while the others
 * hold that much is cut off.
 */
static void
bound_unsent(struct conn *c)
{
	const struct http *h = c->http;

	count_unsent(c, c->out.len - c->sent);
	if (c->stuck &&
	    (h->unsent_bytes - c->unsent) / UNSENT_FOLD >
		h->limits.pending_bytes)
		cut(c);
}

/*
 * Send what there is.  Progress renews the deadline of a client that reads
 * slowly; one that reads nothing is closed.
 */
static void
flush(struct conn *c)
{
	size_t left = c->out.len - c->sent;
	ssize_t n;

	if (left == 0)
		return;
	n = send(c->fd, c->out.p + c->sent, left, MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR) {
		cut(c);
		return;
	}
	c->fresh = c->fresh || n > 0;
	c->stuck = n < (ssize_t)left;
	c->sent += (size_t)(n > 0 ? n : 0);
	if (!c->stuck) {
		buf_free(&c->out);
		c->sent = 0;
	}
	bound_unsent(c);
}

/*
 * All is said.  Closing while bytes are unread would reset the connection
 * and could take the answer with it, so the client is first shown the end,
 * and listened to until it has seen it.
 */
static void
farewell(struct conn *c)
{
	drop_pending(c);
	if (!c->linger || c->eof || shutdown(c->fd, SHUT_WR) != 0)
		cut(c);
	else
		c->lingering = true;
}

/* An event of the socket. */
static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct conn *c = arg;

	(void)fd;
	if ((what & EV_WRITE) != 0) {
		flush(c);
		if (!c->stuck)
			mark_dirty(c);
	} else {
		readable(c);
	}
	if (!c->dirty)
		rest(c);
}

/*
 * A deadline has passed: say so where the client may still be waiting.  When
 * what it was for has come after all, in this same turn, rest() sets another.
 */
void
conn_expired(struct wheel_node *node, void *http)
{
	struct conn *c = (struct conn *)(uintptr_t)((char *)node -
	    offsetof(struct conn, deadline));

	(void)http;
	c->fresh = true;
	if (c->dirty)
		return;
	if (c->limit == LIMIT_HEAD)
		refuse_pending(c, 408, "the request headers took too long");
	else if (c->limit == LIMIT_BODY)
		refuse_pending(c, 408, "the request body took too long");
	else
		cut(c);
}

/*
 * All there was of a streamed answer is sent: ask for more, and send that, too.
 * What comes after it waits for the next turn, so that others have theirs.
 */
static void
refill(struct conn *c)
{
	struct exchange *ex = c->req;

	if (ex->flow.more != NULL)
		ex->flow.more(ex->flow.arg);
	if (c->out.len > 0) {
		flush(c);
		if (!c->dead && !c->stuck)
			mark_dirty(c);
	} else if (c->eof && c->req == ex) {
		cut(c);
	}
}

/* One connection's part of the turn's end. */
static void
turn(struct conn *c)
{
	feed_pending(c);
	if (c->eof && ready(c) && !c->hungry && c->pipeline == NULL)
		end_input(c);
	if (!c->dead && !c->stuck)
		flush(c);
	if (!c->dead && c->out.len == 0 && is_streaming(c))
		refill(c);
	if (c->dead)
		return;
	if (c->http->draining && current_limit(c) == LIMIT_IDLE)
		c->closing = true;
	if (c->closing && !c->stuck && !c->lingering)
		farewell(c);
	/* More waits, and there is room for its answers again. */
	if (c->hungry && ready(c))
		mark_dirty(c);
	rest(c);
}

/* ---- what the rest of http/ calls ---- */

/* Make a connection of a socket. */
static struct conn *
make(struct http *h, int fd)
{
	struct conn *c = mem_zalloc(sizeof(*c));

	c->http = h;
	c->fd = fd;
	c->next = h->conns;
	c->at = &h->conns;
	if (c->next != NULL)
		c->next->at = &c->next;
	h->conns = c;
	h->nconns++;
	return c;
}

/* Note who is at the other end. */
static void
set_peer(struct conn *c, const struct sockaddr_storage *peer)
{
	const struct sockaddr_in *v4 = (const struct sockaddr_in *)peer;
	const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)peer;

	if (peer->ss_family == AF_INET) {
		memcpy(c->peer.b + 10, "\xff\xff", 2);
		memcpy(c->peer.b + 12, &v4->sin_addr, 4);
	} else if (peer->ss_family == AF_INET6) {
		memcpy(c->peer.b, &v6->sin6_addr,
		    IN6_IS_ADDR_V4MAPPED(&v6->sin6_addr) ? 16 : 8);
	}
}

/* Begin to serve a socket. */
void
conn_open(struct http *h, int fd, const struct sockaddr_storage *peer)
{
	struct conn *c = make(h, fd);

	set_peer(c, peer);
	rest(c);
}

/* Answer 503 whatever is asked. */
void
conn_turn_away(struct http *h, int fd)
{
	struct conn *c = make(h, fd);
	struct strict s = {.status = 503, .why = "too many connections"};

	c->turned = true;
	h->nturned++;
	refuse(c, &s, NULL, 0);
}

/* Where answers are written. */
struct buf *
conn_out(struct conn *c)
{
	return c->pipeline == NULL ? &c->out : NULL;
}

/* Put an answer behind those that are there. */
static void
add_answer(struct conn *c, struct buf *answer, bool last)
{
	if (answer != NULL && c->out.len == 0) {
		buf_free(&c->out);
		c->out = *answer;
		*answer = (struct buf){0};
	} else if (answer != NULL) {
		buf_add(&c->out, answer->p, answer->len);
	}
	c->closing = c->closing || last;
}

/* The request that was out is answered, and who waited for it. */
void
conn_release(struct conn *c, struct buf *answer, bool last)
{
	struct exchange *ex;

	add_answer(c, answer, last);
	if (c->req == NULL)
		pipeline_next(c);
	c->req = NULL;
	while (c->pipeline != NULL && c->pipeline->waits) {
		ex = pipeline_next(c);
		add_answer(c, &ex->held, ex->close);
		exchange_bury(ex);
	}
	c->fresh = true;
	if (answer != NULL && waiting(c) > 0 && c->closing)
		c->linger = true;
	mark_dirty(c);
}

/* Give the socket away. */
int
conn_take(struct conn *c)
{
	size_t left = c->out.len - c->sent;

	if (left > 0 &&
	    send(c->fd, c->out.p + c->sent, left, MSG_NOSIGNAL) !=
		(ssize_t)left)
		shutdown(c->fd, SHUT_RDWR);
	detach(c);
	c->req = NULL;
	return c->fd;
}

/* Send what was written at the turn's end. */
void
conn_wrote(struct conn *c)
{
	mark_dirty(c);
}

/* Count what was not sent. */
size_t
conn_unsent(const struct conn *c)
{
	return c->out.len - c->sent;
}

/* Look at the socket, and take nothing from it. */
bool
conn_is_gone(const struct conn *c)
{
	char byte;
	ssize_t n;

	if (c->dead || c->eof)
		return true;
	n = recv(c->fd, &byte, 1, MSG_PEEK | MSG_DONTWAIT);
	return n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR);
}

/* Who is there. */
const struct uuid *
conn_peer(const struct conn *c)
{
	return &c->peer;
}

/* Free the dead.  The dirty list may still hold some that died on it. */
static void
free_dead(struct http *h)
{
	struct conn **at = &h->dirty, *c;

	while ((c = *at) != NULL) {
		if (c->dead)
			*at = c->next_dirty;
		else
			at = &c->next_dirty;
	}
	while ((c = h->dead) != NULL) {
		h->dead = c->next;
		drop_pending(c);
		buf_free(&c->out);
		free(c);
	}
}

/* Work through the dirty; what they leave for the next turn is a new list. */
void
conn_turn_end(struct http *h)
{
	struct conn *c, *next = h->dirty;

	h->dirty = NULL;
	while ((c = next) != NULL) {
		next = c->next_dirty;
		c->dirty = false;
		if (!c->dead)
			turn(c);
	}
	free_dead(h);
}

/* Close those that wait for a request. */
void
conn_close_idle(struct http *h)
{
	struct conn *c, *next;

	for (c = h->conns; c != NULL; c = next) {
		next = c->next;
		if (c->limit == LIMIT_IDLE && !c->dirty)
			cut(c);
	}
}

/* Close every one. */
void
conn_close_all(struct http *h)
{
	while (h->conns != NULL)
		cut(h->conns);
	free_dead(h);
}

/* Tell the size. */
size_t
conn_size(void)
{
	return sizeof(struct conn);
}
