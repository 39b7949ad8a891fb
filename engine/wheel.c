/*
 * The wheel: a ring of slots, each a list of nodes and a tick of time wide,
 * and a bit per slot that says whether the list holds anything.  A deadline
 * beyond the ring waits in its farthest slot and is moved on from there.
 */
#include "engine/wheel.h"

#include <stdbool.h>
#include <stdlib.h>

#include <event2/event.h>
#include <time.h>

#include "core/log.h"
#include "core/mem.h"

#define SLOTS 1024
#define WORDS (SLOTS / 64)

struct wheel {
	struct event *timer; /* NULL: driven by hand */
	int64_t armed_ms;    /* when it fires; INT64_MAX: not armed */
	void (*fn)(struct wheel_node *, void *);
	void *arg;
	int64_t tick_ms;
	int64_t tick; /* the last one expired; all nodes lie behind it */
	size_t count;
	uint64_t used[WORDS];
	struct wheel_node *slot[SLOTS];
};

/* Read one of the system's clocks in ms. */
static int64_t
clock_ms(clockid_t id)
{
	struct timespec ts;

	INVARIANT(clock_gettime(id, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* The exact monotonic time. */
int64_t
wheel_clock(void)
{
	return clock_ms(CLOCK_MONOTONIC);
}

/* The monotonic time of the kernel's last tick. */
int64_t
wheel_clock_coarse(void)
{
	return clock_ms(CLOCK_MONOTONIC_COARSE);
}

/* Arm the timer for at_ms, unless it fires before that anyway. */
static void
arm(struct wheel *w, int64_t now_ms, int64_t at_ms)
{
	int64_t wait = at_ms > now_ms ? at_ms - now_ms : 1;
	struct timeval tv = {wait / 1000, (wait % 1000) * 1000};

	if (w->timer == NULL || at_ms >= w->armed_ms)
		return;
	w->armed_ms = at_ms;
	INVARIANT(evtimer_add(w->timer, &tv) == 0);
}

/* The timer fired: expire, then sleep until the next occupied slot. */
static void
fired(evutil_socket_t fd, short what, void *arg)
{
	struct wheel *w = arg;
	int64_t next;

	(void)fd;
	(void)what;
	w->armed_ms = INT64_MAX;
	wheel_expire(w, wheel_clock());
	next = wheel_next(w);
	if (next >= 0)
		arm(w, wheel_clock(), next);
}

/* Make a wheel with SLOTS slots of tick_ms each. */
struct wheel *
wheel_new(struct event_base *base, unsigned tick_ms,
    void (*fn)(struct wheel_node *node, void *arg), void *arg)
{
	struct wheel *w = mem_zalloc(sizeof(*w));

	INVARIANT(tick_ms > 0);
	w->tick_ms = tick_ms;
	w->fn = fn;
	w->arg = arg;
	w->armed_ms = INT64_MAX;
	if (base != NULL) {
		w->timer = evtimer_new(base, fired, w);
		INVARIANT(w->timer != NULL);
	}
	return w;
}

/* Free the wheel and its timer. */
void
wheel_free(struct wheel *w)
{
	if (w == NULL)
		return;
	if (w->timer != NULL)
		event_free(w->timer);
	free(w);
}

/* Put n, which is on no list, in front of the list at head. */
static void
push(struct wheel_node **head, struct wheel_node *n)
{
	n->next = *head;
	n->at = head;
	if (n->next != NULL)
		n->next->at = &n->next;
	*head = n;
}

/* Take n off its list. */
static void
pull(struct wheel_node *n)
{
	*n->at = n->next;
	if (n->next != NULL)
		n->next->at = n->at;
	n->next = NULL;
	n->at = NULL;
}

/* Put n into the slot its deadline asks for; returns that slot's tick. */
static int64_t
place(struct wheel *w, struct wheel_node *n)
{
	int64_t tick = (n->due_ms + w->tick_ms - 1) / w->tick_ms;
	size_t i;

	if (tick <= w->tick)
		tick = w->tick + 1;
	if (tick > w->tick + SLOTS - 1)
		tick = w->tick + SLOTS - 1;
	i = (size_t)(tick % SLOTS);
	push(&w->slot[i], n);
	w->used[i / 64] |= UINT64_C(1) << (i % 64);
	w->count++;
	return tick;
}

/* Give n a deadline, or move the one it has. */
void
wheel_set(struct wheel *w, struct wheel_node *n, int64_t now_ms,
    int64_t after_ms)
{
	int64_t tick;

	wheel_clear(w, n);
	n->due_ms = now_ms + (after_ms > 0 ? after_ms : 0);
	/* The ring is wound on by expiry, so an empty one may lag far behind. */
	if (w->count == 0 && now_ms / w->tick_ms > w->tick)
		w->tick = now_ms / w->tick_ms;
	tick = place(w, n);
	arm(w, now_ms, tick * w->tick_ms);
}

/*
 * Take n off.  A node that wheel_expire() has moved to its own list stands
 * at the head of no slot, so only a slot's last node clears the bit.  The
 * timer is left armed: firing for nothing once is cheaper than moving it.
 */
void
wheel_clear(struct wheel *w, struct wheel_node *n)
{
	uintptr_t at = (uintptr_t)n->at, first = (uintptr_t)w->slot;
	size_t i;

	if (n->at == NULL)
		return;
	if (n->next == NULL && at >= first && at - first < sizeof(w->slot)) {
		i = (at - first) / sizeof(w->slot[0]);
		w->used[i / 64] &= ~(UINT64_C(1) << (i % 64));
	}
	pull(n);
	w->count--;
}

/* The tick of the first occupied slot; only for a wheel that has one. */
static int64_t
first_tick(const struct wheel *w)
{
	int64_t tick = w->tick + 1;
	unsigned skip;
	uint64_t bits;

	for (;;) {
		skip = (unsigned)(tick % 64);
		bits = w->used[(tick % SLOTS) / 64] >> skip;
		if (bits != 0)
			return tick + __builtin_ctzll(bits);
		tick += 64 - skip;
		INVARIANT(tick <= w->tick + SLOTS + 64);
	}
}

/* The time at which the first occupied slot is due. */
int64_t
wheel_next(const struct wheel *w)
{
	return w->count == 0 ? -1 : first_tick(w) * w->tick_ms;
}

/* Empty one slot: call fn for what is due, move the rest on. */
static void
expire_slot(struct wheel *w, size_t i, int64_t now_ms)
{
	struct wheel_node *due = w->slot[i], *n;

	w->slot[i] = NULL;
	w->used[i / 64] &= ~(UINT64_C(1) << (i % 64));
	if (due != NULL)
		due->at = &due;
	while ((n = due) != NULL) {
		pull(n);
		w->count--;
		if (n->due_ms <= now_ms)
			w->fn(n, w->arg);
		else
			place(w, n);
	}
}

/*
 * Expire slot by slot.  The wheel's time jumps to now_ms first, so that what
 * fn sets anew lands behind it; each slot is visited once at most, so fn
 * cannot keep this going.
 */
void
wheel_expire(struct wheel *w, int64_t now_ms)
{
	int64_t from = w->tick, to = now_ms / w->tick_ms, tick;

	if (to <= from)
		return;
	w->tick = to;
	if (to > from + SLOTS)
		to = from + SLOTS;
	for (tick = from + 1; tick <= to && w->count > 0; tick++)
		if (w->slot[tick % SLOTS] != NULL)
			expire_slot(w, (size_t)(tick % SLOTS), now_ms);
}
