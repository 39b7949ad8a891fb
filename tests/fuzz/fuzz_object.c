/*
 * Any bytes as the parts of an object's key (NUL between them), as a key, as
 * a content type, and as what an event says of an object.  A key that was
 * made has four folders, none of which is "." or "..", stands in JSON as it
 * is, and gives its parts back.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/object.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct slice
cut(struct slice *rest)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\0', rest->n) : NULL;
	struct slice part = *rest;

	if (end == NULL) {
		*rest = SLICE_NONE;
		return part;
	}
	part.n = (size_t)(end - part.p);
	rest->p = end + 1;
	rest->n -= part.n + 1;
	return part;
}

static unsigned
digit(char c)
{
	return c <= '9' ? (unsigned)(c - '0') : (unsigned)(c - 'A') + 10;
}

/* A part of a key is one name of a file, and gives what it was made of. */
static void
check_part(struct slice in_key, struct slice part)
{
	struct buf back = {0};

	INVARIANT(!slice_is(in_key, ".") && !slice_is(in_key, ".."));
	for (size_t i = 0; i < in_key.n; i++) {
		char c = in_key.p[i];

		INVARIANT((unsigned char)c >= 0x20 && c != 0x7f);
		INVARIANT(c != '"' && c != '\\' && c != '/');
		if (c == '%') {
			INVARIANT(in_key.n - i > 2);
			c = (char)(digit(in_key.p[i + 1]) * 16 +
			    digit(in_key.p[i + 2]));
			i += 2;
		}
		buf_add_byte(&back, (unsigned char)c);
	}
	INVARIANT(slice_eq(buf_slice(&back), part));
	INVARIANT(!utf8_valid(part, NULL) || utf8_valid(in_key, NULL));
	buf_free(&back);
}

/* The parts of a key, with a '/' behind all but the last, are the key. */
static void
check_split(struct slice key)
{
	struct object_parts p;
	struct buf all = {0};
	struct slice part[3];

	if (!object_split(key, &p))
		return;
	part[0] = p.id;
	part[1] = p.route;
	part[2] = p.stage;
	buf_add_str(&all, OBJECT_ROOT);
	INVARIANT(p.path.p + p.path.n == key.p + key.n);
	for (unsigned i = 0; i < 3; i++) {
		buf_add_slice(&all, part[i]);
		buf_add_byte(&all, '/');
	}
	buf_add_slice(&all, p.name);
	INVARIANT(slice_eq(buf_slice(&all), key));
	buf_free(&all);
}

/* What a step writes stands in the step's folder; its name may be any. */
static void
check_step(const struct uuid *id, struct slice route, struct slice name)
{
	struct job_step step = {.name = name, .route = route};
	struct job job = {.nsteps = 1, .steps = &step};
	struct journal_event ev = event_make(EVENT_STEP);
	struct buf key = {0}, folder = {0};
	struct object_parts p;

	ev.execution = *id;
	ev.step = 0;
	event_add_member(&ev, MEMBER_ARTIFACTS, SLICE("{}"));
	object_key(&job, &ev, &key);
	object_key_step(id, &step, &folder);
	INVARIANT(key.len > folder.len);
	INVARIANT(memcmp(key.p, folder.p, folder.len) == 0);
	INVARIANT(object_split(buf_slice(&key), &p));
	INVARIANT(slice_is(p.name, "artifacts.json"));
	check_part(p.route, route);
	check_part(p.stage, name);
	buf_free(&key);
	buf_free(&folder);
}

static void
check_put(const struct uuid *id, const struct slice part[3])
{
	struct buf key = {0};
	struct object_parts p;
	struct uuid back;

	for (unsigned i = 0; i < 3; i++)
		if (object_check_part(part[i]) != NULL)
			return;
	object_key_put(id, part, &key);
	INVARIANT(object_split(buf_slice(&key), &p));
	INVARIANT(uuid_parse(p.id, &back) && uuid_eq(&back, id));
	check_part(p.route, part[0]);
	check_part(p.stage, part[1]);
	check_part(p.name, part[2]);
	check_split(buf_slice(&key));
	buf_free(&key);
}

/* It becomes a header again. */
static void
check_type(struct slice type)
{
	if (object_check_type(type) != NULL)
		return;
	INVARIANT(type.n > 0 && type.n <= UINT8_MAX);
	for (size_t i = 0; i < type.n; i++)
		INVARIANT(type.p[i] >= ' ' && type.p[i] <= '~');
}

static void
check_place(struct slice bytes)
{
	struct journal_event ev = event_make(EVENT_STORAGE);
	struct buf out = {0};
	struct object o;

	event_add_member(&ev, MEMBER_KEY, SLICE("k"));
	event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("t"));
	event_add_member(&ev, MEMBER_OBJECT, bytes);
	if (!object_read(&ev, &o))
		return;
	object_place(&o, &out);
	INVARIANT(slice_eq(buf_slice(&out), bytes));
	buf_free(&out);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size}, rest = bytes, part[3];
	struct uuid id = {{1, 2, 3}};

	for (unsigned i = 0; i < 3; i++)
		part[i] = cut(&rest);
	check_step(&id, part[0], part[1]);
	check_put(&id, part);
	check_split(bytes);
	check_type(bytes);
	check_place(bytes);
	return 0;
}
