/*
 * The shape of a pipeline, member by member; every issue is told, not only
 * the first.  What its routes come to is config_steps.c's.
 */
#include <stdarg.h>
#include <stdio.h>

#include "core/config_impl.h"
#include "core/utf8.h"

#define ID_SHOWN 60 /* bytes of a route's id in a path */

/* Add an issue, or count it when there are many. */
void
config_issue(struct config_report *r, struct config_at at, const char *fmt, ...)
{
	bool dot = at.member != NULL && at.path[0] != '\0';
	struct config_issue *i = &r->issue[r->n];
	va_list ap;

	if (at.code[0] == 'W')
		r->warnings++;
	else
		r->errors++;
	if (r->n == CONFIG_ISSUES_MAX)
		return;
	r->n++;
	i->warning = at.code[0] == 'W';
	i->code = at.code;
	i->suggestion = at.suggestion;
	snprintf(i->path, sizeof(i->path), "%s%s%s", at.path, dot ? "." : "",
	    at.member != NULL ? at.member : "");
	va_start(ap, fmt);
	vsnprintf(i->message, sizeof(i->message), fmt, ap);
	va_end(ap);
}

/* Warn of members that mean nothing. */
static void
check_unknown(struct config_check *c, const struct json_node *obj,
    const char *path, const char *const *known)
{
	const struct json_node *m;
	const char *const *k;

	for (m = obj->child; m != NULL; m = m->next) {
		for (k = known; *k != NULL && !slice_is(m->key, *k); k++)
			;
		if (*k == NULL)
			config_issue(c->report,
			    (struct config_at){"W501", path, NULL,
				"Check its spelling, or remove it."},
			    "'%.*s' means nothing here",
			    SLICE_FMT(utf8_prefix(m->key, ID_SHOWN)));
	}
}

/* True when the member is there and an object; else that is an issue. */
static bool
check_object(struct config_check *c, const struct json_node *n,
    struct config_at at)
{
	if (!json_absent(n) && n->type == JSON_OBJECT)
		return true;
	config_issue(c->report, at,
	    json_absent(n) ? "is missing" : "must be a mapping");
	return false;
}

/* True when the member is a string of 1 to 200 characters. */
static bool
check_name(struct config_check *c, const struct json_node *n,
    struct config_at at)
{
	size_t chars;

	if (json_absent(n)) {
		config_issue(c->report, at, "is missing");
		return false;
	}
	chars = n->type == JSON_STRING ? utf8_count(n->str) : 0;
	if (chars >= 1 && chars <= JOB_NAME_CHARS)
		return true;
	config_issue(c->report, at, "must be a string of 1 to 200 characters");
	return false;
}

static void
check_optional_name(struct config_check *c, const struct json_node *n,
    struct config_at at)
{
	if (!json_absent(n))
		check_name(c, n, at);
}

static void
check_version(struct config_check *c)
{
	const struct json_node *v = json_get(c->root, "version");
	struct slice text = SLICE_NONE;

	if (json_absent(v)) {
		config_issue(c->report,
		    (struct config_at){"W502", "version", NULL,
			"Add version: \"1.0\"."},
		    "is missing; 1.0 is assumed");
		return;
	}
	if (v->type == JSON_STRING)
		text = v->str;
	else if (v->type == JSON_NUMBER)
		text = v->raw;
	if (!slice_is(text, "1.0") && !slice_is(text, "1"))
		config_issue(c->report,
		    (struct config_at){"E101", "version", NULL,
			"Use version: \"1.0\"."},
		    "is not a version that is known here");
}

static void
check_adapter(struct config_check *c, const struct json_node *a,
    const char *path)
{
	static const char *const known[] = {"type", "name", "description",
	    "config", "outbound", NULL};
	const struct json_node *config = json_get(a, "config");

	if (!check_object(c, a, (struct config_at){"E131", path, NULL, NULL}))
		return;
	check_name(c, json_get(a, "type"),
	    (struct config_at){"E132", path, "type",
		"Name the kind of work that the adapter does."});
	check_optional_name(c, json_get(a, "name"),
	    (struct config_at){"E133", path, "name", NULL});
	if (!json_absent(config))
		check_object(c, config,
		    (struct config_at){"E134", path, "config", NULL});
	check_unknown(c, a, path, known);
}

static void
check_adapters(struct config_check *c, const struct json_node *list,
    const char *path)
{
	const struct json_node *a;
	unsigned i = 0;
	char at[120];

	if (json_absent(list) || list->type != JSON_ARRAY || list->count == 0) {
		config_issue(c->report,
		    (struct config_at){"E130", path, "adapters",
			"Give the route a list of at least one adapter."},
		    json_absent(list)
			? "is missing"
			: "must be a list of at least one adapter");
		return;
	}
	for (a = list->child; a != NULL; a = a->next) {
		snprintf(at, sizeof(at), "%s.adapters[%u]", path, i++);
		check_adapter(c, a, at);
	}
}

/* A route's id is a part of storage keys, and a step's name. */
static bool
is_route_id(struct slice id)
{
	size_t chars = utf8_count(id);

	return chars >= 1 && chars <= 120 && memchr(id.p, '/', id.n) == NULL &&
	    memchr(id.p, '\0', id.n) == NULL;
}

static void
check_route(struct config_check *c, const struct json_node *route)
{
	static const char *const known[] = {"name", "description", "inbound",
	    "adapters", "outbound", NULL};
	const struct json_node *inbound;
	char path[80], in[96];

	snprintf(path, sizeof(path), "routes.%.*s",
	    SLICE_FMT(utf8_prefix(route->key, ID_SHOWN)));
	if (!is_route_id(route->key))
		config_issue(c->report,
		    (struct config_at){"E111", path, NULL, NULL},
		    "a route's id must have 1 to 120 characters, none of "
		    "them '/'");
	if (!check_object(c, route,
		(struct config_at){"E112", path, NULL, NULL}))
		return;
	check_optional_name(c, json_get(route, "name"),
	    (struct config_at){"E113", path, "name", NULL});
	inbound = json_get(route, "inbound");
	snprintf(in, sizeof(in), "%s.inbound", path);
	if (check_object(c, inbound,
		(struct config_at){"E120", path, "inbound",
		    "Add inbound: {queue: NAME}."}))
		check_name(c, json_get(inbound, "queue"),
		    (struct config_at){"E121", in, "queue",
			"Name the queue that feeds the route."});
	check_adapters(c, json_get(route, "adapters"), path);
	check_unknown(c, route, path, known);
}

static void
check_routes(struct config_check *c)
{
	const struct json_node *route;
	unsigned adapters = 0;

	c->routes = json_get(c->root, "routes");
	if (!check_object(c, c->routes,
		(struct config_at){"E110", "routes", NULL,
		    "Add routes: {ID: {inbound: ..., adapters: ...}}."}))
		return;
	if (c->routes->count == 0)
		config_issue(c->report,
		    (struct config_at){"E110", "routes", NULL,
			"Add a route: {ID: {inbound: ..., adapters: ...}}."},
		    "must have at least one route");
	for (route = c->routes->child; route != NULL; route = route->next) {
		const struct json_node *list = json_get(route, "adapters");

		if (list != NULL && list->type == JSON_ARRAY)
			adapters += list->count;
		check_route(c, route);
	}
	if (adapters > JOB_STEPS_MAX)
		config_issue(c->report,
		    (struct config_at){"E150", "routes", NULL,
			"Split the pipeline into several configs."},
		    "has %u adapters, more than %d", adapters, JOB_STEPS_MAX);
}

static void
check_init(struct config_check *c)
{
	static const char *const known[] = {"route", "payload", NULL};
	const struct json_node *init = json_get(c->root, "init_message");
	const struct json_node *route, *r;

	if (json_absent(init)) {
		config_issue(c->report,
		    (struct config_at){"W510", "init_message", NULL,
			"Add init_message: {route: ID, payload: ...}."},
		    "is missing: nothing starts the first route");
		return;
	}
	if (!check_object(c, init,
		(struct config_at){"E160", "init_message", NULL, NULL}))
		return;
	check_unknown(c, init, "init_message", known);
	route = json_get(init, "route");
	if (!check_name(c, route,
		(struct config_at){"E161", "init_message", "route",
		    "Name the route to begin with."}) ||
	    c->routes == NULL)
		return;
	for (r = c->routes->child; r != NULL; r = r->next) {
		if (slice_eq(r->key, route->str))
			return;
	}
	config_issue(c->report,
	    (struct config_at){"E162", "init_message", "route",
		"Name one of the config's routes."},
	    "there is no route '%.*s'",
	    SLICE_FMT(utf8_prefix(route->str, ID_SHOWN)));
}

/* Check everything that can be said of a member alone. */
void
config_check_pipeline(struct config_check *c)
{
	static const char *const known[] = {"version", "name", "description",
	    "routes", "init_message", "category", "type", "queue", "priority",
	    "retry", "heartbeat_timeout_seconds", "timeout_seconds",
	    "total_timeout_seconds", "cancel_grace_seconds", "auto_complete",
	    "max_concurrency", "max_concurrency_per_key", "metadata", NULL};

	if (!check_object(c, c->root,
		(struct config_at){"E100", "", NULL,
		    "Begin with version, routes and init_message."}))
		return;
	check_version(c);
	check_routes(c);
	check_init(c);
	check_unknown(c, c->root, "", known);
}
