/*
 * Requests nobody should take on trust, and what becomes of each.  One table
 * for the strict layer alone (test_strict.c) and for a whole server
 * (test_conn.c).  The limits are small: 1024 bytes of header, 128 of target,
 * 64 of body.
 */
#ifndef TESTS_HTTP_HOSTILE_H
#define TESTS_HTTP_HOSTILE_H

#include <stddef.h>

#include "http/http.h"

struct hostile {
	const char *name;
	const char *bytes;
	size_t n;
	int status;	  /* of the refusal; 0: it is accepted */
	const char *body; /* of an accepted POST */
};

#define ROW(name, bytes, status)                             \
	{                                                    \
		name, bytes, sizeof(bytes) - 1, status, NULL \
	}
#define BODY(name, bytes, body)                         \
	{                                               \
		name, bytes, sizeof(bytes) - 1, 0, body \
	}

#define HOST "Host: x\r\n"
#define GET "GET / HTTP/1.1\r\n" HOST
#define POST "POST / HTTP/1.1\r\n" HOST
#define CHUNKED POST "Transfer-Encoding: chunked\r\n\r\n"
#define TEN "0123456789"
#define FIFTY TEN TEN TEN TEN TEN
#define HUNDRED FIFTY FIFTY

static const struct hostile hostile_rows[] = {
    /* what is fine */
    ROW("plain", GET "\r\n", 0),
    ROW("1.0 without Host", "GET / HTTP/1.0\r\n\r\n", 0),
    ROW("1.0 with Host", "GET / HTTP/1.0\r\n" HOST "\r\n", 0),
    ROW("blank line first", "\r\n" GET "\r\n", 0),
    ROW("HEAD", "HEAD / HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("DELETE", "DELETE / HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("absolute form", "GET http://x/ HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("absolute form, port and query",
	"GET HTTP://[::1]:8000/?a=b HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("absolute form without path",
	"GET http://x?a=b HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("star", "OPTIONS * HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("value without space", GET "A:b\r\n\r\n", 0),
    ROW("value with spaces", GET "A: \t b \t\r\n\r\n", 0),
    ROW("empty value", GET "A:\r\n\r\n", 0),
    ROW("eighth bit in a value", GET "A: \xc3\xa5\xff\r\n\r\n", 0),
    ROW("all token characters", GET "!#$%&'*+-.^_`|~09azAZ: x\r\n\r\n", 0),
    ROW("repeated header", GET "A: x\r\nA: y\r\n\r\n", 0),
    ROW("empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 0),
    ROW("odd bytes of a target", "GET /?a={}|\\^`\"<> HTTP/1.1\r\n" HOST "\r\n",
	0),
    ROW("target at its limit",
	"GET /?" HUNDRED TEN TEN "123456 HTTP/1.1\r\n" HOST "\r\n", 0),
    ROW("upgrade", GET "Upgrade: h2c\r\nConnection: Upgrade\r\n\r\n", 0),
    BODY("length", POST "Content-Length: 5\r\n\r\nhello", "hello"),
    BODY("length with spaces", POST "Content-Length:  5 \r\n\r\nhello",
	"hello"),
    BODY("length with zeros", POST "Content-Length: 0005\r\n\r\nhello",
	"hello"),
    BODY("length 0", POST "Content-Length: 0\r\n\r\n", ""),
    BODY("no length", POST "\r\n", ""),
    BODY("length at its limit",
	POST "Content-Length: 64\r\n\r\n" FIFTY TEN "0123", FIFTY TEN "0123"),
    BODY("upgrade with a body",
	POST "Upgrade: x\r\nConnection: Upgrade\r\nContent-Length: "
	     "5\r\n\r\nhello",
	"hello"),
    BODY("chunked", CHUNKED "5\r\nhello\r\n0\r\n\r\n", "hello"),
    BODY("chunks", CHUNKED "2\r\nhe\r\n1\r\nl\r\n2\r\nlo\r\n0\r\n\r\n",
	"hello"),
    BODY("no chunk", CHUNKED "0\r\n\r\n", ""),
    BODY("capital Chunked",
	POST "transfer-encoding: Chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
	"hello"),
    BODY("chunk size with zeros", CHUNKED "0005\r\nhello\r\n000\r\n\r\n",
	"hello"),
    BODY("chunk size in hex",
	CHUNKED "a\r\n" TEN "\r\nA\r\n" TEN "\r\n0\r\n\r\n", TEN TEN),
    BODY("chunk extension", CHUNKED "5;a=b\r\nhello\r\n0;c=\"d\"\r\n\r\n",
	"hello"),
    BODY("chunk extensions",
	CHUNKED "5;a;b=c;d=\"e\\\"f\"; g;;\r\nhello\r\n0;last\r\n\r\n",
	"hello"),
    BODY("trailers", CHUNKED "5\r\nhello\r\n0\r\nA: b\r\nC:d\r\n\r\n", "hello"),
    BODY("trailers that would frame",
	CHUNKED "5\r\nhello\r\n0\r\nContent-Length: 99\r\n"
		"Transfer-Encoding: cow\r\n\r\n",
	"hello"),
    BODY("chunks at the limit",
	CHUNKED "32\r\n" FIFTY "\r\ne\r\n" TEN "0123\r\n0\r\n\r\n",
	FIFTY TEN "0123"),
    ROW("GET with a body", GET "Content-Length: 5\r\n\r\nhello", 0),
    ROW("HEAD with a body",
	"HEAD / HTTP/1.1\r\n" HOST "Content-Length: 5\r\n\r\nhello", 0),
    ROW("HEAD with chunks",
	"HEAD / HTTP/1.1\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"
	"5\r\nhello\r\n0\r\n\r\n",
	0),
    ROW("expectation in 1.0", "GET / HTTP/1.0\r\nExpect: magic\r\n\r\n", 0),

    /* line ends */
    ROW("bare LF", "GET / HTTP/1.1\nHost: x\n\n", 400),
    ROW("bare LF behind the line", "GET / HTTP/1.1\n" HOST "\r\n", 400),
    ROW("bare LF behind a header", GET "A: b\nC: d\r\n\r\n", 400),
    ROW("bare LF at the end", GET "\n", 400),
    ROW("CR CR LF", "GET / HTTP/1.1\r\r\n" HOST "\r\n", 400),
    ROW("bare CR in a value", GET "A: b\rc\r\n\r\n", 400),
    ROW("bare CR in the line", "GET /\rx HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("two blank lines first", "\r\n\r\n" GET "\r\n", 400),
    ROW("blank LF first", "\n" GET "\r\n", 400),
    ROW("CR first", "\rGET / HTTP/1.1\r\n" HOST "\r\n", 400),

    /* the request line */
    ROW("nothing but spaces", "  \r\n\r\n", 400),
    ROW("space first", " GET / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("two spaces", "GET  / HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("two spaces before the version", "GET /  HTTP/1.1\r\n" HOST "\r\n",
	400),
    ROW("space behind the version", "GET / HTTP/1.1 \r\n" HOST "\r\n", 400),
    ROW("tab for a space", "GET\t/ HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("method alone", "GET\r\n" HOST "\r\n", 400),
    ROW("method and space", "GET \r\n" HOST "\r\n", 400),
    ROW("method and target", "GET / \r\n" HOST "\r\n", 400),
    ROW("method and version", "GET  HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("no target", "GET HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("no version", "GET /\r\n" HOST "\r\n", 400),
    ROW("HTTP/0.9 as it was", "GET /\r\n\r\n", 400),
    ROW("version words", "GET / HTTP/1.1 extra\r\n" HOST "\r\n", 400),
    ROW("small http", "GET / http/1.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1", "GET / HTTP/1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.", "GET / HTTP/1.\r\n" HOST "\r\n", 400),
    ROW("HTTP/01.1", "GET / HTTP/01.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.01", "GET / HTTP/1.01\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.10", "GET / HTTP/1.10\r\n" HOST "\r\n", 400),
    ROW("HTTP/1,1", "GET / HTTP/1,1\r\n" HOST "\r\n", 400),
    ROW("HTTP/x.1", "GET / HTTP/x.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.x", "GET / HTTP/1.x\r\n" HOST "\r\n", 400),
    ROW("HTTP/+.1", "GET / HTTP/+.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/1.+", "GET / HTTP/1.+\r\n" HOST "\r\n", 400),
    ROW("HTTQ", "GET / HTTQ/1.1\r\n" HOST "\r\n", 400),
    ROW("HTTP/0.9", "GET / HTTP/0.9\r\n" HOST "\r\n", 505),
    ROW("HTTP/1.2", "GET / HTTP/1.2\r\n" HOST "\r\n", 505),
    ROW("HTTP/1.9", "GET / HTTP/1.9\r\n" HOST "\r\n", 505),
    ROW("HTTP/2.0", "GET / HTTP/2.0\r\n" HOST "\r\n", 505),
    ROW("HTTP/9.9", "GET / HTTP/9.9\r\n" HOST "\r\n", 505),
    ROW("HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505),
    ROW("unknown method", "BREW / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("small get", "get / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("TRACE", "TRACE / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("CONNECT", "CONNECT x:80 HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("M-SEARCH", "M-SEARCH / HTTP/1.1\r\n" HOST "\r\n", 501),
    ROW("control byte in the method", "G\001T / HTTP/1.1\r\n\r\n", 400),
    ROW("an answer", "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", 400),
    ROW("TLS", "\026\003\001\002\000\001\000\001\374\003\003\232\n", 400),
    ROW("NUL first", "\0" GET "\r\n", 400),

    /* the target */
    ROW("no slash", "GET x HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("star for GET", "GET * HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("authority form", "GET x:80 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("fragment", "GET /#a HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("NUL", "GET /\0 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("control byte", "GET /\001 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("DEL", "GET /\177 HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("eighth bit", "GET /\xff HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("space", "GET /a b HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("user in absolute form", "GET http://u@x/ HTTP/1.1\r\n" HOST "\r\n",
	400),
    ROW("absolute form without host", "GET http:/// HTTP/1.1\r\n" HOST "\r\n",
	400),
    ROW("other scheme", "GET ftp://x/ HTTP/1.1\r\n" HOST "\r\n", 400),
    ROW("one byte too long",
	"GET /?" HUNDRED TEN TEN "1234567 HTTP/1.1\r\n" HOST "\r\n", 414),
    ROW("too long", "GET /?" HUNDRED FIFTY " HTTP/1.1\r\n" HOST "\r\n", 414),
    ROW("longer than the header may be",
	"GET /" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED,
	414),

    /* header lines */
    ROW("no Host", "GET / HTTP/1.1\r\n\r\n", 400),
    ROW("two Hosts", GET HOST "\r\n", 400),
    ROW("two Hosts in 1.0", "GET / HTTP/1.0\r\n" HOST HOST "\r\n", 400),
    ROW("two Hosts in one", "GET / HTTP/1.1\r\nHost: x, y\r\n\r\n", 400),
    ROW("Host with a path", "GET / HTTP/1.1\r\nHost: x/y\r\n\r\n", 400),
    ROW("Host with a user", "GET / HTTP/1.1\r\nHost: u@x\r\n\r\n", 400),
    ROW("Host, space before colon", "GET / HTTP/1.1\r\nHost : x\r\n\r\n", 400),
    ROW("folded", GET "A: b\r\n c\r\n\r\n", 400),
    ROW("folded by a tab", GET "A: b\r\n\tc\r\n\r\n", 400),
    ROW("folded before all", "GET / HTTP/1.1\r\n " HOST "\r\n", 400),
    ROW("no colon", GET "Naked\r\n\r\n", 400),
    ROW("empty name", GET ": x\r\n\r\n", 400),
    ROW("space in a name", GET "A B: x\r\n\r\n", 400),
    ROW("space before colon", GET "A : x\r\n\r\n", 400),
    ROW("tab before colon", GET "A\t: x\r\n\r\n", 400),
    ROW("bracket in a name", GET "A(B): x\r\n\r\n", 400),
    ROW("control byte in a name", GET "A\001: x\r\n\r\n", 400),
    ROW("eighth bit in a name", GET "A\xff: x\r\n\r\n", 400),
    ROW("NUL in a name", GET "A\0: x\r\n\r\n", 400),
    ROW("NUL in a value", GET "A: admin\0x\r\n\r\n", 400),
    ROW("control byte in a value", GET "A: b\001c\r\n\r\n", 400),
    ROW("vertical tab in a value", GET "A: \013b\r\n\r\n", 400),
    ROW("DEL in a value", GET "A: b\177c\r\n\r\n", 400),
    ROW("too much header",
	GET "A: " HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED HUNDRED "\r\n\r\n",
	431),
    ROW("endless header",
	GET "A: " HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED HUNDRED,
	431),
    ROW("unmet expectation", GET "Expect: magic\r\n\r\n", 417),

    /* lengths */
    ROW("two lengths that agree",
	POST "Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello", 400),
    ROW("two lengths that differ",
	POST "Content-Length: 5\r\nContent-Length: 0\r\n\r\nhello", 400),
    ROW("length list", POST "Content-Length: 5, 5\r\n\r\nhello", 400),
    ROW("length +", POST "Content-Length: +5\r\n\r\nhello", 400),
    ROW("length -", POST "Content-Length: -5\r\n\r\nhello", 400),
    ROW("length in hex", POST "Content-Length: 0x5\r\n\r\nhello", 400),
    ROW("length with words", POST "Content-Length: 5 b\r\n\r\nhello", 400),
    ROW("length float", POST "Content-Length: 5.0\r\n\r\nhello", 400),
    ROW("length empty", POST "Content-Length:\r\n\r\nhello", 400),
    ROW("length quoted", POST "Content-Length: \"5\"\r\n\r\nhello", 400),
    ROW("length, vertical tab", POST "Content-Length: \0135\r\n\r\nhello", 400),
    ROW("length, space before colon", POST "Content-Length : 5\r\n\r\nhello",
	400),
    ROW("length folded", POST "Content-Length:\r\n 5\r\n\r\nhello", 400),
    ROW("length over the limit", POST "Content-Length: 65\r\n\r\n", 413),
    ROW("length of 2^64", POST "Content-Length: 18446744073709551616\r\n\r\n",
	413),
    ROW("length wraps to 5",
	POST "Content-Length: 18446744073709551621\r\n\r\nhello", 413),
    ROW("length of many digits",
	POST "Content-Length: " HUNDRED HUNDRED "\r\n\r\n", 413),
    ROW("unasked body that is too large, and asked for",
	POST "Content-Length: 65\r\nExpect: 100-continue\r\n\r\n", 413),

    /* codings */
    ROW("coding and length",
	POST "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n"
	     "0\r\n\r\n",
	400),
    ROW("length and coding",
	POST "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n"
	     "0\r\n\r\n",
	400),
    ROW("xchunked", POST "Transfer-Encoding: xchunked\r\n\r\n", 400),
    ROW("chunked, chunked", POST "Transfer-Encoding: chunked, chunked\r\n\r\n",
	400),
    ROW("gzip, chunked", POST "Transfer-Encoding: gzip, chunked\r\n\r\n", 400),
    ROW("chunked, identity",
	POST "Transfer-Encoding: chunked, identity\r\n\r\n", 400),
    ROW("identity", POST "Transfer-Encoding: identity\r\n\r\n", 400),
    ROW("chunked;q=1", POST "Transfer-Encoding: chunked;q=1\r\n\r\n", 400),
    ROW("quoted", POST "Transfer-Encoding: \"chunked\"\r\n\r\n", 400),
    ROW("empty coding", POST "Transfer-Encoding:\r\n\r\n", 400),
    ROW("comma", POST "Transfer-Encoding: ,chunked\r\n\r\n", 400),
    ROW("vertical tab before chunked",
	POST "Transfer-Encoding: \013chunked\r\n\r\n", 400),
    ROW("coding, space before colon",
	POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n", 400),
    ROW("almost a coding", GET "Transfer-Encodings: x\r\n\r\n", 400),
    ROW("two codings",
	POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n"
	     "\r\n0\r\n\r\n",
	400),
    ROW("coding in 1.0",
	"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400),

    /* chunks */
    ROW("size 0x", CHUNKED "0x5\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size +", CHUNKED "+5\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size -", CHUNKED "-5\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size empty", CHUNKED "\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size, space before", CHUNKED " 5\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size, space behind", CHUNKED "5 \r\nhello\r\n0\r\n\r\n", 400),
    ROW("size no hex", CHUNKED "5g\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size too small", CHUNKED "4\r\nhello\r\n0\r\n\r\n", 400),
    ROW("size too large", CHUNKED "6\r\nhello\r\n0\r\n\r\n", 400),
    ROW("no CRLF behind data", CHUNKED "5\r\nhello0\r\n\r\n", 400),
    ROW("LF behind data", CHUNKED "5\r\nhello\n0\r\n\r\n", 400),
    ROW("CR behind data", CHUNKED "5\r\nhello\rX0\r\n\r\n", 400),
    ROW("LF behind size", CHUNKED "5\nhello\r\n0\r\n\r\n", 400),
    ROW("CR behind size", CHUNKED "5\rXhello\r\n0\r\n\r\n", 400),
    ROW("LF in an extension", CHUNKED "5;a\nb\r\nhello\r\n0\r\n\r\n", 400),
    ROW("NUL in an extension", CHUNKED "5;a\0\r\nhello\r\n0\r\n\r\n", 400),
    ROW("chunk over the limit", CHUNKED "41\r\n", 413),
    ROW("chunks over the limit", CHUNKED "32\r\n" FIFTY "\r\nf\r\n", 413),
    ROW("size of 2^63", CHUNKED "8000000000000000\r\n", 413),
    ROW("size all f", CHUNKED "ffffffffffffffff\r\n", 413),
    ROW("size wraps", CHUNKED "10000000000000005\r\nhello", 413),
    ROW("size of many zeros", CHUNKED "00000000000000005\r\nhello", 400),
    ROW("endless extension",
	CHUNKED "1;" HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED HUNDRED,
	413),
    ROW("endless trailer",
	CHUNKED "0\r\nA: " HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED
	    HUNDRED HUNDRED HUNDRED HUNDRED HUNDRED,
	413),
    ROW("trailer without colon", CHUNKED "0\r\nodd\r\n\r\n", 400),
    ROW("trailer without name", CHUNKED "0\r\n: x\r\n\r\n", 400),
    ROW("folded trailer", CHUNKED "0\r\nA: b\r\n c\r\n\r\n", 400),
    ROW("NUL in a trailer", CHUNKED "0\r\nA: \0\r\n\r\n", 400),
    ROW("LF behind a trailer", CHUNKED "0\r\nA: b\n\r\n", 400),
    ROW("LF behind the last chunk", CHUNKED "0\n\n", 400),
    ROW("LF at the end", CHUNKED "0\r\n\n", 400),
    ROW("CR at the end", CHUNKED "0\r\n\rX", 400),
};

#define HOSTILE_ROWS (sizeof(hostile_rows) / sizeof(hostile_rows[0]))

/* The limits that the rows are made for. */
static inline void
hostile_limits(struct http_limits *l)
{
	http_limits_init(l);
	l->header_bytes = 1024;
	l->target_bytes = 128;
	l->body_bytes = 64;
}

#endif
