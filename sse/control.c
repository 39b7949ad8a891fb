/*
 * Neighbours: frame.c lays frames out, subscriber.c decides when to say what.
 */
#include "sse/control.h"

#include "core/rfc3339.h"

static const char head[] = "HTTP/1.1 200 OK\r\n"
			   "Content-Type: text/event-stream\r\n"
			   "Cache-Control: no-cache, no-transform\r\n"
			   "X-Accel-Buffering: no\r\n"
			   "Access-Control-Allow-Origin: *\r\n"
			   "Connection: close\r\n";

/* Write the head; the connection ends with the stream in either version. */
void
control_head(unsigned form, struct buf *out)
{
	buf_add_str(out, head);
	if ((form & FRAME_PLAIN) == 0)
		buf_add_str(out, "Transfer-Encoding: chunked\r\n");
	buf_add_str(out, "\r\n");
}

/* Ask for a pause between half of and one and a half times retry_ms. */
void
control_retry(struct sse *s, unsigned form, struct buf *out)
{
	uint64_t ms = s->options.retry_ms;
	struct buf b = {0};

	ms = ms / 2 + sse_noise(s) % (ms + 1);
	buf_addf(&b, "retry: %llu\n\n", (unsigned long long)ms);
	frame_chunk(buf_slice(&b), form, out);
	buf_free(&b);
}

/* Write a comment, which readers skip. */
void
control_comment(const char *text, unsigned form, struct buf *out)
{
	struct buf b = {0};

	buf_addf(&b, ": %s\n\n", text);
	frame_chunk(buf_slice(&b), form, out);
	buf_free(&b);
}

/* Write an event without data, which only moves the last event id. */
void
control_id(struct sse *s, unsigned form, uint64_t seq, struct buf *out)
{
	struct buf b = {0};

	buf_addf(&b, "id: %s-%llu\n\n", s->maker.epoch,
	    (unsigned long long)seq);
	frame_chunk(buf_slice(&b), form, out);
	buf_free(&b);
}

static void
at_member(struct jsonw *w, int64_t ms)
{
	char text[RFC3339_MAX];

	rfc3339_millis(ms, text);
	jsonw_key(w, "at");
	jsonw_cstr(w, text);
}

/* The members all events share, but for the type. */
static void
common_members(struct jsonw *w, const struct uuid *execution, uint64_t seq,
    int64_t at)
{
	jsonw_key(w, "execution_id");
	if (uuid_is_zero(execution))
		jsonw_null(w);
	else
		jsonw_uuid(w, execution);
	jsonw_key(w, "seq");
	jsonw_u64(w, seq);
	at_member(w, at);
}

static void
finish(struct sse *s, unsigned form, const struct frame_cuts *cuts,
    struct buf *out)
{
	frame_end(&s->maker, &s->frame);
	frame_wrap(buf_slice(&s->frame), cuts, form, out);
}

/* Write a named sign of life, without an id: nobody resumes there. */
void
control_heartbeat(struct sse *s, unsigned form, struct buf *out)
{
	struct frame_cuts cuts;

	s->frame.len = 0;
	frame_begin(&s->maker, "heartbeat", FRAME_NO_ID, &s->frame, &cuts);
	at_member(s->maker.w, s->now_ms);
	finish(s, form, &cuts, out);
}

/* Say that events are missing here, and why. */
void
control_gap(struct sse *s, const struct view *v, const char *reason,
    uint64_t seq, struct buf *out)
{
	struct frame_cuts cuts;
	struct jsonw *w = s->maker.w;

	s->frame.len = 0;
	frame_begin(&s->maker, "gap", FRAME_NO_ID, &s->frame, &cuts);
	common_members(w, &v->filter.execution, seq, s->now_ms);
	jsonw_key(w, "reason");
	jsonw_cstr(w, reason);
	finish(s, v->form, &cuts, out);
}

/* Say that nothing more will come. */
void
control_end(struct sse *s, const struct view *v, const struct execution *x,
    uint64_t seq, struct buf *out)
{
	struct frame_cuts cuts;
	struct jsonw *w = s->maker.w;

	s->frame.len = 0;
	frame_begin(&s->maker, "end", seq, &s->frame, &cuts);
	common_members(w, x != NULL ? &x->id : &(struct uuid){0}, seq,
	    x != NULL ? x->completed_at : s->now_ms);
	jsonw_key(w, "status");
	jsonw_cstr(w, x != NULL ? frame_status(x->status, v->form) : NULL);
	if (x != NULL && (v->form & FRAME_FACTFLOW) != 0) {
		jsonw_key(w, "canonical_status");
		jsonw_cstr(w, status_name(x->status));
	}
	finish(s, v->form, &cuts, out);
}

/* Close the body. */
void
control_last(unsigned form, struct buf *out)
{
	if ((form & FRAME_PLAIN) == 0)
		buf_add_str(out, "0\r\n\r\n");
}
