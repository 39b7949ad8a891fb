/*
 * The Restep document's endpoints under /api/executions; http/routes.c has
 * their rows.
 */
#ifndef HTTP_RESTEP_H
#define HTTP_RESTEP_H

struct request;

/* What a worker reports (http/restep.c). */
void restep_heartbeat(struct request *r);
void restep_progress(struct request *r);
void restep_log(struct request *r);
void restep_complete(struct request *r);
void restep_fail(struct request *r);
void restep_cancel(struct request *r);
void restep_report(struct request *r);
void restep_step_running(struct request *r);
void restep_step_progress(struct request *r);
void restep_step_completed(struct request *r);
void restep_step_failed(struct request *r);

/* What anybody may look at (http/restep_read.c). */
void restep_get(struct request *r);
void restep_list(struct request *r);
void restep_logs(struct request *r);

#endif
