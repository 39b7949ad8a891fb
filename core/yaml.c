/*
 * libyaml's events become JSON text as they come; core/json.c then reads that
 * text, and what it finds wrong is told in the lines of the YAML.
 */
#include "core/yaml.h"

#include <stdio.h>
#include <stdlib.h>

#include <yaml.h>

#include "core/jsonw.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#define ANCHORS_MAX 100
#define ANCHOR_NAME 64

/* A node that aliases may name, as a part of the JSON. */
struct anchor {
	char name[ANCHOR_NAME];
	size_t at, n; /* n 0: not complete yet */
};

struct frame {
	bool map, key; /* a key comes next */
	int anchor;    /* that this node is; -1 none */
};

/* Where in the YAML a member's key stands. */
struct place {
	size_t at; /* in the JSON */
	unsigned line, column;
};

struct reader {
	yaml_parser_t yaml;
	yaml_event_t ev;
	struct jsonw *w;
	struct buf *out;
	struct yaml_error *err;
	struct frame frame[JSON_DEPTH_MAX + 1];
	unsigned depth;
	struct anchor anchor[ANCHORS_MAX];
	unsigned nanchors;
	struct place *place;
	size_t nplaces, places_cap;
};

/* Say why, at a place in the YAML; false. */
static bool
refuse_at(struct reader *r, const yaml_mark_t *at, const char *why)
{
	r->err->line = (unsigned)at->line + 1;
	r->err->column = (unsigned)at->column + 1;
	snprintf(r->err->text, sizeof(r->err->text), "%s", why);
	return false;
}

static bool
refuse(struct reader *r, const char *why)
{
	return refuse_at(r, &r->ev.start_mark, why);
}

/* ---- scalars ---- */

static bool
is_one_of(struct slice s, const char *const *words)
{
	for (; *words != NULL; words++) {
		if (slice_is(s, *words))
			return true;
	}
	return false;
}

static size_t
skip_digits(struct slice s, size_t i)
{
	while (i < s.n && s.p[i] >= '0' && s.p[i] <= '9')
		i++;
	return i;
}

/* JSON's grammar: -?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)? */
static bool
is_number(struct slice s)
{
	size_t i = s.n > 0 && s.p[0] == '-', from = i;

	i = skip_digits(s, i);
	if (i == from || (s.p[from] == '0' && i > from + 1))
		return false;
	if (i < s.n && s.p[i] == '.') {
		from = ++i;
		i = skip_digits(s, i);
		if (i == from)
			return false;
	}
	if (i < s.n && (s.p[i] == 'e' || s.p[i] == 'E')) {
		i++;
		if (i < s.n && (s.p[i] == '+' || s.p[i] == '-'))
			i++;
		from = i;
		i = skip_digits(s, i);
		if (i == from)
			return false;
	}
	return i == s.n;
}

/* A plain scalar: what its letters say. */
static void
write_plain(struct jsonw *w, struct slice s)
{
	static const char *const nulls[] = {"", "~", "null", "Null", "NULL",
	    NULL};
	static const char *const trues[] = {"true", "True", "TRUE", NULL};
	static const char *const falses[] = {"false", "False", "FALSE", NULL};

	if (is_one_of(s, nulls))
		jsonw_null(w);
	else if (is_one_of(s, trues))
		jsonw_bool(w, true);
	else if (is_one_of(s, falses))
		jsonw_bool(w, false);
	else if (is_number(s))
		jsonw_raw(w, s);
	else
		jsonw_str(w, s);
}

/* ---- anchors ---- */

/* Begin the node that an anchor names; -1 when it has none, -2 refused. */
static int
begin_anchor(struct reader *r, const yaml_char_t *name)
{
	struct anchor *a;

	if (name == NULL)
		return -1;
	if (r->nanchors == ANCHORS_MAX ||
	    strlen((const char *)name) >= ANCHOR_NAME) {
		refuse(r, "too many anchors, or one with too long a name");
		return -2;
	}
	a = &r->anchor[r->nanchors];
	snprintf(a->name, sizeof(a->name), "%s", (const char *)name);
	a->at = r->out->len;
	a->n = 0;
	return (int)r->nanchors++;
}

/* The node is written: a comma or colon before it is not part of it. */
static void
end_anchor(struct reader *r, int anchor)
{
	struct anchor *a;

	if (anchor < 0)
		return;
	a = &r->anchor[anchor];
	while (r->out->p[a->at] == ',' || r->out->p[a->at] == ':')
		a->at++;
	a->n = r->out->len - a->at;
}

/* The latest anchor of that name that is complete. */
static const struct anchor *
find_anchor(const struct reader *r, const char *name)
{
	for (unsigned i = r->nanchors; i-- > 0;) {
		if (strcmp(r->anchor[i].name, name) == 0)
			return r->anchor[i].n > 0 ? &r->anchor[i] : NULL;
	}
	return NULL;
}

/* ---- nodes ---- */

/* A node stands where a value may. */
static void
after_value(struct reader *r)
{
	struct frame *f = &r->frame[r->depth];

	if (f->map)
		f->key = true;
}

static bool
key_is_due(const struct reader *r)
{
	return r->frame[r->depth].map && r->frame[r->depth].key;
}

static void
write_key(struct reader *r, struct slice s)
{
	if (r->nplaces == r->places_cap) {
		r->places_cap = r->places_cap == 0 ? 64 : r->places_cap * 2;
		r->place =
		    mem_resize(r->place, r->places_cap, sizeof(*r->place));
	}
	r->place[r->nplaces++] =
	    (struct place){r->out->len, (unsigned)r->ev.start_mark.line + 1,
		(unsigned)r->ev.start_mark.column + 1};
	jsonw_key_slice(r->w, s);
	r->frame[r->depth].key = false;
}

static bool
is_str_tag(const yaml_char_t *tag)
{
	return strcmp((const char *)tag, "!") == 0 ||
	    strcmp((const char *)tag, YAML_STR_TAG) == 0;
}

/* Only the tags of JSON's own types, which change nothing but !!str. */
static bool
check_tag(struct reader *r, const yaml_char_t *tag)
{
	static const char *const known[] = {"!", YAML_NULL_TAG, YAML_BOOL_TAG,
	    YAML_STR_TAG, YAML_INT_TAG, YAML_FLOAT_TAG, YAML_SEQ_TAG,
	    YAML_MAP_TAG, NULL};

	if (tag == NULL || is_one_of(slice_str((const char *)tag), known))
		return true;
	return refuse(r, "a tag of a type that is not known here");
}

static bool
on_scalar(struct reader *r)
{
	const yaml_char_t *tag = r->ev.data.scalar.tag;
	struct slice s = {(const char *)r->ev.data.scalar.value,
	    r->ev.data.scalar.length};
	bool plain = r->ev.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;
	int anchor;

	if (!check_tag(r, tag))
		return false;
	if (key_is_due(r)) {
		if (r->ev.data.scalar.anchor != NULL)
			return refuse(r, "a key must not have an anchor");
		write_key(r, s);
		return true;
	}
	anchor = begin_anchor(r, r->ev.data.scalar.anchor);
	if (anchor < -1)
		return false;
	if (plain && (tag == NULL || !is_str_tag(tag)))
		write_plain(r->w, s);
	else
		jsonw_str(r->w, s);
	end_anchor(r, anchor);
	after_value(r);
	return true;
}

static bool
on_alias(struct reader *r)
{
	const struct anchor *a =
	    find_anchor(r, (const char *)r->ev.data.alias.anchor);
	struct buf copy = {0};

	if (key_is_due(r))
		return refuse(r, "a key must be a scalar, not an alias");
	if (a == NULL)
		return refuse(r, "an alias must name a node before it");
	if (r->out->len + a->n > YAML_JSON_MAX)
		return refuse(r, "too large with its aliases written out");
	buf_add(&copy, r->out->p + a->at, a->n);
	jsonw_raw(r->w, buf_slice(&copy));
	buf_free(&copy);
	after_value(r);
	return true;
}

static bool
on_start(struct reader *r, bool map, const yaml_char_t *tag,
    const yaml_char_t *name)
{
	int anchor;

	if (key_is_due(r))
		return refuse(r, "a key must be a scalar");
	if (r->depth == JSON_DEPTH_MAX)
		return refuse(r, "nested too deeply");
	if (!check_tag(r, tag))
		return false;
	anchor = begin_anchor(r, name);
	if (anchor < -1)
		return false;
	if (map)
		jsonw_object(r->w);
	else
		jsonw_array(r->w);
	r->frame[++r->depth] = (struct frame){map, map, anchor};
	return true;
}

static void
on_end(struct reader *r)
{
	int anchor = r->frame[r->depth--].anchor;

	jsonw_end(r->w);
	end_anchor(r, anchor);
	after_value(r);
}

/* ---- the stream ---- */

static bool
on_event(struct reader *r, unsigned *documents)
{
	switch (r->ev.type) {
	case YAML_DOCUMENT_START_EVENT:
		if (++*documents > 1)
			return refuse(r, "there must be one document only");
		return true;
	case YAML_SCALAR_EVENT:
		return on_scalar(r);
	case YAML_ALIAS_EVENT:
		return on_alias(r);
	case YAML_SEQUENCE_START_EVENT:
		return on_start(r, false, r->ev.data.sequence_start.tag,
		    r->ev.data.sequence_start.anchor);
	case YAML_MAPPING_START_EVENT:
		return on_start(r, true, r->ev.data.mapping_start.tag,
		    r->ev.data.mapping_start.anchor);
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		on_end(r);
		return true;
	default:
		return true;
	}
}

/* Why libyaml cannot go on. */
static bool
refuse_syntax(struct reader *r)
{
	const yaml_parser_t *y = &r->yaml;
	const char *why = y->problem != NULL ? y->problem : "not YAML";

	if (y->error == YAML_MEMORY_ERROR)
		log_fatal("out of memory: reading YAML");
	return refuse_at(r,
	    y->error == YAML_READER_ERROR ? &y->mark : &y->problem_mark, why);
}

/* Read all events; an empty stream is null. */
static bool
read_events(struct reader *r)
{
	unsigned documents = 0;
	bool end = false, ok = true;

	while (ok && !end) {
		if (!yaml_parser_parse(&r->yaml, &r->ev))
			return refuse_syntax(r);
		ok = on_event(r, &documents);
		if (ok && r->out->len > YAML_JSON_MAX)
			ok = refuse(r, "too large");
		end = r->ev.type == YAML_STREAM_END_EVENT;
		yaml_event_delete(&r->ev);
	}
	if (ok && documents == 0)
		jsonw_null(r->w);
	return ok;
}

/* Tell what the JSON reader found in the lines of the YAML. */
static void
refuse_json(struct reader *r, const struct json_error *bad)
{
	struct yaml_error *err = r->err;

	err->line = err->column = 0;
	for (size_t i = 0; i < r->nplaces; i++) {
		if (r->place[i].at >= bad->column)
			break;
		err->line = r->place[i].line;
		err->column = r->place[i].column;
	}
	snprintf(err->text, sizeof(err->text), "%s", bad->text);
}

/* Skip a byte order mark, which libyaml takes for the first column. */
static struct slice
without_mark(struct slice text)
{
	if (text.n < 3 || memcmp(text.p, "\xef\xbb\xbf", 3) != 0)
		return text;
	return (struct slice){text.p + 3, text.n - 3};
}

/* Read YAML. */
struct json *
yaml_parse(struct slice text, struct buf *json, struct yaml_error *err)
{
	struct reader r = {.out = json, .err = err};
	struct json_error bad;
	struct json *doc = NULL;
	size_t at;

	INVARIANT(json->len == 0);
	*err = (struct yaml_error){.line = 0};
	if (!utf8_valid(text, &at)) {
		snprintf(err->text, sizeof(err->text), "not valid UTF-8");
		return NULL;
	}
	text = without_mark(text);
	if (!yaml_parser_initialize(&r.yaml))
		log_fatal("out of memory: reading YAML");
	yaml_parser_set_encoding(&r.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&r.yaml, (const unsigned char *)text.p,
	    text.n);
	r.w = jsonw_new(json);
	if (read_events(&r) &&
	    (doc = json_parse(buf_slice(json), &bad)) == NULL)
		refuse_json(&r, &bad);
	jsonw_free(r.w);
	yaml_parser_delete(&r.yaml);
	free(r.place);
	return doc;
}
