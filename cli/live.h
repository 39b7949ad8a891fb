/*
 * One line at the bottom of the terminal that changes in place, on standard
 * error.
 */
#ifndef CLI_LIVE_H
#define CLI_LIVE_H

#include "core/slice.h"

struct live {
	bool terminal; /* else nothing is ever drawn */
	bool shown;
};

/* Find out whether there is a terminal to draw on. */
void live_open(struct live *l);

/* Draw the line (one line of harmless text), cut to the terminal's width. */
void live_draw(struct live *l, struct slice line);

/* Take the line away. */
void live_clear(struct live *l);

/* Print a line above it; draw again afterwards. */
void live_print(struct live *l, struct slice line);

#endif
