/*
 * The way of every command from a request to the engine.
 */
#ifndef HTTP_SUBMIT_H
#define HTTP_SUBMIT_H

#include "engine/engine.h"
#include "http/request.h"

/*
 * Hand c to the engine: it asks with what r's key may do, and r is deferred
 * until c answers and settles it (c->answer, c->settled, c->arg are set).
 */
void submit_cmd(struct request *r, struct cmd *c);

/* A command on a job or config; arg of its cmd. */
struct submit_job {
	struct cmd cmd;
	struct request *req;
	struct job *job; /* the definition sent; owned */
};

/*
 * Submit a command of that kind on the job the path names.  Takes job (may be
 * NULL), which lives until the command is settled.
 */
void submit_job(struct request *r, enum cmd_kind kind, struct job *job,
    void (*answer)(struct cmd *, const struct outcome *));

#endif
