/*
 * A pipeline's routes as a job's steps: who feeds which queue, and so who
 * waits for whom.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/config_impl.h"
#include "core/mem.h"
#include "core/utf8.h"

#define NAME_SHOWN 60

struct adapter {
	const struct json_node *node;
	unsigned route, n; /* the n-th of its route, from 0 */
	struct slice name; /* its own; NULL p: none */
	bool shared;	   /* another adapter has that name, too */
};

struct plan {
	struct config_check *c;
	unsigned nroutes;
	const struct json_node *route[JOB_STEPS_MAX];
	struct slice queue[JOB_STEPS_MAX]; /* its inbound queue */
	unsigned last[JOB_STEPS_MAX];	   /* its last adapter */
	unsigned nadapters;
	struct adapter adapter[JOB_STEPS_MAX];	  /* route by route */
	bool feeds[JOB_STEPS_MAX][JOB_STEPS_MAX]; /* from, to */
};

/* The path of a route, for an issue. */
static void
route_path(const struct plan *p, unsigned route, char path[80])
{
	snprintf(path, 80, "routes.%.*s",
	    SLICE_FMT(utf8_prefix(p->route[route]->key, NAME_SHOWN)));
}

/*
 * A route publishes to a queue.  said: as outbound, so it is meant as a queue
 * for sure; what else names a queue may name the route's own.
 */
static void
add_feed(struct plan *p, unsigned from, struct slice queue, bool said)
{
	bool read = false;
	char path[80];

	for (unsigned i = 0; i < p->nroutes; i++) {
		if (!slice_eq(p->queue[i], queue))
			continue;
		read = true;
		if (i != from || said)
			p->feeds[from][i] = true;
	}
	if (read || !said)
		return;
	route_path(p, from, path);
	config_issue(p->c->report,
	    (struct config_at){"W512", path, "outbound", NULL},
	    "no route reads queue '%.*s'",
	    SLICE_FMT(utf8_prefix(queue, NAME_SHOWN)));
}

/* A name, or a list of names. */
static void
add_names(struct plan *p, unsigned route, const struct json_node *n, bool said)
{
	const struct json_node *e;

	if (n == NULL)
		return;
	if (n->type == JSON_STRING)
		add_feed(p, route, n->str, said);
	if (n->type != JSON_ARRAY)
		return;
	for (e = n->child; e != NULL; e = e->next) {
		if (e->type == JSON_STRING)
			add_feed(p, route, e->str, said);
	}
}

/* outbound: a name, {queue} or {queues}, or a list of those. */
static void
add_outbound(struct plan *p, unsigned route, const struct json_node *n)
{
	const struct json_node *e;

	add_names(p, route, n, true);
	if (n == NULL)
		return;
	add_names(p, route, json_get(n, "queue"), true);
	add_names(p, route, json_get(n, "queues"), true);
	for (e = n->type == JSON_ARRAY ? n->child : NULL; e != NULL;
	     e = e->next) {
		add_names(p, route, json_get(e, "queue"), true);
		add_names(p, route, json_get(e, "queues"), true);
	}
}

static bool
ends_with(struct slice s, const char *tail)
{
	size_t n = strlen(tail);

	return s.n >= n && memcmp(s.p + s.n - n, tail, n) == 0;
}

static bool
begins_with(struct slice s, const char *head)
{
	size_t n = strlen(head);

	return s.n >= n && memcmp(s.p, head, n) == 0;
}

/* Does a member of that name say where an adapter publishes to? */
static bool
is_queue_key(struct slice key)
{
	static const char *const not [] = {"inbound_", "input_", "source_",
	    "error_", "dead_letter_"};

	for (size_t i = 0; i < sizeof(not ) / sizeof(not [0]); i++) {
		if (begins_with(key, not [i]))
			return false;
	}
	return slice_is(key, "queue") || slice_is(key, "queues") ||
	    slice_is(key, "publish_to") || ends_with(key, "_queue") ||
	    ends_with(key, "_queues");
}

/* The next node of a tree that is walked without recursion. */
struct walk {
	const struct json_node *at[JSON_DEPTH_MAX];
	unsigned depth;
};

static const struct json_node *
walk_next(struct walk *w)
{
	const struct json_node *n;

	while (w->depth > 0 && w->at[w->depth - 1] == NULL)
		w->depth--;
	if (w->depth == 0)
		return NULL;
	n = w->at[w->depth - 1];
	w->at[w->depth - 1] = n->next;
	if (n->child != NULL && w->depth < JSON_DEPTH_MAX)
		w->at[w->depth++] = n->child;
	return n;
}

/* Queues that an adapter's config names. */
static void
add_configured(struct plan *p, unsigned route, const struct json_node *config)
{
	struct walk w = {.depth = 0};
	const struct json_node *n;

	if (json_absent(config) || config->child == NULL)
		return;
	w.at[w.depth++] = config->child;
	while ((n = walk_next(&w)) != NULL) {
		if (is_queue_key(n->key))
			add_names(p, route, n, false);
	}
}

/* Note a route with its adapters. */
static void
add_route(struct plan *p, const struct json_node *r)
{
	const struct json_node *a = json_get(r, "adapters")->child, *name;
	unsigned route = p->nroutes++, n = 0;

	p->route[route] = r;
	p->queue[route] = json_get(json_get(r, "inbound"), "queue")->str;
	for (; a != NULL; a = a->next) {
		name = json_get(a, "name");
		p->last[route] = p->nadapters;
		p->adapter[p->nadapters++] = (struct adapter){.node = a,
		    .route = route,
		    .n = n++,
		    .name = json_absent(name) ? SLICE_NONE : name->str};
	}
}

/* A name that two adapters have tells neither. */
static void
mark_shared(struct plan *p)
{
	for (unsigned i = 0; i < p->nadapters; i++) {
		struct adapter *a = &p->adapter[i];

		for (unsigned k = 0; k < p->nadapters; k++) {
			if (k != i && slice_eq(a->name, p->adapter[k].name))
				a->shared = true;
		}
	}
}

/* Who there is, then who feeds whom. */
static void
gather(struct plan *p)
{
	const struct json_node *r;

	for (r = p->c->routes->child; r != NULL; r = r->next)
		add_route(p, r);
	mark_shared(p);
	for (unsigned i = 0; i < p->nroutes; i++)
		add_outbound(p, i, json_get(p->route[i], "outbound"));
	for (unsigned i = 0; i < p->nadapters; i++) {
		const struct adapter *a = &p->adapter[i];

		add_outbound(p, a->route, json_get(a->node, "outbound"));
		add_configured(p, a->route, json_get(a->node, "config"));
	}
}

/* Warn of a route that nothing reaches. */
static void
warn_unfed(struct plan *p, unsigned i)
{
	const struct json_node *init = json_get(p->c->root, "init_message");
	char path[80];

	if (!json_absent(init) &&
	    slice_eq(json_get(init, "route")->str, p->route[i]->key))
		return;
	for (unsigned k = 0; k < p->nroutes; k++) {
		if (k != i && p->feeds[k][i])
			return;
	}
	route_path(p, i, path);
	config_issue(p->c->report,
	    (struct config_at){"W511", path, "inbound",
		"Name its queue as the outbound of another route."},
	    "no route feeds queue '%.*s', and it is not where it all begins",
	    SLICE_FMT(utf8_prefix(p->queue[i], NAME_SHOWN)));
}

/* ---- steps ---- */

/* An adapter's own name, where no other has it; else "<route>.<name or n>". */
static void
write_name(const struct plan *p, struct jsonw *w, unsigned i)
{
	const struct adapter *a = &p->adapter[i];
	struct buf text = {0};

	if (a->name.p != NULL && !a->shared) {
		jsonw_str(w, a->name);
		return;
	}
	buf_add_slice(&text, p->route[a->route]->key);
	buf_add_byte(&text, '.');
	if (a->name.p == NULL)
		buf_add_u64(&text, a->n);
	else
		buf_add_slice(&text, a->name);
	jsonw_str(w, buf_slice(&text));
	buf_free(&text);
}

/* The adapter before it, or the last ones of the routes that feed its own. */
static void
write_depends(const struct plan *p, struct jsonw *w, unsigned i)
{
	const struct adapter *a = &p->adapter[i];

	jsonw_key(w, "depends_on");
	jsonw_array(w);
	if (a->n > 0)
		write_name(p, w, i - 1);
	for (unsigned k = 0; a->n == 0 && k < p->nroutes; k++) {
		if (p->feeds[k][a->route])
			write_name(p, w, p->last[k]);
	}
	jsonw_end(w);
}

static void
write_step(const struct plan *p, struct jsonw *w, unsigned i)
{
	const struct adapter *a = &p->adapter[i];

	jsonw_object(w);
	jsonw_key(w, "name");
	write_name(p, w, i);
	jsonw_key(w, "step_type");
	jsonw_str(w, json_get(a->node, "type")->str);
	jsonw_key(w, "route");
	jsonw_str(w, p->route[a->route]->key);
	jsonw_key(w, "queue");
	jsonw_str(w, p->queue[a->route]);
	write_depends(p, w, i);
	jsonw_end(w);
}

/* Write the steps. */
void
config_write_steps(struct config_check *c, struct jsonw *w)
{
	struct plan *p = mem_zalloc(sizeof(*p));

	p->c = c;
	gather(p);
	for (unsigned i = 0; i < p->nroutes; i++)
		warn_unfed(p, i);
	jsonw_key(w, "steps");
	jsonw_array(w);
	for (unsigned i = 0; i < p->nadapters; i++)
		write_step(p, w, i);
	jsonw_end(w);
	free(p);
}
