/*
 * What tuxseo*.c share; nobody else includes it.
 */
#ifndef HTTP_TUXSEO_IMPL_H
#define HTTP_TUXSEO_IMPL_H

#include "engine/engine.h"
#include "http/tuxseo_error.h"
#include "http/tuxseo_view.h"

/* A command on its way, with what it borrows. */
struct tuxseo_op {
	struct cmd cmd;
	struct request *req;
	char job[UUID_TEXT + 1];
	char input[64];
};

/* The job of the path; answers 404, or 422 when its id is no integer. */
bool tuxseo_find(struct request *r, struct execution *out);

/*
 * The Idempotency-Key; answers 400 when there is none, with that message, or
 * it is none.
 */
bool tuxseo_key(struct request *r, const char *missing, struct slice *key);

/* Hand a command to the engine; takes op. */
void tuxseo_submit(struct request *r, struct tuxseo_op *op,
    void (*answer)(struct cmd *, const struct outcome *));

/* {"status":"success","message","job"}; created -1: left out. */
void tuxseo_send_job(struct request *r, const struct outcome *o,
    const char *message, int created);

#endif
