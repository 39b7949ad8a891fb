/*
 * What is known of queues, gathered from the jobs that name them.
 */
#ifndef HTTP_QUEUES_VIEW_H
#define HTTP_QUEUES_VIEW_H

#include "core/jsonw.h"
#include "http/request.h"

/*
 * Draw the queue of that name as an object, from this turn's snapshot; or,
 * with name SLICE_NONE, all as an array by name.  A key of a project is shown
 * its own jobs and executions.  False, and nothing drawn, where nobody names
 * that queue and it is not paused; unless it is drawn anyway, as empty.
 */
bool queues_view(struct request *r, struct jsonw *w, struct slice name,
    bool anyway);

#endif
