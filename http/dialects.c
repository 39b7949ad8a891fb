/*
 * The shape of errors on each dialect's paths.
 */
#include "http/factflow_error.h"
#include "http/route.h"
#include "http/topify_error.h"
#include "http/tuxseo_error.h"

/* Restep, jobs and keys: {"errors":{field:[text]}}. */
static void
error_restep(struct request *r, int status, struct slice field,
    struct slice text)
{
	struct jsonw *w = request_body(r);

	jsonw_object(w);
	jsonw_key(w, "errors");
	jsonw_object(w);
	jsonw_key_slice(w, field);
	jsonw_array(w);
	jsonw_str(w, text);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, status);
}

/* A machine's word for a status, where nothing nearer is known. */
static const char *
status_code(int status)
{
	static const struct {
		int status;
		const char *code;
	} words[] = {
	    {400, "bad_request"},
	    {401, "unauthorized"},
	    {403, "forbidden"},
	    {404, "not_found"},
	    {405, "method_not_allowed"},
	    {408, "timeout"},
	    {409, "conflict"},
	    {413, "body_too_large"},
	    {414, "target_too_long"},
	    {417, "expectation_failed"},
	    {422, "invalid"},
	    {429, "too_many_requests"},
	    {431, "header_too_large"},
	    {503, "unavailable"},
	    {505, "version_not_supported"},
	    {507, "disk_full"},
	};
	unsigned i;

	for (i = 0; i < sizeof words / sizeof words[0]; i++)
		if (words[i].status == status)
			return words[i].code;
	return "error";
}

/* WiseRows, and paths of no dialect: {"error":{"code","message"}}. */
static void
error_plain(struct request *r, int status, struct slice field,
    struct slice text)
{
	bool named = !slice_is(field, "detail");
	struct jsonw *w = request_body(r);
	struct buf message = {0};

	if (named)
		buf_addf(&message, "%.*s: ", SLICE_FMT(field));
	buf_add_slice(&message, text);
	jsonw_object(w);
	jsonw_key(w, "error");
	jsonw_object(w);
	jsonw_key(w, "code");
	jsonw_cstr(w, status_code(status));
	jsonw_key(w, "message");
	jsonw_str(w, buf_slice(&message));
	jsonw_end(w);
	jsonw_end(w);
	request_send(r, status);
	buf_free(&message);
}

const struct dialect route_dialects[] = {
    {"/api/claims", error_restep},
    {"/api/executions", error_restep},
    {"/api/jobs", error_restep},
    {"/api/keys", error_restep},
    {"/api/queues", error_restep},
    {"/api/v1", factflow_error},
    {"/api/v1/jobs", error_plain},
    {"/api/v1/tasks", topify_error},
    {"/api/v1/articles", topify_error},
    {"/public-api", tuxseo_error},
    {"", error_plain},
};
