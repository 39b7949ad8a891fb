/*
 * Input mapping: expressions read when a job is defined, values found when a
 * step becomes ready.  core/lifecycle.c keeps what comes out of it.
 */
#include "core/mapping.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/jsonw.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#define NAME_SHOWN 60 /* bytes of an expression within a cause */

/* ---- expressions ---- */

/* Cut prefix off *s; false, and *s as it was, when s begins otherwise. */
static bool
cut_prefix(struct slice *s, struct slice prefix)
{
	if (s->n < prefix.n || memcmp(s->p, prefix.p, prefix.n) != 0)
		return false;
	s->p += prefix.n;
	s->n -= prefix.n;
	return true;
}

/* Cut a source's name off *s; what is left is its path, with the dot. */
static bool
cut_source(struct slice *s, struct slice source)
{
	struct slice rest = *s;

	if (!cut_prefix(&rest, source) || (rest.n > 0 && rest.p[0] != '.'))
		return false;
	*s = rest;
	return true;
}

/* Read "artifacts" or "result_data" of step i, the tail left in *rest. */
static bool
cut_step(const struct job *j, uint16_t i, struct slice *rest,
    struct mapping *out)
{
	if (!cut_prefix(rest, j->steps[i].name))
		return false;
	if (cut_source(rest, SLICE(".artifacts")))
		out->source = MAPPING_ARTIFACTS;
	else if (cut_source(rest, SLICE(".result_data")))
		out->source = MAPPING_RESULT;
	else
		return false;
	out->step = i;
	return true;
}

/* Find the source that text begins with, of steps the longest name. */
static bool
find_source(const struct job *j, struct slice text, struct mapping *out,
    struct slice *tail)
{
	size_t longest = 0;

	for (uint16_t i = 0; i < j->nsteps; i++) {
		struct slice rest = text;

		if (j->steps[i].name.n <= longest ||
		    !cut_step(j, i, &rest, out))
			continue;
		longest = j->steps[i].name.n;
		*tail = rest;
	}
	if (longest > 0)
		return true;
	*tail = text;
	out->source = MAPPING_JOB_INPUT;
	return cut_source(tail, SLICE("job.input_params"));
}

/* Say whether tail is nothing, or segments with a dot before each. */
static bool
is_path(struct slice tail)
{
	for (size_t i = 0; i < tail.n; i++) {
		if (tail.p[i] == '.' &&
		    (i + 1 == tail.n || tail.p[i + 1] == '.'))
			return false;
	}
	return true;
}

/* Read an expression against the job's step names. */
bool
mapping_parse(const struct job *j, struct slice text, struct mapping *out,
    char why[120])
{
	struct mapping m = {.text = text};
	struct slice tail, shown = utf8_prefix(text, NAME_SHOWN);

	if (!find_source(j, text, &m, &tail)) {
		snprintf(why, 120,
		    "must begin with <step>.artifacts, <step>.result_data "
		    "or job.input_params");
		return false;
	}
	if (!is_path(tail)) {
		snprintf(why, 120, "has an empty name in its path: %.*s",
		    SLICE_FMT(shown));
		return false;
	}
	m.path = tail;
	cut_prefix(&m.path, SLICE("."));
	*out = m;
	return true;
}

/* ---- values ---- */

/* A source that has been parsed; doc is NULL where there is none. */
struct source {
	struct ref at;
	enum member member;
	struct json *doc;
};

struct mapping_sources {
	struct source *list;
	unsigned n, cap;
	size_t bytes; /* parsed */
	bool over;    /* more was asked for than may be parsed */
};

/* Nothing is parsed yet. */
struct mapping_sources *
mapping_sources_new(void)
{
	return mem_zalloc(sizeof(struct mapping_sources));
}

/* Release all that was parsed. */
void
mapping_sources_free(struct mapping_sources *s)
{
	for (unsigned i = 0; i < s->n; i++)
		json_free(s->list[i].doc);
	free(s->list);
	free(s);
}

static struct slice
get_bytes(const struct mapping_context *c, struct ref at, enum member m)
{
	return at.seq != 0 ? c->get(c->arg, at, m) : SLICE_NONE;
}

/* Parse what the journal holds; it was checked when it came in. */
static struct json *
parse(struct slice bytes)
{
	struct json_error err;
	struct json *doc;

	if (bytes.p == NULL)
		return NULL;
	doc = json_parse(bytes, &err);
	if (doc == NULL)
		log_fatal("damaged JSON in the journal: line %u, column %u: %s",
		    err.line, err.column, err.text);
	return doc;
}

/* Parse a source that was not looked at before; NULL when that is too much. */
static struct source *
add_source(const struct mapping_context *c, struct ref at, enum member m)
{
	struct mapping_sources *s = c->sources;
	struct slice bytes = get_bytes(c, at, m);

	s->over = s->over || bytes.n > MAPPING_READ_MAX - s->bytes;
	if (s->over)
		return NULL;
	s->bytes += bytes.n;
	if (s->n == s->cap) {
		s->cap = s->cap == 0 ? 8 : s->cap * 2;
		s->list = mem_resize(s->list, s->cap, sizeof(*s->list));
	}
	s->list[s->n] = (struct source){at, m, parse(bytes)};
	return &s->list[s->n++];
}

/* The value of a source, borrowed; NULL where there is none. */
static const struct json_node *
get_root(const struct mapping_context *c, struct ref at, enum member m)
{
	struct source *found = NULL;

	for (unsigned i = 0; i < c->sources->n && found == NULL; i++) {
		struct source *s = &c->sources->list[i];

		if (s->at.seq == at.seq && s->member == m)
			found = s;
	}
	if (found == NULL)
		found = add_source(c, at, m);
	return found != NULL && found->doc != NULL ? json_root(found->doc)
						   : NULL;
}

/* The member or element of that name; NULL where there is none. */
static const struct json_node *
get_child(const struct json_node *n, struct slice name)
{
	const struct json_node *child = n->child;
	uint64_t index;

	if (n->type == JSON_OBJECT) {
		while (child != NULL && !slice_eq(child->key, name))
			child = child->next;
		return child;
	}
	if (n->type != JSON_ARRAY || !slice_u64(name, UINT32_MAX, &index) ||
	    index >= n->count)
		return NULL;
	while (index-- > 0)
		child = child->next;
	return child;
}

/* Follow a path from n; NULL where it leads nowhere. */
static const struct json_node *
follow(const struct json_node *n, struct slice path)
{
	while (n != NULL && path.n > 0) {
		const char *dot = memchr(path.p, '.', path.n);
		size_t len = dot != NULL ? (size_t)(dot - path.p) : path.n;
		size_t used = dot != NULL ? len + 1 : len;

		n = get_child(n, (struct slice){path.p, len});
		path.p += used;
		path.n -= used;
	}
	return n;
}

static const struct json_node *
evaluate(const struct mapping_context *c, const struct mapping *m)
{
	const struct step *step = &c->steps[m->step];

	switch (m->source) {
	case MAPPING_ARTIFACTS:
		return follow(get_root(c, step->artifacts, MEMBER_ARTIFACTS),
		    m->path);
	case MAPPING_RESULT:
		return follow(get_root(c, step->result, MEMBER_RESULT),
		    m->path);
	case MAPPING_JOB_INPUT:
		break;
	}
	return follow(get_root(c, c->created, MEMBER_INPUT), m->path);
}

/* ---- what a step is given ---- */

/* An object of bounded size being written. */
struct object {
	struct jsonw *w;
	struct buf *out;
	size_t end; /* out must not grow beyond it */
};

static struct object
open_object(struct buf *out)
{
	struct object o = {jsonw_new(out), out, out->len + MAPPING_INPUT_MAX};

	jsonw_object(o.w);
	return o;
}

/* Add a member (SLICE_NONE: null); false when there is no room for it. */
static bool
add_member(struct object *o, struct slice key, struct slice value)
{
	jsonw_key_slice(o->w, key);
	if (o->out->len > o->end || value.n > o->end - o->out->len)
		return false;
	jsonw_raw_or_null(o->w, value);
	return true;
}

/* End the object if ok; false when it is not, or grew too large. */
static bool
close_object(struct object *o, bool ok)
{
	if (ok)
		jsonw_end(o->w);
	jsonw_free(o->w);
	return ok && o->out->len <= o->end;
}

static bool
write_mapped(const struct mapping_context *c, const struct job_step *step,
    struct buf *out)
{
	struct object o = open_object(out);
	bool ok = true;

	for (unsigned i = 0; ok && i < step->nmappings; i++) {
		const struct json_node *n = evaluate(c, &step->mapping[i]);

		ok = add_member(&o, step->mapping[i].target,
		    n != NULL ? n->raw : SLICE_NONE);
	}
	return close_object(&o, ok);
}

/* A member that may go into a merge. */
struct pick {
	const struct json_node *n;
	unsigned order;
	bool lost; /* a later one has the same key */
};

static int
compare_picks(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;
	int c = slice_cmp(x->n->key, y->n->key);

	return c != 0 ? c : (x->order > y->order) - (x->order < y->order);
}

static int
compare_orders(const void *a, const void *b)
{
	const struct pick *x = a, *y = b;

	return (x->order > y->order) - (x->order < y->order);
}

/* Sorting keeps a merge of many large objects from growing quadratic. */
static void
mark_lost(struct pick *picks, unsigned n)
{
	qsort(picks, n, sizeof(*picks), compare_picks);
	for (unsigned i = 0; i + 1 < n; i++)
		picks[i].lost = slice_eq(picks[i].n->key, picks[i + 1].n->key);
	qsort(picks, n, sizeof(*picks), compare_orders);
}

/* Add the members of an object to picks, which has room for them. */
static unsigned
add_picks(struct pick *picks, unsigned n, const struct json_node *obj)
{
	const struct json_node *m;

	for (m = obj->child; m != NULL; m = m->next, n++)
		picks[n] = (struct pick){m, n, false};
	return n;
}

static bool
write_picks(const struct pick *picks, unsigned n, struct buf *out)
{
	struct object o = open_object(out);
	bool ok = true;

	for (unsigned i = 0; ok && i < n; i++)
		ok = picks[i].lost ||
		    add_member(&o, picks[i].n->key, picks[i].n->raw);
	return close_object(&o, ok);
}

static bool
write_merged(const struct mapping_context *c, const struct job_step *step,
    struct buf *out)
{
	struct pick *picks = NULL;
	unsigned n = 0;
	bool ok;

	for (unsigned i = 0; i < step->ndepends; i++) {
		const struct step *from = &c->steps[step->depends[i]];
		const struct json_node *obj =
		    get_root(c, from->artifacts, MEMBER_ARTIFACTS);

		if (obj == NULL || obj->type != JSON_OBJECT || obj->count == 0)
			continue;
		picks =
		    mem_resize(picks, (size_t)n + obj->count, sizeof(*picks));
		n = add_picks(picks, n, obj);
	}
	if (n > 0)
		mark_lost(picks, n);
	ok = write_picks(picks, n, out);
	free(picks);
	return ok;
}

/* Copy one source whole; a step is never given nothing at all. */
static bool
write_whole(const struct mapping_context *c, struct ref at, enum member m,
    struct buf *out)
{
	struct slice bytes = get_bytes(c, at, m);

	if (bytes.n > MAPPING_INPUT_MAX)
		return false;
	buf_add_slice(out, bytes.p != NULL ? bytes : SLICE("{}"));
	return true;
}

/* Choose the rule by what the definition says. */
static bool
write_input(const struct mapping_context *c, const struct job_step *step,
    struct buf *out)
{
	if (step->nmappings > 0)
		return write_mapped(c, step, out);
	if (step->ndepends == 0)
		return write_whole(c, c->created, MEMBER_INPUT, out);
	if (step->ndepends == 1)
		return write_whole(c, c->steps[step->depends[0]].artifacts,
		    MEMBER_ARTIFACTS, out);
	return write_merged(c, step, out);
}

/* Make an input; see mapping.h. */
bool
mapping_input(const struct mapping_context *c, uint16_t i, struct buf *out)
{
	struct mapping_context with = *c;
	bool ok;

	if (c->sources == NULL)
		with.sources = mapping_sources_new();
	ok = write_input(&with, &c->job->steps[i], out) && !with.sources->over;
	if (c->sources == NULL)
		mapping_sources_free(with.sources);
	return ok;
}
