/*
 * The WiseRows Jobs API under /api/v1/jobs; http/routes.c has its rows.
 */
#ifndef HTTP_WISEROWS_H
#define HTTP_WISEROWS_H

struct request;

void wiserows_list(struct request *r);
void wiserows_get(struct request *r);
void wiserows_cancel(struct request *r);

#endif
