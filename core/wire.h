/*
 * Big-endian fields, as events (core/event.c) and rows (core/execution.c) are
 * stored: of a fixed width; or an "int", which is a byte that says how many
 * follow (0-8), and as many as the number takes.  A reader that runs short or
 * meets a value over its bound turns bad and stays so: read everything, then
 * ask once.
 */
#ifndef CORE_WIRE_H
#define CORE_WIRE_H

#include "core/slice.h"
#include "core/uuid.h"

struct wire {
	const unsigned char *p; /* the next byte, borrowed */
	size_t n;		/* bytes left */
	bool bad;
};

/* A reader of all of s. */
static inline struct wire
wire_read(struct slice s)
{
	return (struct wire){(const unsigned char *)s.p, s.n, false};
}

/* The next n bytes, borrowed; SLICE_NONE and bad when fewer are left. */
static inline struct slice
wire_bytes(struct wire *w, size_t n)
{
	struct slice s = {(const char *)w->p, n};

	if (w->bad || w->n < n) {
		w->bad = true;
		return SLICE_NONE;
	}
	w->p += n;
	w->n -= n;
	return s;
}

/* The next unsigned field of `width` bytes (0-8); bad and 0 when over max. */
static inline uint64_t
wire_uint(struct wire *w, unsigned width, uint64_t max)
{
	struct slice s = wire_bytes(w, width);
	uint64_t v = 0;

	for (unsigned i = 0; i < s.n; i++)
		v = v << 8 | (unsigned char)s.p[i];
	if (v > max)
		w->bad = true;
	return w->bad ? 0 : v;
}

/* The next int; bad and 0 when over max, or longer than it must be. */
static inline uint64_t
wire_int(struct wire *w, uint64_t max)
{
	unsigned width = (unsigned)wire_uint(w, 1, 8);
	uint64_t v = wire_uint(w, width, max);

	if (width > 0 && v >> 8 * (width - 1) == 0)
		w->bad = true;
	return w->bad ? 0 : v;
}

/* The next 16 bytes as an id. */
static inline struct uuid
wire_uuid(struct wire *w)
{
	struct slice s = wire_bytes(w, sizeof(struct uuid));
	struct uuid u = {{0}};

	if (s.p != NULL)
		memcpy(u.b, s.p, sizeof(u.b));
	return u;
}

/* The next id, zero where a byte says that there is none. */
static inline struct uuid
wire_uuid_or_none(struct wire *w)
{
	struct uuid u = {{0}};

	if (wire_uint(w, 1, 1) == 0)
		return u;
	u = wire_uuid(w);
	if (uuid_is_zero(&u))
		w->bad = true;
	return u;
}

/* Write v in `width` bytes (0-8) at p; returns where the next field goes. */
static inline unsigned char *
wire_put(unsigned char *p, unsigned width, uint64_t v)
{
	for (unsigned i = width; i > 0; i--) {
		p[i - 1] = (unsigned char)v;
		v >>= 8;
	}
	return p + width;
}

/* Write v as an int, of 9 bytes at most; returns where the next field goes. */
static inline unsigned char *
wire_put_int(unsigned char *p, uint64_t v)
{
	unsigned width = v == 0 ? 0 : 8 - (unsigned)__builtin_clzll(v) / 8;

	return wire_put(wire_put(p, 1, width), width, v);
}

/* Write an id at p; returns where the next field goes. */
static inline unsigned char *
wire_put_uuid(unsigned char *p, const struct uuid *u)
{
	memcpy(p, u->b, sizeof(u->b));
	return p + sizeof(u->b);
}

/* Write an id that may be zero; returns where the next field goes. */
static inline unsigned char *
wire_put_uuid_or_none(unsigned char *p, const struct uuid *u)
{
	bool none = uuid_is_zero(u);

	p = wire_put(p, 1, !none);
	return none ? p : wire_put_uuid(p, u);
}

#endif
