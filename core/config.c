/*
 * Configs: reading a source, whatever its form, and making the job that
 * stands for it.  Neighbours: yaml.c reads YAML, config_check.c and
 * config_steps.c know pipelines, job.c has the last word on every job.
 */
#include "core/config.h"

#include <stdio.h>
#include <stdlib.h>

#include "core/config_impl.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/yaml.h"

#define DEPTH_MAX (JSON_DEPTH_MAX - 4) /* it is stored within two objects */

/* A source being made a job. */
struct making {
	const struct config_source *src;
	struct config_check check;
	struct buf body;   /* the definition as a client could send it */
	struct buf config; /* what the job remembers */
	bool broken;
};

/* ---- the report ---- */

static void
write_issue(struct jsonw *w, const struct config_issue *i)
{
	jsonw_object(w);
	jsonw_key(w, "severity");
	jsonw_cstr(w, i->warning ? "warning" : "error");
	jsonw_key(w, "code");
	jsonw_cstr(w, i->code);
	jsonw_key(w, "path");
	jsonw_cstr(w, i->path);
	jsonw_key(w, "message");
	jsonw_cstr(w, i->message);
	jsonw_key(w, "suggestion");
	jsonw_cstr(w, i->suggestion);
	jsonw_end(w);
}

/* Write all issues, errors first. */
void
config_write_report(struct jsonw *w, const struct config_report *report)
{
	jsonw_object(w);
	jsonw_key(w, "is_valid");
	jsonw_bool(w, report->errors == 0);
	jsonw_key(w, "issues");
	jsonw_array(w);
	for (unsigned i = 0; i < 2 * report->n; i++) {
		const struct config_issue *issue =
		    &report->issue[i % report->n];

		if (issue->warning == (i >= report->n))
			write_issue(w, issue);
	}
	jsonw_end(w);
	jsonw_key(w, "error_count");
	jsonw_u64(w, report->errors);
	jsonw_key(w, "warning_count");
	jsonw_u64(w, report->warnings);
	jsonw_end(w);
}

/* ---- what becomes of a source ---- */

/* Copy the members of obj that are a definition's, but what is written. */
static void
copy_members(struct jsonw *w, const struct json_node *obj, bool pipeline)
{
	static const char *const not [] = {"name", "description", "config",
	    "version", "routes", "init_message", "steps"};
	const struct json_node *m;
	unsigned i, n = pipeline ? 7 : 3;

	for (m = obj->child; m != NULL; m = m->next) {
		for (i = 0; i < n && !slice_is(m->key, not [i]); i++)
			;
		if (i < n)
			continue;
		jsonw_key_slice(w, m->key);
		jsonw_raw(w, m->raw);
	}
}

static void
copy_member(struct jsonw *w, const struct json_node *obj, const char *member)
{
	const struct json_node *m = json_get(obj, member);

	jsonw_key(w, member);
	jsonw_raw_or_null(w, m != NULL ? m->raw : SLICE_NONE);
}

/* A pipeline is over when all its adapters are; the name is the config's. */
static void
write_body(struct making *m, bool pipeline)
{
	struct jsonw *w = jsonw_new(&m->body);
	const struct json_node *root = m->check.root;

	jsonw_object(w);
	jsonw_text(w, "name", m->src->name);
	if (m->src->description.p != NULL || m->broken)
		jsonw_text(w, "description", m->src->description);
	else
		copy_member(w, root, "description");
	if (!m->broken) {
		copy_members(w, root, pipeline);
		if (pipeline && json_get(root, "auto_complete") == NULL) {
			jsonw_key(w, "auto_complete");
			jsonw_bool(w, true);
		}
		if (pipeline)
			config_write_steps(&m->check, w);
	}
	jsonw_end(w);
	jsonw_free(w);
}

/* What the job remembers, above all what its runs may need. */
static void
write_config(struct making *m)
{
	struct jsonw *w = jsonw_new(&m->config);

	jsonw_object(w);
	jsonw_text(w, "source_type", m->src->source_type);
	jsonw_text(w, "source_path", m->src->source_path);
	jsonw_text(w, "yaml", m->src->yaml);
	jsonw_key(w, "hash");
	jsonw_cstr(w, m->src->hash);
	jsonw_key(w, "runnable");
	jsonw_bool(w, !m->broken);
	jsonw_key(w, "report");
	config_write_report(w, m->check.report);
	jsonw_key(w, "document");
	jsonw_raw(w, m->check.root->raw);
	jsonw_end(w);
	jsonw_free(w);
}

/* The job of the body that was written; NULL with the issue told. */
static struct job *
new_job(struct making *m)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(buf_slice(&m->body), &bad);
	struct job *j;

	INVARIANT(doc != NULL);
	m->config.len = 0;
	write_config(m);
	j = job_new_config(json_root(doc), buf_slice(&m->config), &err);
	json_free(doc);
	if (j == NULL)
		config_issue(m->check.report,
		    (struct config_at){"E200", err.field, NULL, NULL}, "%s",
		    err.text);
	return j;
}

/* Make the job; where that cannot be, one that stands for it and is broken. */
static struct job *
make(struct making *m)
{
	const struct json_node *root = m->check.root;
	bool pipeline = json_get(root, "routes") != NULL ||
	    (m->src->yaml.p != NULL && json_get(root, "steps") == NULL);
	struct job *j = NULL;

	if (pipeline || root->type != JSON_OBJECT)
		config_check_pipeline(&m->check);
	m->broken = m->check.report->errors > 0;
	if (!m->broken) {
		write_body(m, pipeline);
		j = new_job(m);
	}
	if (j == NULL) {
		m->broken = true;
		m->body.len = 0;
		write_body(m, pipeline);
		j = new_job(m);
		INVARIANT(j != NULL);
	}
	buf_free(&m->body);
	buf_free(&m->config);
	return j;
}

static void
refuse_yaml(struct config_report *report, const struct yaml_error *bad)
{
	if (bad->line == 0)
		config_issue(report, (struct config_at){"E001", "", NULL, NULL},
		    "%s", bad->text);
	else
		config_issue(report, (struct config_at){"E001", "", NULL, NULL},
		    "line %u, column %u: %s", bad->line, bad->column,
		    bad->text);
}

/* How deep objects and arrays are nested, up to one over the limit. */
static unsigned
depth_of(const struct json_node *root)
{
	const struct json_node *at[DEPTH_MAX + 1], *n;
	unsigned depth = 1, deepest = 1;

	at[1] = root->child;
	while (depth > 0 && deepest <= DEPTH_MAX) {
		n = at[depth];
		if (n == NULL) {
			depth--;
			continue;
		}
		at[depth] = n->next;
		if (n->type < JSON_ARRAY)
			continue;
		if (depth + 1 > deepest)
			deepest = depth + 1;
		if (n->child != NULL && depth < DEPTH_MAX)
			at[++depth] = n->child;
	}
	return deepest;
}

/* Make the job, unless it could not be stored within a definition. */
static struct job *
make_shallow(struct making *m)
{
	if (depth_of(m->check.root) <= DEPTH_MAX)
		return make(m);
	config_issue(m->check.report,
	    (struct config_at){"E002", "", NULL, NULL},
	    "is nested more than %d deep", DEPTH_MAX);
	return NULL;
}

/* Read a source. */
struct job *
config_new(const struct config_source *src, struct config_report *report)
{
	struct making m = {.src = src, .check.report = report};
	struct yaml_error bad;
	struct buf text = {0};
	struct json *doc = NULL;
	struct job *j = NULL;

	report->n = report->errors = report->warnings = 0;
	if (src->yaml.p == NULL) {
		m.check.root = src->definition;
		return make_shallow(&m);
	}
	if (src->yaml.n > CONFIG_YAML_MAX) {
		config_issue(report, (struct config_at){"E003", "", NULL, NULL},
		    "is larger than %u KiB", CONFIG_YAML_MAX >> 10);
		return NULL;
	}
	doc = yaml_parse(src->yaml, &text, &bad);
	if (doc == NULL) {
		refuse_yaml(report, &bad);
	} else {
		m.check.root = json_root(doc);
		j = make_shallow(&m);
	}
	json_free(doc);
	buf_free(&text);
	return j;
}

/* ---- what a job remembers ---- */

/* Find a member. */
const struct json_node *
config_get(const struct job *j, const char *member)
{
	const struct json_node *n;

	if (j->config.p == NULL)
		return NULL;
	n = json_get(json_get(json_root(j->doc), "config"), member);
	return json_absent(n) ? NULL : n;
}

/* Find a route. */
const struct json_node *
config_route(const struct job *j, struct slice route)
{
	const struct json_node *routes =
	    json_get(config_get(j, "document"), "routes");
	const struct json_node *r;

	if (json_absent(routes))
		return NULL;
	for (r = routes->child; r != NULL; r = r->next) {
		if (slice_eq(r->key, route))
			return r;
	}
	return NULL;
}

/* Find the init message. */
const struct json_node *
config_init(const struct job *j)
{
	const struct json_node *init =
	    json_get(config_get(j, "document"), "init_message");
	const struct json_node *route = json_get(init, "route");

	return !json_absent(route) && route->type == JSON_STRING ? init : NULL;
}

/* Members of an object in order of their names. */
struct members {
	const struct json_node **node;
	uint32_t n;
};

static int
by_key(const void *a, const void *b)
{
	const struct json_node *const *x = a, *const *y = b;

	return slice_cmp((*x)->key, (*y)->key);
}

static struct members
sort(const struct json_node *obj)
{
	struct members m = {.n = 0};
	const struct json_node *n;

	m.node = mem_resize(NULL, obj->count + 1u, sizeof(*m.node));
	for (n = obj->child; n != NULL; n = n->next)
		m.node[m.n++] = n;
	qsort(m.node, m.n, sizeof(*m.node), by_key);
	return m;
}

/* The member of the same name as n; NULL when there is none. */
static const struct json_node *
find(const struct members *m, const struct json_node *n)
{
	const struct json_node **at =
	    bsearch(&n, m->node, m->n, sizeof(*m->node), by_key);

	return at != NULL ? *at : NULL;
}

static void
add_member(struct jsonw *w, const struct json_node *m)
{
	jsonw_key_slice(w, m->key);
	jsonw_raw(w, m->raw);
}

/* Lay one object over another: what is replaced keeps its place. */
static void
merge(const struct json_node *payload, const struct json_node *over,
    struct buf *out)
{
	struct members below = sort(payload), above = sort(over);
	struct jsonw *w = jsonw_new(out);
	const struct json_node *m, *o;

	jsonw_object(w);
	for (m = payload->child; m != NULL; m = m->next) {
		o = find(&above, m);
		add_member(w, o != NULL ? o : m);
	}
	for (m = over->child; m != NULL; m = m->next) {
		if (find(&below, m) == NULL)
			add_member(w, m);
	}
	jsonw_end(w);
	jsonw_free(w);
	free(below.node);
	free(above.node);
}

/* Make an input. */
bool
config_input(const struct job *j, struct slice over, struct buf *out)
{
	const struct json_node *payload = json_get(config_init(j), "payload");
	struct json_error bad;
	struct json *doc = NULL;

	if (over.p == NULL && json_absent(payload))
		return false;
	if (over.p != NULL) {
		doc = json_parse(over, &bad);
		INVARIANT(doc != NULL);
	}
	if (doc == NULL)
		buf_add_slice(out, payload->raw);
	else if (json_absent(payload) || payload->type != JSON_OBJECT ||
	    json_root(doc)->type != JSON_OBJECT)
		buf_add_slice(out, over);
	else
		merge(payload, json_root(doc), out);
	json_free(doc);
	return true;
}
