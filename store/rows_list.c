/*
 * Pages of executions by a cursor, and how many there are.  Where they are
 * read from is rows_source.c's choice; pages by offset are rows_page.c's.
 */
#include "core/log.h"
#include "store/counters.h"
#include "store/rows_source.h"

#define LOOK_MAX 10000

/* Read a page. */
unsigned
rows_list(struct store_txn *t, const struct rows_filter *f, struct uuid *at,
    struct execution *out, unsigned max)
{
	static const struct uuid zero;
	struct rows_source src = rows_source_choose(t, f);
	struct uuid last = *at, id;
	struct execution x;
	unsigned n = 0, looked;

	INVARIANT(max > 0);
	rows_source_open(&src, uuid_is_zero(at) ? NULL : at);
	for (looked = 0; looked < LOOK_MAX; looked++, last = id) {
		if (!rows_source_next(&src, &id)) {
			last = zero;
			break;
		}
		if (!rows_source_matches(t, f, &id, &x))
			continue;
		if (n == max)
			break;
		out[n++] = x;
	}
	rows_source_close(&src);
	*at = last;
	return n;
}

/* Read a total. */
int64_t
rows_count(struct store_txn *t, const struct rows_filter *f)
{
	struct rows_source src = rows_source_choose(t, f);
	struct rows_key all = rows_key_all();

	if (!src.exact)
		return -1;
	if (src.nfacets == 0)
		return (int64_t)counters_get(t, rows_key_slice(&all));
	return (int64_t)src.rows;
}

/* Count what a key is counted for. */
uint64_t
rows_count_active(struct store_txn *t, const struct uuid *key)
{
	struct rows_key facet = rows_key_maker(key);

	return counters_get(t, rows_key_slice(&facet));
}

/* List ids by status, upward. */
unsigned
rows_by_status(struct store_txn *t, enum status status,
    const struct uuid *after, struct uuid *out, unsigned max)
{
	struct rows_key facet = rows_key_status(status);
	struct rows_key k = rows_key_index(&facet, after);
	struct table_cursor c = table_open(t, TABLE_INDEX);
	bool there = table_seek(&c, rows_key_slice(&k));
	struct uuid id;
	unsigned n = 0;

	for (; there && n < max; there = table_next(&c)) {
		if (c.key.n != k.n || memcmp(c.key.p, facet.b, facet.n) != 0)
			break;
		memcpy(id.b, c.key.p + facet.n, ROWS_ID);
		if (!uuid_eq(&id, after))
			out[n++] = id;
	}
	table_close(&c);
	return n;
}

/* Find the newest execution. */
bool
rows_newest(struct store_txn *t, struct uuid *out)
{
	struct rows_source src = {.t = t};
	bool found;

	rows_source_open(&src, NULL);
	found = rows_source_next(&src, out);
	rows_source_close(&src);
	return found;
}
