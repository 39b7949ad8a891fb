/*
 * Which run of an execution made an object.
 */
#ifndef HTTP_STORAGE_RUN_H
#define HTTP_STORAGE_RUN_H

#include "http/factflow_work.h"
#include "store/objects.h"

/*
 * The place among the runs of the newest that had begun when the object was
 * stored, of the step whose route and name its key has; -1: none.
 */
int storage_run_of(const struct factflow_work *k,
    const struct objects_row *row);

#endif
