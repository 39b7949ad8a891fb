/*
 * The rules of a job's definition.  One reader serves what clients send and
 * what core/definition_write.c wrote, so nothing can be stored that cannot be
 * loaded.  Unknown members are ignored; null means what absence means.
 */
#include "core/definition.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/category.h"
#include "core/graph.h"
#include "core/mapping.h"
#include "core/utf8.h"

#define DAY 86400
#define NAME_SHOWN 50 /* bytes of a client's name within an error */
#define LIST_MAX 256  /* of depends_on, of input_mapping */
#define ERRORS_MAX 100

/* What is being read, and where in the definition: "", "retry", "steps.2". */
struct reader {
	struct job *job;
	struct job_error *err;
	char at[32];
};

struct range {
	int64_t min, max;
};

static const struct range names = {1, JOB_NAME_CHARS};

/* ---- errors ---- */

/* Say which member is at fault and why; always false. */
__attribute__((format(printf, 3, 4))) static bool
broken(struct reader *r, const char *member, const char *fmt, ...)
{
	struct job_error *err = r->err;
	bool both = r->at[0] != '\0' && member[0] != '\0';
	va_list ap;

	snprintf(err->field, sizeof(err->field), "%s%s%s", r->at,
	    both ? "." : "", member);
	va_start(ap, fmt);
	vsnprintf(err->text, sizeof(err->text), fmt, ap);
	va_end(ap);
	return false;
}

/* The same for element i of a list. */
static bool
broken_element(struct reader *r, const char *list, unsigned i, const char *text)
{
	char member[48];

	snprintf(member, sizeof(member), "%s.%u", list, i);
	return broken(r, member, "%s", text);
}

/* ---- single members: absent ones leave *out as it is ---- */

static bool
check_chars(struct reader *r, const char *member, const struct json_node *n,
    struct range chars)
{
	int64_t count;

	if (n->type != JSON_STRING)
		return broken(r, member, "must be a string");
	count = (int64_t)utf8_count(n->str);
	if (count < chars.min || count > chars.max)
		return broken(r, member,
		    "must have %" PRId64 " to %" PRId64 " characters",
		    chars.min, chars.max);
	return true;
}

static bool
read_text(struct reader *r, const struct json_node *obj, const char *member,
    struct range chars, struct slice *out)
{
	const struct json_node *n = json_get(obj, member);

	if (json_absent(n))
		return true;
	if (!check_chars(r, member, n, chars))
		return false;
	*out = n->str;
	return true;
}

/* Read a name that must be there. */
static bool
read_name(struct reader *r, const struct json_node *obj, struct slice *out)
{
	if (json_absent(json_get(obj, "name")))
		return broken(r, "name", "is required");
	return read_text(r, obj, "name", names, out);
}

static bool
read_int(struct reader *r, const struct json_node *obj, const char *member,
    struct range range, int64_t *out)
{
	const struct json_node *n = json_get(obj, member);

	if (json_absent(n) || json_int(n, range.min, range.max, out))
		return true;
	return broken(r, member,
	    "must be an integer from %" PRId64 " to %" PRId64, range.min,
	    range.max);
}

/* Read seconds into ms. */
static bool
read_seconds(struct reader *r, const struct json_node *obj, const char *member,
    struct range range, int64_t *ms)
{
	int64_t seconds = *ms / 1000;

	if (!read_int(r, obj, member, range, &seconds))
		return false;
	*ms = seconds * 1000;
	return true;
}

static bool
read_double(struct reader *r, const struct json_node *obj, const char *member,
    struct range range, double *out)
{
	const struct json_node *n = json_get(obj, member);
	double v;

	if (json_absent(n))
		return true;
	if (!json_double(n, &v) || !(v >= (double)range.min) ||
	    !(v <= (double)range.max))
		return broken(r, member,
		    "must be a number from %" PRId64 " to %" PRId64, range.min,
		    range.max);
	*out = v + 0.0; /* -0 becomes 0 */
	return true;
}

static bool
read_bool(struct reader *r, const struct json_node *obj, const char *member,
    bool *out)
{
	const struct json_node *n = json_get(obj, member);

	if (json_absent(n))
		return true;
	if (n->type != JSON_BOOL)
		return broken(r, member, "must be true or false");
	*out = n->boolean;
	return true;
}

/* Find an object; *out is NULL when it is absent. */
static bool
read_object(struct reader *r, const struct json_node *obj, const char *member,
    const struct json_node **out)
{
	const struct json_node *n = json_get(obj, member);

	*out = json_absent(n) ? NULL : n;
	if (*out != NULL && n->type != JSON_OBJECT)
		return broken(r, member, "must be an object");
	return true;
}

/* Find an array of at most max elements; *out is NULL when it is absent. */
static bool
read_array(struct reader *r, const struct json_node *obj, const char *member,
    unsigned max, const struct json_node **out)
{
	const struct json_node *n = json_get(obj, member);

	*out = json_absent(n) ? NULL : n;
	if (*out == NULL)
		return true;
	if (n->type != JSON_ARRAY)
		return broken(r, member, "must be an array");
	if (n->count > max)
		return broken(r, member, "must have at most %u elements", max);
	return true;
}

/* Get zeroed memory for count (at most a few hundred) things of size bytes. */
static void *
take(struct reader *r, size_t count, size_t size)
{
	void *p;

	if (count == 0)
		return NULL;
	p = arena_get(&r->job->arena, count * size);
	memset(p, 0, count * size);
	return p;
}

/* ---- retry ---- */

static bool
read_errors(struct reader *r, const struct json_node *obj, struct retry *out)
{
	const struct json_node *list, *n;

	if (!read_array(r, obj, "non_retryable_errors", ERRORS_MAX, &list))
		return false;
	if (list == NULL)
		return true;
	out->non_retryable = take(r, list->count, sizeof(struct slice));
	for (n = list->child; n != NULL; n = n->next) {
		char member[40];

		snprintf(member, sizeof(member), "non_retryable_errors.%u",
		    (unsigned)out->nnon_retryable);
		if (!check_chars(r, member, n, names))
			return false;
		out->non_retryable[out->nnon_retryable++] = n->str;
	}
	return true;
}

static bool
read_retry(struct reader *r, const struct json_node *body, struct retry *out)
{
	const struct json_node *obj;
	int64_t attempts = 3;
	bool ok;

	*out = (struct retry){
	    .initial_interval_ms = 5000,
	    .backoff_coefficient = 2.0,
	    .max_interval_ms = 900000,
	    .jitter = 0.1,
	};
	if (!read_object(r, body, "retry", &obj))
		return false;
	snprintf(r->at, sizeof(r->at), "retry");
	ok = read_int(r, obj, "max_attempts", (struct range){1, 1000},
		 &attempts) &&
	    read_int(r, obj, "initial_interval_ms",
		(struct range){0, DAY * 1000}, &out->initial_interval_ms) &&
	    read_double(r, obj, "backoff_coefficient", (struct range){1, 100},
		&out->backoff_coefficient) &&
	    read_int(r, obj, "max_interval_ms",
		(struct range){0, 7 * DAY * 1000}, &out->max_interval_ms) &&
	    read_double(r, obj, "jitter", (struct range){0, 1}, &out->jitter) &&
	    read_errors(r, obj, out);
	out->max_attempts = (uint32_t)attempts;
	r->at[0] = '\0';
	return ok;
}

/* ---- steps ---- */

/* From here on, errors are about step i. */
static void
enter_step(struct reader *r, unsigned i)
{
	snprintf(r->at, sizeof(r->at), "steps.%u", i);
}

/* Check that step i shares its name and step_index with none before it. */
static bool
check_unique(struct reader *r, unsigned i)
{
	const struct job_step *steps = r->job->steps;

	for (unsigned k = 0; k < i; k++) {
		if (slice_eq(steps[k].name, steps[i].name))
			return broken(r, "name",
			    "must be unique: step %u has it too", k);
		if (steps[k].step_index == steps[i].step_index)
			return broken(r, "step_index",
			    "must be unique: step %u has it too", k);
	}
	return true;
}

/* Read what step i says about itself alone. */
static bool
read_step(struct reader *r, const struct json_node *n, unsigned i)
{
	struct job_step *s = &r->job->steps[i];
	int64_t index = i;

	enter_step(r, i);
	if (n->type != JSON_OBJECT)
		return broken(r, "", "must be an object");
	if (!read_name(r, n, &s->name))
		return false;
	s->type = SLICE("script");
	s->route = s->name;
	s->queue = r->job->queue;
	if (!read_int(r, n, "step_index", (struct range){0, INT32_MAX},
		&index) ||
	    !read_text(r, n, "step_type", names, &s->type) ||
	    !read_text(r, n, "route", names, &s->route) ||
	    !read_text(r, n, "queue", names, &s->queue))
		return false;
	s->step_index = (uint32_t)index;
	return check_unique(r, i);
}

/* Add one name of step i's depends_on. */
static bool
add_dependency(struct reader *r, const struct json_node *n, unsigned i)
{
	struct job_step *s = &r->job->steps[i];
	unsigned at = s->ndepends;
	int of;

	if (n->type != JSON_STRING)
		return broken_element(r, "depends_on", at, "must be a string");
	of = job_step_find(r->job, n->str);
	if (of < 0)
		return broken_element(r, "depends_on", at,
		    "names no step of this job");
	if ((unsigned)of == i)
		return broken_element(r, "depends_on", at,
		    "must not name the step itself");
	for (unsigned k = 0; k < at; k++) {
		if (s->depends[k] == of)
			return broken_element(r, "depends_on", at,
			    "is named twice");
	}
	s->depends[s->ndepends++] = (uint16_t)of;
	return true;
}

static bool
read_depends(struct reader *r, const struct json_node *step, unsigned i)
{
	const struct json_node *list, *n;

	enter_step(r, i);
	if (!read_array(r, step, "depends_on", LIST_MAX, &list))
		return false;
	if (list == NULL)
		return true;
	r->job->steps[i].depends = take(r, list->count, sizeof(uint16_t));
	for (n = list->child; n != NULL; n = n->next) {
		if (!add_dependency(r, n, i))
			return false;
	}
	return true;
}

/* Add one member of step i's input_mapping; upstream: what it may read. */
static bool
add_mapping(struct reader *r, const struct json_node *n, unsigned i,
    const bool *upstream)
{
	struct job_step *s = &r->job->steps[i];
	struct slice shown = utf8_prefix(n->key, NAME_SHOWN);
	struct mapping *m = &s->mapping[s->nmappings];
	char member[80], why[120];

	snprintf(member, sizeof(member), "input_mapping.%.*s",
	    SLICE_FMT(shown));
	if (!check_chars(r, member, n, (struct range){1, 1000}))
		return false;
	if (!mapping_parse(r->job, n->str, m, why))
		return broken(r, member, "%s", why);
	if (m->source != MAPPING_JOB_INPUT && !upstream[m->step])
		return broken(r, member,
		    "reads a step that this one does not wait for");
	m->target = n->key;
	s->nmappings++;
	return true;
}

static bool
read_mapping(struct reader *r, const struct json_node *step, unsigned i)
{
	struct job_step *s = &r->job->steps[i];
	bool upstream[JOB_STEPS_MAX];
	const struct json_node *obj, *n;

	enter_step(r, i);
	if (!read_object(r, step, "input_mapping", &obj))
		return false;
	if (obj == NULL)
		return true;
	if (obj->count > LIST_MAX)
		return broken(r, "input_mapping",
		    "must have at most %d members", LIST_MAX);
	s->mapping = take(r, obj->count, sizeof(struct mapping));
	graph_upstream(r->job, (uint16_t)i, upstream);
	for (n = obj->child; n != NULL; n = n->next) {
		if (!add_mapping(r, n, i, upstream))
			return false;
	}
	return true;
}

static bool
check_acyclic(struct reader *r)
{
	uint16_t at;

	if (graph_is_acyclic(r->job, &at))
		return true;
	enter_step(r, at);
	return broken(r, "depends_on", "makes a cycle");
}

/* Have read() look at each step in turn, with its position. */
static bool
each_step(struct reader *r, const struct json_node *list,
    bool (*read)(struct reader *, const struct json_node *, unsigned))
{
	const struct json_node *n = list->child;

	for (unsigned i = 0; n != NULL; n = n->next) {
		if (!read(r, n, i++))
			return false;
	}
	return true;
}

/* Names first: depends_on may look ahead, and a mapping needs the graph. */
static bool
read_steps(struct reader *r, const struct json_node *body)
{
	struct job *j = r->job;
	const struct json_node *list;

	if (!read_array(r, body, "steps", JOB_STEPS_MAX, &list))
		return false;
	if (list == NULL)
		return true;
	j->nsteps = (uint16_t)list->count;
	j->steps = take(r, list->count, sizeof(struct job_step));
	if (!each_step(r, list, read_step) ||
	    !each_step(r, list, read_depends) || !check_acyclic(r) ||
	    !each_step(r, list, read_mapping))
		return false;
	r->at[0] = '\0';
	return true;
}

/* ---- the job ---- */

static bool
read_category(struct reader *r, const struct json_node *body)
{
	struct slice *category = &r->job->category;
	enum category known;

	if (!read_text(r, body, "category", names, category))
		return false;
	return category->p == NULL || category_parse(*category, &known) ||
	    broken(r, "category", "must be seo, ai, sync, export or null");
}

static bool
read_identity(struct reader *r, const struct json_node *body)
{
	struct job *j = r->job;
	const struct json_node *metadata;
	int64_t priority = 5;

	j->queue = SLICE("default");
	if (!read_name(r, body, &j->name) ||
	    !read_text(r, body, "description", (struct range){0, 10000},
		&j->description) ||
	    !read_category(r, body) ||
	    !read_text(r, body, "type", names, &j->type) ||
	    !read_text(r, body, "queue", names, &j->queue) ||
	    !read_int(r, body, "priority", (struct range){0, 9}, &priority) ||
	    !read_object(r, body, "metadata", &metadata))
		return false;
	j->priority = (uint8_t)priority;
	if (metadata != NULL)
		j->metadata = metadata->raw;
	return true;
}

static bool
read_limits(struct reader *r, const struct json_node *body)
{
	static const struct range day = {1, DAY}, year = {1, 365 * DAY};
	struct job *j = r->job;
	int64_t concurrency = 0, per_key = 1;

	j->heartbeat_timeout_ms = 300 * 1000;
	j->cancel_grace_ms = 30 * 1000;
	if (!read_seconds(r, body, "heartbeat_timeout_seconds", day,
		&j->heartbeat_timeout_ms) ||
	    !read_seconds(r, body, "timeout_seconds", year, &j->timeout_ms) ||
	    !read_seconds(r, body, "total_timeout_seconds", year,
		&j->total_timeout_ms) ||
	    !read_seconds(r, body, "cancel_grace_seconds",
		(struct range){0, DAY}, &j->cancel_grace_ms) ||
	    !read_bool(r, body, "auto_complete", &j->auto_complete) ||
	    !read_int(r, body, "max_concurrency", (struct range){1, 1000000},
		&concurrency) ||
	    !read_int(r, body, "max_concurrency_per_key",
		(struct range){1, 1000000}, &per_key))
		return false;
	j->max_per_key = (uint32_t)per_key;
	j->max_concurrency = (uint32_t)concurrency;
	return true;
}

/* Read and check everything; the steps last, since they use the queue. */
bool
definition_read(struct job *j, const struct json_node *body,
    struct job_error *err)
{
	struct reader r = {.job = j, .err = err};

	j->runnable = true;
	if (body->type != JSON_OBJECT)
		return broken(&r, "body", "must be an object");
	return read_identity(&r, body) && read_limits(&r, body) &&
	    read_retry(&r, body, &j->retry) && read_steps(&r, body);
}

/* Read a config's own member. */
void
definition_read_config(struct job *j, const struct json_node *stored)
{
	const struct json_node *config = json_get(stored, "config");
	const struct json_node *runnable = json_get(config, "runnable");

	if (json_absent(config))
		return;
	j->config = config->raw;
	j->runnable = json_absent(runnable) || runnable->boolean;
}
