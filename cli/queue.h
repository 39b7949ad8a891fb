/*
 * The commands about queues: what waits for workers.
 */
#ifndef CLI_QUEUE_H
#define CLI_QUEUE_H

struct call;

int queue_list(struct call *call);
int queue_get(struct call *call);
int queue_pause(struct call *call);
int queue_resume(struct call *call);

#endif
