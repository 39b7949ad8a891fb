/*
 * Validation errors in FastAPI's shape.  errors.c is the same for Restep.
 */
#include "http/invalid.h"

#include <inttypes.h>
#include <stdio.h>

#define INPUT_SHOWN 1000 /* bytes of what was sent that are sent back */

/* Remember one more, up to the maximum. */
void
invalid_add(struct invalid *v, struct invalid_at at, const char *msg)
{
	if (v->n == INVALID_MAX)
		return;
	v->item[v->n].at = at;
	snprintf(v->item[v->n].msg, sizeof v->item[v->n].msg, "%s", msg);
	v->n++;
}

/* About a member of the body. */
void
invalid_member(struct invalid *v, const char *member, const struct json_node *n,
    const char *msg)
{
	struct invalid_at at = {"body", slice_str(member), "value_error",
	    SLICE_NONE};

	if (n == NULL)
		at.type = "missing";
	else
		at.input = n->raw;
	invalid_add(v, at, msg);
}

/* About a parameter. */
void
invalid_query(struct invalid *v, const char *name, struct slice text,
    const char *msg)
{
	invalid_add(v,
	    (struct invalid_at){"query", slice_str(name), "value_error", text},
	    msg);
}

/* A bounded number. */
void
invalid_read_u64(struct invalid *v, struct request *r, const char *name,
    const uint64_t range[2], uint64_t *out)
{
	struct slice text;
	char msg[100];
	uint64_t n;

	if (!request_query(r, name, 0, &text))
		return;
	if (slice_u64(text, range[1], &n) && n >= range[0]) {
		*out = n;
		return;
	}
	snprintf(msg, sizeof msg,
	    "must be an integer from %" PRIu64 " to %" PRIu64, range[0],
	    range[1]);
	invalid_query(v, name, text, msg);
}

/* What was sent: JSON as it stands, text as a string, nothing when long. */
static void
write_input(struct jsonw *w, const struct invalid_at *at)
{
	jsonw_key(w, "input");
	if (at->input.p == NULL || at->input.n > INPUT_SHOWN)
		jsonw_null(w);
	else if (strcmp(at->where, "body") == 0)
		jsonw_raw(w, at->input);
	else
		jsonw_str(w, at->input);
}

/* Answer with all of it. */
void
invalid_send(struct request *r, const struct invalid *v)
{
	struct jsonw *w = request_body(r);
	unsigned i;

	jsonw_object(w);
	jsonw_key(w, "detail");
	jsonw_array(w);
	for (i = 0; i < v->n; i++) {
		const struct invalid_at *at = &v->item[i].at;

		jsonw_object(w);
		jsonw_key(w, "type");
		jsonw_cstr(w, at->type);
		jsonw_key(w, "loc");
		jsonw_array(w);
		jsonw_cstr(w, at->where);
		if (at->field.n > 0)
			jsonw_str(w, at->field);
		jsonw_end(w);
		jsonw_key(w, "msg");
		jsonw_cstr(w, v->item[i].msg);
		write_input(w, at);
		jsonw_key(w, "ctx");
		jsonw_object(w);
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, 422);
}
