/*
 * Bodies by their schemas, and errors: most follow from what an endpoint has
 * (a key's scope, a body, an id in its path) and from whose dialect it is;
 * only the rest stands in a row.
 */
#include "http/docs_bodies.h"

#include "core/log.h"

#define EXECUTION "/api/executions/{id}"
#define STEP EXECUTION "/steps/{step}"
#define FACTFLOW "/api/v1/executions/{id}"
#define TUXSEO "/public-api/executions/{job_id}"

const struct docs_body docs_bodies[] = {
    {METHOD_POST, "/test/clock", "ClockBody", "422"},
    {METHOD_POST, "/api/keys", "KeyBody", NULL},
    {METHOD_POST, "/api/jobs", "JobBody", NULL},
    {METHOD_PUT, "/api/jobs/{job}", "JobBody", NULL},
    {METHOD_POST, "/api/jobs/{job}/trigger", "TriggerBody", NULL},
    {METHOD_POST, "/api/jobs/{job}/trigger/batch", "TriggerBatchBody", NULL},
    {METHOD_POST, "/api/claims", "ClaimBody", NULL},
    {METHOD_POST, EXECUTION "/heartbeat", "HeartbeatBody", "409"},
    {METHOD_POST, EXECUTION "/progress", "ProgressBody", "409"},
    {METHOD_POST, EXECUTION "/log", "LogBody", "409"},
    {METHOD_POST, EXECUTION "/complete", "CompleteBody", "409"},
    {METHOD_POST, EXECUTION "/fail", "FailBody", "409"},
    {METHOD_POST, EXECUTION "/cancel", "HeartbeatBody", "409"},
    {METHOD_POST, EXECUTION "/report", "ReportBody", "409"},
    {METHOD_POST, STEP "/running", "HeartbeatBody", "409"},
    {METHOD_POST, STEP "/progress", "StepProgressBody", "409"},
    {METHOD_POST, STEP "/completed", "StepCompletedBody", "409"},
    {METHOD_POST, STEP "/failed", "StepFailedBody", "409"},
    {METHOD_POST, "/api/v1/executions", "FactflowCreateBody", "200 409"},
    {METHOD_PATCH, FACTFLOW, "FactflowPatchBody", NULL},
    {METHOD_POST, FACTFLOW "/cancel", NULL, NULL},
    {METHOD_POST, FACTFLOW "/replay", "FactflowReplayBody", "409"},
    {METHOD_POST, FACTFLOW "/tag", "FactflowTagBody", NULL},
    {METHOD_PUT, FACTFLOW "/storage/{route}/{stage}/{name}",
	"application/octet-stream", "200 409"},
    {METHOD_POST, "/api/v1/configs", "ConfigBody", "409"},
    {METHOD_POST, "/api/v1/configs/validate", "ConfigValidateBody", NULL},
    {METHOD_PUT, "/api/v1/configs/{id}", "ConfigBody", "409"},
    {METHOD_POST, "/api/v1/configs/{id}/run", "ConfigRunBody", "409"},
    {METHOD_POST, "/public-api/projects/{project_id}/executions",
	"TuxseoCreateBody", "400"},
    {METHOD_POST, TUXSEO "/cancel", NULL, "400"},
    {METHOD_POST, TUXSEO "/retry", NULL, "400"},
    {METHOD_POST, TUXSEO "/rollback", NULL, "400"},
    {METHOD_POST, "/api/v1/jobs/{id}/cancel", NULL, "409"},
    {METHOD_POST, "/api/v1/tasks", "TopifyTaskBody", "429 500"},
    {METHOD_DELETE, "/api/v1/tasks/{task_id}", NULL, "409"},
    {METHOD_PATCH, "/api/v1/articles/{article_id}", "TopifyArticleBody", NULL},
    {METHOD_GET, NULL, NULL, NULL},
};

/* Find a row. */
const struct docs_body *
docs_bodies_find(const struct docs_row *row)
{
	const struct docs_body *b;

	for (b = docs_bodies; b->pattern != NULL; b++)
		if (b->method == row->method &&
		    strcmp(b->pattern, row->pattern) == 0)
			return b;
	return NULL;
}

/* ---- errors ---- */

static const struct {
	int status;
	const char *text;
} errors[] = {
    {400, "The request cannot be read, or asks for what cannot be"},
    {401, "The API key is missing or wrong"},
    {403, "The API key is not allowed to do this"},
    {404, "There is no such thing, or it is not the key's to see"},
    {409, "It is in the way of what is there already"},
    {413, "The body is too large"},
    {422, "A member or parameter is missing or wrong"},
    {429, "There are too many; try again later"},
    {500, "The server is not set up for this"},
    {503, "The server cannot do this now; try again"},
    {507, "The server's disk is full"},
};
#define ERRORS (sizeof errors / sizeof errors[0])

/* How a dialect, by its prefix, says what is wrong. */
static const struct shape {
	const char *prefix;
	const char *schema;  /* of its errors */
	const char *invalid; /* of what is wrong with members */
	int status;	     /* of that */
} shapes[] = {
    {"/api/claims", "ErrorFields", "ErrorFields", 422},
    {"/api/executions", "ErrorFields", "ErrorFields", 422},
    {"/api/jobs", "ErrorFields", "ErrorFields", 422},
    {"/api/keys", "ErrorFields", "ErrorFields", 422},
    {"/api/queues", "ErrorFields", "ErrorFields", 422},
    {"/api/v1", "ErrorDetail", "ErrorInvalid", 422},
    {"/api/v1/jobs", "ErrorPlain", "ErrorPlain", 400},
    {"/api/v1/tasks", "ErrorTopify", "ErrorTopify", 400},
    {"/api/v1/articles", "ErrorTopify", "ErrorTopify", 400},
    {"/public-api", "ErrorTuxseo", "ErrorInvalid", 422},
};

/* The shape of a dialect; those that are not named are plain. */
static struct shape
shape_of(const char *pattern)
{
	const struct dialect *d = route_dialect(slice_str(pattern));

	for (unsigned i = 0; i < sizeof shapes / sizeof shapes[0]; i++)
		if (strcmp(shapes[i].prefix, d->prefix) == 0)
			return shapes[i];
	return (struct shape){d->prefix, "ErrorPlain", "ErrorPlain", 400};
}

/* One bit for each of errors[]; a status that is not there is a bug. */
static unsigned
bit(int status)
{
	unsigned i;

	for (i = 0; i < ERRORS && errors[i].status != status; i++)
		;
	INVARIANT(i < ERRORS);
	return 1u << i;
}

/* What follows from what the endpoint has. */
static unsigned
usual_errors(const struct route *route, const struct docs_row *row,
    const struct shape *shape)
{
	unsigned set = 0;

	if ((route->flags & ROUTE_OPEN) == 0)
		set |= bit(401) | bit(403);
	if (strchr(row->pattern, '{') != NULL)
		set |= bit(404);
	if (row->params != NULL || row->example != NULL)
		set |= bit(400) | bit(shape->status);
	if (row->example != NULL)
		set |= bit(413);
	if (row->method != METHOD_GET)
		set |= bit(503) | bit(507);
	return set;
}

/* Look for 200 in its row. */
bool
docs_bodies_has_again(const struct docs_row *row)
{
	const struct docs_body *body = docs_bodies_find(row);

	return body != NULL && body->errors != NULL &&
	    strncmp(body->errors, "200", 3) == 0;
}

/* And what its row adds. */
static unsigned
own_errors(const struct docs_row *row)
{
	const struct docs_body *body = docs_bodies_find(row);
	const char *p = body != NULL ? body->errors : NULL;
	unsigned set = 0;
	uint64_t status;

	while (p != NULL && *p != '\0') {
		size_t n = strcspn(p, " ");

		INVARIANT(slice_u64((struct slice){p, n}, 599, &status));
		if (status != 200)
			set |= bit((int)status);
		p += n + (p[n] == ' ');
	}
	return set;
}

static void
write_error(struct jsonw *w, unsigned i, const char *schema)
{
	struct buf text = {0};

	buf_addf(&text, "%d", errors[i].status);
	jsonw_key_slice(w, buf_slice(&text));
	jsonw_object(w);
	jsonw_key(w, "description");
	jsonw_cstr(w, errors[i].text);
	jsonw_key(w, "content");
	jsonw_object(w);
	jsonw_key(w, "application/json");
	jsonw_object(w);
	jsonw_key(w, "schema");
	jsonw_object(w);
	text.len = 0;
	buf_addf(&text, "#/components/schemas/%s", schema);
	jsonw_key(w, "$ref");
	jsonw_str(w, buf_slice(&text));
	for (int depth = 0; depth < 4; depth++)
		jsonw_end(w);
	buf_free(&text);
}

/* Write the errors. */
void
docs_bodies_write_errors(struct jsonw *w, const struct route *route,
    const struct docs_row *row)
{
	struct shape shape = shape_of(row->pattern);
	unsigned set = usual_errors(route, row, &shape) | own_errors(row);

	for (unsigned i = 0; i < ERRORS; i++)
		if ((set & 1u << i) != 0)
			write_error(w, i,
			    errors[i].status == shape.status ? shape.invalid
							     : shape.schema);
}
