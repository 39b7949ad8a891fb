/*
 * Looking parameters up in a query without taking it apart first: a query is
 * asked for a few names, and most values are not encoded at all.
 * http/route.c decodes the parts of a path here.
 */
#include "http/query.h"

#include "core/utf8.h"
#include "http/octet.h"

/*
 * Take the next decoded byte off *s.  Returns -1 when it is malformed, or
 * stands for NUL.  *s must not be empty.
 */
static int
next_byte(struct slice *s, bool plus)
{
	const unsigned char *p = (const unsigned char *)s->p;
	size_t used = 1;
	int c = p[0];

	if (c == '%') {
		if (s->n < 3 || !octet_is(p[1], OCTET_HEX) ||
		    !octet_is(p[2], OCTET_HEX))
			return -1;
		c = (int)(octet_hex(p[1]) * 16 + octet_hex(p[2]));
		used = 3;
	} else if (c == '+' && plus) {
		c = ' ';
	}
	s->p += used;
	s->n -= used;
	return c == 0 ? -1 : c;
}

/* Decode into out, which has room for raw.n bytes; false when malformed. */
static bool
decode(struct slice raw, bool plus, char *out, size_t *n)
{
	int c;

	for (*n = 0; raw.n > 0; out[(*n)++] = (char)c)
		if ((c = next_byte(&raw, plus)) < 0)
			return false;
	return true;
}

/* True when decoding raw would change nothing. */
static bool
is_plain(struct slice raw, bool plus)
{
	return raw.n == 0 ||
	    (memchr(raw.p, '%', raw.n) == NULL &&
		!(plus && memchr(raw.p, '+', raw.n) != NULL));
}

/* Decode one name, value or part of a path. */
bool
query_decode(struct slice raw, bool plus, struct arena *a, struct slice *out)
{
	char *p;
	size_t n;

	*out = raw;
	if (!is_plain(raw, plus)) {
		p = arena_get(a, raw.n);
		if (!decode(raw, plus, p, &n))
			return false;
		*out = (struct slice){p, n};
	}
	return utf8_valid(*out, NULL);
}

/*
 * Decode the whole query at once: '&' and '=' are ASCII, so it is UTF-8 just
 * when each of its parts is.
 */
bool
query_valid(struct slice query)
{
	struct arena a = {0};
	struct slice ignored;
	bool ok = query_decode(query, true, &a, &ignored);

	arena_free(&a);
	return ok;
}

/* Take the next "name=value" off *rest; false when none is left. */
static bool
next_pair(struct slice *rest, struct slice *name, struct slice *value)
{
	const char *amp, *eq;

	if (rest->n == 0)
		return false;
	amp = memchr(rest->p, '&', rest->n);
	name->p = rest->p;
	name->n = amp != NULL ? (size_t)(amp - rest->p) : rest->n;
	rest->p += name->n + (amp != NULL);
	rest->n -= name->n + (amp != NULL);
	*value = SLICE_NONE;
	eq = name->n > 0 ? memchr(name->p, '=', name->n) : NULL;
	if (eq != NULL) {
		value->p = eq + 1;
		value->n = name->n - (size_t)(eq + 1 - name->p);
		name->n = (size_t)(eq - name->p);
	}
	return true;
}

/* True when raw decodes to exactly name. */
static bool
is_named(struct slice raw, const char *name)
{
	if (is_plain(raw, true))
		return slice_is(raw, name);
	while (raw.n > 0 && *name != '\0')
		if (next_byte(&raw, true) != (unsigned char)*name++)
			return false;
	return raw.n == 0 && *name == '\0';
}

/* Find a parameter by its decoded name. */
bool
query_find(struct slice query, const char *name, unsigned nth, struct arena *a,
    struct slice *out)
{
	struct slice raw, value;

	while (next_pair(&query, &raw, &value))
		if (is_named(raw, name) && nth-- == 0)
			return query_decode(value, true, a, out);
	return false;
}
