/*
 * GET /api/executions/{id}/why: what an execution waits for, or what holds
 * it back; core/why.h says what there is.
 */
#ifndef HTTP_WHY_H
#define HTTP_WHY_H

struct request;

void why_get(struct request *r);

#endif
