/*
 * Answers as servers under load give them: HTTP/1.1, Content-Length.  Anything
 * else ends a measurement rather than being guessed at.
 */
#include "bench/answer.h"

#include <strings.h>

#define BODY_MAX (16u << 20)

/* Look at one header line; false when it is a length that cannot be read. */
static bool
read_header(struct slice line, uint64_t *length)
{
	static const char name[] = "content-length:";
	size_t n = sizeof name - 1;

	if (line.n < n || strncasecmp(line.p, name, n) != 0)
		return true;
	return slice_u64(slice_trim((struct slice){line.p + n, line.n - n}),
	    BODY_MAX, length);
}

/* Read the header lines behind the status line; false without a length. */
static bool
read_headers(struct slice head, uint64_t *length)
{
	const char *end;
	struct slice line;

	*length = UINT64_MAX;
	while ((end = memchr(head.p, '\n', head.n)) != NULL) {
		line = (struct slice){head.p, (size_t)(end - head.p)};
		if (line.n > 0 && line.p[line.n - 1] == '\r')
			line.n--;
		if (!read_header(line, length))
			return false;
		head.n -= (size_t)(end + 1 - head.p);
		head.p = end + 1;
	}
	return *length != UINT64_MAX;
}

/* Read the first answer; see answer.h. */
enum answer_result
answer_read(struct slice bytes, struct answer *out)
{
	static const char version[] = "HTTP/1.1 ";
	const size_t n = sizeof version - 1;
	uint64_t status, length;
	const char *end;
	struct slice head;

	end = memmem(bytes.p, bytes.n, "\r\n\r\n", 4);
	if (end == NULL)
		return ANSWER_PART;
	head = (struct slice){bytes.p, (size_t)(end + 4 - bytes.p)};
	if (head.n < n + 3 || memcmp(head.p, version, n) != 0 ||
	    !slice_u64((struct slice){head.p + n, 3}, 599, &status) ||
	    !read_headers(head, &length))
		return ANSWER_BAD;
	if (bytes.n - head.n < length)
		return ANSWER_PART;
	out->status = (unsigned)status;
	out->body = (struct slice){bytes.p + head.n, (size_t)length};
	out->length = head.n + (size_t)length;
	return ANSWER_WHOLE;
}
