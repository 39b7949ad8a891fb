/*
 * One message through the parser library.  Messages come here whole, so the
 * library's state lives on the stack and nothing of it is kept.
 */
#include "http/parse.h"

#ifdef HAVE_LLHTTP
#include <llhttp.h>
#define LIBRARY llhttp_t
#define LIBRARY_KEEP_ALIVE llhttp_should_keep_alive
#else
#include <http_parser.h>
#define LIBRARY struct http_parser
#define LIBRARY_KEEP_ALIVE http_should_keep_alive
#endif

/* One run of the library. */
struct run {
	struct parse *out;
	char *body; /* where decoded bytes go; NULL before the first */
	unsigned begun, ended;
};

/* A piece of the target; the pieces lie side by side. */
static int
on_url(LIBRARY *lib, const char *at, size_t n)
{
	struct run *run = lib->data;

	if (run->out->target.p == NULL)
		run->out->target.p = at;
	run->out->target.n += n;
	return 0;
}

/* Translate the method; the strict layer let none but these pass. */
static enum method
translate(unsigned method)
{
	switch (method) {
	case HTTP_GET:
	case HTTP_HEAD:
		return METHOD_GET;
	case HTTP_POST:
		return METHOD_POST;
	case HTTP_PUT:
		return METHOD_PUT;
	case HTTP_PATCH:
		return METHOD_PATCH;
	case HTTP_DELETE:
		return METHOD_DELETE;
	case HTTP_OPTIONS:
		return METHOD_OPTIONS;
	default:
		return METHOD_OTHER;
	}
}

/* The head is read.  An offer to upgrade is declined by not seeing it. */
static int
on_headers_complete(LIBRARY *lib)
{
	struct run *run = lib->data;
	struct parse *out = run->out;

	lib->upgrade = 0;
	out->method = translate(lib->method);
	out->is_head = lib->method == HTTP_HEAD;
	out->http10 = lib->http_minor == 0;
	out->keep_alive = LIBRARY_KEEP_ALIVE(lib) != 0;
	return 0;
}

/*
 * A piece of the body.  Pieces of a chunked one are moved up to the first;
 * they only ever overwrite framing that the library has read.
 */
static int
on_body(LIBRARY *lib, const char *at, size_t n)
{
	struct run *run = lib->data;
	struct slice *body = &run->out->body;

	if (body->p == NULL)
		body->p = run->body = (char *)(uintptr_t)at;
	if (run->body != at)
		memmove(run->body, at, n);
	run->body += n;
	body->n += n;
	return 0;
}

/* A message begins: the first, or one too many. */
static int
on_message_begin(LIBRARY *lib)
{
	((struct run *)lib->data)->begun++;
	return 0;
}

/* The message is complete. */
static int
on_message_complete(LIBRARY *lib)
{
	((struct run *)lib->data)->ended++;
	return 0;
}

/* Run the library over all n bytes; false when it stops before. */
static bool
execute(struct run *run, const char *p, size_t n)
{
#ifdef HAVE_LLHTTP
	static const llhttp_settings_t settings = {
	    .on_message_begin = on_message_begin,
	    .on_url = on_url,
	    .on_headers_complete = on_headers_complete,
	    .on_body = on_body,
	    .on_message_complete = on_message_complete,
	};
	llhttp_t lib;

	llhttp_init(&lib, HTTP_REQUEST, &settings);
	lib.data = run;
	return llhttp_execute(&lib, p, n) == HPE_OK;
#else
	static const struct http_parser_settings settings = {
	    .on_message_begin = on_message_begin,
	    .on_url = on_url,
	    .on_headers_complete = on_headers_complete,
	    .on_body = on_body,
	    .on_message_complete = on_message_complete,
	};
	struct http_parser lib;

	/* The head's limit is the strict layer's. */
	http_parser_set_max_header_size(UINT32_MAX / 2);
	http_parser_init(&lib, HTTP_REQUEST);
	lib.data = run;
	return http_parser_execute(&lib, &settings, p, n) == n &&
	    HTTP_PARSER_ERRNO(&lib) == HPE_OK;
#endif
}

/* Parse one whole message. */
bool
parse_message(char *p, size_t n, struct parse *out)
{
	struct run run = {.out = out};

	*out = (struct parse){0};
	return execute(&run, p, n) && run.begun == 1 && run.ended == 1 &&
	    out->method != METHOD_OTHER;
}
