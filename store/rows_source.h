/*
 * Where a list of executions is read from: the index rows of one or more
 * facets, merged newest first, or without a filter all executions.  Shared
 * by rows_list.c and rows_page.c.
 */
#ifndef STORE_ROWS_SOURCE_H
#define STORE_ROWS_SOURCE_H

#include "store/rows.h"
#include "store/rows_impl.h"
#include "store/table.h"

struct rows_stream {
	struct table_cursor c;
	struct rows_key facet;
	bool there;
	struct uuid id; /* where it stands, when there */
};

struct rows_source {
	struct store_txn *t;
	unsigned nfacets; /* 0: all executions */
	struct rows_key facet[STATUS_COUNT];
	struct rows_stream stream[STATUS_COUNT];
	uint64_t rows; /* in all its facets, from the counters */
	bool exact;    /* each of them matches the filter */
};

/* The narrowest source that holds all that a filter matches. */
struct rows_source rows_source_choose(struct store_txn *t,
    const struct rows_filter *f);

/* Stand before the newest row older than below; NULL: the newest of all. */
void rows_source_open(struct rows_source *src, const struct uuid *below);
void rows_source_close(struct rows_source *src);

/* The next id, towards the oldest; false at the end. */
bool rows_source_next(struct rows_source *src, struct uuid *id);

/* Read the row of that id; false when the filter does not match it. */
bool rows_source_matches(struct store_txn *t, const struct rows_filter *f,
    const struct uuid *id, struct execution *out);

#endif
