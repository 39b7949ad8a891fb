/*
 * Factflow's endpoints under /api/v1/executions; http/routes.c has their
 * rows.
 */
#ifndef HTTP_FACTFLOW_H
#define HTTP_FACTFLOW_H

struct request;

/* What changes an execution (http/factflow.c). */
void factflow_create(struct request *r);
void factflow_run(struct request *r); /* POST /api/v1/configs/{id}/run */
void factflow_cancel(struct request *r);
void factflow_tag(struct request *r);
void factflow_patch(struct request *r);
void factflow_replay(struct request *r);

/* What anybody may look at (http/factflow_read.c). */
void factflow_list(struct request *r);
void factflow_get(struct request *r);
void factflow_replays(struct request *r);
void factflow_stats(struct request *r);
void factflow_dag(struct request *r);
void factflow_routes(struct request *r);
void factflow_lineage(struct request *r);
void factflow_monitor(struct request *r);

#endif
