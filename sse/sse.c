/*
 * The streams as a whole: limits, the turn's budget, draining.  Neighbours:
 * feed.c takes up what is new, subscriber.c sends.
 */
#include "sse/sse.h"

#include <stdlib.h>

#include <sys/random.h>

#include "core/log.h"
#include "core/mem.h"

#include "sse/feed.h"
#include "sse/owner.h"
#include "sse/snapshot.h"
#include "sse/sse_impl.h"
#include "sse/subscriber.h"

#define TURN_VISITS 500		      /* then the loop looks around */
#define TURN_BYTES (4u * 1024 * 1024) /* likewise */
#define TURN_DISMISSED 200	      /* while draining */
#define TICK_MAX_MS 250

/* The defaults. */
void
sse_options_init(struct sse_options *o)
{
	*o = (struct sse_options){
	    .keepalive_ms = 15000,
	    .stall_timeout_ms = 60000,
	    .retry_ms = 3000,
	    .cache_bytes = 8u * 1024 * 1024,
	};
}

/* A quarter of the shortest time there is to keep, but 1 to 250 ms. */
static unsigned
tick_of(const struct sse_options *o)
{
	unsigned ms = o->keepalive_ms < o->stall_timeout_ms
	    ? o->keepalive_ms
	    : o->stall_timeout_ms;

	ms /= 4;
	if (ms > TICK_MAX_MS)
		ms = TICK_MAX_MS;
	return ms > 0 ? ms : 1;
}

/* Make the streams of a server. */
struct sse *
sse_new(struct event_base *base, struct store *store,
    const struct sse_options *o)
{
	struct sse *s = mem_zalloc(sizeof(*s));
	uint64_t seeds[2];

	if (getrandom(seeds, sizeof(seeds), 0) != (ssize_t)sizeof(seeds))
		log_fatal("getrandom() gives no random bits");
	s->base = base;
	s->store = store;
	s->options = *o;
	s->noise = seeds[0];
	s->clock_ms = wheel_clock_coarse();
	s->tail = tail_new(o->cache_bytes, 0);
	topic_init(&s->topics, seeds[1]);
	s->owners = hash_new(seeds[1]);
	frame_init(&s->maker, store_epoch(store));
	s->gather = (struct gather){.maker = &s->maker,
	    .facts = &s->facts,
	    .tail = s->tail};
	s->wheel = wheel_new(base, tick_of(o), subscriber_due, s);
	TAILQ_INIT(&s->run);
	TAILQ_INIT(&s->dead);
	return s;
}

/* One view with living members, or NULL. */
static struct view *
some_view(const struct sse *s)
{
	size_t at = 0;
	const struct topic *topic = hash_next(s->topics.by_key, &at);

	return topic != NULL ? LIST_FIRST(&topic->views) : NULL;
}

/* Close all at once. */
void
sse_free(struct sse *s)
{
	struct view *v;

	if (s == NULL)
		return;
	snapshot_forget(s);
	while ((v = some_view(s)) != NULL) {
		subscriber_kill_all(s, v);
		subscriber_reap(s);
	}
	facts_forget(&s->facts);
	wheel_free(s->wheel);
	gather_free(&s->gather);
	frame_free(&s->maker);
	hash_free(s->owners);
	topic_free(&s->topics);
	tail_free(s->tail);
	buf_free(&s->scratch);
	buf_free(&s->frame);
	free(s);
}

/* The next 64 bits (splitmix64). */
uint64_t
sse_noise(struct sse *s)
{
	uint64_t x = s->noise += UINT64_C(0x9e3779b97f4a7c15);

	x = (x ^ x >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	x = (x ^ x >> 27) * UINT64_C(0x94d049bb133111eb);
	return x ^ x >> 31;
}

static bool
is_full(const struct sse *s, uint64_t owner)
{
	const struct sse_options *o = &s->options;

	if (o->subscribers != 0 && s->count >= o->subscribers)
		return true;
	return o->per_owner != 0 && owner != 0 &&
	    owner_count(s->owners, owner) >= o->per_owner;
}

/* Take a socket over. */
void
sse_subscribe(struct sse *s, int fd, const struct sse_request *r)
{
	if (s->draining || is_full(s, r->owner)) {
		subscriber_refuse(s, fd, r->http10);
		return;
	}
	/* Nobody was there to see what happened until now. */
	if (s->count == 0)
		tail_reset(s->tail, store_seq(store_snapshot(s->store)));
	subscriber_new(s, fd, r);
}

/* Note that there is something new. */
void
sse_advance(struct sse *s, uint64_t seq)
{
	s->told = seq;
}

/* Is there nothing more to come for a reader who has seen all up to seq? */
bool
sse_is_over(struct sse *s, const struct uuid *execution, uint64_t seq)
{
	struct execution x;

	return rows_get(store_snapshot(s->store), execution, &x) &&
	    status_is_terminal(x.status) && seq >= execution_end_seq(&x);
}

/* Send away a slice of those who are left. */
static void
drain_slice(struct sse *s)
{
	unsigned left = TURN_DISMISSED;
	const struct topic *topic;
	struct view *v;
	size_t at = 0;

	while (left > 0 && (topic = hash_next(s->topics.by_key, &at)) != NULL)
		for (v = LIST_FIRST(&topic->views); v != NULL;
		     v = LIST_NEXT(v, entry))
			left -= subscriber_dismiss(s, v, left);
}

/* Let the run queue go round, within the budget. */
static void
run(struct sse *s, struct store_txn *t)
{
	s->visits_left = TURN_VISITS;
	s->bytes_left = TURN_BYTES;
	while (s->visits_left > 0 && s->bytes_left > 0 &&
	    !TAILQ_EMPTY(&s->run)) {
		s->visits_left--;
		subscriber_run(s, t);
	}
}

/* Forget what borrows from the turn's snapshot. */
static void
forget_turn(struct sse *s)
{
	gather_forget(&s->gather);
	snapshot_forget(s);
	facts_forget(&s->facts);
}

/* Close the turn. */
bool
sse_turn_end(struct sse *s)
{
	struct store_txn *t;
	bool more = false;

	s->clock_ms = wheel_clock_coarse();
	if (s->count > 0 &&
	    (s->told > tail_last(s->tail) || !TAILQ_EMPTY(&s->run))) {
		t = store_snapshot(s->store);
		more = feed_run(s, t);
		run(s, t);
	}
	if (s->draining && s->count > 0)
		drain_slice(s);
	forget_turn(s);
	subscriber_reap(s);
	return more || !TAILQ_EMPTY(&s->run) || (s->draining && s->count > 0);
}

/* Take the turn's time and randomness. */
void
sse_set_now(struct sse *s, int64_t now_ms, uint64_t noise)
{
	s->now_ms = now_ms;
	s->noise ^= noise;
}

/* Send an owner's away. */
void
sse_dismiss(struct sse *s, uint64_t owner)
{
	const struct topic *topic;
	struct view *v;
	size_t at = 0;

	if (owner_count(s->owners, owner) == 0)
		return;
	while ((topic = hash_next(s->topics.by_key, &at)) != NULL)
		for (v = LIST_FIRST(&topic->views); v != NULL;
		     v = LIST_NEXT(v, entry))
			subscriber_dismiss_owner(s, v, owner);
}

/* From now on nobody is let in, and those inside are sent away. */
void
sse_drain(struct sse *s)
{
	s->draining = true;
}

/* Nobody is left. */
bool
sse_idle(const struct sse *s)
{
	return s->count == 0;
}

/* How many there are. */
unsigned
sse_subscribers(const struct sse *s)
{
	return s->count;
}
