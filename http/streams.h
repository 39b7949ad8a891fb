/*
 * Opening event streams: what is asked is read here, then the socket is
 * sse's.
 */
#ifndef HTTP_STREAMS_H
#define HTTP_STREAMS_H

#include <stdbool.h>

#include "core/uuid.h"

struct request;
struct sse_request;

/* GET /events: everything, by job, status, types, tag, project. */
void streams_all(struct request *r);

/* GET /api/v1/executions/{id}/events: one execution, until it ends. */
void streams_execution(struct request *r);

/*
 * For streams of other files: what each reads of the query.  Those that
 * return false have answered 422.
 */
void streams_read_form(struct request *r, struct sse_request *q);
bool streams_read_timeout(struct request *r, struct sse_request *q);
bool streams_read_cursor(struct request *r, struct sse_request *q);

/* Whose streams they are, to sse: 0 where no key was needed. */
uint64_t streams_owner(const struct uuid *key);

/* Hand the socket over. */
void streams_subscribe(struct request *r, const struct sse_request *q);

#endif
