/*
 * The program's two outputs.  Everything printed passes through here or
 * cli/live.c, which draws the one moving line of `execution wait`.
 */
#include "cli/output.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/log.h"

#include "cli/text.h"

/* Ask whether a person is likely to read it. */
bool
output_is_terminal(FILE *to)
{
	return isatty(fileno(to)) == 1;
}

/* Follow no-color.org: NO_COLOR set to anything but nothing turns it off. */
bool
output_colors(FILE *to)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if (no != NULL && *no != '\0')
		return false;
	if (term == NULL || strcmp(term, "dumb") == 0)
		return false;
	return output_is_terminal(to);
}

/* Write text and nothing else. */
void
output_text(struct slice text)
{
	if (text.n > 0)
		fwrite(text.p, 1, text.n, stdout);
}

/* Write a line and flush, so that whoever reads a pipe sees it now. */
bool
output_line(struct slice text)
{
	output_text(text);
	putchar('\n');
	return fflush(stdout) == 0 && !ferror(stdout);
}

/* Write JSON on one line; within JSON a line break is but white space. */
bool
output_json(struct slice json)
{
	struct buf line = {0};
	bool ok;

	buf_add_slice(&line, json);
	for (size_t i = 0; i < line.len; i++) {
		if (line.p[i] == '\n' || line.p[i] == '\r')
			line.p[i] = ' ';
	}
	ok = output_line(buf_slice(&line));
	buf_free(&line);
	return ok;
}

/* Write a table. */
void
output_table(struct table *t)
{
	struct buf out = {0};

	table_render(t, output_colors(stdout), &out);
	output_text(buf_slice(&out));
	buf_free(&out);
	table_free(t);
}

/*
 * Say something that is not a result.  What it quotes may be foreign, so it
 * is made harmless as a whole; a remark is one line.
 */
void
output_note(const char *fmt, ...)
{
	struct buf out = {0};
	char *text = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&text, fmt, ap) < 0)
		log_fatal("out of memory: a remark");
	va_end(ap);
	buf_add_str(&out, "tidewire: ");
	text_add(&out, slice_str(text));
	buf_add_byte(&out, '\n');
	fflush(stdout);
	fwrite(out.p, 1, out.len, stderr);
	buf_free(&out);
	free(text);
}

/* Find out at last whether everything was written. */
bool
output_finish(void)
{
	if (fflush(stdout) == 0 && !ferror(stdout))
		return true;
	output_note("standard output did not take all of the result");
	return false;
}
