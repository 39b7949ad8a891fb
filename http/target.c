/*
 * Targets: origin form, absolute form (as sent to proxies) and "*".
 * http/strict.c has checked the bytes; decoding is http/query.c's.
 */
#include "http/target.h"

#include "http/octet.h"

/* Drop a leading "http://" or "https://", in any case; false without one. */
static bool
cut_scheme(struct slice *s)
{
	static const struct slice schemes[] = {
	    {"http://", 7},
	    {"https://", 8},
	};

	for (size_t i = 0; i < 2; i++) {
		struct slice start = {s->p, schemes[i].n};

		if (s->n >= start.n && slice_is_nocase(start, schemes[i].p)) {
			s->p += start.n;
			s->n -= start.n;
			return true;
		}
	}
	return false;
}

/* Drop the host and port that s begins with; false when it has none. */
static bool
cut_authority(struct slice *s)
{
	size_t n = 0;

	while (n < s->n && octet_is((unsigned char)s->p[n], OCTET_HOST))
		n++;
	s->p += n;
	s->n -= n;
	return n > 0 && (s->n == 0 || s->p[0] == '/' || s->p[0] == '?');
}

/* Split a target that is well-formed by its bytes. */
bool
target_split(struct slice raw, bool star, struct slice *path,
    struct slice *query)
{
	struct slice s = raw;
	const char *mark;

	*path = *query = SLICE_NONE;
	if (star && slice_is(s, "*")) {
		*path = s;
		return true;
	}
	if (s.n == 0 ||
	    (s.p[0] != '/' && !(cut_scheme(&s) && cut_authority(&s))))
		return false;
	mark = s.n > 0 ? memchr(s.p, '?', s.n) : NULL;
	if (mark != NULL) {
		*query =
		    (struct slice){mark + 1, s.n - (size_t)(mark + 1 - s.p)};
		s.n = (size_t)(mark - s.p);
	}
	*path = s.n > 0 ? s : SLICE("/");
	return true;
}
