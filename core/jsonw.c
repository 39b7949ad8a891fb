/*
 * Writing JSON.  yajl's generator escapes and puts the commas; what it does
 * not notice (a member without a value, a key in an array, a second value
 * behind the first) is watched here.  Neighbours: buf.c takes the bytes,
 * decimal.c writes the numbers.
 */
#include "core/jsonw.h"

#include <stdio.h>
#include <stdlib.h>

#include <yajl/yajl_gen.h>

#include "core/decimal.h"
#include "core/log.h"
#include "core/mem.h"

#define JSONW_DEPTH_MAX 80 /* what is read (64) within what we add */

enum place { TOP, IN_ARRAY, IN_OBJECT };

struct jsonw {
	struct buf *out;
	yajl_gen gen;
	unsigned depth;
	bool key;				 /* a key waits for its value */
	bool done;				 /* the text is complete */
	unsigned char open[JSONW_DEPTH_MAX + 1]; /* enum place, by depth */
};

static void
print(void *w, const char *p, size_t n)
{
	buf_add(((struct jsonw *)w)->out, p, n);
}

/* Give a writer. */
struct jsonw *
jsonw_new(struct buf *out)
{
	struct jsonw *w = mem_zalloc(sizeof(*w));

	w->gen = yajl_gen_alloc(NULL);
	if (w->gen == NULL)
		log_fatal("out of memory: a JSON writer");
	yajl_gen_config(w->gen, yajl_gen_print_callback, print, w);
	w->out = out;
	return w;
}

/* Release the writer, not what it wrote. */
void
jsonw_free(struct jsonw *w)
{
	if (w == NULL)
		return;
	yajl_gen_free(w->gen);
	free(w);
}

/* Forget what is open and write to out from now on. */
void
jsonw_reset(struct jsonw *w, struct buf *out)
{
	yajl_gen_reset(w->gen, NULL);
	w->out = out;
	w->depth = 0;
	w->key = w->done = false;
}

static void
must(yajl_gen_status rc)
{
	if (rc != yajl_gen_status_ok)
		log_fatal("JSON writer: status %d", (int)rc);
}

/* A value may stand here; it answers the key that waits. */
static void
before_value(struct jsonw *w)
{
	INVARIANT(w->key == (w->open[w->depth] == IN_OBJECT));
	INVARIANT(!w->done);
	w->key = false;
	w->done = w->depth == 0;
}

static void
enter(struct jsonw *w, enum place place)
{
	before_value(w);
	INVARIANT(w->depth < JSONW_DEPTH_MAX);
	w->open[++w->depth] = (unsigned char)place;
	w->done = false;
}

/* Open an object. */
void
jsonw_object(struct jsonw *w)
{
	enter(w, IN_OBJECT);
	must(yajl_gen_map_open(w->gen));
}

/* Open an array. */
void
jsonw_array(struct jsonw *w)
{
	enter(w, IN_ARRAY);
	must(yajl_gen_array_open(w->gen));
}

/* Close whichever of the two was opened last. */
void
jsonw_end(struct jsonw *w)
{
	enum place place = w->open[w->depth];

	INVARIANT(w->depth > 0 && !w->key);
	w->depth--;
	w->done = w->depth == 0;
	must(place == IN_OBJECT ? yajl_gen_map_close(w->gen)
				: yajl_gen_array_close(w->gen));
}

/* Write a member's name. */
void
jsonw_key_slice(struct jsonw *w, struct slice key)
{
	INVARIANT(w->open[w->depth] == IN_OBJECT && !w->key);
	w->key = true;
	must(yajl_gen_string(w->gen, (const unsigned char *)key.p, key.n));
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
	must(yajl_gen_null(w->gen));
}

/* Write true or false. */
void
jsonw_bool(struct jsonw *w, bool v)
{
	before_value(w);
	must(yajl_gen_bool(w->gen, v));
}

/* Insert text that is a value already; yajl copies a number as it stands. */
void
jsonw_raw(struct jsonw *w, struct slice json)
{
	INVARIANT(json.n > 0);
	before_value(w);
	must(yajl_gen_number(w->gen, json.p, json.n));
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
	must(yajl_gen_integer(w->gen, v));
}

/* Write an unsigned integer, beyond what yajl_gen_integer() takes. */
void
jsonw_u64(struct jsonw *w, uint64_t v)
{
	char digits[24];

	snprintf(digits, sizeof(digits), "%llu", (unsigned long long)v);
	jsonw_raw(w, slice_str(digits));
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
	must(yajl_gen_string(w->gen, (const unsigned char *)s.p, s.n));
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
