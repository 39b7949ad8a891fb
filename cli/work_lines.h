/*
 * What a program writes, cut into lines.  No line is lost, and none is longer
 * than it may be: a long one is handed out in pieces.
 */
#ifndef CLI_WORK_LINES_H
#define CLI_WORK_LINES_H

#include "core/buf.h"

/* {.max = N} at first, N over 4.  work_lines_free() releases it. */
struct work_lines {
	size_t max; /* bytes of a piece, at most */
	struct buf in;
	size_t at;     /* so much was handed out */
	size_t looked; /* so much behind it has no line break */
	bool ended;    /* nothing comes any more */
};

struct work_line {
	struct slice text; /* without its line break */
	bool whole;	   /* false: the line goes on in the next one */
};

/* Where n more bytes go; work_lines_took() tells how many did. */
char *work_lines_room(struct work_lines *l, size_t n);
void work_lines_took(struct work_lines *l, size_t n);

/*
 * The next line, or a piece of one that is too long, or, when it has ended,
 * the rest.  False when more must come first.  *out borrows until the next
 * work_lines_room().
 */
bool work_lines_next(struct work_lines *l, struct work_line *out);

void work_lines_free(struct work_lines *l);

/* Append s with each byte that is not UTF-8 as U+FFFD. */
void work_lines_clean(struct buf *out, struct slice s);

#endif
