/*
 * Any bytes as a stored event.  What is accepted must encode to the same
 * bytes, with members that lie within them.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/event.h"
#include "core/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_event(const struct journal_event *ev, struct slice bytes)
{
	INVARIANT(event_type_name(ev->type) != NULL);
	INVARIANT(ev->at >= 0 && ev->due >= 0);
	for (unsigned i = 0; i < ev->nmembers; i++) {
		struct slice m = ev->member[i].bytes;

		INVARIANT(m.p >= bytes.p && m.p + m.n <= bytes.p + bytes.n);
		INVARIANT(event_get(ev, ev->member[i].id).p == m.p);
	}
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};
	struct journal_event ev;
	struct buf b = {0};

	if (!event_decode(bytes, 1, &ev))
		return 0;
	check_event(&ev, bytes);
	event_encode(&ev, &b);
	INVARIANT(slice_eq(buf_slice(&b), bytes));
	buf_free(&b);
	return 0;
}
