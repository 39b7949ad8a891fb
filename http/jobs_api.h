/*
 * Jobs over HTTP: the definitions, and triggering them.
 */
#ifndef HTTP_JOBS_API_H
#define HTTP_JOBS_API_H

struct request;

void jobs_api_list(struct request *r);
void jobs_api_create(struct request *r);
void jobs_api_get(struct request *r);
void jobs_api_replace(struct request *r);
void jobs_api_delete(struct request *r);
void jobs_api_trigger(struct request *r); /* http/trigger.c */
void jobs_api_trigger_batch(struct request *r);

#endif
