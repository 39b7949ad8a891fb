/*
 * Streams of ids, newest first.  Of the facets that could serve a filter the
 * one with the fewest rows does; what it does not promise is asked of each
 * row.
 */
#include "store/rows_source.h"

#include "core/log.h"
#include "store/counters.h"

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
	if (kind == FACET_PROJECT_JOB)
		return rows_key_project_job_status(f->project, &f->job, s);
	if (kind == FACET_CATEGORY)
		return rows_key_category_status(f->category, s);
	return rows_key_status(s);
}

static void
add_facet(struct rows_source *src, struct rows_key facet)
{
	src->facet[src->nfacets++] = facet;
	src->rows += counters_get(src->t, rows_key_slice(&facet));
}

/* One facet, whatever the status. */
static struct rows_source
source_of(struct store_txn *t, struct rows_key facet)
{
	struct rows_source src = {.t = t};

	add_facet(&src, facet);
	return src;
}

/* The facets of that kind with each status that is wanted. */
static struct rows_source
source_by_status(struct store_txn *t, const struct rows_filter *f,
    enum facet kind)
{
	struct rows_source src = {.t = t};
	unsigned mask = status_mask(f);

	for (unsigned s = 1; s < STATUS_COUNT; s++) {
		if ((mask & 1u << s) != 0)
			add_facet(&src, with_status(f, kind, (enum status)s));
	}
	return src;
}

/* What a filter asks for, each kind once. */
enum ask {
	ASK_STATUS = 1,
	ASK_JOB = 2,
	ASK_PROJECT = 4,
	ASK_PARENT = 8,
	ASK_CATEGORY = 16
};

static unsigned
asks_of(const struct rows_filter *f)
{
	return (status_mask(f) != 0 ? ASK_STATUS : 0u) |
	    (uuid_is_zero(&f->job) ? 0u : ASK_JOB) |
	    (f->project != 0 ? ASK_PROJECT : 0u) |
	    (uuid_is_zero(&f->parent) ? 0u : ASK_PARENT) |
	    (f->category != CATEGORY_NONE ? ASK_CATEGORY : 0u);
}

/* Labels, the first among them; empty ones ask for nothing. */
static unsigned
label_count(const struct rows_filter *f)
{
	return (f->label.n > 0) + f->nmore;
}

static struct slice
label_at(const struct rows_filter *f, unsigned i)
{
	if (f->label.n == 0)
		return f->more[i];
	return i == 0 ? f->label : f->more[i - 1];
}

/* Keep the narrower; on a tie the one that is exact. */
static void
keep(struct rows_source *best, const struct rows_source *src, bool exact)
{
	if (src->rows > best->rows || (src->rows == best->rows && !exact))
		return;
	*best = *src;
	best->exact = exact;
}

/* Try a kind of facet that has its own rows for each status. */
static void
try_kind(struct rows_source *best, const struct rows_filter *f, enum facet kind,
    struct rows_key all, unsigned covers)
{
	unsigned asks = asks_of(f);
	struct rows_source src = (asks & ASK_STATUS) != 0
	    ? source_by_status(best->t, f, kind)
	    : source_of(best->t, all);

	keep(best, &src, (asks & ~covers) == 0 && label_count(f) == 0);
}

/* Choose. */
struct rows_source
rows_source_choose(struct store_txn *t, const struct rows_filter *f)
{
	struct rows_source best = {.t = t, .rows = UINT64_MAX, .exact = true};
	unsigned asks = asks_of(f), nlabels = label_count(f);
	struct rows_source src;

	for (unsigned i = 0; i < nlabels; i++) {
		struct slice label = label_at(f, i);

		src = source_of(t, rows_key_label(label));
		keep(&best, &src,
		    nlabels == 1 && asks == 0 && label.n <= SCHEMA_LABEL_MAX);
	}
	if ((asks & ASK_PARENT) != 0) {
		src = source_of(t, rows_key_parent(&f->parent));
		keep(&best, &src, asks == ASK_PARENT && nlabels == 0);
	}
	if ((asks & ASK_STATUS) != 0)
		try_kind(&best, f, FACET_STATUS, rows_key_all(), ASK_STATUS);
	if ((asks & ASK_JOB) != 0)
		try_kind(&best, f, FACET_JOB, rows_key_job(&f->job),
		    ASK_JOB | ASK_STATUS);
	if ((asks & ASK_PROJECT) != 0)
		try_kind(&best, f, FACET_PROJECT, rows_key_project(f->project),
		    ASK_PROJECT | ASK_STATUS);
	if ((asks & ASK_JOB) != 0 && (asks & ASK_PROJECT) != 0)
		try_kind(&best, f, FACET_PROJECT_JOB,
		    rows_key_project_job(f->project, &f->job),
		    ASK_PROJECT | ASK_JOB | ASK_STATUS);
	if ((asks & ASK_CATEGORY) != 0)
		try_kind(&best, f, FACET_CATEGORY,
		    rows_key_category(f->category), ASK_CATEGORY | ASK_STATUS);
	return best;
}

/* The id that ends an index key of the stream's facet. */
static void
read_stream(struct rows_stream *s)
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
open_stream(struct rows_source *src, unsigned i, const struct uuid *below)
{
	struct rows_stream *s = &src->stream[i];
	struct rows_key k = rows_key_index(&src->facet[i], below);

	s->facet = src->facet[i];
	s->c = table_open(src->t, TABLE_INDEX);
	s->there = table_seek_below(&s->c, rows_key_slice(&k));
	read_stream(s);
}

/* Numbers ascend with ids: the index by number holds all ids by age. */
static void
read_number(struct rows_stream *s)
{
	s->there = s->there && s->c.key.n > 0 &&
	    s->c.key.p[0] == FACET_NUMBER && s->c.value.n == ROWS_ID;
	if (s->there)
		memcpy(s->id.b, s->c.value.p, ROWS_ID);
}

static void
open_all(struct rows_source *src, const struct uuid *below)
{
	struct rows_key k = rows_key_number(UINT64_MAX);
	struct rows_stream *s = &src->stream[0];
	struct execution x;
	struct uuid id;

	s->c = table_open(src->t, TABLE_EXECUTIONS);
	if (below != NULL) {
		/* Of an execution's rows its own is the last. */
		if (!table_seek_below(&s->c, table_bytes(below->b, ROWS_ID)) ||
		    s->c.key.n < ROWS_ID)
			return;
		memcpy(id.b, s->c.key.p, ROWS_ID);
		if (!rows_get(src->t, &id, &x) || x.number == UINT64_MAX)
			return;
		k = rows_key_number(x.number + 1);
	}
	table_close(&s->c);
	s->c = table_open(src->t, TABLE_INDEX);
	s->there = table_seek_below(&s->c, rows_key_slice(&k));
	read_number(s);
}

/* Stand before the first row that is wanted. */
void
rows_source_open(struct rows_source *src, const struct uuid *below)
{
	struct uuid top;

	if (src->nfacets == 0) {
		open_all(src, below);
		return;
	}
	memset(top.b, 0xff, sizeof(top.b));
	for (unsigned i = 0; i < src->nfacets; i++)
		open_stream(src, i, below != NULL ? below : &top);
}

static struct rows_stream *
newest(struct rows_source *src)
{
	struct rows_stream *best = NULL;
	unsigned n = src->nfacets > 0 ? src->nfacets : 1;

	for (unsigned i = 0; i < n; i++) {
		struct rows_stream *s = &src->stream[i];

		if (s->there &&
		    (best == NULL || uuid_cmp(&s->id, &best->id) > 0))
			best = s;
	}
	return best;
}

/* Give the newest id that is left. */
bool
rows_source_next(struct rows_source *src, struct uuid *id)
{
	struct rows_stream *s = newest(src);

	if (s == NULL)
		return false;
	*id = s->id;
	s->there = table_prev(&s->c);
	if (src->nfacets == 0)
		read_number(s);
	else
		read_stream(s);
	return true;
}

/* Release the cursors. */
void
rows_source_close(struct rows_source *src)
{
	for (unsigned i = 0; i < STATUS_COUNT; i++)
		table_close(&src->stream[i].c);
}

/* A long label shares its index row with others that begin so. */
static bool
has_label(struct store_txn *t, const struct execution *x, struct slice label)
{
	struct rows_key facet = rows_key_label(label);
	struct rows_key k = rows_key_index(&facet, &x->id);
	struct rows_labels labels;
	bool has;

	if (!table_has(t, TABLE_INDEX, rows_key_slice(&k)))
		return false;
	if (label.n <= SCHEMA_LABEL_MAX)
		return true;
	has = rows_labels_read(t, &x->tags, &labels) &&
	    rows_labels_have(&labels, label);
	rows_labels_free(&labels);
	return has;
}

/* Ask a row all that the filter says. */
bool
rows_source_matches(struct store_txn *t, const struct rows_filter *f,
    const struct uuid *id, struct execution *out)
{
	unsigned mask = status_mask(f), nlabels = label_count(f);

	if (!rows_get(t, id, out))
		return false;
	if (mask != 0 && (mask & 1u << out->status) == 0)
		return false;
	if (!uuid_is_zero(&f->job) && !uuid_eq(&f->job, &out->job))
		return false;
	if (!uuid_is_zero(&f->parent) && !uuid_eq(&f->parent, &out->parent))
		return false;
	if (f->project != 0 && f->project != out->project)
		return false;
	if (f->category != CATEGORY_NONE && f->category != out->category)
		return false;
	for (unsigned i = 0; i < nlabels; i++) {
		if (!has_label(t, out, label_at(f, i)))
			return false;
	}
	return true;
}
