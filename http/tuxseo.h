/*
 * TuxSEO's endpoints under /public-api; http/routes.c has their rows.
 */
#ifndef HTTP_TUXSEO_H
#define HTTP_TUXSEO_H

struct request;

void tuxseo_create(struct request *r); /* http/tuxseo_create.c */
void tuxseo_list(struct request *r);   /* http/tuxseo_read.c */
void tuxseo_get(struct request *r);    /* http/tuxseo_read.c */
void tuxseo_cancel(struct request *r);
void tuxseo_retry(struct request *r);
void tuxseo_rollback(struct request *r);

#endif
