/*
 * Long polls: GET an execution with ?wait=SECONDS, for clients without SSE.
 * The request is answered when the execution ends, or the time is over, by
 * the very handler it came to.
 */
#ifndef HTTP_WAIT_H
#define HTTP_WAIT_H

#include "core/execution.h"
#include "http/request.h"

struct app;
struct wait;

/* Borrows app. */
struct wait *wait_new(struct app *app);
void wait_free(struct wait *w);

/*
 * Put the request off when it asks to wait and x has not ended: true, and
 * handler is called for it later, when wait_begin() will not put it off
 * again.  Also true when wait= is no number of seconds from 1 to 60, which
 * has then been answered.
 */
bool wait_begin(struct request *r, const struct execution *x,
    void (*handler)(struct request *));

/*
 * The journal's tail moved to seq: let those whose execution ended have
 * their answers.  One look per event, however many wait.
 */
void wait_advance(struct wait *w, uint64_t seq);

/* How many requests wait now. */
unsigned wait_count(const struct wait *w);

/* Answer everybody now, put nobody off again: the server is stopping. */
void wait_drain(struct wait *w);

#endif
