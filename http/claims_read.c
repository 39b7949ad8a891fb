/*
 * What a worker may ask for, in a body or a query; the rules are the same.
 */
#include "http/claims_read.h"

#include <stdio.h>

#include "core/utf8.h"

#define NAME_MAX 200 /* characters, of a worker, a queue, a job */
#define NAMES_MAX 64
#define WAIT_MAX 60 /* seconds */

static void
refuse(struct errors *e, const char *member, const char *text)
{
	errors_add(e, "", member, text);
}

static bool
is_name(struct slice s)
{
	return s.n > 0 && utf8_count(s) <= NAME_MAX;
}

/* ---- what body and query share ---- */

static void
set_worker(struct errors *e, struct slice name, struct claim *cl)
{
	if (!is_name(name))
		refuse(e, "worker", "must be a string of 1 to 200 characters");
	cl->worker = name;
}

static void
set_unit(struct errors *e, struct slice unit, struct claim *cl)
{
	cl->of_steps = slice_is(unit, "step");
	if (!cl->of_steps && !slice_is(unit, "execution"))
		refuse(e, "unit", "must be execution or step");
}

static void
refuse_range(struct errors *e, const char *member, int64_t min, int64_t max)
{
	char text[60];

	snprintf(text, sizeof text, "must be an integer from %lld to %lld",
	    (long long)min, (long long)max);
	refuse(e, member, text);
}

/* One name of a list, n of which were there before it. */
static void
set_name(struct errors *e, const char *member, struct slice name,
    struct slice *at)
{
	if (!is_name(name))
		refuse(e, member, "must be a string of 1 to 200 characters");
	*at = name;
}

/* Where nothing was said: the queue of jobs that do not say one. */
static void
set_default(struct errors *e, struct arena *a, struct claim *cl)
{
	struct slice *names;

	if (cl->njobs > 0 && cl->nqueues > 0)
		refuse(e, "jobs", "must not stand beside queues");
	if (cl->njobs + cl->nqueues > 0)
		return;
	names = arena_get(a, sizeof *names);
	names[0] = SLICE("default");
	cl->queues = names;
	cl->nqueues = 1;
}

/* A copy that lives as long as the arena. */
static struct slice
keep(struct arena *a, struct slice s)
{
	char *p = arena_get(a, s.n + 1);

	if (s.n > 0)
		memcpy(p, s.p, s.n);
	return (struct slice){p, s.n};
}

/* ---- a body ---- */

/* A copy of a string, for as long as the request; empty where it is none. */
static struct slice
keep_string(struct request *r, const struct json_node *n)
{
	return n != NULL && n->type == JSON_STRING ? keep(&r->arena, n->str)
						   : SLICE_NONE;
}

/* An array of names; *n stays 0 where it is absent or wrong. */
static const struct slice *
read_names(struct request *r, struct errors *e, const struct json_node *list,
    unsigned *n)
{
	struct slice *names;
	const struct json_node *node;
	char member[40];

	if (json_absent(list))
		return NULL;
	snprintf(member, sizeof member, "%.*s", SLICE_FMT(list->key));
	if (list->type != JSON_ARRAY || list->count == 0 ||
	    list->count > NAMES_MAX) {
		refuse(e, member, "must be an array of 1 to 64 strings");
		return NULL;
	}
	names = arena_get(&r->arena, list->count * sizeof *names);
	for (node = list->child; node != NULL; node = node->next, (*n)++) {
		snprintf(member, sizeof member, "%.*s.%u", SLICE_FMT(list->key),
		    *n);
		set_name(e, member, keep_string(r, node), &names[*n]);
	}
	return names;
}

/* An integer; what it was set to stays where it is absent or wrong. */
static void
read_int(struct errors *e, const struct json_node *n, int64_t min, int64_t max,
    int64_t *out)
{
	char member[40];

	if (json_absent(n) || json_int(n, min, max, out))
		return;
	snprintf(member, sizeof member, "%.*s", SLICE_FMT(n->key));
	refuse_range(e, member, min, max);
}

/* Read a body; see claims_read.h. */
void
claims_read(struct request *r, struct errors *e, const struct json_node *body,
    struct claim *cl, int64_t *wait_ms)
{
	const struct json_node *unit = json_get(body, "unit");
	int64_t max = 1, wait = 0, lease = 0;

	set_worker(e, keep_string(r, json_get(body, "worker")), cl);
	cl->queues = read_names(r, e, json_get(body, "queues"), &cl->nqueues);
	cl->jobs = read_names(r, e, json_get(body, "jobs"), &cl->njobs);
	set_default(e, &r->arena, cl);
	if (!json_absent(unit))
		set_unit(e, unit->type == JSON_STRING ? unit->str : SLICE_NONE,
		    cl);
	read_int(e, json_get(body, "max"), 1, CLAIMS_MAX, &max);
	read_int(e, json_get(body, "wait_seconds"), 0, WAIT_MAX, &wait);
	read_int(e, json_get(body, "lease_seconds"), 1, CLAIMS_LEASE_MAX,
	    &lease);
	cl->max = (unsigned)max;
	cl->lease_ms = lease * 1000;
	*wait_ms = wait * 1000;
}

/* ---- a query ---- */

/* The same of a parameter; empty when it is absent. */
static struct slice
query(struct request *r, struct arena *a, const char *name)
{
	struct slice text;

	return request_query(r, name, 0, &text) ? keep(a, text) : SLICE_NONE;
}

/* A comma list of names, in a copy; *n stays 0 where it is absent. */
static const struct slice *
query_names(struct claims_query *q, const char *member, unsigned *n)
{
	struct slice left = query(q->req, q->arena, member), *names;
	const char *comma;

	if (left.p == NULL)
		return NULL;
	names = arena_get(q->arena, NAMES_MAX * sizeof *names);
	for (;;) {
		struct slice name = left;

		if (*n == NAMES_MAX) {
			refuse(q->errors, member, "must be at most 64 names");
			break;
		}
		comma = memchr(left.p, ',', left.n);
		if (comma != NULL)
			name.n = (size_t)(comma - left.p);
		set_name(q->errors, member, slice_trim(name), &names[(*n)++]);
		if (comma == NULL)
			break;
		left.n -= name.n + 1;
		left.p = comma + 1;
	}
	return names;
}

static void
query_int(struct claims_query *q, const char *member, uint64_t max,
    uint64_t *out)
{
	struct slice text = query(q->req, q->arena, member);

	if (text.p == NULL)
		return;
	if (!slice_u64(text, max, out) || *out == 0)
		refuse_range(q->errors, member, 1, (int64_t)max);
}

/* Read a query; see claims_read.h. */
void
claims_read_query(struct claims_query *q, struct claim *cl)
{
	struct slice unit = query(q->req, q->arena, "unit");
	uint64_t max = 1, lease = 0;

	set_worker(q->errors, query(q->req, q->arena, "worker"), cl);
	cl->queues = query_names(q, "queues", &cl->nqueues);
	cl->jobs = query_names(q, "jobs", &cl->njobs);
	set_default(q->errors, q->arena, cl);
	if (unit.p != NULL)
		set_unit(q->errors, unit, cl);
	query_int(q, "max", CLAIMS_MAX, &max);
	query_int(q, "lease_seconds", CLAIMS_LEASE_MAX, &lease);
	cl->max = (unsigned)max;
	cl->lease_ms = (int64_t)lease * 1000;
}
