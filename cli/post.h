/*
 * Several POSTs under way at once, without threads: whoever sends one is
 * called back when it is over.
 */
#ifndef CLI_POST_H
#define CLI_POST_H

#include "cli/client.h"

struct post_pool;
struct post;

struct post_pool *post_pool_new(void);
void post_pool_free(struct post_pool *pool); /* after all of its posts */

/*
 * Sleep until a descriptor of fds is ready (their revents are not set), a
 * POST moves on, or ms have passed.
 */
void post_pool_wait(struct post_pool *pool, struct curl_waitfd *fds, size_t n,
    int64_t ms);

/* Move on, and call back for what is over. */
void post_pool_turn(struct post_pool *pool);

/*
 * Somebody who sends one POST at a time with the key of client (borrowed).
 * done() may send the next; the reply is cleared after it.
 */
struct post *post_new(struct post_pool *pool, const struct client *client,
    void (*done)(void *arg, struct reply *r), void *arg);
void post_free(struct post *p); /* nobody is called; NULL is fine */

/*
 * Send body (borrowed until it is over; empty sends none) to target, and give
 * up after so many ms.
 */
void post_send(struct post *p, struct slice target, struct slice body,
    int64_t ms);
bool post_busy(const struct post *p);

/* Hang up without a call. */
void post_abort(struct post *p);

#endif
