/*
 * What a list of runs asks for: filters, order and page of GET
 * /api/v1/lineage.
 */
#ifndef HTTP_LINEAGE_QUERY_H
#define HTTP_LINEAGE_QUERY_H

#include "http/factflow_work.h"

#define LINEAGE_QUERY_TEXTS 4

enum lineage_sort {
	LINEAGE_BY_START,
	LINEAGE_BY_END,
	LINEAGE_BY_ROUTE,
	LINEAGE_BY_STAGE
};

struct lineage_query {
	struct slice execution; /* id or unique name; NULL p: the newest */
	struct slice route, adapter, status; /* NULL p: any */
	bool root, asks_root;
	int64_t after, before; /* ms, 0: any */
	/* url, origin, title, document_id: of the run's metadata */
	struct slice text[LINEAGE_QUERY_TEXTS];
	enum lineage_sort sort;
	bool descending;
	uint64_t limit, offset;
};

/* Read it; answers 422 itself. */
bool lineage_query_read(struct request *r, struct lineage_query *q);

/* True when the ith run of k is asked for. */
bool lineage_query_matches(const struct lineage_query *q,
    const struct factflow_work *k, unsigned i);

/* What a run is ordered by. */
struct lineage_key {
	int64_t time;
	struct slice text; /* borrowed */
	struct uuid id;
	bool descending;
};

struct lineage_key lineage_query_key(const struct lineage_query *q,
    const struct factflow_work *k, unsigned i);
int lineage_query_compare(const struct lineage_key *a,
    const struct lineage_key *b);

#endif
