/*
 * Any bytes as an event stream.  However they are cut into pieces, the same
 * events come out, and the cursor is that of the last whole event.  The first
 * byte chooses the size of the pieces.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/log.h"

#include "cli/sse.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_part(struct buf *out, struct slice part)
{
	buf_add_u64(out, part.n);
	buf_add_byte(out, ':');
	buf_add_slice(out, part);
}

static void
drain(struct sse *s, struct buf *out)
{
	struct sse_event ev;

	while (sse_next(s, &ev)) {
		INVARIANT(ev.type.n > 0);
		INVARIANT(ev.id.n == 0 ||
		    memchr(ev.id.p, '\0', ev.id.n) == NULL);
		INVARIANT(slice_eq(ev.id, sse_cursor(s)));
		add_part(out, ev.type);
		add_part(out, ev.data);
		add_part(out, ev.id);
	}
	INVARIANT(!sse_overflowed(s));
}

/* Parse in pieces of so many bytes, into a text of all that came out. */
static void
parse(struct slice in, size_t piece, struct buf *out)
{
	struct sse *s = sse_new();

	for (size_t i = 0; i < in.n; i += piece) {
		size_t n = in.n - i < piece ? in.n - i : piece;

		sse_push(s, (struct slice){in.p + i, n});
		drain(s, out);
	}
	add_part(out, sse_cursor(s));
	buf_add_u64(out, sse_retry_ms(s));
	sse_free(s);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct buf whole = {0}, pieces = {0};
	struct slice in;

	if (size < 2)
		return 0;
	in = (struct slice){(const char *)data + 1, size - 1};
	parse(in, in.n, &whole);
	parse(in, (size_t)data[0] % 17 + 1, &pieces);
	INVARIANT(slice_eq(buf_slice(&whole), buf_slice(&pieces)));
	buf_free(&whole);
	buf_free(&pieces);
	return 0;
}
