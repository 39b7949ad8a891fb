/*
 * Each new event is encoded once, if anybody may want it, put into the tail
 * cache, and its live subscribers are woken.  An event that only waiters of
 * other executions are there for costs one look into a table.
 */
#include "sse/feed.h"

#include "store/journal.h"

#include "sse/subscriber.h"

#define PAGES_MAX 4 /* of the journal in a turn */

struct feed {
	struct sse *sse;
	struct store_txn *txn;
	uint64_t seq;
};

static void
touched(struct view *v, void *arg)
{
	struct feed *f = arg;

	subscriber_wake(f->sse, v, f->seq);
}

/* Chain the event to the one before of the same execution. */
static void
chain(struct sse *s, struct topic *topic, uint64_t seq)
{
	if (topic->last != 0)
		tail_link(s->tail, topic->last, seq);
	topic->last = seq;
}

/* Events that cannot be read (any more) leave descriptors. */
static void
fill_up_to(struct sse *s, uint64_t seq)
{
	struct tail_frame none = {0};

	while (tail_last(s->tail) + 1 < seq)
		tail_add(s->tail, &none, SLICE_NONE);
}

/* Encode the event, if it is streamed and somebody may want it. */
static struct slice
encode(struct sse *s, struct store_txn *t, const struct journal_event *ev,
    struct tail_frame *frame)
{
	const struct facts *facts;

	if (frame_name(ev->type) == NULL)
		return SLICE_NONE;
	facts = facts_get(&s->facts, t, &ev->execution);
	if (facts == NULL) {
		frame->about.type = 0; /* cannot be shown, now or later */
		return SLICE_NONE;
	}
	frame->about = view_about(ev, facts);
	s->frame.len = 0;
	frame_encode(&s->maker, ev, facts, &s->frame, &frame->cuts);
	return buf_slice(&s->frame);
}

static bool
visit(void *arg, const struct journal_event *ev)
{
	struct feed *f = arg;
	struct sse *s = f->sse;
	struct topic *topic = topic_of_execution(&s->topics, &ev->execution);
	struct tail_frame frame = {.about = view_about(ev, NULL)};
	bool general = s->topics.general > 0;
	struct slice bytes = SLICE_NONE;

	if (general || topic != NULL)
		bytes = encode(s, f->txn, ev, &frame);
	fill_up_to(s, ev->seq);
	tail_add(s->tail, &frame, bytes);
	if (!general || (bytes.n > 0 && tail_get(s->tail, ev->seq)->n == 0))
		tail_not_whole(s->tail);
	if (topic != NULL)
		chain(s, topic, ev->seq);
	f->seq = ev->seq;
	topic_touch(&s->topics, &frame.about, touched, f);
	return true;
}

/* Read on from where the cache ends. */
bool
feed_run(struct sse *s, struct store_txn *t)
{
	struct feed f = {s, t, 0};
	struct journal_visit v = {visit, &f};

	for (unsigned i = 0; i < PAGES_MAX; i++) {
		uint64_t last = tail_last(s->tail);

		if (last >= store_seq(t))
			return false;
		fill_up_to(s, journal_walk(t, last, JOURNAL_PAGE, &v) + 1);
		if (tail_last(s->tail) == last)
			return false;
	}
	return tail_last(s->tail) < store_seq(t);
}
