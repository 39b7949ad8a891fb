/*
 * TuxSEO's errors: an envelope with a failure of the taxonomy where the API
 * itself speaks, the plain shapes of its framework where that does.
 */
#include "http/tuxseo_error.h"

#include "http/draw.h"

/* {"detail": text} */
static void
send_detail(struct request *r, int status, struct slice text)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	draw_text(w, "detail", text);
	jsonw_end(w);
	request_send(r, status);
}

/* Codes that no contract's table has; the category gives the rest. */
static const struct {
	int status;
	const char *code;
	enum failure_category category;
} others[] = {
    {403, "FORBIDDEN", FAILURE_POLICY},
    {404, "NOT_FOUND", FAILURE_VALIDATION},
    {408, "REQUEST_TIMEOUT", FAILURE_TIMEOUT},
    {413, "REQUEST_TOO_LARGE", FAILURE_VALIDATION},
    {429, "RATE_LIMITED", FAILURE_QUOTA},
    {503, "SERVICE_UNAVAILABLE", FAILURE_TIMEOUT},
    {507, "STORAGE_FULL", FAILURE_DEPENDENCY},
};

static void
send_envelope(struct request *r, int status, const struct failure *f,
    struct slice message)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	draw_cstr(w, "status", "error");
	draw_cstr(w, "code", f->code);
	draw_text(w, "message", message);
	jsonw_key(w, "failure");
	draw_failure(w, f, f->category, message);
	jsonw_end(w);
	request_send(r, status);
}

/* Answer with a code of the table. */
void
tuxseo_error_send(struct request *r, int status, const char *code,
    const char *message)
{
	send_envelope(r, status, failure_get(code, FAILURE_UNKNOWN),
	    slice_str(message));
}

/* Answer with what holds for a status. */
static void
send_status(struct request *r, int status, struct slice text)
{
	struct failure f;
	unsigned i;

	for (i = 0; i < sizeof others / sizeof others[0]; i++) {
		if (others[i].status != status)
			continue;
		f = *failure_get(NULL, others[i].category);
		f.code = others[i].code;
		send_envelope(r, status, &f, text);
		return;
	}
	send_detail(r, status, text);
}

/* Answer with an error. */
void
tuxseo_error(struct request *r, int status, struct slice field,
    struct slice text)
{
	(void)field;
	if (status == 401)
		send_detail(r, status, SLICE("Unauthorized"));
	else if (status == 405)
		request_send_bytes(r, status, "text/plain; charset=utf-8",
		    SLICE("Method not allowed"));
	else
		send_status(r, status, text);
}

/* Gather one. */
void
tuxseo_invalid_add(struct tuxseo_invalid *v, const char *where,
    const char *what, const char *member, struct lax_error error)
{
	if (v->n == TUXSEO_INVALID_MAX)
		return;
	v->item[v->n].loc[0] = where;
	v->item[v->n].loc[1] = what;
	v->item[v->n].loc[2] = member;
	v->item[v->n].error = error;
	v->n++;
}

/* Answer with all of them. */
bool
tuxseo_invalid_send(struct request *r, const struct tuxseo_invalid *v)
{
	struct jsonw *w;
	unsigned i, k;

	if (v->n == 0)
		return false;
	w = request_body(r);
	jsonw_object(w);
	jsonw_key(w, "detail");
	jsonw_array(w);
	for (i = 0; i < v->n; i++) {
		jsonw_object(w);
		draw_cstr(w, "type", v->item[i].error.type);
		jsonw_key(w, "loc");
		jsonw_array(w);
		for (k = 0; k < 3 && v->item[i].loc[k] != NULL; k++)
			jsonw_cstr(w, v->item[i].loc[k]);
		jsonw_end(w);
		draw_cstr(w, "msg", v->item[i].error.msg);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 422);
	return true;
}
