/*
 * The one way a bench tool gives up.
 */
#include "bench/die.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

/* Say why, and end. */
void
die(const char *fmt, ...)
{
	va_list ap;

	fputs("bench: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputc('\n', stderr);
	exit(2);
}
