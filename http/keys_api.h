/*
 * API keys over HTTP: created and shown once, listed, revoked.
 */
#ifndef HTTP_KEYS_API_H
#define HTTP_KEYS_API_H

struct request;

void keys_api_create(struct request *r);
void keys_api_list(struct request *r);
void keys_api_revoke(struct request *r);

#endif
