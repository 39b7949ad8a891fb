/*
 * GET /api/v1/lineage: what ran, over executions.  One execution's lineage is
 * http/factflow_read.c's.
 *
 * A run's correlation id leads to its execution without an index of its own:
 * it was made right behind the execution's id (store/rows.h).  A list without
 * execution_id looks at the newest executions alone, and says so
 * ("truncated").
 */
#ifndef HTTP_LINEAGE_API_H
#define HTTP_LINEAGE_API_H

#include "http/request.h"

/* Executions that one list looks at, and events of all of them. */
#define LINEAGE_API_EXECUTIONS 100
#define LINEAGE_API_EVENTS 20000

/* Runs in an answer that has no limit=; later ones are left out. */
#define LINEAGE_API_RUNS 10000

void lineage_api_list(struct request *r);
void lineage_api_batch(struct request *r);    /* what one replay did */
void lineage_api_get(struct request *r);      /* one run */
void lineage_api_children(struct request *r); /* runs made from it */
/*
 * It, what it was made from, and what was made from it, oldest first; all of
 * one execution, even where that is a replay.
 */
void lineage_api_chain(struct request *r);

#endif
