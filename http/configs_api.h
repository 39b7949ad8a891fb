/*
 * Factflow's endpoints under /api/v1/configs; running one is
 * http/factflow.c's.
 */
#ifndef HTTP_CONFIGS_API_H
#define HTTP_CONFIGS_API_H

struct request;

void configs_api_create(struct request *r);
void configs_api_list(struct request *r);
void configs_api_get(struct request *r);
void configs_api_replace(struct request *r);
void configs_api_delete(struct request *r);
void configs_api_validate(struct request *r);

#endif
