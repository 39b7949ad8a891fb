/*
 * Bytes that grow by doubling.  Memory comes from mem.c, so nothing here can
 * fail; core/jsonw.h writes JSON into one.
 */
#include "core/buf.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

#define BUF_MIN 64

/* Grow at least twofold, so that n small additions cost O(n). */
char *
buf_room(struct buf *b, size_t n)
{
	size_t want;

	if (n <= b->cap - b->len && b->p != NULL)
		return b->p + b->len;
	if (n > SIZE_MAX / 2 - b->len)
		log_fatal("out of memory: a buffer of %zu + %zu bytes", b->len,
		    n);
	want = b->cap < BUF_MIN / 2 ? BUF_MIN : b->cap * 2;
	if (want < b->len + n)
		want = b->len + n;
	b->p = mem_resize(b->p, want, 1);
	b->cap = want;
	return b->p + b->len;
}

/* Append n bytes. */
void
buf_add(struct buf *b, const void *p, size_t n)
{
	if (n == 0)
		return;
	memcpy(buf_room(b, n), p, n);
	b->len += n;
}

/* Append a slice. */
void
buf_add_slice(struct buf *b, struct slice s)
{
	buf_add(b, s.p, s.n);
}

/* Append a C string without its NUL. */
void
buf_add_str(struct buf *b, const char *s)
{
	buf_add(b, s, strlen(s));
}

/* Append one byte. */
void
buf_add_byte(struct buf *b, unsigned char c)
{
	*buf_room(b, 1) = (char)c;
	b->len++;
}

/* Append v in decimal. */
void
buf_add_u64(struct buf *b, uint64_t v)
{
	char digits[20];
	size_t at = sizeof(digits);

	do {
		digits[--at] = (char)('0' + v % 10);
		v /= 10;
	} while (v > 0);
	buf_add(b, digits + at, sizeof(digits) - at);
}

/* Append as printf would; the NUL that vsnprintf writes is not counted. */
void
buf_addf(struct buf *b, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	INVARIANT(n >= 0);
	va_start(ap, fmt);
	vsnprintf(buf_room(b, (size_t)n + 1), (size_t)n + 1, fmt, ap);
	va_end(ap);
	b->len += (size_t)n;
}

/* Drop bytes from the front; the memory is kept. */
void
buf_drop(struct buf *b, size_t n)
{
	INVARIANT(n <= b->len);
	b->len -= n;
	if (b->len > 0 && n > 0)
		memmove(b->p, b->p + n, b->len);
}

/* Borrow what is there. */
struct slice
buf_slice(const struct buf *b)
{
	return (struct slice){b->p, b->len};
}

/* Give the memory back and start over. */
void
buf_free(struct buf *b)
{
	free(b->p);
	*b = (struct buf){0};
}
