/*
 * The answer to one request, read from the bytes of a keep-alive connection.
 */
#ifndef BENCH_ANSWER_H
#define BENCH_ANSWER_H

#include "core/slice.h"

struct answer {
	unsigned status;
	struct slice body; /* borrows from the bytes read */
	size_t length;	   /* of all of it, head and body */
};

enum answer_result {
	ANSWER_WHOLE,
	ANSWER_PART, /* more bytes must come */
	ANSWER_BAD   /* not HTTP/1.1 with a Content-Length */
};

/* Read the first answer in bytes. */
enum answer_result answer_read(struct slice bytes, struct answer *out);

#endif
