/*
 * Topify's errors.
 */
#include "http/topify_error.h"

#include "http/draw.h"

static void
send_text(struct request *r, int status, const char *code, struct slice text)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	draw_text(w, "error", text);
	draw_cstr(w, "code", code);
	jsonw_end(w);
	request_send(r, status);
}

/* Answer with a code. */
void
topify_error_send(struct request *r, int status, const char *code,
    const char *text)
{
	send_text(r, status, code, slice_str(text));
}

/* The code for a status, where nothing nearer is known. */
static const char *
code_for(int status)
{
	static const struct {
		int status;
		const char *code;
	} codes[] = {
	    {401, "UNAUTHORIZED"},
	    {403, "FORBIDDEN"},
	    {404, "NOT_FOUND"},
	    {405, "METHOD_NOT_ALLOWED"},
	    {429, "RATE_LIMIT_ERROR"},
	    {500, "WORKFLOW_ERROR"},
	    {503, "DATABASE_ERROR"},
	    {507, "DATABASE_ERROR"},
	};
	unsigned i;

	for (i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (codes[i].status == status)
			return codes[i].code;
	return "VALIDATION_ERROR";
}

/* Answer with an error. */
void
topify_error(struct request *r, int status, struct slice field,
    struct slice text)
{
	struct buf message = {0};

	if (!slice_is(field, "detail"))
		buf_addf(&message, "%.*s ", SLICE_FMT(field));
	buf_add_slice(&message, text);
	send_text(r, status, code_for(status), buf_slice(&message));
	buf_free(&message);
}
