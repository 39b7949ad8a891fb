/*
 * Names and places of objects.  Neighbours: lifecycle_objects.c makes the
 * events, sse/ shows them, store/check_rows.c looks whether they are true.
 */
#include "core/object.h"

#include "core/execution.h"
#include "core/log.h"
#include "core/wire.h"

#define ROOT_LEN (sizeof OBJECT_ROOT - 1)
#define TYPE_MAX 255

/* What an event writes to storage, if anything. */
enum member
object_member(const struct journal_event *ev)
{
	enum member m = MEMBER_RESULT;

	if (ev->type == EVENT_STEP)
		m = MEMBER_ARTIFACTS;
	else if (ev->type == EVENT_PROGRESS)
		m = MEMBER_CHECKPOINT;
	else if (ev->type != EVENT_STATUS)
		return 0;
	return event_get(ev, m).p != NULL ? m : 0;
}

/* The names of folders themselves, and of those above them. */
static bool
is_dots(struct slice part)
{
	return slice_is(part, ".") || slice_is(part, "..");
}

/* Append '/' and a part of a key. */
static void
add_part(struct buf *out, struct slice part)
{
	bool dots = is_dots(part);
	unsigned char c;

	buf_add_byte(out, '/');
	for (size_t i = 0; i < part.n; i++) {
		c = (unsigned char)part.p[i];
		if (c < 0x20 || c == 0x7f || c == '/' || c == '%' || c == '"' ||
		    c == '\\' || dots)
			buf_addf(out, "%%%02X", c);
		else
			buf_add_byte(out, c);
	}
}

/* Append what all keys of an execution begin with. */
static void
add_execution(struct buf *out, const struct uuid *id)
{
	char text[UUID_TEXT + 1];

	uuid_format(id, text);
	buf_add_str(out, OBJECT_ROOT);
	buf_add_str(out, text);
}

/* Name an event's object. */
void
object_key(const struct job *job, const struct journal_event *ev,
    struct buf *out)
{
	add_execution(out, &ev->execution);
	if (ev->step == EVENT_NO_STEP) {
		buf_add_str(out, "/_execution/result/result.json");
		return;
	}
	INVARIANT(ev->step < job->nsteps);
	add_part(out, job->steps[ev->step].route);
	add_part(out, job->steps[ev->step].name);
	buf_add_str(out,
	    object_member(ev) == MEMBER_CHECKPOINT ? "/checkpoint.json"
						   : "/artifacts.json");
}

/* Name what somebody puts there. */
void
object_key_put(const struct uuid *id, const struct slice part[3],
    struct buf *out)
{
	add_execution(out, id);
	for (unsigned i = 0; i < 3; i++)
		add_part(out, part[i]);
}

/* Name the folder of a step. */
void
object_key_step(const struct uuid *id, const struct job_step *step,
    struct buf *out)
{
	add_execution(out, id);
	add_part(out, step->route);
	add_part(out, step->name);
	buf_add_byte(out, '/');
}

/* Look at one part of such a name. */
const char *
object_check_part(struct slice part)
{
	if (part.n == 0 || part.n > OBJECT_PART_MAX)
		return "must have 1 to 255 bytes";
	if (memchr(part.p, '/', part.n) != NULL)
		return "must not have '/'";
	return is_dots(part) ? "must not be . or .." : NULL;
}

/* Look at a content type, which becomes a header again. */
const char *
object_check_type(struct slice type)
{
	if (type.n == 0 || type.n > TYPE_MAX)
		return "must have 1 to 255 bytes";
	for (size_t i = 0; i < type.n; i++)
		if (type.p[i] < 0x20 || type.p[i] > 0x7e)
			return "must be visible ASCII";
	return NULL;
}

/* Say where the bytes are. */
void
object_place(const struct object *o, struct buf *out)
{
	unsigned char *p = (unsigned char *)buf_room(out, OBJECT_PLACE);

	p = wire_put(p, 8, o->size);
	p = wire_put(p, 8, o->at.seq);
	wire_put(p, 1, o->member);
	out->len += OBJECT_PLACE;
}

/* Read what EVENT_STORAGE says. */
bool
object_read(const struct journal_event *ev, struct object *out)
{
	struct wire w = wire_read(event_get(ev, MEMBER_OBJECT));

	*out = (struct object){
	    .key = event_get(ev, MEMBER_KEY),
	    .content_type = event_get(ev, MEMBER_CONTENT_TYPE),
	};
	out->size = wire_uint(&w, 8, UINT64_MAX);
	out->at.seq = wire_uint(&w, 8, UINT64_MAX);
	out->member = (enum member)wire_uint(&w, 1, UINT8_MAX);
	return !w.bad && w.n == 0 && out->key.n > 0 && out->content_type.n > 0;
}

/* Cut the next part off; false when there is no '/' behind it. */
static bool
next_part(struct slice *rest, struct slice *part)
{
	const char *slash = rest->n > 0 ? memchr(rest->p, '/', rest->n) : NULL;

	if (slash == NULL)
		return false;
	*part = (struct slice){rest->p, (size_t)(slash - rest->p)};
	rest->n -= part->n + 1;
	rest->p = slash + 1;
	return true;
}

/* Split a key. */
bool
object_split(struct slice key, struct object_parts *out)
{
	if (key.n < ROOT_LEN || memcmp(key.p, OBJECT_ROOT, ROOT_LEN) != 0)
		return false;
	key.p += ROOT_LEN;
	key.n -= ROOT_LEN;
	if (!next_part(&key, &out->id))
		return false;
	out->path = key;
	if (!next_part(&key, &out->route) || !next_part(&key, &out->stage))
		return false;
	out->name = key;
	return true;
}
