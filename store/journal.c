/*
 * The journal.  Neighbours: core/event.c encodes, rows.c writes the rows that
 * point here, sse/ and the queries read on from a seq.
 */
#include "store/journal.h"

#include "core/log.h"
#include "core/wire.h"
#include "store/objects.h"
#include "store/rows.h"
#include "store/schema.h"
#include "store/table.h"

#define SEQ_BYTES 8
#define SHARE_BYTES 25 /* id, SCHEMA_EVENT_KEY, seq */

struct share {
	uint8_t b[SHARE_BYTES];
};

static struct share
share_key(const struct uuid *id, uint64_t seq)
{
	struct share s;

	wire_put(wire_put(wire_put_uuid(s.b, id), 1, SCHEMA_EVENT_KEY), 8, seq);
	return s;
}

/*
 * Append an event, with the row of an object that it writes; every so many of
 * an execution's are milestones.
 */
void
journal_append(struct store_txn *t, const struct journal_event *ev)
{
	uint8_t key[SEQ_BYTES];
	struct share share;

	INVARIANT(t->live && t->writes && ev->seq == t->seq + 1);
	t->seq = ev->seq;
	if (t->error != 0)
		return;
	wire_put(key, sizeof(key), ev->seq);
	t->scratch.len = 0;
	event_encode(ev, &t->scratch);
	t->written += t->scratch.len;
	table_append(t, TABLE_JOURNAL, table_bytes(key, sizeof(key)),
	    buf_slice(&t->scratch));
	if (ev->type == EVENT_STORAGE)
		objects_put(t, ev);
	if (ev->nth == 0 || ev->nth % SCHEMA_EVENT_STRIDE != 0)
		return;
	share = share_key(&ev->execution, ev->seq);
	table_put(t, TABLE_EXECUTIONS, table_bytes(share.b, SHARE_BYTES),
	    table_bytes("", 0));
}

static uint64_t
seq_of(struct slice key)
{
	struct wire w = wire_read(key);

	return wire_uint(&w, SEQ_BYTES, UINT64_MAX);
}

static bool
decode(struct store_txn *t, struct slice value, uint64_t seq,
    struct journal_event *out)
{
	if (event_decode(value, seq, out))
		return true;
	store_txn_damaged(t, "an event");
	return false;
}

/* Read one event. */
bool
journal_get(struct store_txn *t, uint64_t seq, struct journal_event *out)
{
	struct journal_event *recent = &t->recent[seq % STORE_RECENT];
	uint8_t key[SEQ_BYTES];
	struct slice value;

	if (seq != 0 && recent->seq == seq) {
		*out = *recent;
		return true;
	}
	wire_put(key, sizeof(key), seq);
	if (!table_get(t, TABLE_JOURNAL, table_bytes(key, sizeof(key)),
		&value) ||
	    !decode(t, value, seq, out))
		return false;
	if (!t->writes)
		*recent = *out;
	return true;
}

/* Read a member of one event. */
struct slice
journal_member(struct store_txn *t, struct ref at, enum member m)
{
	struct journal_event ev;

	if (at.seq == 0 || !journal_get(t, at.seq, &ev))
		return SLICE_NONE;
	return event_get(&ev, m);
}

/* Read one that the row may have. */
struct slice
journal_brief(struct store_txn *t, const struct brief *b, enum member m)
{
	struct slice bytes;

	return brief_read(b, &bytes) ? bytes : journal_member(t, b->at, m);
}

static bool
seek(struct table_cursor *c, uint64_t seq)
{
	uint8_t key[SEQ_BYTES];

	wire_put(key, sizeof(key), seq);
	return table_seek(c, table_bytes(key, sizeof(key)));
}

/* Find the oldest event that is kept. */
uint64_t
journal_first(struct store_txn *t)
{
	struct table_cursor c = table_open(t, TABLE_JOURNAL);
	uint64_t seq = table_first(&c) ? seq_of(c.key) : 0;

	table_close(&c);
	return seq;
}

/*
 * Narrow low..high, whose upper end is known to be late enough, until one is
 * left.  Times may step back a little where the clock did; then one of the
 * places where they pass `at` is found.
 */
static uint64_t
bisect(struct table_cursor *c, uint64_t low, uint64_t high, int64_t at)
{
	while (low < high) {
		uint64_t mid = low + (high - low) / 2;
		struct journal_event ev;

		if (!seek(c, mid) ||
		    !decode(c->txn, c->value, seq_of(c->key), &ev))
			return 0;
		if (ev.at >= at)
			high = mid;
		else
			low = ev.seq + 1;
	}
	return seek(c, low) ? seq_of(c->key) : 0;
}

/* Find the first event at or after a time. */
uint64_t
journal_since(struct store_txn *t, int64_t at)
{
	struct table_cursor c = table_open(t, TABLE_JOURNAL);
	uint64_t first, last, found = 0;
	struct journal_event ev;

	if (table_first(&c)) {
		first = seq_of(c.key);
		if (table_last(&c)) {
			last = seq_of(c.key);
			if (decode(t, c.value, last, &ev) && ev.at >= at)
				found = bisect(&c, first, last, at);
		}
	}
	table_close(&c);
	return found;
}

/* Walk the journal. */
uint64_t
journal_walk(struct store_txn *t, uint64_t after, unsigned max,
    const struct journal_visit *v)
{
	struct table_cursor c = table_open(t, TABLE_JOURNAL);
	bool there = after < UINT64_MAX && seek(&c, after + 1);
	struct journal_event ev;

	for (; there && max > 0; max--, there = table_next(&c)) {
		after = seq_of(c.key);
		if (decode(t, c.value, after, &ev) && !v->fn(v->arg, &ev))
			break;
	}
	table_close(&c);
	return after;
}

/* The seq of a milestone; 0 when the cursor has left id's. */
static uint64_t
share_seq(const struct table_cursor *c, const struct uuid *id)
{
	struct wire w = wire_read(c->key);
	struct uuid at = wire_uuid(&w);
	bool mine =
	    uuid_eq(&at, id) && wire_uint(&w, 1, 255) == SCHEMA_EVENT_KEY;
	uint64_t seq = wire_uint(&w, SEQ_BYTES, UINT64_MAX);

	return mine && !w.bad ? seq : 0;
}

/* The first milestone above after, or else the last event; 0: none above. */
static uint64_t
stretch_end(struct store_txn *t, const struct uuid *id, uint64_t after)
{
	struct table_cursor c = table_open(t, TABLE_EXECUTIONS);
	struct share from =
	    share_key(id, after < UINT64_MAX ? after + 1 : after);
	uint64_t seq = 0;
	struct execution x;

	if (table_seek(&c, table_bytes(from.b, SHARE_BYTES)))
		seq = share_seq(&c, id);
	table_close(&c);
	if (seq == 0 && rows_get(t, id, &x))
		seq = x.tail.seq;
	return seq > after ? seq : 0;
}

/*
 * The seqs above after of the stretch that ends at seq, in order, by walking
 * the chain down.  Returns how many; a stretch longer than the stride is
 * damage.
 */
static unsigned
read_stretch(struct store_txn *t, uint64_t seq, uint64_t after,
    uint64_t seqs[SCHEMA_EVENT_STRIDE])
{
	struct journal_event ev;
	unsigned n = SCHEMA_EVENT_STRIDE;

	while (seq > after) {
		if (!journal_get(t, seq, &ev))
			break; /* what came before is not kept any more */
		if (n == 0 || ev.prev >= seq) {
			store_txn_damaged(t, "an execution's chain of events");
			break;
		}
		seqs[--n] = seq;
		seq = ev.prev;
	}
	memmove(seqs, seqs + n, (SCHEMA_EVENT_STRIDE - n) * sizeof seqs[0]);
	return SCHEMA_EVENT_STRIDE - n;
}

/* Walk one execution's events, stretch by stretch. */
uint64_t
journal_walk_execution(struct store_txn *t, const struct uuid *id,
    uint64_t after, unsigned max, const struct journal_visit *v)
{
	uint64_t seqs[SCHEMA_EVENT_STRIDE], end;
	struct journal_event ev;
	unsigned i, n;

	while (max > 0 && (end = stretch_end(t, id, after)) != 0) {
		n = read_stretch(t, end, after, seqs);
		for (i = 0; i < n && max > 0; i++, max--) {
			after = seqs[i];
			if (journal_get(t, after, &ev) && !v->fn(v->arg, &ev))
				return after;
		}
		if (n == 0)
			break;
	}
	return after;
}
