/*
 * The one gate between foreign text and the terminal.  cli/table.c,
 * cli/reply.c and the log printers pass everything through here.
 */
#include "cli/text.h"

#include "core/utf8.h"

/* The bytes of a control character at p: C0 and DEL take 1, C1 takes 2. */
static size_t
control_at(struct slice s, size_t i)
{
	unsigned char c = (unsigned char)s.p[i];

	if (c < 0x20 || c == 0x7f)
		return 1;
	if (c == 0xc2 && i + 1 < s.n && (unsigned char)s.p[i + 1] < 0xa0)
		return 2;
	return 0;
}

static void
add_break(struct buf *out, bool lines, unsigned indent)
{
	if (!lines) {
		buf_add_byte(out, ' ');
		return;
	}
	buf_add_byte(out, '\n');
	for (unsigned i = 0; i < indent; i++)
		buf_add_byte(out, ' ');
}

static void
add(struct buf *out, struct slice s, bool lines, unsigned indent)
{
	bool utf8 = utf8_valid(s, NULL);

	for (size_t i = 0; i < s.n; i++) {
		size_t n = control_at(s, i);

		if (s.p[i] == '\n')
			add_break(out, lines, indent);
		else if (s.p[i] == '\t')
			buf_add_byte(out, ' ');
		else if (n > 0 || (!utf8 && (unsigned char)s.p[i] >= 0x80))
			buf_add_byte(out, '?');
		else
			buf_add_byte(out, (unsigned char)s.p[i]);
		i += n > 1 ? n - 1 : 0;
	}
}

/* Append one line of harmless text. */
void
text_add(struct buf *out, struct slice s)
{
	add(out, s, false, 0);
}

/* Append harmless text that may have several lines. */
void
text_add_lines(struct buf *out, struct slice s, unsigned indent)
{
	add(out, s, true, indent);
}

/* Borrow what a node says. */
struct slice
text_of(const struct json_node *n)
{
	if (json_absent(n))
		return SLICE_NONE;
	return n->type == JSON_STRING ? n->str : n->raw;
}

/* Append what a node says. */
void
text_add_node(struct buf *out, const struct json_node *n)
{
	if (json_absent(n))
		buf_add_byte(out, '-');
	else
		text_add(out, text_of(n));
}

/* Append the first code points; a byte that starts none is never first. */
void
text_add_cut(struct buf *out, struct slice s, size_t width)
{
	size_t i = 0;

	for (; i < s.n; i++) {
		if (((unsigned char)s.p[i] & 0xc0) == 0x80)
			continue;
		if (width-- == 0)
			break;
	}
	buf_add(out, s.p, i);
}
