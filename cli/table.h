/*
 * Tables: rows of cells, aligned by code points, coloured by meaning.
 */
#ifndef CLI_TABLE_H
#define CLI_TABLE_H

#include "core/buf.h"
#include "core/json.h"

#define TABLE_COLUMNS_MAX 12

enum table_style {
	TABLE_PLAIN,
	TABLE_HEAD,
	TABLE_GOOD,
	TABLE_BAD,
	TABLE_BUSY,
	TABLE_DIM
};

struct table;

/*
 * A table of so many columns; heads (borrowed literals) may be NULL.
 * Cells are then added row by row, left to right.
 */
struct table *table_new(size_t columns, const char *const *heads);
void table_free(struct table *t);

/* Add a cell of foreign text (it goes through cli/text.h), or "-". */
void table_add(struct table *t, struct slice text);
void table_add_node(struct table *t, const struct json_node *n);
void table_add_styled(struct table *t, struct slice text,
    enum table_style style);

size_t table_rows(const struct table *t);

/* Append the whole table; the last row must be complete. */
void table_render(const struct table *t, bool color, struct buf *out);

/* Append text in that style; as it is when color is false. */
void table_paint(struct buf *out, struct slice text, enum table_style style,
    bool color);

#endif
