/*
 * Pages of executions, and how many there are.
 *
 * A page is read from streams of ids, newest first: the index rows of one or
 * more facets, merged, or without a filter the table itself.  Of the facets
 * that could serve, the one with the fewest rows does; what it does not
 * promise is asked of each row.
 */
#include "core/log.h"
#include "store/counters.h"
#include "store/rows.h"
#include "store/rows_impl.h"
#include "store/table.h"

#define LOOK_MAX 10000

struct stream {
	struct table_cursor c;
	struct rows_key facet;
	bool there;
	struct uuid id; /* where it stands, when there */
};

struct source {
	struct store_txn *t;
	unsigned nfacets; /* 0: the table itself */
	struct rows_key facet[STATUS_COUNT];
	struct stream stream[STATUS_COUNT];
	uint64_t rows;
};

/* Bit s is set when status s is wanted; 0: any. */
static unsigned
status_mask(const struct rows_filter *f)
{
	unsigned mask = 0;

	for (unsigned i = 0; i < STATUS_COUNT && f->status[i] != 0; i++) {
		INVARIANT(f->status[i] < STATUS_COUNT);
		mask |= 1u << f->status[i];
	}
	return mask;
}

static struct rows_key
with_status(const struct rows_filter *f, enum facet kind, enum status s)
{
	if (kind == FACET_JOB)
		return rows_key_job_status(&f->job, s);
	if (kind == FACET_PROJECT)
		return rows_key_project_status(f->project, s);
	return rows_key_status(s);
}

static void
add_facet(struct source *src, struct rows_key facet)
{
	src->facet[src->nfacets++] = facet;
	src->rows += counters_get(src->t, rows_key_slice(&facet));
}

/* The facets of that kind which hold all that matches. */
static struct source
source_of(struct store_txn *t, const struct rows_filter *f, enum facet kind)
{
	struct source src = {.t = t};
	unsigned mask = status_mask(f);

	if (kind == FACET_LABEL) {
		add_facet(&src, rows_key_label(f->label));
	} else if (mask == 0 && kind == FACET_JOB) {
		add_facet(&src, rows_key_job(&f->job));
	} else if (mask == 0 && kind == FACET_PROJECT) {
		add_facet(&src, rows_key_project(f->project));
	} else {
		for (unsigned s = 1; s < STATUS_COUNT; s++) {
			if ((mask & 1u << s) != 0)
				add_facet(&src,
				    with_status(f, kind, (enum status)s));
		}
	}
	return src;
}

/* The narrowest source for a filter. */
static struct source
choose(struct store_txn *t, const struct rows_filter *f)
{
	const struct {
		enum facet kind;
		bool serves;
	} kinds[] = {
	    {FACET_LABEL, f->label.n > 0},
	    {FACET_JOB, !uuid_is_zero(&f->job)},
	    {FACET_PROJECT, f->project != 0},
	    {FACET_STATUS, status_mask(f) != 0},
	};
	struct source best = {.t = t, .rows = UINT64_MAX};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct source src;

		if (!kinds[i].serves)
			continue;
		src = source_of(t, f, kinds[i].kind);
		if (src.rows < best.rows)
			best = src;
	}
	return best;
}

/* The id that ends an index key of the stream's facet. */
static void
read_stream(struct stream *s)
{
	static const struct uuid any = {{0}};
	struct rows_key k = rows_key_index(&s->facet, &any);
	size_t prefix = k.n - ROWS_ID;

	s->there = s->there && s->c.key.n == k.n &&
	    memcmp(s->c.key.p, k.b, prefix) == 0;
	if (s->there)
		memcpy(s->id.b, s->c.key.p + prefix, ROWS_ID);
}

static void
open_stream(struct source *src, unsigned i, const struct uuid *below)
{
	struct stream *s = &src->stream[i];
	struct rows_key k = rows_key_index(&src->facet[i], below);

	s->facet = src->facet[i];
	s->c = table_open(src->t, TABLE_INDEX);
	s->there = table_seek_below(&s->c, rows_key_slice(&k));
	read_stream(s);
}

static bool
next_merged(struct source *src, struct uuid *id)
{
	struct stream *best = NULL;

	for (unsigned i = 0; i < src->nfacets; i++) {
		struct stream *s = &src->stream[i];

		if (s->there &&
		    (best == NULL || uuid_cmp(&s->id, &best->id) > 0))
			best = s;
	}
	if (best == NULL)
		return false;
	*id = best->id;
	best->there = table_prev(&best->c);
	read_stream(best);
	return true;
}

/* In the table an execution's row is the last of what it has there. */
static bool
next_in_table(struct source *src, const struct uuid *below, struct uuid *id)
{
	struct stream *s = &src->stream[0];

	if (!table_seek_below(&s->c, table_bytes(below->b, ROWS_ID)) ||
	    s->c.key.n < ROWS_ID)
		return false;
	memcpy(id->b, s->c.key.p, ROWS_ID);
	return true;
}

static void
open_source(struct source *src, const struct uuid *below)
{
	if (src->nfacets == 0)
		src->stream[0].c = table_open(src->t, TABLE_EXECUTIONS);
	for (unsigned i = 0; i < src->nfacets; i++)
		open_stream(src, i, below);
}

static bool
next(struct source *src, const struct uuid *below, struct uuid *id)
{
	return src->nfacets == 0 ? next_in_table(src, below, id)
				 : next_merged(src, id);
}

static void
close_source(struct source *src)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		table_close(&src->stream[i].c);
}

static bool
has_label(struct store_txn *t, const struct uuid *id, struct slice label)
{
	struct rows_key facet = rows_key_label(label);
	struct rows_key k = rows_key_index(&facet, id);

	return table_has(t, TABLE_INDEX, rows_key_slice(&k));
}

static bool
matches(struct store_txn *t, const struct rows_filter *f,
    const struct execution *x)
{
	unsigned mask = status_mask(f);

	if (mask != 0 && (mask & 1u << x->status) == 0)
		return false;
	if (!uuid_is_zero(&f->job) && !uuid_eq(&f->job, &x->job))
		return false;
	if (f->project != 0 && f->project != x->project)
		return false;
	return f->label.n == 0 || has_label(t, &x->id, f->label);
}

/* Read a page. */
unsigned
rows_list(struct store_txn *t, const struct rows_filter *f, struct uuid *at,
    struct execution *out, unsigned max)
{
	static const struct uuid zero;
	struct source src;
	struct uuid below, id;
	struct execution x;
	unsigned n = 0, looked;

	INVARIANT(max > 0);
	if (f->label.n > SCHEMA_LABEL_MAX) {
		*at = zero;
		return 0;
	}
	src = choose(t, f);
	below = *at;
	if (uuid_is_zero(at))
		memset(below.b, 0xff, sizeof(below.b));
	open_source(&src, &below);
	for (looked = 0; looked < LOOK_MAX; looked++, below = id) {
		if (!next(&src, &below, &id)) {
			below = zero;
			break;
		}
		if (!rows_get(t, &id, &x) || !matches(t, f, &x))
			continue;
		if (n == max)
			break;
		out[n++] = x;
	}
	close_source(&src);
	*at = below;
	return n;
}

/* Read a total. */
int64_t
rows_count(struct store_txn *t, const struct rows_filter *f)
{
	bool job = !uuid_is_zero(&f->job), project = f->project != 0;
	bool status = status_mask(f) != 0, label = f->label.n > 0;
	struct rows_key all = rows_key_all();

	if (label ? job || project || status : job && project)
		return -1;
	if (!label && !job && !project && !status)
		return (int64_t)counters_get(t, rows_key_slice(&all));
	if (label && f->label.n > SCHEMA_LABEL_MAX)
		return 0;
	return (int64_t)choose(t, f).rows;
}

/* List ids by status, upward. */
unsigned
rows_by_status(struct store_txn *t, enum status status,
    const struct uuid *after, struct uuid *out, unsigned max)
{
	struct stream s = {.facet = rows_key_status(status)};
	struct rows_key k = rows_key_index(&s.facet, after);
	unsigned n = 0;

	s.c = table_open(t, TABLE_INDEX);
	s.there = table_seek(&s.c, rows_key_slice(&k));
	for (; n < max; s.there = table_next(&s.c)) {
		read_stream(&s);
		if (!s.there)
			break;
		if (!uuid_eq(&s.id, after))
			out[n++] = s.id;
	}
	table_close(&s.c);
	return n;
}

/* Find the newest execution. */
bool
rows_newest(struct store_txn *t, struct uuid *out)
{
	struct source src = {.t = t};
	struct uuid below;
	bool found;

	memset(below.b, 0xff, sizeof(below.b));
	open_source(&src, &below);
	found = next(&src, &below, out);
	close_source(&src);
	return found;
}
