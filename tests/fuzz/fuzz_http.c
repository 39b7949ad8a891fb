/*
 * Fuzz target: bytes as a connection takes them, message after message,
 * through the strict layer and the parser library.  However the bytes are
 * cut, the same messages come out, and the same refusal ends them; what is
 * accepted, the library accepts too, and both see the same request.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "http/parse.h"
#include "http/strict.h"
#include "http/target.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define CHECK(cond)                                                \
	do {                                                       \
		if (!(cond)) {                                     \
			fprintf(stderr, "fuzz_http: %s\n", #cond); \
			abort();                                   \
		}                                                  \
	} while (0)

/* Small limits, so that short inputs reach them. */
static const struct http_limits limits = {
    .header_bytes = 512,
    .target_bytes = 64,
    .body_bytes = 128,
};

/* Note an accepted message, as the library sees it. */
static void
accept_message(const struct strict *s, const char *p, struct buf *log)
{
	char *bytes = malloc(s->at);
	size_t n, body;
	struct slice path, query;
	struct parse m;

	CHECK(bytes != NULL);
	n = strict_copy(s, p, bytes, &body);
	CHECK(body <= n && n <= s->at);
	CHECK(parse_message(bytes, n, &m));
	CHECK(m.method == s->method && m.is_head == s->is_head);
	CHECK(m.http10 == s->http10);
	CHECK(m.target.n == s->target_len);
	CHECK(m.target.p == bytes + s->target - s->skip);
	CHECK(m.body.n == s->length && m.body.n <= limits.body_bytes);
	CHECK(m.body.n == 0 || m.body.p >= bytes + body);
	CHECK(target_split(m.target, m.method == METHOD_OPTIONS, &path,
	    &query));
	CHECK(strict_header((struct slice){bytes, body}, "host").n <= body);
	buf_addf(log, "%d %d %d %.*s ", (int)m.method, m.is_head, m.keep_alive,
	    SLICE_FMT(m.target));
	buf_add_slice(log, m.body);
	buf_add_byte(log, '\n');
	free(bytes);
}

/*
 * Take what is complete of in[*at..n).  True when a refusal ended it.
 */
static bool
feed(struct strict *s, const char *in, size_t n, size_t *at, struct buf *log)
{
	while (*at < n) {
		switch (strict_scan(s, &limits, in + *at, n - *at)) {
		case STRICT_MORE:
			CHECK(s->at <= n - *at);
			return false;
		case STRICT_REFUSED:
			CHECK(s->status >= 400 && s->why != NULL);
			buf_addf(log, "refused %d %s %zu", s->status, s->why,
			    s->target_len);
			return true;
		case STRICT_DONE:
			CHECK(s->at > 0 && s->at <= n - *at);
			accept_message(s, in + *at, log);
			*at += s->at;
			*s = (struct strict){0};
		}
	}
	return false;
}

/* Play all bytes, cut by a sequence of steps (0: not at all). */
static struct buf
play(const char *in, size_t n, const uint8_t *steps, size_t nsteps)
{
	struct strict s = {0};
	struct buf log = {0};
	size_t here = 0, at = 0;

	for (size_t i = 0; here < n; i++) {
		size_t step = nsteps > 0 ? steps[i % nsteps] % 16 + 1u : n;
		char *copy;
		bool end;

		here = n - here < step ? n : here + step;
		/* No more than is here may be looked at. */
		copy = malloc(here);
		CHECK(copy != NULL);
		memcpy(copy, in, here);
		end = feed(&s, copy, here, &at, &log);
		free(copy);
		if (end)
			break;
	}
	return log;
}

/* The first bytes say where to cut, the rest is what is sent. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const uint8_t one[] = {0};
	size_t nsteps = size > 8 ? 8 : 0;
	const char *in = (const char *)data + nsteps;
	struct buf whole = play(in, size - nsteps, NULL, 0);
	struct buf bytewise = play(in, size - nsteps, one, 1);
	struct buf cut = play(in, size - nsteps, data, nsteps);

	CHECK(slice_eq(buf_slice(&whole), buf_slice(&bytewise)));
	CHECK(slice_eq(buf_slice(&whole), buf_slice(&cut)));
	buf_free(&whole);
	buf_free(&bytewise);
	buf_free(&cut);
	return 0;
}
