/*
 * What a list of objects is narrowed by, beside what their keys begin with.
 */
#ifndef HTTP_STORAGE_FILTER_H
#define HTTP_STORAGE_FILTER_H

#include "http/request.h"
#include "store/objects.h"

struct storage_filter;

/*
 * Read route_id=, stage=, extension= and correlation_id=; owned.  *prefix is
 * made longer where all that the filter lets through begins so.
 */
struct storage_filter *storage_filter_new(struct request *r,
    struct slice *prefix);
void storage_filter_free(struct storage_filter *f);

bool storage_filter_matches(const struct storage_filter *f,
    const struct objects_row *row);

#endif
