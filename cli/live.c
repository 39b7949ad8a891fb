/*
 * The live line of `execution wait`.  It is drawn over itself and erased
 * before anything else is written to standard error.
 */
#include "cli/live.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "core/buf.h"

#include "cli/output.h"
#include "cli/text.h"

#define LIVE_WIDTH 80

/* A dumb terminal cannot erase a line. */
void
live_open(struct live *l)
{
	const char *term = getenv("TERM");

	l->terminal = output_is_terminal(stderr) && term != NULL &&
	    strcmp(term, "dumb") != 0;
	l->shown = false;
}

static size_t
width(void)
{
	struct winsize size = {0};

	if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col < 2)
		return LIVE_WIDTH;
	return size.ws_col;
}

/* Draw, leaving the last column free so that no terminal wraps. */
void
live_draw(struct live *l, struct slice line)
{
	struct buf out = {0};

	if (!l->terminal)
		return;
	buf_add_str(&out, "\r\033[K");
	text_add_cut(&out, line, width() - 1);
	fwrite(out.p, 1, out.len, stderr);
	buf_free(&out);
	l->shown = true;
}

/* Erase. */
void
live_clear(struct live *l)
{
	if (l->shown)
		fputs("\r\033[K", stderr);
	l->shown = false;
}

/* Print a line that stays. */
void
live_print(struct live *l, struct slice line)
{
	live_clear(l);
	fprintf(stderr, "%.*s\n", SLICE_FMT(line));
}
