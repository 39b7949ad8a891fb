/*
 * Events to bytes and back, in the layout event.h states.  store/journal.c
 * keeps the bytes under their seq; core/lifecycle.c makes the events.
 */
#include "core/event.h"

#include "core/execution.h"
#include "core/log.h"
#include "core/wire.h"

#define EVENT_FORMAT 1
#define HEAD 62	       /* bytes before the first member */
#define MEMBER_HEAD 5  /* id and length */
#define MEMBER_LAST 34 /* the largest enum member */

static const char *const type_names[] = {
    [EVENT_CREATED] = "created",
    [EVENT_STATUS] = "status",
    [EVENT_PROGRESS] = "progress",
    [EVENT_LOG] = "log",
    [EVENT_STEP] = "step",
    [EVENT_IGNORED] = "ignored",
    [EVENT_STORAGE] = "storage",
    [EVENT_TAGS] = "tags",
    [EVENT_JOB] = "job",
    [EVENT_ARTICLE] = "article",
    [EVENT_ROLLBACK] = "rollback",
    [EVENT_READY] = "ready",
    [EVENT_PAUSE] = "pause",
};

static const char *const level_names[] = {
    [LEVEL_DEBUG] = "debug",
    [LEVEL_INFO] = "info",
    [LEVEL_WARN] = "warn",
    [LEVEL_ERROR] = "error",
};

/* Make an event of which only the type is said. */
struct journal_event
event_make(enum event_type type)
{
	return (struct journal_event){
	    .type = type,
	    .percent = EVENT_NO_PERCENT,
	    .step = EVENT_NO_STEP,
	    .step_index = EVENT_NO_INDEX,
	};
}

/* Add a member once; what is absent stays so. */
void
event_add_member(struct journal_event *ev, enum member id, struct slice bytes)
{
	if (bytes.p == NULL)
		return;
	INVARIANT(ev->nmembers < EVENT_MEMBERS_MAX);
	INVARIANT(event_get(ev, id).p == NULL);
	ev->member[ev->nmembers++] = (struct event_member){id, bytes};
}

/* Look a member up; there are at most eight. */
struct slice
event_get(const struct journal_event *ev, enum member id)
{
	for (unsigned i = 0; i < ev->nmembers; i++) {
		if (ev->member[i].id == id)
			return ev->member[i].bytes;
	}
	return SLICE_NONE;
}

static void
put_head(const struct journal_event *ev, unsigned char *p)
{
	p = wire_put(p, 1, EVENT_FORMAT);
	p = wire_put(p, 1, ev->type);
	p = wire_put(p, 1, ev->status);
	p = wire_put(p, 1, ev->previous);
	p = wire_put(p, 1, ev->cause);
	p = wire_put(p, 1, ev->level);
	p = wire_put(p, 1, ev->percent);
	p = wire_put(p, 1, ev->nmembers);
	p = wire_put(p, 2, ev->step);
	p = wire_put(p, 4, ev->attempt);
	p = wire_put(p, 4, ev->step_index);
	p = wire_put(p, 8, (uint64_t)ev->at);
	p = wire_put(p, 8, (uint64_t)ev->due);
	p = wire_put_uuid(p, &ev->execution);
	p = wire_put(p, 8, ev->prev);
	wire_put(p, 4, ev->nth);
}

/* Append the stored form; what could not be read back is never written. */
void
event_encode(const struct journal_event *ev, struct buf *out)
{
	INVARIANT(ev->at >= 0 && ev->due >= 0);
	INVARIANT(ev->nmembers <= EVENT_MEMBERS_MAX);
	put_head(ev, (unsigned char *)buf_room(out, HEAD));
	out->len += HEAD;
	for (unsigned i = 0; i < ev->nmembers; i++) {
		const struct event_member *m = &ev->member[i];
		unsigned char *p;

		INVARIANT(m->bytes.n <= UINT32_MAX);
		p = (unsigned char *)buf_room(out, MEMBER_HEAD);
		wire_put(wire_put(p, 1, m->id), 4, m->bytes.n);
		out->len += MEMBER_HEAD;
		buf_add_slice(out, m->bytes);
	}
}

static bool
is_percent(uint8_t percent)
{
	return percent <= 100 || percent == EVENT_NO_PERCENT;
}

static void
get_head(struct wire *w, struct journal_event *ev, unsigned *nmembers)
{
	if (wire_uint(w, 1, UINT8_MAX) != EVENT_FORMAT)
		w->bad = true;
	ev->type = (enum event_type)wire_uint(w, 1, EVENT_TYPE_COUNT - 1);
	ev->status = (uint8_t)wire_uint(w, 1, STATUS_COUNT - 1);
	ev->previous = (uint8_t)wire_uint(w, 1, STATUS_COUNT - 1);
	ev->cause = (uint8_t)wire_uint(w, 1, CAUSE_COUNT - 1);
	ev->level = (uint8_t)wire_uint(w, 1, LEVEL_ERROR);
	ev->percent = (uint8_t)wire_uint(w, 1, UINT8_MAX);
	*nmembers = (unsigned)wire_uint(w, 1, EVENT_MEMBERS_MAX);
	ev->step = (uint16_t)wire_uint(w, 2, UINT16_MAX);
	ev->attempt = (uint32_t)wire_uint(w, 4, UINT32_MAX);
	ev->step_index = (uint32_t)wire_uint(w, 4, UINT32_MAX);
	ev->at = (int64_t)wire_uint(w, 8, INT64_MAX);
	ev->due = (int64_t)wire_uint(w, 8, INT64_MAX);
	ev->execution = wire_uuid(w);
	ev->prev = wire_uint(w, 8, UINT64_MAX);
	ev->nth = (uint32_t)wire_uint(w, 4, UINT32_MAX);
	if (ev->type == 0 || !is_percent(ev->percent))
		w->bad = true;
	if (ev->type == EVENT_STEP &&
	    (ev->status >= STEP_STATUS_COUNT ||
		ev->previous >= STEP_STATUS_COUNT))
		w->bad = true;
}

static void
get_member(struct wire *w, struct journal_event *ev)
{
	enum member id = (enum member)wire_uint(w, 1, MEMBER_LAST);
	struct slice bytes = wire_bytes(w, (size_t)wire_uint(w, 4, UINT32_MAX));

	if (id == 0 || event_get(ev, id).p != NULL)
		w->bad = true;
	if (!w->bad)
		event_add_member(ev, id, bytes);
}

/* Read the stored form, all of it. */
bool
event_decode(struct slice bytes, uint64_t seq, struct journal_event *out)
{
	struct wire w = wire_read(bytes);
	struct journal_event ev = {.seq = seq};
	unsigned nmembers;

	get_head(&w, &ev, &nmembers);
	for (unsigned i = 0; i < nmembers && !w.bad; i++)
		get_member(&w, &ev);
	if (w.bad || w.n > 0)
		return false;
	*out = ev;
	return true;
}

/* Name a type; NULL for what is none. */
const char *
event_type_name(enum event_type t)
{
	return (unsigned)t < EVENT_TYPE_COUNT ? type_names[t] : NULL;
}

/* Name a level; NULL for none. */
const char *
event_level_name(enum level l)
{
	return (unsigned)l <= LEVEL_ERROR ? level_names[l] : NULL;
}

/* Find the level of that name. */
bool
event_level_parse(struct slice s, enum level *out)
{
	for (unsigned i = LEVEL_DEBUG; i <= LEVEL_ERROR; i++) {
		if (!slice_is(s, level_names[i]))
			continue;
		*out = (enum level)i;
		return true;
	}
	return false;
}
