/*
 * What is written to storage: an event of its own behind each event that has
 * an object's bytes (core/object.h), so that a stream of writes is a stream
 * of events; and what is put there, which is one event.
 */
#include "core/lifecycle_objects.h"

#include "core/lifecycle_impl.h"
#include "core/utf8.h"

/* Emit EVENT_STORAGE with all it needs but what is set in ev already. */
static void
emit(struct decision *d, struct journal_event *ev, const struct object *o)
{
	struct buf *place = lifecycle_text(d);

	object_place(o, place);
	event_add_member(ev, MEMBER_KEY, o->key);
	event_add_member(ev, MEMBER_CONTENT_TYPE, o->content_type);
	event_add_member(ev, MEMBER_OBJECT, buf_slice(place));
	lifecycle_emit(d, ev);
}

/* Say that by, which was just kept, wrote an object, if it did. */
void
lifecycle_object(struct decision *d, const struct journal_event *by)
{
	enum member m = object_member(by);
	struct journal_event ev;
	struct buf *key;
	struct object o;

	if (m == 0)
		return;
	ev = lifecycle_event(d, EVENT_STORAGE);
	ev.step = by->step;
	key = lifecycle_text(d);
	object_key(d->job, by, key);
	o = (struct object){.key = buf_slice(key),
	    .content_type = SLICE("application/json"),
	    .size = event_get(by, m).n,
	    .at.seq = by->seq,
	    .member = m};
	emit(d, &ev, &o);
}

/* The claim of a step lets a worker write what is that step's. */
static bool
check_folder(struct decision *d, struct slice key, const struct fence *f)
{
	const struct job_step *step = &d->job->steps[f->step];
	struct buf *folder = lifecycle_text(d);

	object_key_step(&d->x->id, step, folder);
	if (key.n > folder->len && memcmp(key.p, folder->p, folder->len) == 0)
		return true;
	return lifecycle_refuse(d, REFUSAL_FENCED, "detail",
	    "this token is of the claim of step '%.*s': it writes under that "
	    "route and step only",
	    SLICE_FMT(utf8_prefix(step->name, 80)));
}

/* Put an object. */
bool
lifecycle_object_put(struct decision *d, const struct object_put *put,
    const struct fence *f)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STORAGE);
	struct slice bytes = put->bytes.n > 0 ? put->bytes : SLICE("");
	struct object o = {.key = put->key,
	    .content_type = put->content_type,
	    .size = bytes.n,
	    .at.seq = d->seq + d->change->nevents,
	    .member = MEMBER_BYTES};
	char why[120];

	if (lifecycle_is_stale(d, f, why))
		return lifecycle_refuse(d, REFUSAL_STALE, "attempt", "%s", why);
	if (status_is_terminal(d->x->status))
		return lifecycle_refuse(d, REFUSAL_TERMINAL, "status",
		    "nothing can be stored: the execution is %s",
		    status_name(d->x->status));
	if (f->of_step && !check_folder(d, put->key, f))
		return false;
	event_add_member(&ev, MEMBER_BYTES, bytes);
	emit(d, &ev, &o);
	return true;
}
