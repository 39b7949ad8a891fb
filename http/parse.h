/*
 * The parser library, behind one function: only parse.c knows which it is
 * (llhttp where it is packaged, else http-parser).
 */
#ifndef HTTP_PARSE_H
#define HTTP_PARSE_H

#include "http/request.h"

struct parse {
	enum method method;
	bool is_head, http10;
	bool keep_alive;     /* by version and Connection */
	struct slice target; /* as sent */
	struct slice body;   /* decoded */
};

/*
 * Parse exactly one message of n bytes, which the strict layer found whole.
 * *out borrows from p; a chunked body is decoded in place.  False when the
 * library refuses the message or sees another end of it than ours.
 */
bool parse_message(char *p, size_t n, struct parse *out);

#endif
