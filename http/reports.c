/*
 * Reading reports from JSON.  A member is a row: its name, the kinds of report
 * that have it, its type, and where it goes.  What is not in the table is
 * ignored, and null is the same as absent.
 */
#include "http/reports.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/mem.h"

#define KIND(k) (1u << REPORT_##k)
#define FAILS (KIND(FAIL) | KIND(STEP_FAILED))
#define INDEX_MAX 2147483647
#define RETRY_AFTER_MAX 604800	   /* seconds: a week */
#define COUNT_MAX 9007199254740991 /* 2^53 - 1 */

enum type { PERCENT, INDEX, LEVEL, TEXT, OBJECT, ANY, BOOLEAN, SECONDS, COUNT };

struct row {
	const char *name;
	unsigned kinds;
	enum type type;
	size_t offset;	   /* in struct report */
	unsigned required; /* of these kinds */
};

#define AT(f) offsetof(struct report, f)

static const struct row rows[] = {
    {"progress_percent", KIND(PROGRESS) | KIND(LOG) | KIND(STEP_PROGRESS),
	PERCENT, AT(percent), 0},
    {"current_step_name", KIND(PROGRESS), TEXT, AT(step_name), 0},
    {"current_step_index", KIND(PROGRESS), INDEX, AT(step_index), 0},
    {"metadata", KIND(PROGRESS) | KIND(STEP_PROGRESS), OBJECT, AT(metadata), 0},
    {"total", KIND(PROGRESS), COUNT, AT(total), 0},
    {"completed", KIND(PROGRESS), COUNT, AT(completed), 0},
    {"failed", KIND(PROGRESS), COUNT, AT(failed), 0},
    {"level", KIND(LOG), LEVEL, AT(level), 0},
    {"message", KIND(LOG), TEXT, AT(message), KIND(LOG)},
    {"log_data", KIND(LOG), OBJECT, AT(log_data), 0},
    {"execution_step_id", KIND(LOG), TEXT, AT(step), 0},
    {"result_data", KIND(COMPLETE) | KIND(STEP_COMPLETED), ANY, AT(result), 0},
    {"artifacts", KIND(STEP_COMPLETED), OBJECT, AT(artifacts), 0},
    {"checkpoint_data", KIND(STEP_PROGRESS), ANY, AT(checkpoint), 0},
    {"error_message", FAILS, TEXT, AT(error_message), KIND(FAIL)},
    {"error_type", FAILS, TEXT, AT(error_type), 0},
    {"error_stack", FAILS, TEXT, AT(error_stack), 0},
    {"retryable", KIND(FAIL), BOOLEAN, AT(retryable), 0},
    {"retry_after_seconds", KIND(FAIL), SECONDS, AT(retry_after_ms), 0},
};
#define ROWS (sizeof rows / sizeof rows[0])

static const char *const wants[] = {
    [PERCENT] = "must be an integer from 0 to 100",
    [INDEX] = "must be an integer from 0 to 2147483647",
    [LEVEL] = "must be one of debug, info, warn, error",
    [TEXT] = "must be a string",
    [OBJECT] = "must be an object",
    [ANY] = "",
    [BOOLEAN] = "must be true or false",
    [SECONDS] = "must be an integer from 0 to 604800",
    [COUNT] = "must be an integer from 0",
};

/* Release the list. */
void
reports_free(struct reports *rs)
{
	free(rs->items);
	rs->items = NULL;
	rs->n = rs->cap = 0;
}

static struct report *
add(struct reports *rs, enum report_kind kind)
{
	if (rs->n == rs->cap) {
		rs->cap = rs->cap == 0 ? 1 : rs->cap * 2;
		rs->items = mem_resize(rs->items, rs->cap, sizeof *rs->items);
	}
	rs->items[rs->n] = report_make(kind);
	return &rs->items[rs->n++];
}

static bool
read_number(const struct row *m, const struct json_node *v, char *at)
{
	static const int64_t max[] = {[PERCENT] = 100,
	    [INDEX] = INDEX_MAX,
	    [SECONDS] = RETRY_AFTER_MAX,
	    [COUNT] = COUNT_MAX};
	int64_t n;

	if (!json_int(v, 0, max[m->type], &n))
		return false;
	if (m->type == PERCENT)
		*(uint8_t *)at = (uint8_t)n;
	else if (m->type == INDEX)
		*(uint32_t *)(void *)at = (uint32_t)n;
	else
		*(int64_t *)(void *)at = m->type == SECONDS ? n * 1000 : n;
	return true;
}

/* Put a value where its row says; false when it is of the wrong type. */
static bool
read_value(const struct row *m, const struct json_node *v, struct report *r)
{
	char *at = (char *)r + m->offset;

	switch (m->type) {
	case LEVEL:
		return v->type == JSON_STRING &&
		    event_level_parse(v->str, &r->level);
	case TEXT:
		*(struct slice *)(void *)at = v->str;
		return v->type == JSON_STRING;
	case OBJECT:
		*(struct slice *)(void *)at = v->raw;
		return v->type == JSON_OBJECT;
	case ANY:
		*(struct slice *)(void *)at = v->raw;
		return true;
	case BOOLEAN:
		*(int8_t *)at = v->boolean;
		return v->type == JSON_BOOL;
	default:
		return read_number(m, v, at);
	}
}

static const struct row *
find_row(enum report_kind kind, struct slice name)
{
	unsigned i;

	for (i = 0; i < ROWS; i++)
		if ((rows[i].kinds & 1u << kind) != 0 &&
		    slice_is(name, rows[i].name))
			return &rows[i];
	return NULL;
}

/* Complain about every required member that is absent. */
static void
check_required(struct reports *rs, const struct json_node *body,
    enum report_kind kind, const char *prefix)
{
	unsigned i;

	for (i = 0; i < ROWS; i++)
		if ((rows[i].required & 1u << kind) != 0 &&
		    json_absent(json_get(body, rows[i].name)))
			errors_add(&rs->errors, prefix, rows[i].name,
			    "is required");
}

/*
 * Counts may stand in the metadata of progress, too: there they count where
 * all that is said of them are integers.
 */
static void
read_counts(struct report *r, const struct json_node *meta)
{
	static const char *const names[] = {"total", "completed", "failed"};
	int64_t n[3] = {-1, -1, -1};
	unsigned i;

	if (r->kind != REPORT_PROGRESS || r->total >= 0 || meta == NULL)
		return;
	for (i = 0; i < 3; i++) {
		const struct json_node *v = json_get(meta, names[i]);

		if (!json_absent(v) && !json_int(v, 0, COUNT_MAX, &n[i]))
			return;
	}
	r->total = n[0];
	r->completed = n[1];
	r->failed = n[2];
}

/* Read one object as a report; prefix is where it stands ("logs.3"). */
static struct report *
read_object(struct reports *rs, const struct json_node *body,
    enum report_kind kind, const char *prefix)
{
	struct report *r = add(rs, kind);
	const struct json_node *v;
	const struct row *m;

	if (kind == REPORT_LOG)
		r->level = LEVEL_INFO;
	for (v = body->child; v != NULL; v = v->next) {
		m = find_row(kind, v->key);
		if (m != NULL && !json_absent(v) && !read_value(m, v, r))
			errors_add(&rs->errors, prefix, m->name,
			    wants[m->type]);
	}
	read_counts(r, json_get(body, "metadata"));
	check_required(rs, body, kind, prefix);
	return r;
}

/* The member `attempt`, which every report may carry. */
static void
read_attempt(struct reports *rs, const struct json_node *body)
{
	const struct json_node *v = json_get(body, "attempt");
	int64_t n;

	if (json_absent(v))
		return;
	if (json_int(v, 1, UINT32_MAX, &n))
		rs->attempt = (uint32_t)n;
	else
		errors_add(&rs->errors, "", "attempt",
		    "must be an integer from 1");
}

/* Read one report. */
bool
reports_read(struct reports *rs, const struct json_node *body,
    enum report_kind kind, struct slice step)
{
	struct report *r = read_object(rs, body, kind, "");

	if (step.p != NULL)
		r->step = step;
	read_attempt(rs, body);
	return rs->errors.n == 0;
}

/* Every element of an array of log entries. */
static void
read_entries(struct reports *rs, const struct json_node *logs)
{
	const struct json_node *v;
	struct report *r;
	char prefix[32];
	unsigned i = 0;

	if (logs->type != JSON_ARRAY) {
		errors_add(&rs->errors, "", "logs", "must be an array");
		return;
	}
	if (logs->count > REPORT_LOGS_MAX) {
		errors_add(&rs->errors, "", "logs",
		    "must have at most 1000 entries");
		return;
	}
	for (v = logs->child; v != NULL; v = v->next, i++) {
		snprintf(prefix, sizeof prefix, "logs.%u", i);
		if (v->type != JSON_OBJECT) {
			errors_add(&rs->errors, "logs", prefix + 5,
			    "must be an object");
			continue;
		}
		r = read_object(rs, v, REPORT_LOG, prefix);
		r->field = "logs";
		r->index = i;
		rs->nlogs++;
	}
}

/* Read one log entry, or a batch. */
bool
reports_read_logs(struct reports *rs, const struct json_node *body, bool *batch)
{
	const struct json_node *logs = json_get(body, "logs");

	*batch = !json_absent(logs);
	if (!*batch)
		return reports_read(rs, body, REPORT_LOG, SLICE_NONE);
	read_entries(rs, logs);
	if (rs->n == 0)
		add(rs, REPORT_HEARTBEAT); /* an empty batch is a word, too */
	read_attempt(rs, body);
	return rs->errors.n == 0;
}

/* {"step": id-or-name, "report": word, ...} */
static void
read_step_report(struct reports *rs, const struct json_node *v, unsigned i)
{
	static const struct {
		const char *word;
		enum report_kind kind;
	} words[] = {
	    {"running", REPORT_STEP_RUNNING},
	    {"progress", REPORT_STEP_PROGRESS},
	    {"completed", REPORT_STEP_COMPLETED},
	    {"failed", REPORT_STEP_FAILED},
	};
	const struct json_node *step = json_get(v, "step");
	const struct json_node *word = json_get(v, "report");
	struct report *r;
	char prefix[32];
	unsigned k;

	snprintf(prefix, sizeof prefix, "step_reports.%u", i);
	if (json_absent(step) || step->type != JSON_STRING)
		errors_add(&rs->errors, prefix, "step",
		    "must be a step's id or name");
	for (k = 0; k < 4; k++)
		if (word != NULL && word->type == JSON_STRING &&
		    slice_is(word->str, words[k].word))
			break;
	if (k == 4) {
		errors_add(&rs->errors, prefix, "report",
		    "must be one of running, progress, completed, failed");
		return;
	}
	r = read_object(rs, v, words[k].kind, prefix);
	r->field = "step_reports";
	r->index = i;
	if (step != NULL)
		r->step = step->str;
}

static void
read_step_reports(struct reports *rs, const struct json_node *list)
{
	const struct json_node *v;
	unsigned i = 0;

	if (list->type != JSON_ARRAY || list->count > REPORT_LOGS_MAX) {
		errors_add(&rs->errors, "", "step_reports",
		    "must be an array of at most 1000 reports");
		return;
	}
	for (v = list->child; v != NULL; v = v->next)
		read_step_report(rs, v, i++);
}

/* A part of /report that is one object: progress, complete or fail. */
static bool
read_part(struct reports *rs, const struct json_node *body, const char *name,
    enum report_kind kind)
{
	const struct json_node *v = json_get(body, name);

	if (json_absent(v) || (v->type == JSON_BOOL && !v->boolean))
		return false;
	if (v->type == JSON_OBJECT)
		read_object(rs, v, kind, name);
	else if (v->type == JSON_BOOL && kind != REPORT_FAIL)
		add(rs, kind);
	else
		errors_add(&rs->errors, "", name, "must be an object");
	return true;
}

/* Read everything that /report may carry. */
bool
reports_read_all(struct reports *rs, const struct json_node *body)
{
	const struct json_node *logs = json_get(body, "logs");
	const struct json_node *steps = json_get(body, "step_reports");
	bool complete;

	read_part(rs, body, "heartbeat", REPORT_HEARTBEAT);
	read_part(rs, body, "progress", REPORT_PROGRESS);
	if (!json_absent(logs))
		read_entries(rs, logs);
	if (!json_absent(steps))
		read_step_reports(rs, steps);
	complete = read_part(rs, body, "complete", REPORT_COMPLETE);
	if (read_part(rs, body, "fail", REPORT_FAIL) && complete)
		errors_add(&rs->errors, "", "fail",
		    "cannot stand beside complete");
	if (rs->n == 0)
		add(rs, REPORT_HEARTBEAT);
	read_attempt(rs, body);
	return rs->errors.n == 0;
}
