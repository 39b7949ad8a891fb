/*
 * One line, one write(2): lines of several processes never mix, and nothing
 * is allocated, so that running out of memory can still be told.
 */
#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/rfc3339.h"

#define LOG_LINE 2048 /* longer lines are cut */

static enum log_level log_level = LOG_INFO;
static int64_t log_time;

/* Leave out what is below level. */
void
log_set_level(enum log_level level)
{
	log_level = level;
}

/* Show ms on the lines to come. */
void
log_set_time(int64_t ms)
{
	log_time = ms;
}

/* Tell whether a line of that level would be written. */
bool
log_wants(enum log_level level)
{
	return level >= log_level;
}

static void
write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDERR_FILENO, p, n);

		if (done < 0 && errno == EINTR)
			continue;
		if (done <= 0)
			return; /* there is nowhere left to complain */
		p += done;
		n -= (size_t)done;
	}
}

/*
 * A control byte in a message came from outside; left in, it could forge a
 * line or steer a terminal.
 */
static void
mask_controls(char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		unsigned char c = (unsigned char)p[i];

		if (c < 0x20 || c == 0x7f)
			p[i] = '?';
	}
}

static void __attribute__((format(printf, 2, 0)))
log_line(const char *word, const char *fmt, va_list ap)
{
	char line[LOG_LINE], at[RFC3339_MAX] = "";
	size_t room = sizeof(line) - 1; /* the newline */
	size_t len;
	int n, saved = errno;

	if (log_time != 0)
		rfc3339_millis(log_time, at);
	n = snprintf(line, room, "%s%s%s: ", at, at[0] != '\0' ? " " : "",
	    word);
	len = n > 0 ? (size_t)n : 0;
	n = vsnprintf(line + len, room - len, fmt, ap);
	if (n > 0)
		len = (size_t)n < room - len ? len + (size_t)n : room - 1;
	mask_controls(line, len);
	line[len++] = '\n';
	write_all(line, len);
	errno = saved;
}

/* What only a developer wants to see. */
void
log_debug(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LOG_DEBUG))
		return;
	va_start(ap, fmt);
	log_line("debug", fmt, ap);
	va_end(ap);
}

/* What an operator may want to look up later. */
void
log_info(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LOG_INFO))
		return;
	va_start(ap, fmt);
	log_line("info", fmt, ap);
	va_end(ap);
}

/* What went wrong and was dealt with. */
void
log_warn(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LOG_WARN))
		return;
	va_start(ap, fmt);
	log_line("warn", fmt, ap);
	va_end(ap);
}

/* What went wrong and needs somebody. */
void
log_error(const char *fmt, ...)
{
	va_list ap;

	if (!log_wants(LOG_ERROR))
		return;
	va_start(ap, fmt);
	log_line("error", fmt, ap);
	va_end(ap);
}

/* Say why, whatever the level, and abort. */
void
log_fatal(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	log_line("fatal", fmt, ap);
	va_end(ap);
	abort();
}
