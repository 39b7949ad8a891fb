/*
 * The members of a trigger; http/trigger.c submits what was read.
 */
#include "http/trigger_read.h"

#include <stdio.h>

#include "core/labels.h"
#include "core/rfc3339.h"
#include "core/utf8.h"

#define KEY_MAX 255
#define START_TIMEOUT_MAX ((int64_t)365 * 86400) /* seconds */

struct reader {
	struct errors *errors;
	const char *prefix;
	const struct json_node *body;
	struct cmd *c;
};

static void
refuse(struct reader *rd, const char *member, const char *text)
{
	errors_add(rd->errors, rd->prefix, member, text);
}

/* A text of 1 to 255 characters; empty where there is none. */
static struct slice
read_key(struct reader *rd, const char *member)
{
	const struct json_node *key = json_get(rd->body, member);

	if (json_absent(key))
		return SLICE_NONE;
	if (key->type == JSON_STRING && key->str.n > 0 &&
	    utf8_count(key->str) <= KEY_MAX)
		return key->str;
	refuse(rd, member, "must be a string of 1 to 255 characters");
	return SLICE_NONE;
}

/* An integer; false when it is absent or wrong. */
static bool
read_int(struct reader *rd, const char *member, int64_t min, int64_t max,
    int64_t *out)
{
	const struct json_node *n = json_get(rd->body, member);
	char text[60];

	if (json_absent(n))
		return false;
	if (json_int(n, min, max, out))
		return true;
	if (max == INT64_MAX)
		snprintf(text, sizeof text, "must be an integer from 1");
	else
		snprintf(text, sizeof text,
		    "must be an integer from %lld to %lld", (long long)min,
		    (long long)max);
	refuse(rd, member, text);
	return false;
}

/* priority and project_id. */
static void
read_numbers(struct reader *rd)
{
	int64_t n;

	rd->c->priority = -1;
	if (read_int(rd, "priority", 0, 9, &n))
		rd->c->priority = (int)n;
	if (read_int(rd, "project_id", 1, INT64_MAX, &n))
		rd->c->project = (uint64_t)n;
}

/* run_at and start_timeout_seconds. */
static void
read_times(struct reader *rd)
{
	const struct json_node *at = json_get(rd->body, "run_at");
	int64_t n;

	if (!json_absent(at) &&
	    (at->type != JSON_STRING ||
		!rfc3339_parse(at->str, &rd->c->run_at)))
		refuse(rd, "run_at",
		    "must be a time such as 2026-11-22T10:00:00Z");
	if (read_int(rd, "start_timeout_seconds", 1, START_TIMEOUT_MAX, &n))
		rd->c->start_timeout_ms = n * 1000;
}

/* input_params, metadata and tags. */
static void
read_payloads(struct reader *rd)
{
	const struct json_node *input = json_get(rd->body, "input_params");
	const struct json_node *metadata = json_get(rd->body, "metadata");
	const struct json_node *tags = json_get(rd->body, "tags");
	const char *why;

	if (!json_absent(input))
		rd->c->input = input->raw;
	if (!json_absent(metadata)) {
		if (metadata->type != JSON_OBJECT)
			refuse(rd, "metadata", "must be an object");
		rd->c->metadata = metadata->raw;
	}
	if (!json_absent(tags)) {
		why = labels_check(tags, false, NULL);
		if (why != NULL)
			refuse(rd, "tags", why);
		rd->c->tags = tags->raw;
	}
}

/* A key bound to a project makes only that project's things. */
static bool
may_make(const struct request *r, const struct cmd *c)
{
	return c->project == 0 || auth_sees(&r->auth, c->project);
}

/* All members; see trigger_read.h. */
void
trigger_read(struct request *r, struct errors *e, const char *prefix,
    const struct json_node *body, struct cmd *c)
{
	struct reader rd = {e, prefix, body, c};

	read_payloads(&rd);
	c->idempotency_key = read_key(&rd, "idempotency_key");
	c->scope = CMD_SCOPE_RESTEP;
	c->concurrency_key = read_key(&rd, "concurrency_key");
	read_numbers(&rd);
	read_times(&rd);
	if (!may_make(r, c))
		refuse(&rd, "project_id", "is not the project of this key");
}
