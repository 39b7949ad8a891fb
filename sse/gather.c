/*
 * Reading the cache and the journal for a subscriber.  Neighbours: tail.c
 * and frame.c, which give the same bytes for the same event.
 */
#include "sse/gather.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "store/journal.h"

#include "sse/topic.h"

#define KEEP_BYTES (1024 * 1024) /* of a large result, after its turn */

/* Release what g owns. */
void
gather_free(struct gather *g)
{
	buf_free(&g->bytes);
	buf_free(&g->frame);
	free(g->marks);
	g->marks = NULL;
}

/* Forget the result. */
void
gather_forget(struct gather *g)
{
	g->valid = false;
	if (g->bytes.cap > KEEP_BYTES)
		buf_free(&g->bytes);
	if (g->frame.cap > KEEP_BYTES)
		buf_free(&g->frame);
}

/* Add one encoded frame to the run. */
static void
add(struct gather *g, uint64_t seq, struct slice frame,
    const struct frame_cuts *cuts)
{
	if (g->nmarks == g->cap) {
		g->cap = g->cap > 0 ? 2 * g->cap : 64;
		g->marks = mem_resize(g->marks, g->cap, sizeof(*g->marks));
	}
	frame_wrap(frame, cuts, g->view->form, &g->bytes);
	g->marks[g->nmarks++] = (struct gather_mark){seq, g->bytes.len};
	g->full = g->bytes.len >= (size_t)GATHER_BYTES + g->offset;
}

/* Make a frame anew. */
static void
add_event(struct gather *g, const struct journal_event *ev,
    const struct facts *f)
{
	struct frame_cuts cuts;

	g->frame.len = 0;
	frame_encode(g->maker, ev, f, &g->frame, &cuts);
	add(g, ev->seq, buf_slice(&g->frame), &cuts);
}

/* The frame that is partly sent, all of it.  False when it is gone. */
static bool
add_partial(struct gather *g, uint64_t seq)
{
	const struct tail_frame *f = tail_get(g->tail, seq);
	const struct facts *facts;
	struct journal_event ev;

	g->reached = seq;
	if (f != NULL && f->n > 0) {
		add(g, seq, tail_bytes(g->tail, f), &f->cuts);
		return true;
	}
	if (!journal_get(g->txn, seq, &ev))
		return false;
	facts = facts_get(g->facts, g->txn, &ev.execution);
	if (facts == NULL || frame_name(ev.type) == NULL)
		return false;
	add_event(g, &ev, facts);
	g->cost++;
	return true;
}

/* Any execution: every seq of the cache in turn. */
static bool
cached_run(struct gather *g)
{
	uint64_t last = tail_last(g->tail);

	if (g->reached + 1 < tail_whole_from(g->tail))
		return false;
	for (uint64_t seq = g->reached + 1; seq <= last && !g->full; seq++) {
		const struct tail_frame *f = tail_get(g->tail, seq);

		if (view_wants(g->view, &f->about))
			add(g, seq, tail_bytes(g->tail, f), &f->cuts);
		g->reached = seq;
	}
	g->all = g->reached >= last;
	return true;
}

/*
 * Where the chain goes on behind `reached`.  False when the cache cannot
 * tell; *seq 0: nowhere, nothing follows.
 */
static bool
chain_next(const struct gather *g, uint64_t *seq)
{
	const struct topic *topic = g->view->topic;
	const struct tail_frame *f;
	uint64_t at = g->reached;

	*seq = 0;
	if (at < topic->born)
		return false;
	if (topic->last <= at)
		return true;
	f = tail_get(g->tail, at + 1);
	if (f != NULL && uuid_eq(&f->about.execution, &topic->key)) {
		*seq = at + 1;
		return true;
	}
	f = tail_get(g->tail, at);
	if (f == NULL || at <= topic->born || f->next == 0 ||
	    !uuid_eq(&f->about.execution, &topic->key))
		return false;
	*seq = at + f->next;
	return true;
}

/* One execution: along its chain through the cache. */
static bool
cached_chain(struct gather *g)
{
	const struct tail_frame *f;
	unsigned before = g->nmarks;
	uint64_t seq;

	while (!g->full) {
		if (!chain_next(g, &seq))
			return g->nmarks > before;
		if (seq == 0) {
			g->all = true;
			if (g->reached < tail_last(g->tail))
				g->reached = tail_last(g->tail);
			return true;
		}
		f = tail_get(g->tail, seq);
		INVARIANT(f != NULL);
		if (view_wants(g->view, &f->about)) {
			if (f->n == 0)
				return g->nmarks > before;
			add(g, seq, tail_bytes(g->tail, f), &f->cuts);
		}
		g->reached = seq;
	}
	return true;
}

/* One event of the journal; false ends the walk. */
static bool
journal_visit(void *arg, const struct journal_event *ev)
{
	struct gather *g = arg;
	struct tail_about about = view_about(ev, NULL);
	const struct facts *f;

	g->seen++;
	g->reached = ev->seq;
	if (!view_wants_type(g->view, &about))
		return true;
	f = facts_get(g->facts, g->txn, &ev->execution);
	if (f == NULL)
		return true;
	about = view_about(ev, f);
	if (view_wants(g->view, &about))
		add_event(g, ev, f);
	return !g->full;
}

/* A page of the journal. */
static void
from_journal(struct gather *g)
{
	struct journal_visit visit = {journal_visit, g};
	const struct uuid *id = &g->view->filter.execution;
	uint64_t last;

	g->seen = 0;
	if (!uuid_is_zero(id)) {
		last = journal_walk_execution(g->txn, id, g->reached,
		    JOURNAL_PAGE, &visit);
	} else if (journal_first(g->txn) > g->reached + 1) {
		g->lost = true;
		return;
	} else {
		last = journal_walk(g->txn, g->reached, JOURNAL_PAGE, &visit);
	}
	g->cost += g->seen;
	if (last > g->reached)
		g->reached = last;
	g->all = !g->full && g->seen < JOURNAL_PAGE;
	if (g->all && g->reached < store_seq(g->txn))
		g->reached = store_seq(g->txn);
}

static void
begin(struct gather *g, struct store_txn *t, const struct view *v)
{
	g->txn = t;
	g->view = v;
	g->bytes.len = 0;
	g->nmarks = 0;
	g->cost = 0;
	g->all = g->lost = g->full = false;
}

/* Gather, unless it was just done for somebody else. */
void
gather_run(struct gather *g, struct store_txn *t, const struct view *v,
    uint64_t cursor, uint32_t offset)
{
	bool chain = !uuid_is_zero(&v->filter.execution);

	if (g->valid && g->view == v && g->cursor == cursor &&
	    g->offset == offset) {
		g->cost = 0;
		return;
	}
	begin(g, t, v);
	g->cursor = g->reached = cursor;
	g->offset = offset;
	g->valid = true;
	if (offset > 0 && !add_partial(g, cursor + 1))
		g->lost = true;
	if (g->lost || g->full)
		return;
	if (!(chain ? cached_chain(g) : cached_run(g)))
		from_journal(g);
}

/* What is to be sent. */
struct slice
gather_bytes(const struct gather *g)
{
	INVARIANT(g->offset <= g->bytes.len);
	if (g->bytes.len == 0) /* nothing may be added to a null pointer */
		return SLICE_NONE;
	return (struct slice){g->bytes.p + g->offset, g->bytes.len - g->offset};
}

/* Where n bytes on from the start stand. */
void
gather_sent(const struct gather *g, size_t n, uint64_t *cursor,
    uint32_t *offset, uint64_t *id)
{
	size_t at = g->offset + n, begins = 0;
	unsigned i = 0;

	while (i < g->nmarks && g->marks[i].end <= at)
		begins = g->marks[i++].end;
	if (i > 0)
		*id = g->marks[i - 1].seq;
	if (i == g->nmarks) {
		*cursor = g->reached;
		*offset = 0;
		return;
	}
	*offset = (uint32_t)(at - begins);
	if (*offset > 0)
		*cursor = g->marks[i].seq - 1;
	else if (i > 0)
		*cursor = g->marks[i - 1].seq;
}
