/*
 * A table keeps its cells until all widths are known.  It writes into a
 * buffer; cli/output.c knows about terminals.
 */
#include "cli/table.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/utf8.h"

#include "cli/text.h"

#define TABLE_GUTTER 2 /* spaces between columns */

struct table_cell {
	char *text; /* harmless, owned */
	enum table_style style;
};

struct table {
	size_t columns, ncells, cap;
	struct table_cell *cells;
	const char *const *heads;
};

static const char *const table_codes[] = {
    [TABLE_PLAIN] = "",
    [TABLE_HEAD] = "1",
    [TABLE_GOOD] = "32",
    [TABLE_BAD] = "31",
    [TABLE_BUSY] = "33",
    [TABLE_DIM] = "2",
};

/* An empty table. */
struct table *
table_new(size_t columns, const char *const *heads)
{
	struct table *t = mem_zalloc(sizeof(*t));

	INVARIANT(columns > 0 && columns <= TABLE_COLUMNS_MAX);
	t->columns = columns;
	t->heads = heads;
	return t;
}

/* Free the table and its cells; NULL is fine. */
void
table_free(struct table *t)
{
	if (t == NULL)
		return;
	for (size_t i = 0; i < t->ncells; i++)
		free(t->cells[i].text);
	free(t->cells);
	free(t);
}

/* Add a cell with a meaning. */
void
table_add_styled(struct table *t, struct slice text, enum table_style style)
{
	struct buf safe = {0};

	if (t->ncells == t->cap) {
		t->cap = t->cap > 0 ? t->cap * 2 : 64;
		t->cells = mem_resize(t->cells, t->cap, sizeof(*t->cells));
	}
	text_add(&safe, text);
	if (safe.len == 0)
		buf_add_byte(&safe, '-');
	t->cells[t->ncells++] = (struct table_cell){
	    .text = mem_dup(safe.p, safe.len),
	    .style = style,
	};
	buf_free(&safe);
}

/* Add a cell. */
void
table_add(struct table *t, struct slice text)
{
	table_add_styled(t, text, TABLE_PLAIN);
}

/* Add what a JSON value says. */
void
table_add_node(struct table *t, const struct json_node *n)
{
	table_add(t, text_of(n));
}

/* Count the complete rows, heads not among them. */
size_t
table_rows(const struct table *t)
{
	return t->ncells / t->columns;
}

static void
measure(const struct table *t, size_t widths[TABLE_COLUMNS_MAX])
{
	for (size_t c = 0; c < t->columns; c++)
		widths[c] = t->heads != NULL ? strlen(t->heads[c]) : 0;
	for (size_t i = 0; i < t->ncells; i++) {
		size_t n = utf8_count(slice_str(t->cells[i].text));

		if (widths[i % t->columns] < n)
			widths[i % t->columns] = n;
	}
}

/* Write text in its colours, if there are any. */
void
table_paint(struct buf *out, struct slice text, enum table_style style,
    bool color)
{
	if (!color || style == TABLE_PLAIN) {
		buf_add_slice(out, text);
		return;
	}
	buf_addf(out, "\033[%sm", table_codes[style]);
	buf_add_slice(out, text);
	buf_add_str(out, "\033[0m");
}

/* Fill up to the next column; width counts what stands there already. */
static void
pad(struct buf *out, size_t width, size_t to)
{
	for (size_t i = width; i < to + TABLE_GUTTER; i++)
		buf_add_byte(out, ' ');
}

/* Write the heads and all rows.  Nothing is padded behind the last column. */
void
table_render(const struct table *t, bool color, struct buf *out)
{
	size_t widths[TABLE_COLUMNS_MAX];
	size_t first = t->heads != NULL ? t->columns : 0;

	INVARIANT(t->ncells % t->columns == 0);
	measure(t, widths);
	for (size_t i = 0; i < first + t->ncells; i++) {
		size_t c = i % t->columns;
		struct slice text =
		    slice_str(i < first ? t->heads[c]
					: t->cells[i - first].text);

		table_paint(out, text,
		    i < first ? TABLE_HEAD : t->cells[i - first].style, color);
		if (c + 1 < t->columns)
			pad(out, utf8_count(text), widths[c]);
		else
			buf_add_byte(out, '\n');
	}
}
