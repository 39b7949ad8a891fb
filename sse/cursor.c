/*
 * Cursors in, and what the journal makes of them.
 */
#include "sse/cursor.h"

#include "store/journal.h"

#include "sse/sse_impl.h"

/* Read "<epoch>-<seq>" or "<seq>". */
bool
cursor_parse(struct slice text, const char *epoch, uint64_t *seq)
{
	if (text.n > SSE_EPOCH && text.p[SSE_EPOCH] == '-') {
		struct slice life = {text.p, SSE_EPOCH};

		if (!slice_is(life, epoch))
			return false;
		text.p += SSE_EPOCH + 1;
		text.n -= SSE_EPOCH + 1;
	}
	return slice_u64(text, INT64_MAX, seq);
}

/*
 * Decide where a stream with that cursor begins.  0 is the beginning, so
 * whatever is not retained any more is no gap there.
 */
void
sse_cursor(struct sse *s, struct slice text, struct sse_request *r)
{
	struct store_txn *t = store_snapshot(s->store);
	uint64_t first = journal_first(t), seq;

	r->from = SSE_FROM_GAP;
	r->seq = 0;
	r->gap_reason = "unknown";
	if (!cursor_parse(text, store_epoch(s->store), &seq))
		return;
	if (seq == 0 && first > 0)
		seq = first - 1;
	r->seq = seq;
	if (seq > store_seq(t))
		r->gap_reason = "ahead";
	else if (seq + 1 < first)
		r->gap_reason = "expired";
	else
		r->from = SSE_FROM_SEQ;
}
