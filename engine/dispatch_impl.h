/*
 * What dispatch.c and dispatch_wait.c share; nobody else includes it.
 */
#ifndef ENGINE_DISPATCH_IMPL_H
#define ENGINE_DISPATCH_IMPL_H

#include <sys/queue.h>

#include "core/hash.h"
#include "core/heap.h"
#include "engine/dispatch.h"

#define EVERY_PROJECT UINT64_MAX

struct dispatch_link;

/* What claims wait at: a queue or a job. */
struct dispatch_source {
	TAILQ_HEAD(, dispatch_link) waiting; /* in the order they came */
	unsigned count;
	bool fresh;	  /* on the list of those to look at, */
	uint64_t project; /* for something of this one, or EVERY_PROJECT */
	TAILQ_ENTRY(dispatch_source) entry;
};

struct dispatch_queue {
	struct dispatch_source source; /* first */
	struct buf name;
	bool paused;
	uint64_t served; /* dispatch.served, when it gave something last */
	unsigned njobs;
	TAILQ_HEAD(, dispatch_job) offers; /* jobs that have something */
};

struct dispatch_lane {
	struct heap_node node; /* first; of its job's heap of that kind */
	struct dispatch_job *job;
	struct ready_row head; /* a guess, never worse than the truth */
	bool held_back;	       /* by its key's limit: not in the heap */
};

struct dispatch_job {
	struct dispatch_source source; /* first */
	struct uuid id;
	struct dispatch_queue *queue;
	struct heap lanes[READY_KINDS];
	unsigned nlanes;	   /* those held back, too */
	uint32_t max, max_per_key; /* held at a time; max 0: no limit */
	bool full;		   /* max was reached when last looked */
	bool paused;
	bool deleted; /* forgotten when nothing is left of it here */
	bool offers;  /* on its queue's list */
	TAILQ_ENTRY(dispatch_job) offer;
};

struct dispatch {
	struct engine *engine;
	struct hash *jobs, *queues; /* by id, by the name's digest */
	struct hash *lanes;	    /* by the digest of what they are of */
	uint64_t served;	    /* how often something was chosen */
	TAILQ_HEAD(, dispatch_source) fresh;
};

/* A claim at one of the sources it waits at. */
struct dispatch_link {
	struct cmd *cmd;
	struct dispatch_source *source;
	struct dispatch_queue *queue; /* whose source it is, */
	struct dispatch_job *job;     /* or NULL, and this one's */
	TAILQ_ENTRY(dispatch_link) entry;
};

/* What a claim is to the dispatcher. */
struct dispatch_waiter {
	struct dispatch *dispatch;
	bool waits;
	unsigned nlinks;
	struct dispatch_link *links;
	struct uuid *jobs; /* claim.jobs, found */
};

struct dispatch_queue *dispatch_queue(struct dispatch *d, struct store_txn *t,
    struct slice name);
struct dispatch_queue *dispatch_queue_find(const struct dispatch *d,
    struct slice name);
void dispatch_queue_leave(struct dispatch *d, struct dispatch_queue *q);
struct dispatch_job *dispatch_job(struct dispatch *d, struct store_txn *t,
    const struct uuid *id);
void dispatch_job_leave(struct dispatch *d, struct dispatch_job *j);

/* Claims that wait at s, and may see that project, are to look again. */
void dispatch_freshen(struct dispatch *d, struct dispatch_source *s,
    uint64_t project);

#endif
