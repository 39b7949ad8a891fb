/*
 * HTTP chunks to lines to events.  A line that is not whole yet is kept; all
 * else is read in place.
 */
#include "bench/reader.h"

#include <sys/socket.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum mode { HEAD, SIZE, DATA, DATA_END, PLAIN };

struct reader {
	int fd;
	enum mode mode;
	size_t left; /* of the chunk */
	char *line;  /* begun, not ended */
	size_t line_n, line_cap;
	struct reader_sum *sum;
	uint64_t id, last_id, n, last_n, t;
};

/* Make a reader. */
struct reader *
reader_new(int fd, struct reader_sum *sum)
{
	struct reader *r = calloc(1, sizeof(*r));

	if (r == NULL)
		abort();
	r->fd = fd;
	r->sum = sum;
	return r;
}

/* ---- events ---- */

static void
count_event(struct reader *r)
{
	if (r->last_n == 0)
		r->last_n = r->n - 1;
	if (r->n <= r->last_n) {
		r->sum->repeated++;
		return;
	}
	r->sum->missing += r->n - r->last_n - 1;
	r->sum->delivered++;
	r->last_n = r->n;
	latency_add(&r->sum->latency, latency_clock() - (int64_t)r->t);
}

static void
dispatch(struct reader *r)
{
	if (r->id != 0) {
		if (r->id <= r->last_id)
			r->sum->disordered++;
		r->last_id = r->id;
	}
	if (r->n != 0)
		count_event(r);
	r->id = r->n = 0;
}

/* The digits at the end of "<epoch>-<seq>"; 0 for ids of another kind. */
static uint64_t
id_of(const char *p, size_t n)
{
	const char *dash = memrchr(p, '-', n);
	uint64_t id = 0;

	if (dash == NULL)
		return 0;
	for (const char *q = dash + 1; q < p + n; q++) {
		if (*q < '0' || *q > '9')
			return 0;
		id = id * 10 + (uint64_t)(*q - '0');
	}
	return id;
}

static uint64_t
digits(const char *p, unsigned n)
{
	uint64_t v = 0;

	while (n-- > 0)
		v = v * 10 + (uint64_t)(*p++ - '0');
	return v;
}

static void
take_line(struct reader *r, const char *p, size_t n)
{
	const char *mark;

	if (n > 0 && p[n - 1] == '\r')
		n--;
	if (n == 0) {
		dispatch(r);
	} else if (n > 4 && memcmp(p, "id: ", 4) == 0) {
		r->id = id_of(p + 4, n - 4);
	} else if (n > 5 && memcmp(p, "data:", 5) == 0) {
		mark = memmem(p, n, READER_MARK "0", 3);
		if (mark == NULL || p + n - mark < 2 + 12 + 3 + 20)
			return;
		r->n = digits(mark + 2, 12);
		r->t = digits(mark + 2 + 12 + 3, 20);
	}
}

static void
keep(struct reader *r, const char *p, size_t n)
{
	if (r->line_n + n > r->line_cap) {
		r->line_cap = 2 * (r->line_n + n);
		r->line = realloc(r->line, r->line_cap);
		if (r->line == NULL)
			abort();
	}
	memcpy(r->line + r->line_n, p, n);
	r->line_n += n;
}

static void
take_bytes(struct reader *r, const char *p, size_t n)
{
	const char *nl;

	while (n > 0 && (nl = memchr(p, '\n', n)) != NULL) {
		size_t length = (size_t)(nl - p);

		if (r->line_n > 0) {
			keep(r, p, length);
			take_line(r, r->line, r->line_n);
			r->line_n = 0;
		} else {
			take_line(r, p, length);
		}
		p = nl + 1;
		n -= length + 1;
	}
	if (n > 0)
		keep(r, p, n);
}

/* ---- HTTP ---- */

/* The head, byte by byte; the line buffer holds it. */
static size_t
take_head(struct reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		keep(r, p + i, 1);
		if (r->line_n < 4 ||
		    memcmp(r->line + r->line_n - 4, "\r\n\r\n", 4) != 0)
			continue;
		keep(r, "", 1);
		if (strncmp(r->line + 9, "200", 3) != 0) {
			fprintf(stderr, "fanout: %.100s\n", r->line);
			exit(1);
		}
		r->mode = strcasestr(r->line, "\r\ntransfer-encoding: chunked")
		    ? SIZE
		    : PLAIN;
		r->line_n = 0;
		r->sum->heads++;
		return i + 1;
	}
	return n;
}

static size_t
take_size(struct reader *r, const char *p, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		char c = p[i];

		if (c == '\n') {
			r->mode = r->left > 0 ? DATA : DATA_END;
			return i + 1;
		}
		if (c >= '0' && c <= '9')
			r->left = r->left * 16 + (size_t)(c - '0');
		else if ((c | 32) >= 'a' && (c | 32) <= 'f')
			r->left = r->left * 16 + (size_t)((c | 32) - 'a' + 10);
		else if (c != '\r')
			abort();
	}
	return n;
}

static size_t
take_data(struct reader *r, const char *p, size_t n)
{
	size_t take = r->left < n ? r->left : n;

	take_bytes(r, p, take);
	r->left -= take;
	if (r->left == 0)
		r->mode = DATA_END;
	return take;
}

/* The line break behind a chunk. */
static size_t
take_data_end(struct reader *r, const char *p, size_t n)
{
	const char *nl = memchr(p, '\n', n);

	if (nl == NULL)
		return n;
	r->mode = SIZE;
	r->left = 0;
	return (size_t)(nl + 1 - p);
}

static size_t
take(struct reader *r, const char *p, size_t n)
{
	switch (r->mode) {
	case HEAD:
		return take_head(r, p, n);
	case SIZE:
		return take_size(r, p, n);
	case DATA:
		return take_data(r, p, n);
	case DATA_END:
		return take_data_end(r, p, n);
	default:
		take_bytes(r, p, n);
		return n;
	}
}

/* Read what has arrived. */
void
reader_read(struct reader *r)
{
	static char bytes[256 * 1024];
	ssize_t n = recv(r->fd, bytes, sizeof(bytes), 0);
	size_t at = 0;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		close(r->fd);
		r->sum->closed++;
		return;
	}
	r->sum->bytes += (uint64_t)n;
	while (at < (size_t)n)
		at += take(r, bytes + at, (size_t)n - at);
}
