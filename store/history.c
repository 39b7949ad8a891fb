/*
 * Chains of status events: one adds to them as events are made, the others
 * read them.
 */
#include "store/history.h"

#include "core/wire.h"
#include "store/journal.h"

/* Where the chain goes on. */
uint64_t
history_before(const struct journal_event *ev)
{
	struct wire w = wire_read(event_get(ev, MEMBER_BEFORE));
	uint64_t seq = wire_uint(&w, 8, UINT64_MAX);

	return w.bad || w.n > 0 || seq >= ev->seq ? 0 : seq;
}

/* Add to the chain. */
void
history_chain(struct journal_event *ev, uint64_t *at, uint8_t before[8])
{
	if (ev->type == EVENT_STATUS) {
		wire_put(before, 8, *at);
		event_add_member(ev, MEMBER_BEFORE,
		    (struct slice){(const char *)before, 8});
	} else if (ev->type != EVENT_CREATED) {
		return;
	}
	*at = ev->seq;
}

/* Read down the chain, and turn it round. */
unsigned
history_read(struct store_txn *t, const struct execution *x, uint64_t *seqs,
    unsigned max)
{
	uint64_t seq = x->last.seq, other;
	struct journal_event ev;
	unsigned n = 0, i;

	if (x->rollback.seq != 0 && max > 0)
		seqs[n++] = x->rollback.seq;
	while (n < max && seq != 0 && journal_get(t, seq, &ev)) {
		seqs[n++] = seq;
		seq = history_before(&ev);
	}
	for (i = 0; i < n / 2; i++) {
		other = seqs[i];
		seqs[i] = seqs[n - 1 - i];
		seqs[n - 1 - i] = other;
	}
	return n;
}

/* Find the completion: no other status follows it. */
bool
history_completion(struct store_txn *t, const struct execution *x,
    struct journal_event *out, int64_t *rolled_back)
{
	*rolled_back = 0;
	if (x->status != STATUS_COMPLETED)
		return false;
	if (x->rollback.seq != 0 && journal_get(t, x->rollback.seq, out))
		*rolled_back = out->at;
	return journal_get(t, x->last.seq, out);
}
