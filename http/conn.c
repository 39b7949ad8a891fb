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
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/mem.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/conn_impl.h"

#define WAITING_MAX ((size_t)64 * 1024) /* read behind a request that is out */
#define GATHERED_MAX (4u << 20)		/* bytes of requests in one turn */
#define LINGER_MAX ((size_t)8 * 1024 * 1024)
#define LINGER_MS 2000
#define UNSENT_FOLD 4 /* of the requests' bound: that of unsent answers */

/* What a deadline is for. */
enum limit {
	LIMIT_NONE,
	LIMIT_IDLE,
	LIMIT_HEAD,
	LIMIT_BODY,
	LIMIT_WRITE,
	LIMIT_LINGER
};

/* ---- life and death ---- */

/* Have turn() look at c at the turn's end. */
void
conn_mark_dirty(struct conn *c)
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
void
conn_hang_up(struct exchange *ex)
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
		conn_hang_up(ex);
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
	bool full = conn_input_waiting(c) >= WAITING_MAX && (out || c->hungry);

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
		conn_mark_dirty(c);
		conn_hang_up(c->req);
	} else if (c->closing) {
		c->lingered += (size_t)n;
		if (c->lingered > LINGER_MAX)
			cut(c);
	} else {
		conn_input_read(c, (size_t)n);
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
	conn_input_drop(c);
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
			conn_mark_dirty(c);
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
		conn_input_refuse(c, 408, "the request headers took too long");
	else if (c->limit == LIMIT_BODY)
		conn_input_refuse(c, 408, "the request body took too long");
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
			conn_mark_dirty(c);
	} else if (c->eof && c->req == ex) {
		cut(c);
	}
}

/* One connection's part of the turn's end. */
static void
turn(struct conn *c)
{
	conn_input_go_on(c);
	if (c->eof && conn_input_ready(c) && !c->hungry && c->pipeline == NULL)
		conn_input_end(c);
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
	if (c->hungry && conn_input_ready(c))
		conn_mark_dirty(c);
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

	c->turned = true;
	h->nturned++;
	conn_input_turn_away(c);
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
	if (answer != NULL && conn_input_waiting(c) > 0 && c->closing)
		c->linger = true;
	conn_mark_dirty(c);
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
		conn_input_drop(c);
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
