/*
 * A buf owns bytes and grows.  {0} is an empty one.
 */
#ifndef CORE_BUF_H
#define CORE_BUF_H

#include "core/slice.h"

struct buf {
	char *p;
	size_t len, cap;
};

/* Make room for n more bytes and return where they go; len is unchanged. */
char *buf_room(struct buf *b, size_t n);

/* Append; p must not point into b. */
void buf_add(struct buf *b, const void *p, size_t n);
void buf_add_slice(struct buf *b, struct slice s);
void buf_add_str(struct buf *b, const char *s);
void buf_add_byte(struct buf *b, unsigned char c);
void buf_add_u64(struct buf *b, uint64_t v); /* decimal */
void buf_addf(struct buf *b, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

/* Drop the first n bytes (n <= len). */
void buf_drop(struct buf *b, size_t n);

/* Borrow the contents, valid until the next change. */
struct slice buf_slice(const struct buf *b);

/* Release the memory; b is {0} afterwards. */
void buf_free(struct buf *b);

#endif
