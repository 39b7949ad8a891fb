/*
 * Lines out of bytes that come in any portions.  cli/work_task.c makes logs
 * of some and cli/work_control.c reports of others.
 */
#include "cli/work_lines.h"

#include "core/utf8.h"

/* Drop what was handed out, and make room. */
char *
work_lines_room(struct work_lines *l, size_t n)
{
	buf_drop(&l->in, l->at);
	l->at = 0;
	return buf_room(&l->in, n);
}

/* Note what was written there. */
void
work_lines_took(struct work_lines *l, size_t n)
{
	l->in.len += n;
}

/* As much of s as a piece may have, cutting no character in two. */
static struct slice
cut(struct slice s, size_t max)
{
	size_t n = max;

	while (n > max - 4 && ((unsigned char)s.p[n] & 0xc0) == 0x80)
		n--;
	return (struct slice){s.p, n > max - 4 ? n : max};
}

/* Find the next line. */
bool
work_lines_next(struct work_lines *l, struct work_line *out)
{
	struct slice rest;
	const char *end;

	if (l->in.len == l->at)
		return false;
	rest = (struct slice){l->in.p + l->at, l->in.len - l->at};
	end = memchr(rest.p + l->looked, '\n', rest.n - l->looked);
	out->whole = true;
	if (end != NULL && (size_t)(end - rest.p) <= l->max) {
		out->text = (struct slice){rest.p, (size_t)(end - rest.p)};
	} else if (rest.n > l->max) {
		out->text = cut(rest, l->max);
		out->whole = false;
	} else if (l->ended) {
		out->text = rest;
	} else {
		l->looked = rest.n;
		return false;
	}
	l->at += out->text.n;
	if (out->whole && end != NULL)
		l->at++;
	l->looked = 0;
	return true;
}

/* Release the bytes. */
void
work_lines_free(struct work_lines *l)
{
	buf_free(&l->in);
	l->at = l->looked = 0;
}

/* Make it UTF-8. */
void
work_lines_clean(struct buf *out, struct slice s)
{
	size_t bad = 0;

	while (!utf8_valid(s, &bad)) {
		buf_add(out, s.p, bad);
		buf_add_str(out, "\xef\xbf\xbd");
		s.p += bad + 1;
		s.n -= bad + 1;
	}
	buf_add_slice(out, s);
}
