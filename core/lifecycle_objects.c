/*
 * What is written to storage: an event of its own behind each event that has
 * an object's bytes (core/object.h), so that a stream of writes is a stream
 * of events.
 */
#include "core/lifecycle_impl.h"
#include "core/object.h"

/* Say that by, which was just kept, wrote an object, if it did. */
void
lifecycle_object(struct decision *d, const struct journal_event *by)
{
	enum member m = object_member(by);
	struct journal_event ev;
	struct buf *text;
	struct object o;

	if (m == 0)
		return;
	ev = lifecycle_event(d, EVENT_STORAGE);
	ev.step = by->step;
	text = lifecycle_text(d);
	object_key(d->job, by, text);
	event_add_member(&ev, MEMBER_KEY, buf_slice(text));
	event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("application/json"));
	o = (struct object){.size = event_get(by, m).n,
	    .at.seq = by->seq,
	    .member = m};
	text = lifecycle_text(d);
	object_place(&o, text);
	event_add_member(&ev, MEMBER_OBJECT, buf_slice(text));
	lifecycle_emit(d, &ev);
}
