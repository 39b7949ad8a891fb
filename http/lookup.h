/*
 * Finding what a path names, as far as the asker may see it.
 */
#ifndef HTTP_LOOKUP_H
#define HTTP_LOOKUP_H

#include "core/execution.h"
#include "http/request.h"
#include "store/jobs.h"

/*
 * The execution of that id or unique name; false when there is none, or it
 * is not the asker's to see.
 */
bool lookup_execution(struct request *r, struct slice ref,
    struct execution *out);

/* The same by its id alone. */
bool lookup_id(struct request *r, struct slice text, struct execution *out);

/* The same for the path's first part; answers 404 itself. */
bool lookup_path_execution(struct request *r, struct execution *out);

/*
 * The job of that id or name, as far as the asker may use it; by its id also
 * one that was deleted.
 */
bool lookup_job(struct request *r, struct slice ref, struct jobs_head *out);

#endif
