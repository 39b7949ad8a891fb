/*
 * Queues: not things of their own, but names that jobs give, with what waits
 * there and whether it is held back.
 */
#ifndef HTTP_QUEUES_H
#define HTTP_QUEUES_H

struct request;

void queues_list(struct request *r);   /* GET /api/queues */
void queues_get(struct request *r);    /* GET /api/queues/{name} */
void queues_pause(struct request *r);  /* POST /api/queues/{name}/pause */
void queues_resume(struct request *r); /* POST /api/queues/{name}/resume */

/* The same of jobs: POST /api/jobs/{job}/pause and .../resume */
void queues_pause_job(struct request *r);
void queues_resume_job(struct request *r);

#endif
