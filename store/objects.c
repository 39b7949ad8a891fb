/*
 * The table "objects".  Neighbours: journal.c writes a row with each
 * EVENT_STORAGE, check_objects.c compares the two.
 */
#include "store/objects.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/object.h"
#include "core/wire.h"
#include "store/journal.h"
#include "store/rows_impl.h"
#include "store/table.h"

#define ROW_FORMAT 1
#define ROW_HEAD 26   /* version, seq, size, created, length of the type */
#define CUT_MARK 0xff /* in no UTF-8, so that no shorter key is the same */
#define ROOT_LEN (sizeof OBJECT_ROOT - 1)

struct object_key {
	uint8_t b[SCHEMA_OBJECT_MAX];
	size_t n;
};

/* The key of a row. */
static struct object_key
key_of(struct slice text)
{
	struct object_key k = {.n = text.n};
	uint64_t digest[2];
	uint8_t *p;

	if (text.n <= SCHEMA_OBJECT_MAX) {
		memcpy(k.b, text.p, text.n);
		return k;
	}
	memcpy(k.b, text.p, SCHEMA_OBJECT_CUT);
	slice_digest(text, digest);
	p = wire_put(k.b + SCHEMA_OBJECT_CUT, 1, CUT_MARK);
	wire_put(wire_put(p, 8, digest[0]), 8, digest[1]);
	k.n = SCHEMA_OBJECT_MAX;
	return k;
}

/* Write a row; what cannot be read is for the check to tell. */
void
objects_put(struct store_txn *t, const struct journal_event *ev)
{
	struct buf *out = &t->scratch;
	struct object_key k;
	struct object o;
	unsigned char *p;

	if (!object_read(ev, &o))
		return;
	INVARIANT(o.content_type.n <= UINT8_MAX);
	k = key_of(o.key);
	out->len = 0;
	p = (unsigned char *)buf_room(out, ROW_HEAD);
	p = wire_put(p, 1, ROW_FORMAT);
	p = wire_put(p, 8, ev->seq);
	p = wire_put(p, 8, o.size);
	p = wire_put(p, 8, (uint64_t)ev->at);
	wire_put(p, 1, o.content_type.n);
	out->len = ROW_HEAD;
	buf_add_slice(out, o.content_type);
	if (o.key.n > SCHEMA_OBJECT_MAX)
		buf_add_slice(out, o.key);
	table_put(t, TABLE_OBJECTS, table_bytes(k.b, k.n), buf_slice(out));
}

/* Read a row that stands under key. */
static bool
read_row(struct slice key, struct slice value, struct objects_row *out)
{
	struct wire w = wire_read(value);

	if (wire_uint(&w, 1, UINT8_MAX) != ROW_FORMAT)
		return false;
	out->key = key;
	out->seq = wire_uint(&w, 8, UINT64_MAX);
	out->size = wire_uint(&w, 8, UINT64_MAX);
	out->created_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->content_type = wire_bytes(&w, (size_t)wire_uint(&w, 1, UINT8_MAX));
	if (w.n > 0)
		out->key = wire_bytes(&w, w.n);
	return !w.bad && out->content_type.n > 0;
}

static bool
read_or_fail(struct store_txn *t, const struct slice at[2],
    struct objects_row *out)
{
	if (read_row(at[0], at[1], out))
		return true;
	store_txn_damaged(t, "the row of an object");
	return false;
}

/* Find an object. */
bool
objects_get(struct store_txn *t, struct slice key, struct objects_row *out)
{
	struct object_key k = key_of(key);
	struct slice at[2] = {key, SLICE_NONE};

	return key.n > 0 &&
	    table_get(t, TABLE_OBJECTS, table_bytes(k.b, k.n), &at[1]) &&
	    read_or_fail(t, at, out) && slice_eq(out->key, key);
}

/* Follow a row to its event, and that to the bytes. */
struct slice
objects_bytes(struct store_txn *t, const struct objects_row *row)
{
	struct journal_event ev, with;
	struct slice bytes = SLICE_NONE;
	struct object o;

	if (journal_get(t, row->seq, &ev) && object_read(&ev, &o) &&
	    journal_get(t, o.at.seq, &with))
		bytes = event_get(&with, o.member);
	if (bytes.p != NULL && bytes.n == row->size)
		return bytes;
	store_txn_damaged(t, "where an object is");
	return SLICE_NONE;
}

/* ---- walking ---- */

struct objects_walk {
	struct store_txn *t;
	const struct objects_query *q;
	struct table_cursor at, index; /* index: a project's executions */
	struct buf from;	       /* where to go next, when leap is set */
	struct uuid own; /* the execution last found to be the project's */
	struct buf common;
	bool leap;
	unsigned looks;
};

static bool
begins(struct slice s, struct slice with)
{
	return with.n == 0 ||
	    (s.n >= with.n && memcmp(s.p, with.p, with.n) == 0);
}

/* No more of a key than all keys have as it is. */
static struct slice
clip(struct slice s)
{
	if (s.n > SCHEMA_OBJECT_CUT)
		s.n = SCHEMA_OBJECT_CUT;
	return s;
}

/* Go to the first key that is not below s. */
static void
leap_to(struct objects_walk *w, struct slice s)
{
	w->from.len = 0;
	buf_add_slice(&w->from, s);
	w->leap = true;
}

/* Go to the first key above all that begin with s, which is UTF-8. */
static void
leap_over(struct objects_walk *w, struct slice s)
{
	leap_to(w, s);
	w->from.p[s.n - 1]++;
}

/* Find where a key's common prefix ends; 0: it has none. */
static size_t
common_end(const struct objects_query *q, struct slice key)
{
	struct slice d = q->delimiter;
	const char *p;
	size_t end;

	if (d.n == 0 || key.n <= q->prefix.n)
		return 0;
	p = memmem(key.p + q->prefix.n, key.n - q->prefix.n, d.p, d.n);
	end = p != NULL ? (size_t)(p - key.p) + d.n : 0;
	return end <= SCHEMA_OBJECT_CUT ? end : 0;
}

/* Begin behind what was shown last. */
static void
start(struct objects_walk *w)
{
	struct slice after = w->q->after;
	struct object_key k;

	if (slice_cmp(after, w->q->prefix) <= 0) {
		leap_to(w, clip(w->q->prefix));
	} else if (begins(after, w->q->prefix) &&
	    common_end(w->q, after) == after.n) {
		leap_over(w, after);
	} else {
		k = key_of(after);
		leap_to(w, table_bytes(k.b, k.n));
	}
}

/* Begin a walk. */
struct objects_walk *
objects_walk_new(struct store_txn *t, const struct objects_query *q)
{
	struct objects_walk *w = mem_zalloc(sizeof *w);

	w->t = t;
	w->q = q;
	w->at = table_open(t, TABLE_OBJECTS);
	if (q->project != 0)
		w->index = table_open(t, TABLE_INDEX);
	start(w);
	return w;
}

/* End a walk. */
void
objects_walk_free(struct objects_walk *w)
{
	if (w == NULL)
		return;
	table_close(&w->at);
	table_close(&w->index);
	buf_free(&w->from);
	buf_free(&w->common);
	free(w);
}

/* Find the project's first execution that is not below *id. */
static bool
find_own(struct objects_walk *w, struct uuid *id)
{
	struct rows_key facet = rows_key_project(w->q->project);
	struct rows_key k = rows_key_index(&facet, id);

	if (!table_seek(&w->index, rows_key_slice(&k)) ||
	    w->index.key.n != k.n ||
	    memcmp(w->index.key.p, facet.b, facet.n) != 0)
		return false;
	memcpy(id->b, w->index.key.p + facet.n, sizeof id->b);
	return true;
}

/*
 * Is a key's execution the project's?  If not, leap to the next that is;
 * *end is set when there is none.
 */
static bool
is_own(struct objects_walk *w, struct slice key, bool *end)
{
	char text[UUID_TEXT + 1];
	struct uuid id, next;

	if (w->q->project == 0)
		return true;
	*end = key.n < ROOT_LEN + UUID_TEXT ||
	    !uuid_parse((struct slice){key.p + ROOT_LEN, UUID_TEXT}, &id);
	if (*end || uuid_eq(&id, &w->own))
		return !*end;
	next = id;
	*end = !find_own(w, &next);
	if (*end)
		return false;
	w->own = next;
	if (uuid_eq(&id, &next))
		return true;
	uuid_format(&next, text);
	leap_to(w, SLICE(OBJECT_ROOT));
	buf_add_str(&w->from, text);
	return false;
}

/* Move to where the next row should be; false when there is none. */
static bool
move(struct objects_walk *w)
{
	bool leap = w->leap;

	w->leap = false;
	if (!leap)
		return table_next(&w->at);
	return w->from.len > 0 ? table_seek(&w->at, buf_slice(&w->from))
			       : table_first(&w->at);
}

/* Go to the next row; false at the end. */
static bool
step(struct objects_walk *w, struct objects_row *row)
{
	bool there = move(w);
	struct slice at[2] = {w->at.key, w->at.value};

	return there && begins(at[0], clip(w->q->prefix)) &&
	    read_or_fail(w->t, at, row);
}

/* Where to go on, when it has taken too long. */
static enum objects_found
cut(struct objects_walk *w, struct objects_row *row)
{
	if (w->leap)
		row->key = buf_slice(&w->from);
	return OBJECTS_CUT;
}

/* Show a key that is among those asked for. */
static enum objects_found
show(struct objects_walk *w, struct objects_row *row)
{
	size_t end = common_end(w->q, row->key);

	w->looks = 0;
	if (end == 0)
		return OBJECTS_ROW;
	w->common.len = 0;
	buf_add(&w->common, row->key.p, end);
	row->key = buf_slice(&w->common);
	leap_over(w, row->key);
	return OBJECTS_COMMON;
}

/* Go on to what is shown next. */
enum objects_found
objects_walk_next(struct objects_walk *w, struct objects_row *row)
{
	bool end = false;

	while (!end && step(w, row)) {
		if (is_own(w, row->key, &end) &&
		    begins(row->key, w->q->prefix) &&
		    !slice_eq(row->key, w->q->after))
			return show(w, row);
		if (!end && ++w->looks == OBJECTS_LOOK_MAX)
			return cut(w, row);
	}
	return OBJECTS_END;
}
