/*
 * Sockets.  Callbacks of the loop only note what happened; all sending is
 * done by subscriber_run(), at the end of a turn, and all freeing by
 * subscriber_reap(), behind it.  Neighbours: gather.c says which bytes follow
 * a cursor, control.c writes what is no event, sse.c owns the queues.
 */
#include "sse/subscriber.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>

#include <event2/event.h>
#include <event2/event_struct.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include "core/log.h"
#include "core/mem.h"

#include "sse/blob.h"
#include "sse/control.h"
#include "sse/owner.h"
#include "sse/snapshot.h"

#define SEND_BUFFER 16384 /* what a reader that stops can pin in the kernel */
#define USER_TIMEOUT_MS 30000 /* unacknowledged: the peer has vanished */
#define STRAY_BYTES 1024      /* that a client may send; it has no reason to */
#define VISIT_EVENTS 8	      /* read from the journal, cost like a visit */
#define SKIPPED_MAX 1000      /* events not for it, before it is sent an id */

enum state { BORN, LIVE, RUNNING, BLOCKED, DEAD };

struct subscriber {
	/* what a delivery looks at, on one cache line */
	TAILQ_ENTRY(subscriber) queue; /* RUNNING: run, DEAD: dead */
	LIST_ENTRY(subscriber) member; /* of the view */
	struct view *view;
	uint64_t cursor;     /* all up to here is sent, or not for it */
	int64_t progress_at; /* monotonic: bytes were taken, or asked to be */
	uint32_t offset;     /* bytes sent of the frame of seq cursor + 1 */
	uint8_t state;	     /* enum state */
	bool fresh;	     /* nothing was sent yet */
	bool leaving;	     /* its time is over */
	bool closing;	     /* to be closed once rest is sent */
	union {
		struct blob *rest;	/* to be sent first, from rest_at on */
		const char *gap_reason; /* while fresh */
	};
	uint64_t id; /* the last one it was sent */
	struct event event;
	struct wheel_node due;
	struct sse *sse;
	uint64_t owner;	  /* 0: nobody's */
	int64_t leave_at; /* monotonic; 0: never */
	uint32_t rest_at;
	uint16_t stray; /* bytes the client sent */
	uint8_t from;	/* enum sse_from, while fresh */
};

/* The memory of one. */
size_t
subscriber_size(void)
{
	return sizeof(struct subscriber);
}

static int
fd_of(const struct subscriber *sub)
{
	return (int)sub->event.ev_fd;
}

/* The only function that assigns a state, and what hangs on it. */
static void
enter(struct sse *s, struct subscriber *sub, enum state state)
{
	if (sub->state == LIVE)
		sub->view->nlive--;
	if (sub->state == RUNNING)
		TAILQ_REMOVE(&s->run, sub, queue);
	sub->state = (uint8_t)state;
	if (state == LIVE)
		sub->view->nlive++;
	if (state == RUNNING)
		TAILQ_INSERT_TAIL(&s->run, sub, queue);
	if (state == DEAD)
		TAILQ_INSERT_TAIL(&s->dead, sub, queue);
}

/* It is over: no more events; closed and freed when the turn ends. */
static void
kill_it(struct sse *s, struct subscriber *sub, const char *why)
{
	if (sub->state == DEAD)
		return;
	log_debug("stream %d: closed at %llu: %s", fd_of(sub),
	    (unsigned long long)sub->cursor, why);
	event_del(&sub->event);
	wheel_clear(s->wheel, &sub->due);
	enter(s, sub, DEAD);
}

/* A live one runs; whatever lies before seq is not for it. */
static void
wake(struct sse *s, struct subscriber *sub, uint64_t seq)
{
	if (sub->cursor < seq - 1)
		sub->cursor = seq - 1;
	enter(s, sub, RUNNING);
}

/* Wake the view's live members. */
void
subscriber_wake(struct sse *s, struct view *v, uint64_t seq)
{
	struct subscriber *sub;

	for (sub = LIST_FIRST(&v->members); sub != NULL;
	     sub = LIST_NEXT(sub, member)) {
		if (sub->state != LIVE)
			continue;
		sub->progress_at = s->clock_ms;
		wake(s, sub, seq);
	}
}

/* ---- callbacks of the loop ---- */

/* What a client sends is thrown away, and soon resented. */
static void
read_stray(struct sse *s, struct subscriber *sub)
{
	char bytes[STRAY_BYTES];
	ssize_t n = recv(fd_of(sub), bytes, sizeof(bytes), MSG_DONTWAIT);

	if (n == 0)
		kill_it(s, sub, "the client left");
	else if (n < 0 && errno != EAGAIN && errno != EINTR)
		kill_it(s, sub, "the connection broke");
	else if (n > 0 && (sub->stray += (uint16_t)n) > STRAY_BYTES)
		kill_it(s, sub, "the client keeps sending");
}

static void on_event(evutil_socket_t fd, short what, void *arg);

/*
 * Listen for reading, and for room to write only while blocked.  The system
 * may have no room for one more: then it is over.
 */
static void
listen_for(struct subscriber *sub, int fd, short what)
{
	struct sse *s = sub->sse;

	INVARIANT(event_assign(&sub->event, s->base, fd, what | EV_PERSIST,
		      on_event, sub) == 0);
	if (event_add(&sub->event, NULL) != 0)
		kill_it(s, sub, "the event loop refuses it");
}

static void
on_event(evutil_socket_t fd, short what, void *arg)
{
	struct subscriber *sub = arg;
	struct sse *s = sub->sse;

	if ((what & EV_READ) != 0)
		read_stray(s, sub);
	if ((what & EV_WRITE) != 0 && sub->state == BLOCKED) {
		event_del(&sub->event);
		enter(s, sub, RUNNING);
		listen_for(sub, (int)fd, EV_READ);
	}
}

static void
block(struct sse *s, struct subscriber *sub)
{
	int fd = fd_of(sub);

	event_del(&sub->event);
	enter(s, sub, BLOCKED);
	listen_for(sub, fd, EV_READ | EV_WRITE);
}

/* ---- time ---- */

/* A quarter of the keep-alive time is chance, so that pings spread. */
static int64_t
keepalive_of(const struct sse *s, const struct subscriber *sub)
{
	int64_t ms = s->options.keepalive_ms;
	uint32_t chance = (uint32_t)fd_of(sub) * 2654435761u;

	return ms - (ms * (chance >> 16) >> 18);
}

/* When to look at it next. */
static void
arm(struct sse *s, struct subscriber *sub, int64_t now)
{
	int64_t at = sub->progress_at + keepalive_of(s, sub);
	int64_t stalled = sub->progress_at + s->options.stall_timeout_ms;

	if (sub->state == BLOCKED || (stalled < at && stalled > now))
		at = stalled;
	if (at <= now)
		at = now + keepalive_of(s, sub);
	if (sub->leave_at != 0 && !sub->leaving && sub->leave_at < at)
		at = sub->leave_at;
	wheel_set(s->wheel, &sub->due, now, at - now);
}

static struct subscriber *
of_node(struct wheel_node *n)
{
	return (struct subscriber *)(void *)((char *)n -
	    offsetof(struct subscriber, due));
}

/* Look at one: it stalls, it must leave, or it heard nothing for long. */
void
subscriber_due(struct wheel_node *n, void *arg)
{
	struct sse *s = arg;
	struct subscriber *sub = of_node(n);
	int64_t now = wheel_clock_coarse();
	int64_t silence = now - sub->progress_at;

	if (sub->state == BLOCKED && silence >= s->options.stall_timeout_ms) {
		kill_it(s, sub, "it stalls");
		return;
	}
	if (sub->leave_at != 0 && now >= sub->leave_at)
		sub->leaving = true;
	arm(s, sub, now);
	if (sub->state == LIVE &&
	    (sub->leaving || silence >= keepalive_of(s, sub)))
		wake(s, sub, tail_last(s->tail) + 1);
}

/* ---- sending ---- */

/* Account for what a send returned; gives how much was taken. */
static size_t
sent(struct sse *s, struct subscriber *sub, ssize_t n)
{
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		kill_it(s, sub, "the connection broke");
	if (n <= 0)
		return 0;
	sub->progress_at = s->clock_ms;
	s->bytes_left -= (size_t)n < s->bytes_left ? (size_t)n : s->bytes_left;
	return (size_t)n;
}

/* Send once; returns how much was taken.  A broken socket dies. */
static size_t
push(struct sse *s, struct subscriber *sub, struct slice bytes)
{
	return sent(s, sub,
	    send(fd_of(sub), bytes.p, bytes.n, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* Two at once. */
static size_t
push_both(struct sse *s, struct subscriber *sub, struct slice first,
    struct slice second)
{
	struct iovec iov[2] = {{(void *)(uintptr_t)first.p, first.n},
	    {(void *)(uintptr_t)second.p, second.n}};
	struct msghdr m = {.msg_iov = iov, .msg_iovlen = 2};

	return sent(s, sub,
	    sendmsg(fd_of(sub), &m, MSG_NOSIGNAL | MSG_DONTWAIT));
}

/* Nothing is left to be sent before the frames. */
static void
drop_rest(struct subscriber *sub)
{
	blob_unref(sub->rest);
	sub->rest = NULL;
	sub->rest_at = 0;
}

/* Send what goes before all else.  False when some is still left. */
static bool
send_rest(struct sse *s, struct subscriber *sub)
{
	struct blob *b = sub->rest;
	size_t at = sub->rest_at;

	if (b == NULL)
		return true;
	sub->rest_at +=
	    (uint32_t)push(s, sub, (struct slice){b->bytes + at, b->n - at});
	if (sub->state == DEAD)
		return false;
	if (sub->rest_at < b->n) {
		block(s, sub);
		return false;
	}
	drop_rest(sub);
	return true;
}

/* Send control bytes; what the socket does not take is kept. */
static bool
say(struct sse *s, struct subscriber *sub, struct slice bytes)
{
	size_t n;

	INVARIANT(sub->rest == NULL && sub->offset == 0);
	n = push(s, sub, bytes);
	if (sub->state == DEAD)
		return false;
	if (n == bytes.n)
		return true;
	sub->rest = blob_new((struct slice){bytes.p + n, bytes.n - n});
	block(s, sub);
	return false;
}

/* Say the last words, and close behind them. */
static void
say_goodbye(struct sse *s, struct subscriber *sub, struct buf *words)
{
	control_last(sub->view->form, words);
	sub->closing = true;
	if (say(s, sub, buf_slice(words)))
		kill_it(s, sub, "all is said");
}

/* What a stream begins with, and what stands before a snapshot. */
static void
write_opening(struct sse *s, const struct subscriber *sub, const char *gap)
{
	unsigned form = sub->view->form;

	s->scratch.len = 0;
	if (sub->fresh) {
		control_head(form, &s->scratch);
		control_retry(s, form, &s->scratch);
		control_comment("tidewire", form, &s->scratch);
	}
	if (gap != NULL)
		control_gap(s, sub->view, gap, sub->cursor, &s->scratch);
}

/*
 * Begin, or begin anew behind a gap: with a snapshot, unless it comes with a
 * cursor.  False when it is not through yet, or dead.
 */
static bool
open_stream(struct sse *s, struct subscriber *sub, struct store_txn *t)
{
	const char *gap = sub->from == SSE_FROM_GAP ? sub->gap_reason : NULL;
	struct slice shot = SLICE_NONE;
	size_t n;

	sub->rest = NULL;
	if (sub->from != SSE_FROM_SEQ) {
		sub->rest = snapshot_get(s, t, sub->view);
		sub->cursor = sub->id = store_seq(t);
		shot = (struct slice){sub->rest->bytes, sub->rest->n};
	}
	write_opening(s, sub, gap);
	sub->fresh = false;
	n = push_both(s, sub, buf_slice(&s->scratch), shot);
	if (sub->state != DEAD && n < s->scratch.len)
		kill_it(s, sub, "its buffer is full from the start");
	if (sub->state == DEAD)
		return false;
	sub->rest_at = (uint32_t)(n - s->scratch.len);
	if (sub->rest_at < shot.n) {
		block(s, sub);
		return false;
	}
	drop_rest(sub);
	return true;
}

/* What it watches is over at seq, and so is the stream; x: if it is one. */
static void
end_stream(struct sse *s, struct subscriber *sub, const struct execution *x,
    uint64_t seq)
{
	if (seq < sub->id)
		seq = sub->id;
	s->scratch.len = 0;
	control_end(s, sub->view, x, seq, &s->scratch);
	sub->id = seq;
	say_goodbye(s, sub, &s->scratch);
}

/* The seq at which that execution was over; 0: it is not. */
static uint64_t
over_at(struct store_txn *t, const struct uuid *id)
{
	struct execution x;

	if (!rows_get(t, id, &x) || !status_is_terminal(x.status))
		return 0;
	return execution_end_seq(&x);
}

/*
 * The seq at which the several executions of v were all over; 0: not yet.
 * Those once found to be over are not looked at again before the rest is,
 * too: what is over stays so.
 */
static uint64_t
view_over_at(struct view *v, struct store_txn *t)
{
	const struct sse_filter *f = &v->filter;
	uint64_t seq = 0, at;

	while (v->nover < f->nexecutions &&
	    over_at(t, &f->executions[v->nover]) != 0)
		v->nover++;
	for (unsigned i = 0; v->nover == f->nexecutions && i < v->nover; i++)
		if ((at = over_at(t, &f->executions[i])) > seq)
			seq = at;
	return seq;
}

/*
 * End the stream where it is at its end.  It is told the tail's events first:
 * while the cache is behind the snapshot, the last ones may still come.
 */
static bool
ends_here(struct sse *s, struct subscriber *sub, struct store_txn *t,
    bool *wait)
{
	const struct facts *f = NULL;
	struct view *v = sub->view;
	uint64_t seq = 0;

	*wait = false;
	if (!v->ends)
		return false;
	if (v->filter.nexecutions > 0)
		seq = view_over_at(v, t);
	else if ((f = facts_get(&s->facts, t, &v->filter.execution)) != NULL &&
	    status_is_terminal(f->x.status))
		seq = execution_end_seq(&f->x);
	if (seq == 0)
		return false;
	*wait = sub->cursor < seq && tail_last(s->tail) < store_seq(t);
	if (!*wait)
		end_stream(s, sub, f != NULL ? &f->x : NULL, seq);
	return !*wait;
}

/* A sign of life; one that moves the cursor, if that lags behind. */
static bool
say_ping(struct sse *s, struct subscriber *sub)
{
	unsigned form = sub->view->form;
	bool due = s->clock_ms - sub->progress_at >= keepalive_of(s, sub);
	bool lags = sub->cursor > sub->id;

	s->scratch.len = 0;
	if (lags && (due || sub->cursor - sub->id > SKIPPED_MAX)) {
		control_id(s, form, sub->cursor, &s->scratch);
		sub->id = sub->cursor;
	}
	if (due && sub->view->heartbeat_event)
		control_heartbeat(s, form, &s->scratch);
	else if (due && !lags)
		control_comment("", form, &s->scratch);
	return s->scratch.len == 0 || say(s, sub, buf_slice(&s->scratch));
}

/* Its time is over, but not the execution's. */
static void
leave(struct sse *s, struct subscriber *sub)
{
	s->scratch.len = 0;
	control_comment("time is up", sub->view->form, &s->scratch);
	say_goodbye(s, sub, &s->scratch);
}

/* It has all there is. */
static void
caught_up(struct sse *s, struct subscriber *sub, struct store_txn *t)
{
	bool wait;

	if (ends_here(s, sub, t, &wait))
		return;
	if (sub->leaving)
		leave(s, sub);
	else if (say_ping(s, sub))
		enter(s, sub, wait ? RUNNING : LIVE);
}

/*
 * What follows its cursor is gone.  In the middle of a frame nothing can be
 * said any more; the reader comes back with its last id.
 */
static void
lost(struct sse *s, struct subscriber *sub)
{
	if (sub->offset > 0) {
		kill_it(s, sub, "a frame it was being sent is not retained");
		return;
	}
	sub->from = SSE_FROM_GAP;
	sub->gap_reason = "expired";
	open_stream(s, sub, sub->sse->gather.txn);
}

/* Send one run of frames. */
static void
send_frames(struct sse *s, struct subscriber *sub, struct store_txn *t)
{
	struct gather *g = &s->gather;
	struct slice bytes;
	unsigned cost;
	size_t n = 0;

	gather_run(g, t, sub->view, sub->cursor, sub->offset);
	cost = g->cost / VISIT_EVENTS;
	s->visits_left -= cost < s->visits_left ? cost : s->visits_left;
	if (g->lost) {
		lost(s, sub);
		return;
	}
	bytes = gather_bytes(g);
	if (bytes.n > 0) {
		n = push(s, sub, bytes);
		if (sub->state == DEAD)
			return;
	}
	gather_sent(g, n, &sub->cursor, &sub->offset, &sub->id);
	if (n < bytes.n)
		block(s, sub);
	else if (g->all)
		caught_up(s, sub, t);
	else if (say_ping(s, sub))
		enter(s, sub, RUNNING);
}

/* One subscriber, one visit: at most one run of frames. */
void
subscriber_run(struct sse *s, struct store_txn *t)
{
	struct subscriber *sub = TAILQ_FIRST(&s->run);

	if (sub->fresh) {
		if (!open_stream(s, sub, t))
			return;
	} else if (!send_rest(s, sub)) {
		return;
	}
	if (sub->closing)
		kill_it(s, sub, "all is said");
	else if (sub->leaving && sub->offset == 0)
		leave(s, sub);
	else
		send_frames(s, sub, t);
}

/* ---- coming and going ---- */

/*
 * The kernel gives a peer up that acknowledges nothing, or leaves its window
 * shut, for as long; that must not be sooner than we do.
 */
static int
user_timeout(const struct sse *s)
{
	unsigned ms = s->options.stall_timeout_ms;

	return ms > USER_TIMEOUT_MS && ms <= INT_MAX ? (int)ms
						     : USER_TIMEOUT_MS;
}

static void
tune(const struct sse *s, int fd)
{
	int size = SEND_BUFFER, on = 1, ms = user_timeout(s);

	/* A socket that is not TCP (in tests) refuses some of these. */
	(void)setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof(size));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
	(void)setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &ms, sizeof(ms));
}

/* Start one; it is heard in this turn's end. */
void
subscriber_new(struct sse *s, int fd, const struct sse_request *r)
{
	struct subscriber *sub = mem_zalloc(sizeof(*sub));
	int64_t now = wheel_clock_coarse();

	sub->sse = s;
	sub->view = topic_join(&s->topics, r, tail_last(s->tail));
	LIST_INSERT_HEAD(&sub->view->members, sub, member);
	sub->gap_reason = r->gap_reason;
	sub->cursor = sub->id = r->seq;
	sub->owner = r->owner;
	sub->from = (uint8_t)r->from;
	sub->fresh = true;
	sub->progress_at = now;
	sub->leave_at = r->timeout_ms > 0 ? now + r->timeout_ms : 0;
	tune(s, fd);
	enter(s, sub, RUNNING);
	arm(s, sub, now);
	owner_add(s->owners, sub->owner);
	s->count++;
	listen_for(sub, fd, EV_READ);
}

static void
free_it(struct sse *s, struct subscriber *sub)
{
	struct view *v = sub->view;

	TAILQ_REMOVE(&s->dead, sub, queue);
	close(fd_of(sub));
	LIST_REMOVE(sub, member);
	if (LIST_EMPTY(&v->members))
		topic_leave(&s->topics, v);
	if (!sub->fresh)
		blob_unref(sub->rest);
	owner_remove(s->owners, sub->owner);
	s->count--;
	free(sub);
}

/* Close and free those that died. */
void
subscriber_reap(struct sse *s)
{
	struct subscriber *sub;

	while ((sub = TAILQ_FIRST(&s->dead)) != NULL)
		free_it(s, sub);
}

/* A pause to make, if that can be said where it stands, and the end. */
static void
dismiss(struct sse *s, struct subscriber *sub, const char *why)
{
	s->scratch.len = 0;
	if (sub->fresh) {
		sub->fresh = false;
		sub->rest = NULL;
		control_head(sub->view->form, &s->scratch);
	} else if (sub->rest != NULL || sub->offset > 0) {
		kill_it(s, sub, why);
		return;
	}
	control_retry(s, sub->view->form, &s->scratch);
	say_goodbye(s, sub, &s->scratch);
	kill_it(s, sub, why);
}

/* Send some of a view's members away. */
unsigned
subscriber_dismiss(struct sse *s, struct view *v, unsigned max)
{
	struct subscriber *sub;
	unsigned n = 0;

	for (sub = LIST_FIRST(&v->members); sub != NULL;
	     sub = LIST_NEXT(sub, member)) {
		if (n >= max)
			break;
		if (sub->state == DEAD)
			continue;
		dismiss(s, sub, "the server stops");
		n++;
	}
	return n;
}

/* Send an owner's away. */
void
subscriber_dismiss_owner(struct sse *s, struct view *v, uint64_t owner)
{
	struct subscriber *sub;

	for (sub = LIST_FIRST(&v->members); sub != NULL;
	     sub = LIST_NEXT(sub, member))
		if (sub->owner == owner && sub->state != DEAD)
			dismiss(s, sub, "its key is revoked");
}

/* Close all members of a view. */
void
subscriber_kill_all(struct sse *s, struct view *v)
{
	struct subscriber *sub;

	for (sub = LIST_FIRST(&v->members); sub != NULL;
	     sub = LIST_NEXT(sub, member))
		kill_it(s, sub, "the server ends");
}

/* Not now: a native EventSource gives up on anything but a 200. */
void
subscriber_refuse(struct sse *s, int fd, bool http10)
{
	unsigned form = http10 ? FRAME_PLAIN : 0;

	s->scratch.len = 0;
	control_head(form, &s->scratch);
	control_retry(s, form, &s->scratch);
	control_last(form, &s->scratch);
	(void)send(fd, s->scratch.p, s->scratch.len,
	    MSG_NOSIGNAL | MSG_DONTWAIT);
	close(fd);
}
