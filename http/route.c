/*
 * Finding the row for a path.  Rows are ordered once by their number of parts
 * and then by how literal they are, so a look-up compares a handful of short
 * strings, and "/jobs/new" wins over "/jobs/{id}" wherever it stands in the
 * table.  http/routes.c is the table; http/dispatch.c asks.
 */
#include "http/route.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "http/app.h"
#include "http/query.h"

#define PARTS_MAX 12

struct row {
	const struct route *route;
	unsigned count;	 /* of parts; "/" has none */
	unsigned params; /* bits: which parts are {..}, the first is highest */
	struct slice part[PARTS_MAX];
};

/* The table in order; rows with n parts are first[n] .. first[n + 1] - 1. */
static struct row *rows;
static size_t first[PARTS_MAX + 2];

/*
 * Split a path into its parts.  Returns their number, or -1 for a path that
 * no row can have: without a leading '/', with an empty part, or too long.
 * Behind a '/' that ends the path there is one more part, an empty one.
 */
static int
split(struct slice path, struct slice part[PARTS_MAX])
{
	int n = 0;
	const char *slash;

	if (path.n == 0 || path.p[0] != '/')
		return -1;
	if (path.n == 1)
		return 0;
	do {
		path.p++;
		path.n--;
		slash = path.n > 0 ? memchr(path.p, '/', path.n) : NULL;
		if (slash == path.p || n == PARTS_MAX)
			return -1;
		part[n].p = path.p;
		part[n].n = slash != NULL ? (size_t)(slash - path.p) : path.n;
		path.p += part[n].n;
		path.n -= part[n].n;
		n++;
	} while (slash != NULL);
	return n;
}

/* ---- building ---- */

/* Read one row of the table; aborts when it is malformed. */
static void
read_row(struct row *row, const struct route *route)
{
	int n = split(slice_str(route->pattern), row->part);
	unsigned params = 0;

	row->route = route;
	if (n < 0 || route->handler == NULL || route->method >= METHOD_OPTIONS)
		log_fatal("malformed route: %s", route->pattern);
	row->count = (unsigned)n;
	for (unsigned i = 0; i < row->count; i++) {
		struct slice s = row->part[i];

		if (memchr(s.p, '{', s.n) == NULL)
			continue;
		if (s.n < 3 || s.p[0] != '{' || s.p[s.n - 1] != '}' ||
		    ++params > REQUEST_PARAMS)
			log_fatal("malformed route: %s", route->pattern);
		row->params |= 1u << (PARTS_MAX - 1 - i);
	}
}

/* True when part i of the row is a {..}. */
static bool
is_param(const struct row *row, unsigned i)
{
	return (row->params >> (PARTS_MAX - 1 - i) & 1) != 0;
}

/* Order: parts, then literal before {..} from the left, then the table. */
static int
compare(const void *pa, const void *pb)
{
	const struct row *a = pa, *b = pb;

	if (a->count != b->count)
		return a->count < b->count ? -1 : 1;
	if (a->params != b->params)
		return a->params < b->params ? -1 : 1;
	return a->route < b->route ? -1 : a->route > b->route;
}

/* True when two rows would answer the same requests. */
static bool
is_double(const struct row *a, const struct row *b)
{
	if (a->count != b->count || a->params != b->params ||
	    a->route->method != b->route->method)
		return false;
	for (unsigned i = 0; i < a->count; i++)
		if (!is_param(a, i) && !slice_eq(a->part[i], b->part[i]))
			return false;
	return true;
}

/* Read and order the table. */
void
route_init(void)
{
	size_t n = 0, i, j;

	while (route_table[n].pattern != NULL)
		n++;
	rows = mem_resize(rows, n + 1, sizeof(*rows));
	memset(rows, 0, (n + 1) * sizeof(*rows));
	memset(first, 0, sizeof(first));
	for (i = 0; i < n; i++) {
		read_row(&rows[i], &route_table[i]);
		for (j = 0; j < i; j++)
			if (is_double(&rows[i], &rows[j]))
				log_fatal("doubled route: %s",
				    rows[i].route->pattern);
	}
	qsort(rows, n, sizeof(*rows), compare);
	for (i = 0; i < n; i++)
		first[rows[i].count + 1]++;
	for (i = 1; i < PARTS_MAX + 2; i++)
		first[i] += first[i - 1];
}

/* ---- finding ---- */

/* True when the parts of a path fit the row; none that is empty fits {..}. */
static bool
fits(const struct row *row, const struct slice part[PARTS_MAX])
{
	for (unsigned i = 0; i < row->count; i++)
		if (is_param(row, i) ? part[i].n == 0
				     : !slice_eq(row->part[i], part[i]))
			return false;
	return true;
}

/* Hand the {..} parts of the path to the request. */
static void
set_params(struct request *r, const struct row *row,
    const struct slice part[PARTS_MAX])
{
	unsigned n = 0;

	for (unsigned i = 0; i < row->count; i++)
		if (is_param(row, i))
			r->param[n++] = part[i];
}

/* Name the methods whose bits are set. */
static void
list_methods(unsigned methods, char allow[64])
{
	static const char *const names[] = {
	    [METHOD_GET] = "GET",
	    [METHOD_POST] = "POST",
	    [METHOD_PUT] = "PUT",
	    [METHOD_PATCH] = "PATCH",
	    [METHOD_DELETE] = "DELETE",
	};
	size_t at = 0, n;

	for (unsigned i = METHOD_GET; i < METHOD_OPTIONS; i++) {
		if ((methods >> i & 1) == 0)
			continue;
		n = strlen(names[i]);
		INVARIANT(at + n + 3 <= 64);
		if (at > 0) {
			memcpy(allow + at, ", ", 2);
			at += 2;
		}
		memcpy(allow + at, names[i], n);
		at += n;
	}
	allow[at] = '\0';
}

/*
 * Decode what is encoded in a part; false when no row can have it.  An
 * encoded '/' is one of a name's, and parts no part.
 */
static bool
decode_part(struct request *r, struct slice *part)
{
	return memchr(part->p, '%', part->n) == NULL ||
	    query_decode(*part, false, &r->arena, part);
}

/* Find the row for r, or the methods its path has. */
const struct route *
route_find(struct request *r, char allow[64])
{
	struct slice part[PARTS_MAX];
	int n = split(r->path, part);
	unsigned methods = 0;

	allow[0] = '\0';
	for (int i = 0; i < n; i++)
		if (!decode_part(r, &part[i]))
			return NULL;
	if (n < 0)
		return NULL;
	for (size_t i = first[n]; i < first[n + 1]; i++) {
		const struct route *route = rows[i].route;

		if (!fits(&rows[i], part) ||
		    ((route->flags & ROUTE_TEST) != 0 && !r->app->test_clock))
			continue;
		if (route->method == r->method) {
			set_params(r, &rows[i], part);
			return route;
		}
		methods |= 1u << route->method;
	}
	list_methods(methods, allow);
	return NULL;
}

/* Compare the parts as they were sent with the rows. */
bool
route_may_pipeline(enum method m, struct slice target)
{
	struct slice part[PARTS_MAX];
	int n = split(target, part);

	for (size_t i = n < 0 ? 0 : first[n]; n >= 0 && i < first[n + 1]; i++)
		if (rows[i].route->method == m &&
		    (rows[i].route->flags & ROUTE_PIPELINE) != 0 &&
		    fits(&rows[i], part))
			return true;
	return false;
}

/* True when prefix owns path: a whole number of parts, or up to its '/'. */
static bool
owns(const char *prefix, struct slice path)
{
	size_t n = strlen(prefix);

	if (n == 0)
		return true;
	return path.n >= n && memcmp(path.p, prefix, n) == 0 &&
	    (path.n == n || prefix[n - 1] == '/' || path.p[n] == '/');
}

/* Find the dialect with the longest prefix that owns path. */
const struct dialect *
route_dialect(struct slice path)
{
	const struct dialect *d = route_dialects, *best = NULL;
	size_t longest = 0;

	for (;; d++) {
		size_t n = strlen(d->prefix);

		if ((best == NULL || n > longest) && owns(d->prefix, path)) {
			best = d;
			longest = n;
		}
		if (n == 0)
			return best;
	}
}
