/*
 * Factflow's errors.
 */
#include "http/factflow_error.h"

#include <stdio.h>

#include "core/config.h"
#include "core/rfc3339.h"
#include "core/utf8.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/invalid.h"

/* Begin the body. */
struct jsonw *
factflow_error_begin(struct request *r, const char *code, struct slice text)
{
	struct jsonw *w = request_body(r);
	char at[RFC3339_MAX];

	rfc3339_millis(engine_now(r->app->engine), at);
	jsonw_object(w);
	jsonw_key(w, "detail");
	jsonw_str(w, text);
	jsonw_key(w, "error_code");
	jsonw_cstr(w, code);
	jsonw_key(w, "correlation_id");
	jsonw_null(w);
	jsonw_key(w, "timestamp");
	jsonw_cstr(w, at);
	return w;
}

/* One thing that is wrong, where nobody gathers them. */
static void
send_invalid(struct request *r, struct slice field, struct slice text)
{
	struct invalid v = {.n = 0};
	char msg[160];

	snprintf(msg, sizeof msg, "%.*s",
	    SLICE_FMT(utf8_prefix(text, sizeof msg - 1)));
	invalid_add(&v,
	    (struct invalid_at){r->method == METHOD_GET ? "query" : "body",
		field, "value_error", SLICE_NONE},
	    msg);
	invalid_send(r, &v);
}

/* Answer with an error. */
void
factflow_error(struct request *r, int status, struct slice field,
    struct slice text)
{
	struct jsonw *w;

	if (status == 422) {
		send_invalid(r, field, text);
		return;
	}
	w = factflow_error_begin(r, NULL, text);
	jsonw_end(w);
	request_send(r, status);
}

/* Say why a config cannot run. */
void
factflow_error_broken(struct request *r, const struct job *job)
{
	const struct json_node *report = config_get(job, "report");
	struct jsonw *w = factflow_error_begin(r, "CONFIG_NOT_RUNNABLE",
	    SLICE("the config cannot run: its errors are in its "
		  "validation_report"));

	jsonw_key(w, "validation_report");
	jsonw_raw_or_null(w, report != NULL ? report->raw : SLICE_NONE);
	jsonw_end(w);
	request_send(r, 400);
}
