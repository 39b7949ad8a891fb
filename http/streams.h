/*
 * Opening event streams: what is asked is read here, then the socket is
 * sse's.
 */
#ifndef HTTP_STREAMS_H
#define HTTP_STREAMS_H

struct request;

/* GET /events: everything, by job, status, types, tag, project. */
void streams_all(struct request *r);

/* GET /api/v1/executions/{id}/events: one execution, until it ends. */
void streams_execution(struct request *r);

#endif
