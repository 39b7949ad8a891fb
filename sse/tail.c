/*
 * Two rings that lose their oldest entries together.  Frames lie in the byte
 * ring in order of seq; one that does not fit before its end starts over at
 * the front.  Neighbours: feed.c fills it, gather.c reads it.
 */
#include "sse/tail.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define FRAMES_MIN 64
#define BYTES_PER_FRAME 256 /* expected; decides how many descriptors */

struct tail {
	uint64_t first, last; /* seqs here; first = last + 1: none */
	uint64_t held;	      /* the oldest seq with bytes; last + 1: none */
	uint64_t whole_from;
	size_t mask; /* descriptors - 1 */
	struct tail_frame *frames;
	char *bytes;
	size_t size, head; /* head: where the next frame goes */
};

/* Make an empty cache. */
struct tail *
tail_new(size_t bytes, uint64_t last)
{
	struct tail *t = mem_zalloc(sizeof(*t));
	size_t frames = FRAMES_MIN;

	INVARIANT(bytes > 0 && bytes <= UINT32_MAX);
	while (frames < bytes / BYTES_PER_FRAME)
		frames *= 2;
	t->mask = frames - 1;
	t->frames = mem_zalloc(frames * sizeof(*t->frames));
	t->size = bytes;
	t->bytes = mem_zalloc(bytes);
	t->first = 1;
	tail_reset(t, last);
	return t;
}

static struct tail_frame *
slot(const struct tail *t, uint64_t seq)
{
	return &t->frames[seq & t->mask];
}

/* Move held on to the first descriptor that has bytes. */
static void
settle(struct tail *t)
{
	if (t->held < t->first)
		t->held = t->first;
	while (t->held <= t->last && slot(t, t->held)->n == 0)
		t->held++;
}

/* Lose all up to seq. */
static void
evict(struct tail *t, uint64_t seq)
{
	for (; t->first <= seq; t->first++) {
		struct tail_frame *f = slot(t, t->first);

		label_unref(f->about.labels);
		f->about.labels = NULL;
	}
	if (t->whole_from < t->first)
		t->whole_from = t->first;
	settle(t);
}

/* Lose all and start over. */
void
tail_reset(struct tail *t, uint64_t last)
{
	evict(t, t->last);
	t->last = last;
	t->first = t->held = t->whole_from = last + 1;
	t->head = 0;
}

/* Release everything. */
void
tail_free(struct tail *t)
{
	if (t == NULL)
		return;
	tail_reset(t, 0);
	free(t->bytes);
	free(t->frames);
	free(t);
}

/* The newest seq here. */
uint64_t
tail_last(const struct tail *t)
{
	return t->last;
}

/* Where reading without the journal may begin. */
uint64_t
tail_whole_from(const struct tail *t)
{
	return t->whole_from;
}

/* Do the oldest bytes reach into from..to? */
static bool
oldest_in(const struct tail *t, size_t from, size_t to)
{
	const struct tail_frame *f = slot(t, t->held);

	return t->held <= t->last && f->at < to && (size_t)f->at + f->n > from;
}

/*
 * Free the n bytes at head, or at the front when the end is too near.  The
 * oldest bytes are the first ones ahead of head, so looking at them is
 * enough, once all between head and the end are gone.
 */
static void
make_room(struct tail *t, size_t n)
{
	if (t->head + n > t->size) {
		while (oldest_in(t, t->head, t->size))
			evict(t, t->held);
		t->head = 0;
	}
	while (oldest_in(t, t->head, t->head + n))
		evict(t, t->held);
}

/* Add the next event; too large a frame is left to the journal. */
void
tail_add(struct tail *t, const struct tail_frame *f, struct slice frame)
{
	struct tail_frame *to;

	if (frame.n > t->size / 4)
		frame = SLICE_NONE;
	if (t->last + 1 - t->first > t->mask)
		evict(t, t->first);
	if (frame.n > 0)
		make_room(t, frame.n);
	to = slot(t, ++t->last);
	*to = *f;
	to->next = 0;
	to->at = (uint32_t)t->head;
	to->n = (uint32_t)frame.n;
	label_ref(to->about.labels);
	if (frame.n > 0)
		memcpy(t->bytes + t->head, frame.p, frame.n);
	to->about.key = SLICE_NONE;
	if (frame.n > 0 && f->cuts.key_n > 0)
		to->about.key =
		    (struct slice){t->bytes + t->head + f->cuts.key_at,
			f->cuts.key_n};
	t->head += frame.n;
	settle(t);
}

/* Nobody can rely on the cache alone before this. */
void
tail_not_whole(struct tail *t)
{
	t->whole_from = t->last + 1;
}

/* Chain two events of an execution, if the first is still here. */
void
tail_link(struct tail *t, uint64_t seq, uint64_t next)
{
	INVARIANT(next > seq && next <= t->last);
	if (seq >= t->first)
		slot(t, seq)->next = (uint32_t)(next - seq);
}

/* Look a seq up. */
const struct tail_frame *
tail_get(const struct tail *t, uint64_t seq)
{
	return seq >= t->first && seq <= t->last ? slot(t, seq) : NULL;
}

/* The bytes of a frame; empty when they are not here. */
struct slice
tail_bytes(const struct tail *t, const struct tail_frame *f)
{
	return (struct slice){t->bytes + f->at, f->n};
}
