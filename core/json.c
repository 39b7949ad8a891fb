/*
 * The strict layer over yajl.  yajl finds the tokens and calls back; what it
 * lets pass and a stricter reader would not (see json.h) is refused here.
 *
 * yajl never says where a token began.  It does say how many bytes it has
 * consumed, which within a callback is where the token ended; and between two
 * tokens reported there is nothing but white space, ',' and ':'.  So each
 * token begins at the first other byte behind the last one.
 *
 * Nodes, decoded strings and yajl's own state live in one arena, freed in one
 * go.  Neighbours: decimal.c reads numbers, utf8.c checks the text.
 */
#include "core/json.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>

#include <yajl/yajl_parse.h>

#include "core/arena.h"
#include "core/decimal.h"
#include "core/log.h"
#include "core/utf8.h"

#define FEW_MEMBERS 16	/* compared pairwise for duplicates */
#define YAJL_STATE 5120 /* what yajl allocates, two buffers of 2 KiB first */
#define FIRST_MAX ((size_t)64 * 1024)
#define NAME_SHOWN 60 /* bytes of a duplicate name in the error */

struct json {
	struct arena arena;
	struct json_node top; /* stands above the root */
};

/* A text being parsed. */
struct parse {
	struct json *doc;
	struct arena arena;
	yajl_handle yajl;
	struct slice text;
	size_t end;	  /* of the last token reported */
	bool finishing;	  /* all of the text has been given to yajl */
	struct slice key; /* of the member to come */
	unsigned depth;
	struct json_node *open[JSON_DEPTH_MAX + 1]; /* open[0] is doc->top */
	struct json_node *last[JSON_DEPTH_MAX + 1]; /* its last child */
	const char *cause; /* why we refused it, or NULL */
	struct slice name; /* the duplicate, shown behind cause */
	size_t bad;	   /* offset of what cause is about */
};

/* ---- yajl's memory, from the arena ---- */

/* yajl resizes without telling the old size, so a block remembers its own. */
struct block {
	size_t size;
	alignas(max_align_t) char bytes[];
};

static void *
block_get(void *arena, size_t size)
{
	struct block *b = arena_get(arena, sizeof(*b) + size);

	b->size = size;
	return b->bytes;
}

static void *
block_resize(void *arena, void *p, size_t size)
{
	void *grown = block_get(arena, size);

	if (p != NULL) {
		size_t old =
		    *(size_t *)((char *)p - offsetof(struct block, bytes));

		memcpy(grown, p, old < size ? old : size);
	}
	return grown;
}

static void
block_free(void *arena, void *p)
{
	(void)arena;
	(void)p;
}

/* ---- tokens and nodes ---- */

/* Refuse the text: yajl stops when a callback returns 0. */
static int
refuse(struct parse *p, const char *cause, const char *at)
{
	p->cause = cause;
	p->bad = (size_t)(at - p->text.p);
	return 0;
}

static bool
is_space(char c)
{
	return c == ' ' || c == '\n' || c == '\t' || c == '\r';
}

/* The offset of the first byte at or behind from that is no white space. */
static size_t
skip_space(const struct parse *p, size_t from)
{
	while (from < p->text.n && is_space(p->text.p[from]))
		from++;
	return from;
}

/* The offset of the first byte in from..to that can begin a token. */
static size_t
skip_between(const struct parse *p, size_t from, size_t to)
{
	const char *s = p->text.p;

	while (from < to &&
	    (is_space(s[from]) || s[from] == ',' || s[from] == ':'))
		from++;
	return from;
}

/* The range of the token just reported. */
static struct slice
take_token(struct parse *p)
{
	size_t end, start;

	/* A number at the very end is reported only by the finish. */
	end = p->finishing ? p->text.n : yajl_get_bytes_consumed(p->yajl);
	start = skip_between(p, p->end, end);
	p->end = end;
	return (struct slice){p->text.p + start, end - start};
}

static struct json_node *
add_node(struct parse *p, enum json_type type)
{
	struct json_node *parent = p->open[p->depth];
	struct json_node *n = arena_get(&p->arena, sizeof(*n));

	*n = (struct json_node){.type = type,
	    .key = p->key,
	    .raw = take_token(p)};
	p->key = SLICE_NONE;
	if (p->last[p->depth] != NULL)
		p->last[p->depth]->next = n;
	else
		parent->child = n;
	p->last[p->depth] = n;
	parent->count++;
	return n;
}

static int
open_node(struct parse *p, enum json_type type)
{
	struct json_node *n = add_node(p, type);

	if (p->depth == JSON_DEPTH_MAX)
		return refuse(p, "nested too deeply", n->raw.p);
	p->depth++;
	p->open[p->depth] = n;
	p->last[p->depth] = NULL;
	return 1;
}

static struct json_node *
close_node(struct parse *p)
{
	struct json_node *n = p->open[p->depth--];

	take_token(p);
	n->raw.n = (size_t)(p->text.p + p->end - n->raw.p);
	return n;
}

/* ---- strings ---- */

/* The code unit of "\uXXXX"; yajl has checked the digits. */
static unsigned
code_unit(const char *escape)
{
	unsigned v = 0;

	for (int i = 2; i < 6; i++) {
		unsigned c = (unsigned char)escape[i];

		v = v << 4 | (c <= '9' ? c - '0' : (c | 0x20) - 'a' + 10);
	}
	return v;
}

static bool
is_high(unsigned unit)
{
	return unit >= 0xd800 && unit <= 0xdbff;
}

static bool
is_low(unsigned unit)
{
	return unit >= 0xdc00 && unit <= 0xdfff;
}

/* Check one \u escape before end; *size is what it takes, with its pair. */
static const char *
check_unicode(const char *at, const char *end, size_t *size)
{
	unsigned unit = code_unit(at);

	*size = 6;
	if (is_high(unit) && end - at >= 12 && at[6] == '\\' && at[7] == 'u' &&
	    is_low(code_unit(at + 6))) {
		*size = 12;
		return NULL;
	}
	return is_high(unit) || is_low(unit) ? "lone surrogate in a string"
					     : NULL;
}

static int
check_escapes(struct parse *p, struct slice raw)
{
	const char *at = raw.p, *end = raw.p + raw.n, *cause;
	size_t size;

	while ((at = memchr(at, '\\', (size_t)(end - at))) != NULL) {
		size = 2;
		if (at[1] == 'u') {
			cause = check_unicode(at, end, &size);
			if (cause != NULL)
				return refuse(p, cause, at);
		}
		at += size;
	}
	return 1;
}

/* Borrow from the text what yajl did not have to decode, copy the rest. */
static int
take_string(struct parse *p, struct slice raw, struct slice s,
    struct slice *out)
{
	char *copy;

	*out = s;
	if (s.p == raw.p + 1)
		return 1;
	if (!check_escapes(p, raw))
		return 0;
	copy = arena_get(&p->arena, s.n);
	memcpy(copy, s.p, s.n);
	out->p = copy;
	return 1;
}

/* ---- duplicate members ---- */

static int
duplicate(struct parse *p, const struct json_node *n)
{
	p->name = utf8_prefix(n->key, NAME_SHOWN);
	return refuse(p, "duplicate member", n->raw.p);
}

/* By key, then by place, so that the later of two equals comes second. */
static int
compare_members(const void *a, const void *b)
{
	const struct json_node *x = *(const struct json_node *const *)a;
	const struct json_node *y = *(const struct json_node *const *)b;
	int c = slice_cmp(x->key, y->key);

	return c != 0 ? c : (x->raw.p > y->raw.p) - (x->raw.p < y->raw.p);
}

/* Sorting needs no secret: no choice of names makes it slow. */
static int
check_many(struct parse *p, const struct json_node *obj)
{
	const struct json_node **all, *n;
	size_t i = 0;

	all = arena_get(&p->arena, obj->count * sizeof(const void *));
	for (n = obj->child; n != NULL; n = n->next)
		all[i++] = n;
	qsort(all, i, sizeof(const void *), compare_members);
	while (--i > 0) {
		if (slice_eq(all[i]->key, all[i - 1]->key))
			return duplicate(p, all[i]);
	}
	return 1;
}

static int
check_members(struct parse *p, const struct json_node *obj)
{
	const struct json_node *a, *b;

	if (obj->count > FEW_MEMBERS)
		return check_many(p, obj);
	for (b = obj->child; b != NULL; b = b->next) {
		for (a = obj->child; a != b; a = a->next) {
			if (slice_eq(a->key, b->key))
				return duplicate(p, b);
		}
	}
	return 1;
}

/* ---- what yajl calls ---- */

static int
on_null(void *p)
{
	add_node(p, JSON_NULL);
	return 1;
}

static int
on_bool(void *p, int value)
{
	add_node(p, JSON_BOOL)->boolean = value != 0;
	return 1;
}

static int
on_number(void *p, const char *s, size_t n)
{
	(void)s;
	(void)n;
	add_node(p, JSON_NUMBER);
	return 1;
}

static int
on_string(void *p, const unsigned char *s, size_t n)
{
	struct json_node *node = add_node(p, JSON_STRING);

	return take_string(p, node->raw, (struct slice){(const char *)s, n},
	    &node->str);
}

static int
on_key(void *ctx, const unsigned char *s, size_t n)
{
	struct parse *p = ctx;

	return take_string(p, take_token(p), (struct slice){(const char *)s, n},
	    &p->key);
}

static int
on_object(void *p)
{
	return open_node(p, JSON_OBJECT);
}

static int
on_object_end(void *p)
{
	return check_members(p, close_node(p));
}

static int
on_array(void *p)
{
	return open_node(p, JSON_ARRAY);
}

static int
on_array_end(void *p)
{
	close_node(p);
	return 1;
}

static const yajl_callbacks callbacks = {
    .yajl_null = on_null,
    .yajl_boolean = on_bool,
    .yajl_number = on_number,
    .yajl_string = on_string,
    .yajl_start_map = on_object,
    .yajl_map_key = on_key,
    .yajl_end_map = on_object_end,
    .yajl_start_array = on_array,
    .yajl_end_array = on_array_end,
};

/* ---- errors ---- */

/* What yajl says (a part of it), what we say, and what we point at. */
static const struct cause {
	const char *theirs, *ours;
	enum { AT_TOKEN, AT_WORD, AT_BYTE, AT_END } where;
} causes[] = {
    {"premature EOF", "the text ends too early", AT_END},
    {"invalid object key", "member name expected", AT_TOKEN},
    {"colon", "':' expected", AT_TOKEN},
    {"inside map", "',' or '}' expected", AT_TOKEN},
    {"after array element", "',' or ']' expected", AT_TOKEN},
    {"unallowed token", "value expected", AT_TOKEN},
    {"trailing garbage", "unexpected text behind the value", AT_TOKEN},
    {"malformed number", "malformed number", AT_WORD},
    {"occurs before a char", "invalid escape in a string", AT_BYTE},
    {"non-hex", "invalid escape in a string", AT_BYTE},
    {"character inside string", "control character in a string", AT_BYTE},
    {"", "unexpected character", AT_WORD},
};

/* Find out why yajl stopped, and where. */
static void
explain(struct parse *p)
{
	unsigned char *said = yajl_get_error(p->yajl, 0, NULL, 0);
	const struct cause *c = causes;
	size_t used;

	while (strstr((const char *)said, c->theirs) == NULL)
		c++;
	yajl_free_error(p->yajl, said);
	/* The finish feeds a space, which is none of the sender's bytes. */
	if (p->finishing && c->where == AT_BYTE)
		c = causes;
	used = p->finishing ? p->text.n : yajl_get_bytes_consumed(p->yajl);
	p->cause = c->ours;
	if (c->where == AT_END)
		p->bad = p->text.n;
	else if (c->where == AT_BYTE)
		p->bad = used;
	else if (c->where == AT_WORD)
		p->bad = skip_between(p, p->end, used);
	else /* the token may be a ',' or ':', which is not to be skipped */
		p->bad = skip_between(p, p->end, used > 0 ? used - 1 : 0);
}

static void
fill_error(const struct parse *p, struct json_error *err)
{
	size_t line_start = 0;

	*err = (struct json_error){.line = 1};
	for (size_t i = 0; i < p->bad; i++) {
		if (p->text.p[i] == '\n') {
			err->line++;
			line_start = i + 1;
		}
	}
	err->column = (unsigned)(p->bad - line_start) + 1;
	if (p->name.p != NULL)
		snprintf(err->text, sizeof(err->text), "%s \"%.*s\"", p->cause,
		    SLICE_FMT(p->name));
	else
		snprintf(err->text, sizeof(err->text), "%s", p->cause);
}

/* ---- parsing ---- */

/* yajl takes \v and \f for white space; JSON allows them nowhere. */
static bool
has_odd_space(struct parse *p)
{
	const char *odd = memchr(p->text.p, '\v', p->text.n);

	if (odd == NULL)
		odd = memchr(p->text.p, '\f', p->text.n);
	return odd != NULL && !refuse(p, "unexpected character", odd);
}

/* What can be told before yajl is asked. */
static bool
check_text(struct parse *p)
{
	INVARIANT(p->text.n <= UINT32_MAX);
	if (skip_space(p, 0) == p->text.n)
		p->cause = "empty";
	else if (!utf8_valid(p->text, &p->bad))
		p->cause = "invalid UTF-8";
	else
		return !has_odd_space(p);
	return false;
}

/* A body of small members needs about six times its size, and once. */
static size_t
first_chunk(size_t text)
{
	size_t n = text < FIRST_MAX / 6 ? text * 6 : FIRST_MAX;

	return n + YAJL_STATE;
}

/* yajl overlooks a string behind the value that is never closed. */
static bool
nothing_behind(struct parse *p)
{
	size_t i = skip_space(p, p->end);

	return i == p->text.n ||
	    refuse(p, "unexpected text behind the value", p->text.p + i);
}

static bool
run_yajl(struct parse *p)
{
	const unsigned char *s = (const unsigned char *)p->text.p;
	yajl_status rc = yajl_parse(p->yajl, s, p->text.n);

	if (rc == yajl_status_ok) {
		p->finishing = true;
		rc = yajl_complete_parse(p->yajl);
	}
	if (rc == yajl_status_error)
		explain(p);
	return rc == yajl_status_ok && nothing_behind(p);
}

static bool
parse_text(struct parse *p)
{
	yajl_alloc_funcs memory = {block_get, block_resize, block_free,
	    &p->arena};

	if (!check_text(p))
		return false;
	arena_expect(&p->arena, first_chunk(p->text.n));
	p->doc = arena_get(&p->arena, sizeof(*p->doc));
	p->doc->top = (struct json_node){.type = JSON_ARRAY};
	p->open[0] = &p->doc->top;
	p->yajl = yajl_alloc(&callbacks, &memory, p);
	yajl_config(p->yajl, yajl_dont_validate_strings, 1);
	return run_yajl(p);
}

/* Parse all of text into a tree. */
struct json *
json_parse(struct slice text, struct json_error *err)
{
	struct parse p = {.text = text};

	if (!parse_text(&p)) {
		fill_error(&p, err);
		arena_free(&p.arena);
		return NULL;
	}
	/* yajl_free() would give nothing back: all of it is the arena's. */
	p.doc->arena = p.arena;
	return p.doc;
}

/* Release the tree in as many steps as it has chunks, however deep it is. */
void
json_free(struct json *doc)
{
	struct arena arena;

	if (doc == NULL)
		return;
	arena = doc->arena; /* doc itself lies within it */
	arena_free(&arena);
}

/* ---- reading the tree ---- */

/* The value that is the whole text. */
const struct json_node *
json_root(const struct json *doc)
{
	return doc->top.child;
}

/* Look a member up by walking: objects are small or walked anyway. */
const struct json_node *
json_get(const struct json_node *obj, const char *key)
{
	struct slice k = slice_str(key);
	const struct json_node *n;

	if (obj == NULL || obj->type != JSON_OBJECT)
		return NULL;
	for (n = obj->child; n != NULL; n = n->next) {
		if (slice_eq(n->key, k))
			return n;
	}
	return NULL;
}

/* Treat null as if the member were not there. */
bool
json_absent(const struct json_node *n)
{
	return n == NULL || n->type == JSON_NULL;
}

/* Read an integer from the number's own digits. */
bool
json_int(const struct json_node *n, int64_t min, int64_t max, int64_t *out)
{
	return n != NULL && n->type == JSON_NUMBER &&
	    decimal_int(n->raw, min, max, out);
}

/* Read the nearest double. */
bool
json_double(const struct json_node *n, double *out)
{
	return n != NULL && n->type == JSON_NUMBER &&
	    decimal_double(n->raw, out);
}
