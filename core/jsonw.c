/*
 * Writing JSON: commas, escapes, and an eye on misuse (a member without a
 * value, a key in an array, a second value behind the first).  It is what
 * answers mostly cost, so it writes into the buf itself rather than through
 * a library's callback per token.  Neighbours: buf.c takes the bytes,
 * decimal.c writes the numbers.
 */
#include "core/jsonw.h"

#include <stdlib.h>

#include "core/decimal.h"
#include "core/log.h"
#include "core/mem.h"

#define JSONW_DEPTH_MAX 80 /* what is read (64) within what we add */

enum place { TOP, IN_ARRAY, IN_OBJECT };

struct jsonw {
	struct buf *out;
	unsigned depth;
	bool comma;				 /* the next one needs one */
	bool key;				 /* a key waits for its value */
	bool done;				 /* the text is complete */
	unsigned char open[JSONW_DEPTH_MAX + 1]; /* enum place, by depth */
};

/* Give a writer. */
struct jsonw *
jsonw_new(struct buf *out)
{
	struct jsonw *w = mem_zalloc(sizeof(*w));

	w->out = out;
	return w;
}

/* Release the writer, not what it wrote. */
void
jsonw_free(struct jsonw *w)
{
	free(w);
}

/* Forget what is open and write to out from now on. */
void
jsonw_reset(struct jsonw *w, struct buf *out)
{
	w->out = out;
	w->depth = 0;
	w->comma = w->key = w->done = false;
}

/* The comma between two elements or members. */
static void
separate(struct jsonw *w)
{
	if (w->comma)
		buf_add_byte(w->out, ',');
	w->comma = true;
}

/* Characters that must not stand in a string as they are. */
static bool
is_special(unsigned char c)
{
	return c < 0x20 || c == '"' || c == '\\';
}

static void
add_escape(struct buf *out, unsigned char c)
{
	static const char from[] = "\"\\\b\f\n\r\t", to[] = "\"\\bfnrt";
	static const char hex[] = "0123456789ABCDEF";
	const char *at = c != 0 ? strchr(from, c) : NULL;

	buf_add_byte(out, '\\');
	if (at != NULL) {
		buf_add_byte(out, (unsigned char)to[at - from]);
		return;
	}
	buf_add(out, "u00", 3);
	buf_add_byte(out, (unsigned char)hex[c >> 4]);
	buf_add_byte(out, (unsigned char)hex[c & 15]);
}

/* Write a string in its quotes; runs without specials are copied whole. */
static void
add_string(struct buf *out, struct slice s)
{
	size_t at = 0, run;

	buf_add_byte(out, '"');
	while (at < s.n) {
		for (run = at; run < s.n; run++)
			if (is_special((unsigned char)s.p[run]))
				break;
		buf_add(out, s.p + at, run - at);
		if (run < s.n)
			add_escape(out, (unsigned char)s.p[run++]);
		at = run;
	}
	buf_add_byte(out, '"');
}

/* A value may stand here; it answers the key that waits. */
static void
before_value(struct jsonw *w)
{
	INVARIANT(w->key == (w->open[w->depth] == IN_OBJECT));
	INVARIANT(!w->done);
	if (!w->key)
		separate(w);
	w->key = false;
	w->done = w->depth == 0;
}

static void
enter(struct jsonw *w, enum place place)
{
	before_value(w);
	INVARIANT(w->depth < JSONW_DEPTH_MAX);
	w->open[++w->depth] = (unsigned char)place;
	w->comma = w->done = false;
	buf_add_byte(w->out, place == IN_OBJECT ? '{' : '[');
}

/* Open an object. */
void
jsonw_object(struct jsonw *w)
{
	enter(w, IN_OBJECT);
}

/* Open an array. */
void
jsonw_array(struct jsonw *w)
{
	enter(w, IN_ARRAY);
}

/* Close whichever of the two was opened last. */
void
jsonw_end(struct jsonw *w)
{
	enum place place = w->open[w->depth];

	INVARIANT(w->depth > 0 && !w->key);
	w->depth--;
	w->done = w->depth == 0;
	w->comma = true;
	buf_add_byte(w->out, place == IN_OBJECT ? '}' : ']');
}

/* Write a member's name. */
void
jsonw_key_slice(struct jsonw *w, struct slice key)
{
	INVARIANT(w->open[w->depth] == IN_OBJECT && !w->key);
	separate(w);
	w->key = true;
	add_string(w->out, key);
	buf_add_byte(w->out, ':');
}

/* Write a member's name. */
void
jsonw_key(struct jsonw *w, const char *key)
{
	jsonw_key_slice(w, slice_str(key));
}

/* Write null. */
void
jsonw_null(struct jsonw *w)
{
	before_value(w);
	buf_add(w->out, "null", 4);
}

/* Write true or false. */
void
jsonw_bool(struct jsonw *w, bool v)
{
	before_value(w);
	buf_add_str(w->out, v ? "true" : "false");
}

/* Insert text that is a value already. */
void
jsonw_raw(struct jsonw *w, struct slice json)
{
	INVARIANT(json.n > 0);
	before_value(w);
	buf_add_slice(w->out, json);
}

/* Insert a value, or null for none. */
void
jsonw_raw_or_null(struct jsonw *w, struct slice json)
{
	if (json.n > 0)
		jsonw_raw(w, json);
	else
		jsonw_null(w);
}

/* Write a signed integer. */
void
jsonw_int(struct jsonw *w, int64_t v)
{
	before_value(w);
	if (v < 0)
		buf_add_byte(w->out, '-');
	buf_add_u64(w->out, v < 0 ? 0 - (uint64_t)v : (uint64_t)v);
}

/* Write an unsigned integer. */
void
jsonw_u64(struct jsonw *w, uint64_t v)
{
	before_value(w);
	buf_add_u64(w->out, v);
}

/* Write a finite number in its shortest form. */
void
jsonw_double(struct jsonw *w, double v)
{
	char digits[DECIMAL_MAX];

	decimal_format(v, digits);
	jsonw_raw(w, slice_str(digits));
}

/* Write a string. */
void
jsonw_str(struct jsonw *w, struct slice s)
{
	before_value(w);
	add_string(w->out, s);
}

/* Write a key and its text. */
void
jsonw_text(struct jsonw *w, const char *key, struct slice s)
{
	jsonw_key(w, key);
	if (s.p != NULL)
		jsonw_str(w, s);
	else
		jsonw_null(w);
}

/* Write a string, or null for NULL. */
void
jsonw_cstr(struct jsonw *w, const char *s)
{
	if (s != NULL)
		jsonw_str(w, slice_str(s));
	else
		jsonw_null(w);
}

/* Write an id as a string. */
void
jsonw_uuid(struct jsonw *w, const struct uuid *u)
{
	char text[UUID_TEXT + 1];

	uuid_format(u, text);
	jsonw_str(w, (struct slice){text, UUID_TEXT});
}
