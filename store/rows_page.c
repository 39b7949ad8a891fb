/*
 * Pages of executions by offset, with a total: what a counter knows is
 * skipped without being read, anything else is looked at row by row within a
 * bound.
 */
#include "core/log.h"
#include "store/rows_source.h"

/* Every row of the source matches: step over those before the page. */
static void
read_exact(struct store_txn *t, struct rows_source *src, struct rows_page *p)
{
	struct uuid id;

	for (uint64_t i = 0; i < p->offset; i++) {
		if (!rows_source_next(src, &id))
			return;
	}
	while (p->n < p->max && rows_source_next(src, &id))
		p->n += rows_get(t, &id, &p->out[p->n]);
}

/* Look at the rows of the source and count those that match. */
static void
read_matching(struct store_txn *t, struct rows_source *src,
    const struct rows_filter *f, struct rows_page *p)
{
	struct execution x;
	struct uuid id;
	unsigned looked = 0;

	for (; rows_source_next(src, &id); looked++) {
		if (looked == ROWS_LOOK_MAX) {
			p->cut = true;
			break;
		}
		if (!rows_source_matches(t, f, &id, &x))
			continue;
		if (p->total >= p->offset && p->n < p->max)
			p->out[p->n++] = x;
		p->total++;
	}
}

/* Read a page and its total. */
bool
rows_page_read(struct store_txn *t, const struct rows_filter *f,
    struct rows_page *p)
{
	struct rows_source src = rows_source_choose(t, f);

	p->n = 0;
	p->total = 0;
	p->cut = false;
	if (src.exact) {
		p->total = (uint64_t)rows_count(t, f);
		if (p->offset >= p->total)
			return true;
		if (p->offset > ROWS_LOOK_MAX)
			return false;
	}
	rows_source_open(&src, NULL);
	if (src.exact)
		read_exact(t, &src, p);
	else
		read_matching(t, &src, f, p);
	rows_source_close(&src);
	return true;
}
