/*
 * Writing the OpenAPI document.  http/docs_rows.c says what each row of the
 * route table is for; http/docs_data.h is made of web/ by the build.
 */
#include "http/docs.h"

#include "core/key.h"
#include "core/log.h"
#include "http/app.h"
#include "http/docs_bodies.h"
#include "http/docs_data.h"
#include "http/route.h"

#define HTML_TYPE "text/html; charset=utf-8"
/* The page needs nothing but itself and the document. */
#define PAGE_POLICY                                                       \
	"default-src 'none'; style-src 'unsafe-inline'; "                 \
	"script-src 'unsafe-inline'; connect-src 'self'; img-src data:; " \
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

static const char *const verbs[] = {
    [METHOD_GET] = "get",
    [METHOD_POST] = "post",
    [METHOD_PUT] = "put",
    [METHOD_PATCH] = "patch",
    [METHOD_DELETE] = "delete",
};

/* Write one member that is a string. */
static void
member(struct jsonw *w, const char *key, const char *value)
{
	jsonw_key(w, key);
	jsonw_cstr(w, value);
}

/* Open a member that is an object. */
static void
open_member(struct jsonw *w, const char *key)
{
	jsonw_key(w, key);
	jsonw_object(w);
}

/* Find a row. */
const struct docs_row *
docs_find(const struct route *route)
{
	const struct docs_row *row;

	for (row = docs_rows; row->pattern != NULL; row++)
		if (row->method == route->method &&
		    strcmp(row->pattern, route->pattern) == 0)
			return row;
	return NULL;
}

/* The schemas, as they were written. */
struct slice
docs_schemas(void)
{
	return (struct slice){schemas_json, sizeof schemas_json};
}

/* ---- parameters ---- */

/* One parameter; in: "path", "query" or "header". */
static void
write_param(struct jsonw *w, struct slice name, const char *in,
    const char *type, bool needed)
{
	jsonw_object(w);
	jsonw_key(w, "name");
	jsonw_str(w, name);
	member(w, "in", in);
	jsonw_key(w, "required");
	jsonw_bool(w, needed);
	open_member(w, "schema");
	member(w, "type", type);
	jsonw_end(w);
	jsonw_end(w);
}

/* The {..} of a pattern; TuxSEO's ids are numbers. */
static void
write_path_params(struct jsonw *w, const char *pattern)
{
	const char *at, *end;
	struct slice name;

	for (at = pattern; (at = strchr(at, '{')) != NULL; at = end) {
		end = strchr(at, '}');
		INVARIANT(end != NULL);
		name = (struct slice){at + 1, (size_t)(end - at - 1)};
		write_param(w, name, "path",
		    slice_is(name, "project_id") || slice_is(name, "job_id")
			? "integer"
			: "string",
		    true);
	}
}

/* The words of docs_row.params. */
static void
write_params(struct jsonw *w, const char *params)
{
	struct slice name;
	size_t n;
	const char *type;
	bool header, needed;
	char mark;

	while (params != NULL && *params != '\0') {
		n = strcspn(params, " ");
		name = (struct slice){params, n};
		params += n + (params[n] == ' ');
		header = name.p[0] == '^';
		name.p += header;
		name.n -= header;
		needed = name.p[name.n - 1] == '!';
		name.n -= needed;
		mark = name.p[name.n - 1];
		type = mark == '#' ? "integer"
		    : mark == '~'  ? "number"
				   : "string";
		name.n -= mark == '#' || mark == '~';
		write_param(w, name, header ? "header" : "query", type, needed);
	}
}

/* ---- operations ---- */

/* A name for the operation that no other has: "get_api_jobs_job". */
static void
write_operation_id(struct jsonw *w, const struct docs_row *row)
{
	struct buf id = {0};
	const char *p;

	buf_add_str(&id, verbs[row->method]);
	for (p = row->pattern; *p != '\0'; p++)
		if (*p != '{' && *p != '}')
			buf_add_byte(&id,
			    (*p == '/' || *p == '-' || *p == '.') ? '_' : *p);
	jsonw_key(w, "operationId");
	jsonw_str(w, buf_slice(&id));
	buf_free(&id);
}

/* A schema's place in the document, as the member "$ref". */
static void
write_ref(struct jsonw *w, const char *schema)
{
	struct buf ref = {0};

	buf_addf(&ref, "#/components/schemas/%s", schema);
	jsonw_key(w, "$ref");
	jsonw_str(w, buf_slice(&ref));
	buf_free(&ref);
}

/* The example of a body, and its schema: an object, if nothing is known. */
static void
write_json(struct jsonw *w, const char *schema, const char *example)
{
	open_member(w, "application/json");
	open_member(w, "schema");
	if (schema != NULL)
		write_ref(w, schema);
	else
		member(w, "type", "object");
	jsonw_end(w);
	jsonw_key(w, "example");
	jsonw_raw(w, slice_str(example));
	jsonw_end(w);
}

/* Bytes, which no schema tells anything of. */
static void
write_bytes(struct jsonw *w, const char *type, const char *example)
{
	open_member(w, type);
	open_member(w, "schema");
	jsonw_end(w);
	jsonw_key(w, "example");
	jsonw_raw(w, slice_str(example));
	jsonw_end(w);
}

static void
write_body(struct jsonw *w, const struct docs_row *row)
{
	const struct docs_body *body = docs_bodies_find(row);
	const char *schema = body != NULL ? body->schema : NULL;

	if (row->example == NULL)
		return;
	open_member(w, "requestBody");
	open_member(w, "content");
	if (schema != NULL && strchr(schema, '/') != NULL) {
		write_bytes(w, schema, row->example);
		write_bytes(w, "*/*", row->example);
	} else {
		write_json(w, schema, row->example);
	}
	jsonw_end(w);
	jsonw_end(w);
}

/* What a success carries. */
static void
write_content(struct jsonw *w, const struct route *route,
    const struct docs_row *row)
{
	const char *type = "application/json", *schema = row->schema;

	if ((route->flags & ROUTE_STREAM) != 0)
		type = "text/event-stream";
	else if (schema == NULL)
		return;
	if (schema != NULL && strchr(schema, '/') != NULL) {
		type = schema;
		schema = NULL;
	}
	open_member(w, "content");
	open_member(w, type);
	open_member(w, "schema");
	if (schema == NULL)
		member(w, "type", "string");
	else
		write_ref(w, schema);
	jsonw_end(w);
	jsonw_end(w);
	jsonw_end(w);
}

/* Success, and everything else. */
static void
write_responses(struct jsonw *w, const struct route *route,
    const struct docs_row *row)
{
	char code[4] = {(char)('0' + row->status / 100),
	    (char)('0' + row->status / 10 % 10), (char)('0' + row->status % 10),
	    '\0'};

	open_member(w, "responses");
	open_member(w, code);
	member(w, "description", row->status == 302 ? "Moved" : "Success");
	write_content(w, route, row);
	jsonw_end(w);
	if (docs_bodies_has_again(row)) {
		open_member(w, "200");
		member(w, "description", "It was there before");
		write_content(w, route, row);
		jsonw_end(w);
	}
	docs_bodies_write_errors(w, route, row);
	open_member(w, "default");
	member(w, "description", "An error, in the shape of this path's API");
	jsonw_end(w);
	jsonw_end(w);
}

/* One operation, as the member named after its method. */
static void
write_operation(struct jsonw *w, const struct route *route)
{
	const struct docs_row *row = docs_find(route);

	INVARIANT(row != NULL);
	open_member(w, verbs[route->method]);
	write_operation_id(w, row);
	jsonw_key(w, "tags");
	jsonw_array(w);
	jsonw_cstr(w, row->tag);
	jsonw_end(w);
	member(w, "summary", row->summary);
	jsonw_key(w, "parameters");
	jsonw_array(w);
	write_path_params(w, row->pattern);
	write_params(w, row->params);
	jsonw_end(w);
	write_body(w, row);
	write_responses(w, route, row);
	if ((route->flags & ROUTE_OPEN) != 0) {
		jsonw_key(w, "security");
		jsonw_array(w);
		jsonw_end(w);
	} else {
		member(w, "x-scope", key_scope_name(route->scope));
	}
	jsonw_end(w);
}

/* ---- the document ---- */

/* True when an earlier row has the same path: it wrote this one, too. */
static bool
is_written(const struct route *route)
{
	const struct route *r;

	for (r = route_table; r != route; r++)
		if (strcmp(r->pattern, route->pattern) == 0)
			return true;
	return false;
}

/* Every path with its operations. */
static void
write_paths(struct jsonw *w, bool test_clock)
{
	const struct route *first, *r;

	open_member(w, "paths");
	for (first = route_table; first->pattern != NULL; first++) {
		if (is_written(first) ||
		    ((first->flags & ROUTE_TEST) != 0 && !test_clock))
			continue;
		open_member(w, first->pattern);
		for (r = first; r->pattern != NULL; r++)
			if (strcmp(r->pattern, first->pattern) == 0)
				write_operation(w, r);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* The two ways to show a key. */
static void
write_security(struct jsonw *w)
{
	open_member(w, "securitySchemes");
	open_member(w, "bearer");
	member(w, "type", "http");
	member(w, "scheme", "bearer");
	jsonw_end(w);
	open_member(w, "apiKey");
	member(w, "type", "apiKey");
	member(w, "in", "header");
	member(w, "name", "X-API-Key");
	jsonw_end(w);
	jsonw_end(w);
}

/* Each of the two is enough. */
static void
write_requirements(struct jsonw *w)
{
	static const char *const schemes[] = {"bearer", "apiKey"};

	jsonw_key(w, "security");
	jsonw_array(w);
	for (unsigned i = 0; i < 2; i++) {
		jsonw_object(w);
		jsonw_key(w, schemes[i]);
		jsonw_array(w);
		jsonw_end(w);
		jsonw_end(w);
	}
	jsonw_end(w);
}

/* Write the document. */
void
docs_write(struct jsonw *w, bool test_clock)
{
	jsonw_object(w);
	member(w, "openapi", "3.1.0");
	open_member(w, "info");
	member(w, "title", "Tidewire");
	member(w, "version", PACKAGE_VERSION);
	member(w, "description",
	    "Job executions, remembered durably and streamed live. While no "
	    "key is stored, this machine needs none.");
	jsonw_end(w);
	write_requirements(w);
	write_paths(w, test_clock);
	open_member(w, "components");
	write_security(w);
	jsonw_key(w, "schemas");
	jsonw_raw(w, docs_schemas());
	jsonw_end(w);
	jsonw_end(w);
}

/* GET /api/openapi.json */
void
docs_openapi(struct request *r)
{
	docs_write(request_body(r), r->app->test_clock);
	request_send(r, 200);
}

/* GET /api/docs */
void
docs_page(struct request *r)
{
	request_add_header(r, "Content-Security-Policy", PAGE_POLICY);
	request_send_bytes(r, 200, HTML_TYPE,
	    (struct slice){docs_html, sizeof docs_html});
}

/* GET /public-api/docs, /public-api/docs/ and /public-api/openapi.json */
void
docs_moved(struct request *r)
{
	bool json = slice_is(r->path, "/public-api/openapi.json");

	request_add_header(r, "Location",
	    json ? "/api/openapi.json" : "/api/docs");
	request_send_bytes(r, 302, "text/plain", SLICE_NONE);
}
