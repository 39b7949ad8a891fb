/*
 * The strict layer: finding the end of the head, checking it line by line,
 * then following the body.  http/conn.c feeds it; http/parse.c comes after.
 */
#include "http/strict.h"

#include "http/octet.h"
#include "http/target.h"

/* Of one chunk's size: more digits than any body limit has. */
#define SIZE_DIGITS 16

/* What the headers said about the message's frame. */
struct frame {
	unsigned hosts, lengths, encodings;
	bool expect;
	const char *unmet; /* an expectation we do not know */
};

/* Note why a message is refused. */
static bool
refuse(struct strict *s, int status, const char *why)
{
	s->status = status;
	s->why = why;
	return false;
}

/* The length of the start of b that consists of one kind of byte. */
static size_t
span(struct slice b, enum octet kind)
{
	size_t n = 0;

	while (n < b.n && octet_is((unsigned char)b.p[n], kind))
		n++;
	return n;
}

/* Drop the first n bytes of b. */
static struct slice
skip(struct slice b, size_t n)
{
	return (struct slice){b.p + n, b.n - n};
}

/* ---- the request line ---- */

/* Recognize the method. */
static void
read_method(struct strict *s, struct slice name)
{
	static const struct {
		const char *name;
		enum method method;
	} methods[] = {
	    {"GET", METHOD_GET},
	    {"POST", METHOD_POST},
	    {"PUT", METHOD_PUT},
	    {"PATCH", METHOD_PATCH},
	    {"DELETE", METHOD_DELETE},
	    {"HEAD", METHOD_GET},
	    {"OPTIONS", METHOD_OPTIONS},
	};

	s->method = METHOD_OTHER;
	s->is_head = slice_is(name, "HEAD");
	for (size_t i = 0; i < sizeof(methods) / sizeof(methods[0]); i++)
		if (slice_is(name, methods[i].name))
			s->method = methods[i].method;
}

/* Check "HTTP/1.x": 400 when it is no version, 505 when it is not ours. */
static bool
check_version(struct strict *s, struct slice v)
{
	if (v.n != 8 || memcmp(v.p, "HTTP/", 5) != 0 || v.p[6] != '.' ||
	    v.p[5] < '0' || v.p[5] > '9' || v.p[7] < '0' || v.p[7] > '9')
		return refuse(s, 400, "malformed request line");
	if (v.p[5] != '1' || v.p[7] > '1')
		return refuse(s, 505, "only HTTP/1.0 and HTTP/1.1 are spoken");
	s->http10 = v.p[7] == '0';
	return true;
}

/* Check "METHOD target HTTP/1.x"; line stands at offset at, without CRLF. */
static bool
check_request_line(struct strict *s, const struct http_limits *l,
    struct slice line, size_t at)
{
	struct slice method, target, path, query;

	method = (struct slice){line.p, span(line, OCTET_TOKEN)};
	if (method.n == 0 || method.n + 1 >= line.n ||
	    method.p[method.n] != ' ')
		return refuse(s, 400, "malformed request line");
	line = skip(line, method.n + 1);
	target = (struct slice){line.p, span(line, OCTET_TARGET)};
	if (target.n == 0 || target.n >= line.n || target.p[target.n] != ' ')
		return refuse(s, 400, "malformed request target");
	read_method(s, method);
	s->target = at + method.n + 1;
	s->target_len = target.n;
	if (target.n > l->target_bytes)
		return refuse(s, 414, "the request target is too long");
	if (!check_version(s, skip(line, target.n + 1)))
		return false;
	if (s->method == METHOD_OTHER)
		return refuse(s, 501, "this method is not known here");
	if (!target_split(target, s->method == METHOD_OPTIONS, &path, &query))
		return refuse(s, 400, "malformed request target");
	return true;
}

/* ---- header lines ---- */

/* Read a Content-Length: digits only; a huge one stays huge. */
static bool
read_length(struct strict *s, struct slice value)
{
	if (value.n == 0)
		return refuse(s, 400, "malformed Content-Length");
	s->length = 0;
	for (size_t i = 0; i < value.n; i++) {
		if (value.p[i] < '0' || value.p[i] > '9')
			return refuse(s, 400, "malformed Content-Length");
		if (s->length <= UINT64_MAX / 16)
			s->length =
			    s->length * 10 + (unsigned)(value.p[i] - '0');
	}
	return true;
}

/*
 * Behind a length or an encoding stand spaces only: http-parser takes a tab
 * there for a part of the value.
 */
static bool
has_tab_behind(struct slice line)
{
	while (line.n > 0 && line.p[line.n - 1] == ' ')
		line.n--;
	return line.n > 0 && line.p[line.n - 1] == '\t';
}

/* Take note of a header that says something about the message's frame. */
static bool
read_header(struct strict *s, struct frame *f, struct slice name,
    struct slice line)
{
	struct slice value = slice_trim(line);

	if (slice_is_nocase(name, "host")) {
		f->hosts++;
		if (span(value, OCTET_HOST) != value.n)
			return refuse(s, 400, "malformed Host");
	} else if (slice_is_nocase(name, "content-length")) {
		f->lengths++;
		return read_length(s,
		    has_tab_behind(line) ? SLICE_NONE : value);
	} else if (slice_is_nocase(name, "transfer-encoding")) {
		f->encodings++;
		if (!slice_is_nocase(value, "chunked") || has_tab_behind(line))
			return refuse(s, 400,
			    "the only Transfer-Encoding is chunked");
	} else if (slice_is_nocase(name, "expect")) {
		if (!slice_is_nocase(value, "100-continue"))
			f->unmet = "only 100-continue can be expected";
		f->expect = true;
	}
	return true;
}

/*
 * True for "Transfer-Encodings" and the like: http-parser takes them for
 * Transfer-Encoding itself.
 */
static bool
looks_like_encoding(struct slice name)
{
	static const char known[] = "transfer-encoding";
	struct slice start = {name.p, sizeof(known) - 1};

	return name.n > start.n && slice_is_nocase(start, known);
}

/* Check "Name: value", without CRLF. */
static bool
check_header(struct strict *s, struct frame *f, struct slice line)
{
	struct slice name = {line.p, span(line, OCTET_TOKEN)};
	struct slice value;

	if (name.n == 0 || name.n == line.n || name.p[name.n] != ':' ||
	    looks_like_encoding(name))
		return refuse(s, 400, "malformed header name");
	value = skip(line, name.n + 1);
	if (span(value, OCTET_VALUE) != value.n)
		return refuse(s, 400, "malformed header value");
	/* The lengths of Host, Expect, Content-Length, Transfer-Encoding. */
	if (name.n != 4 && name.n != 6 && name.n != 14 && name.n != 17)
		return true;
	return read_header(s, f, name, value);
}

/* Judge what the headers said together. */
static bool
check_frame(struct strict *s, const struct http_limits *l,
    const struct frame *f)
{
	if (f->hosts > 1 || (f->hosts == 0 && !s->http10))
		return refuse(s, 400, "exactly one Host is needed");
	if (f->lengths > 1)
		return refuse(s, 400, "more than one Content-Length");
	if (f->encodings > 1 || (f->encodings > 0 && s->http10))
		return refuse(s, 400, "Transfer-Encoding is out of place");
	if (f->encodings > 0 && f->lengths > 0)
		return refuse(s, 400,
		    "Content-Length and Transfer-Encoding exclude each other");
	if (s->length > l->body_bytes)
		return refuse(s, 413, "the request body is too large");
	if (f->unmet != NULL && !s->http10)
		return refuse(s, 417, f->unmet);
	s->chunked = f->encodings > 0;
	s->expect = f->expect && !s->http10;
	return true;
}

/*
 * Check a head, blank line included, line by line.  It also holds up to the
 * first line that ends in a bare LF, which is then refused in its turn.
 */
static bool
check_head(struct strict *s, const struct http_limits *l, const char *p,
    size_t n)
{
	struct frame f = {0};
	size_t at = s->skip;
	bool first = true;

	while (at < n) {
		const char *lf = memchr(p + at, '\n', n - at);
		struct slice line = {p + at, 0};

		if (lf == NULL || lf == line.p || lf[-1] != '\r')
			return refuse(s, 400, "a line must end with CR LF");
		line.n = (size_t)(lf - line.p) - 1;
		if (first ? !check_request_line(s, l, line, at)
			  : line.n > 0 && !check_header(s, &f, line))
			return false;
		first = false;
		at += line.n + 2;
	}
	return check_frame(s, l, &f);
}

/* ---- the end of the head ---- */

/* Note method and target as far as they can be seen in an unfinished head. */
void
strict_peek(struct strict *s, const char *p, size_t n)
{
	struct slice b = {p + s->skip, n > s->skip ? n - s->skip : 0};
	size_t method = span(b, OCTET_TOKEN), target;

	if (s->target_len > 0 || method == 0 || method == b.n ||
	    b.p[method] != ' ')
		return;
	read_method(s, (struct slice){b.p, method});
	target = span(skip(b, method + 1), OCTET_TARGET);
	s->target = s->skip + method + 1;
	s->target_len = target;
}

/*
 * The head outgrew its limit: it is the target's fault when the target alone
 * did, as far as it can be seen.  The window is the limit, however much more
 * is here.
 */
static bool
refuse_long(struct strict *s, const struct http_limits *l, const char *p,
    size_t window)
{
	strict_peek(s, p, window);
	if (s->target_len > l->target_bytes)
		return refuse(s, 414, "the request target is too long");
	return refuse(s, 431, "the request headers are too large");
}

/* Skip one blank line, then see that something like a method begins. */
static enum strict_verdict
scan_start(struct strict *s, const char *p, size_t n)
{
	if (s->skip == 0 && p[0] == '\r') {
		if (n < 2)
			return STRICT_MORE;
		if (p[1] == '\n')
			s->skip = s->at = s->line = 2;
	}
	if (n > s->skip && !octet_is((unsigned char)p[s->skip], OCTET_TOKEN)) {
		refuse(s, 400, "malformed request line");
		return STRICT_REFUSED;
	}
	return n > s->skip ? STRICT_DONE : STRICT_MORE;
}

/* Find the end of the head, and check it as soon as it is there. */
static enum strict_verdict
scan_head(struct strict *s, const struct http_limits *l, const char *p,
    size_t n)
{
	enum strict_verdict start = scan_start(s, p, n);
	size_t window = s->skip + l->header_bytes,
	       end = n < window ? n : window;
	const char *lf;

	if (start != STRICT_DONE)
		return start;
	while (s->at < end &&
	    (lf = memchr(p + s->at, '\n', end - s->at)) != NULL) {
		size_t line = s->line;

		s->at = s->line = (size_t)(lf - p) + 1;
		if (lf[-1] == '\r' && lf - (p + line) > 1)
			continue;
		/* An empty line, or a bare LF, which check_head() refuses. */
		if (!check_head(s, l, p, s->at))
			return STRICT_REFUSED;
		s->head = s->at;
		return STRICT_DONE;
	}
	s->at = end;
	if (n < window)
		return STRICT_MORE;
	refuse_long(s, l, p, window);
	return STRICT_REFUSED;
}

/* ---- chunked bodies, byte by byte ---- */

enum {
	CHUNK_SIZE,
	CHUNK_EXTENSION,
	CHUNK_SIZE_LF,
	CHUNK_DATA,
	CHUNK_DATA_CR,
	CHUNK_DATA_LF,
	CHUNK_TRAILER, /* at the start of a trailer line or of the end */
	CHUNK_TRAILER_NAME,
	CHUNK_TRAILER_VALUE,
	CHUNK_TRAILER_LF,
	CHUNK_END_LF,
	CHUNK_DONE
};

/* A byte of a chunk's size, or what ends it. */
static bool
chunk_size(struct strict *s, const struct http_limits *l, unsigned char c)
{
	if (octet_is(c, OCTET_HEX) && s->digits < SIZE_DIGITS) {
		s->left = s->left * 16 + octet_hex(c);
		s->digits++;
		if (s->left > l->body_bytes - s->length)
			return refuse(s, 413, "the request body is too large");
		return true;
	}
	if (s->digits == 0 || (c != '\r' && c != ';'))
		return refuse(s, 400, "malformed chunk size");
	s->chunk = c == ';' ? CHUNK_EXTENSION : CHUNK_SIZE_LF;
	s->digits = 0;
	return true;
}

/* The LF of a size: data follows, or after the last chunk the trailers. */
static bool
chunk_sized(struct strict *s, unsigned char c)
{
	if (c != '\n')
		return refuse(s, 400, "malformed chunk size");
	s->chunk = s->left > 0 ? CHUNK_DATA : CHUNK_TRAILER;
	return true;
}

/* A byte of the trailers; they are read like headers and dropped. */
static bool
chunk_trailer(struct strict *s, unsigned char c)
{
	if (s->chunk == CHUNK_TRAILER && c == '\r')
		s->chunk = CHUNK_END_LF;
	else if (s->chunk == CHUNK_TRAILER && octet_is(c, OCTET_TOKEN))
		s->chunk = CHUNK_TRAILER_NAME;
	else if (s->chunk == CHUNK_TRAILER_NAME && c == ':')
		s->chunk = CHUNK_TRAILER_VALUE;
	else if (s->chunk == CHUNK_TRAILER_VALUE && c == '\r')
		s->chunk = CHUNK_TRAILER_LF;
	else if (s->chunk == CHUNK_TRAILER_LF && c == '\n')
		s->chunk = CHUNK_TRAILER;
	else if (s->chunk == CHUNK_END_LF && c == '\n')
		s->chunk = CHUNK_DONE;
	else if (!(s->chunk == CHUNK_TRAILER_NAME &&
		     octet_is(c, OCTET_TOKEN)) &&
	    !(s->chunk == CHUNK_TRAILER_VALUE && octet_is(c, OCTET_VALUE)))
		return refuse(s, 400, "malformed trailer");
	return true;
}

/* A byte of a chunked body that is not data. */
static bool
chunk_byte(struct strict *s, const struct http_limits *l, unsigned char c)
{
	switch (s->chunk) {
	case CHUNK_SIZE:
		return chunk_size(s, l, c);
	case CHUNK_EXTENSION:
		if (c == '\r')
			s->chunk = CHUNK_SIZE_LF;
		else if (!octet_is(c, OCTET_VALUE))
			return refuse(s, 400, "malformed chunk extension");
		return true;
	case CHUNK_SIZE_LF:
		return chunk_sized(s, c);
	case CHUNK_DATA_CR:
		s->chunk = CHUNK_DATA_LF;
		return c == '\r' || refuse(s, 400, "malformed chunk");
	case CHUNK_DATA_LF:
		s->chunk = CHUNK_SIZE;
		return c == '\n' || refuse(s, 400, "malformed chunk");
	default:
		return chunk_trailer(s, c);
	}
}

/*
 * Follow a chunked body.  What frames it may be as large as the body's limit
 * and the header's together, else tiny chunks could fill memory.
 */
static enum strict_verdict
scan_chunks(struct strict *s, const struct http_limits *l, const char *p,
    size_t n)
{
	while (s->at < n && s->chunk != CHUNK_DONE) {
		if (s->chunk == CHUNK_DATA) {
			size_t here = n - s->at;

			if (here > s->left)
				here = (size_t)s->left;
			s->at += here;
			s->left -= here;
			s->length += here;
			if (s->left == 0)
				s->chunk = CHUNK_DATA_CR;
			continue;
		}
		if (++s->framing > l->body_bytes + l->header_bytes) {
			refuse(s, 413, "the request body is too large");
			return STRICT_REFUSED;
		}
		if (!chunk_byte(s, l, (unsigned char)p[s->at]))
			return STRICT_REFUSED;
		s->at++;
	}
	return s->chunk == CHUNK_DONE ? STRICT_DONE : STRICT_MORE;
}

/* ---- what others call ---- */

/* Read on in a message. */
enum strict_verdict
strict_scan(struct strict *s, const struct http_limits *l, const char *p,
    size_t n)
{
	enum strict_verdict v;

	if (n == 0)
		return STRICT_MORE;
	if (s->head == 0 && (v = scan_head(s, l, p, n)) != STRICT_DONE)
		return v;
	if (s->chunked)
		return scan_chunks(s, l, p, n);
	s->at = n - s->head < s->length ? n : s->head + (size_t)s->length;
	return s->at == s->head + s->length ? STRICT_DONE : STRICT_MORE;
}

/* Copy chunks, which were found well, without what is dropped. */
static size_t
copy_chunks(const struct strict *s, const char *p, char *out)
{
	const char *at = p + s->head, *end = p + s->at;
	char *start = out;
	size_t size, n;

	do {
		for (size = 0; octet_is((unsigned char)*at, OCTET_HEX); at++) {
			size = size * 16 + octet_hex((unsigned char)*at);
			*out++ = *at;
		}
		at = memchr(at, '\r', (size_t)(end - at));
		n = size > 0 ? 2 + size + 2 : 2;
		memcpy(out, at, n);
		out += n;
		at += n;
	} while (size > 0);
	memcpy(out, "\r\n", 2);
	return (size_t)(out + 2 - start);
}

/* Copy a message for the parser. */
size_t
strict_copy(const struct strict *s, const char *p, char *out, size_t *body)
{
	*body = s->head - s->skip;
	memcpy(out, p + s->skip, *body);
	if (s->chunked)
		return *body + copy_chunks(s, p, out + *body);
	memcpy(out + *body, p + s->head, s->at - s->head);
	return s->at - s->skip;
}

/* Whether a request has begun at all. */
bool
strict_blank(const struct strict *s)
{
	return s->at <= s->skip;
}

/* Look a header up in the text of an accepted head. */
struct slice
strict_header(struct slice head, const char *name)
{
	const char *lf = head.n > 0 ? memchr(head.p, '\n', head.n) : NULL;
	size_t len = strlen(name);

	while (lf != NULL) {
		struct slice line = skip(head, (size_t)(lf + 1 - head.p));

		head = line;
		lf = line.n > 0 ? memchr(line.p, '\n', line.n) : NULL;
		if (lf == NULL || (size_t)(lf - line.p) <= len)
			continue;
		line.n = (size_t)(lf - line.p) - 1;
		if (line.n > len && line.p[len] == ':' &&
		    slice_is_nocase((struct slice){line.p, len}, name))
			return slice_trim(skip(line, len + 1));
	}
	return SLICE_NONE;
}
