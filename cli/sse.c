/*
 * The event stream parser.  Input is gathered until a line is complete; a
 * line is a field; an empty line ends the event.  cli/stream.c feeds it.
 */
#include "cli/sse.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/mem.h"

#define SSE_RETRY_MAX_MS ((uint64_t)24 * 60 * 60 * 1000)

static const struct slice sse_bom = SLICE("\xef\xbb\xbf");

struct sse {
	struct buf in;	 /* bytes that came */
	size_t pos;	 /* where the next line starts in it */
	size_t scanned;	 /* no line ends before here */
	struct buf data; /* the event being gathered, */
	struct buf type; /* its type, */
	struct buf id;	 /* and its id, not yet the cursor */
	struct buf last; /* the cursor */
	uint64_t retry;	 /* ms, 0: never sent */
	bool past_bom;	 /* the start of the stream is behind us */
	bool skip_lf;	 /* a CR ended the last line */
	bool returned;	 /* data and type belong to a returned event */
	bool overflowed;
};

/* A parser at the start of a stream, without a cursor. */
struct sse *
sse_new(void)
{
	return mem_zalloc(sizeof(struct sse));
}

/* Free the parser; NULL is fine. */
void
sse_free(struct sse *s)
{
	if (s == NULL)
		return;
	buf_free(&s->in);
	buf_free(&s->data);
	buf_free(&s->type);
	buf_free(&s->id);
	buf_free(&s->last);
	free(s);
}

static void
set(struct buf *b, struct slice to)
{
	b->len = 0;
	buf_add_slice(b, to);
}

/* Forget the half of an event that the old connection left. */
void
sse_restart(struct sse *s)
{
	s->in.len = s->pos = s->scanned = 0;
	s->data.len = s->type.len = 0;
	set(&s->id, buf_slice(&s->last));
	s->past_bom = s->skip_lf = s->returned = s->overflowed = false;
}

/* Gather bytes.  What was read already makes room first. */
void
sse_push(struct sse *s, struct slice bytes)
{
	if (s->overflowed)
		return;
	buf_drop(&s->in, s->pos);
	s->scanned -= s->pos;
	s->pos = 0;
	buf_add_slice(&s->in, bytes);
}

/*
 * Step over one byte order mark at the very start.  False while the bytes
 * seen so far may still become one.
 */
static bool
pass_bom(struct sse *s)
{
	size_t n = s->in.len < sse_bom.n ? s->in.len : sse_bom.n;

	if (s->past_bom)
		return true;
	if (n == 0)
		return false;
	if (memcmp(s->in.p, sse_bom.p, n) == 0) {
		if (n < sse_bom.n)
			return false;
		s->pos = s->scanned = n;
	}
	s->past_bom = true;
	return true;
}

/*
 * Cut the next line off the input.  A line that ends in CR is taken at once
 * and the LF that may follow is skipped when it comes, so an event is never
 * held back for want of one more byte.
 */
static bool
take_line(struct sse *s, struct slice *line)
{
	if (!pass_bom(s))
		return false;
	if (s->skip_lf && s->pos < s->in.len) {
		s->skip_lf = false;
		if (s->in.p[s->pos] == '\n')
			s->pos++;
		if (s->scanned < s->pos)
			s->scanned = s->pos;
	}
	while (s->scanned < s->in.len) {
		char c = s->in.p[s->scanned++];

		if (c != '\n' && c != '\r')
			continue;
		*line =
		    (struct slice){s->in.p + s->pos, s->scanned - 1 - s->pos};
		s->pos = s->scanned;
		s->skip_lf = c == '\r';
		return true;
	}
	return false;
}

/* Split "name: value"; one space after the colon belongs to neither. */
static struct slice
split_field(struct slice line, struct slice *value)
{
	const char *colon = memchr(line.p, ':', line.n);
	struct slice name = line;

	*value = SLICE_NONE;
	if (colon == NULL)
		return name;
	name.n = (size_t)(colon - line.p);
	*value = (struct slice){colon + 1, line.n - name.n - 1};
	if (value->n > 0 && value->p[0] == ' ') {
		value->p++;
		value->n--;
	}
	return name;
}

/* Take in one field; a comment is one without a name and falls through. */
static void
take_field(struct sse *s, struct slice line)
{
	struct slice value, name = split_field(line, &value);

	if (slice_is(name, "data")) {
		buf_add_slice(&s->data, value);
		buf_add_byte(&s->data, '\n');
	} else if (slice_is(name, "event")) {
		set(&s->type, value);
	} else if (slice_is(name, "id")) {
		if (value.n == 0 || memchr(value.p, '\0', value.n) == NULL)
			set(&s->id, value);
	} else if (slice_is(name, "retry")) {
		slice_u64(value, SSE_RETRY_MAX_MS, &s->retry);
	}
}

/* End an event.  The cursor moves even when there is no data to return. */
static bool
dispatch(struct sse *s, struct sse_event *ev)
{
	set(&s->last, buf_slice(&s->id));
	if (s->data.len == 0) {
		s->type.len = 0;
		return false;
	}
	ev->data = (struct slice){s->data.p, s->data.len - 1};
	ev->type = s->type.len > 0 ? buf_slice(&s->type) : SLICE("message");
	ev->id = buf_slice(&s->last);
	s->returned = true;
	return true;
}

static bool
too_long(const struct sse *s)
{
	return s->data.len + s->type.len + s->id.len + s->in.len - s->pos >
	    SSE_EVENT_MAX;
}

/* Read lines until one ends an event. */
bool
sse_next(struct sse *s, struct sse_event *ev)
{
	struct slice line;

	if (s->returned) {
		s->data.len = s->type.len = 0;
		s->returned = false;
	}
	while (!s->overflowed && take_line(s, &line)) {
		if (line.n > 0)
			take_field(s, line);
		else if (dispatch(s, ev))
			return true;
		if (s->data.len > SSE_EVENT_MAX)
			s->overflowed = true;
	}
	if (too_long(s))
		s->overflowed = true;
	return false;
}

/* Tell whether the stream must be given up. */
bool
sse_overflowed(const struct sse *s)
{
	return s->overflowed;
}

/* Borrow the cursor. */
struct slice
sse_cursor(const struct sse *s)
{
	return buf_slice(&s->last);
}

/* Start from a cursor that somebody kept. */
void
sse_set_cursor(struct sse *s, struct slice id)
{
	set(&s->last, id);
	set(&s->id, id);
}

/* The last retry field, 0 when there was none. */
uint64_t
sse_retry_ms(const struct sse *s)
{
	return s->retry;
}
