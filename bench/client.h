/*
 * An HTTP client for load: a fixed set of keep-alive connections on one epoll,
 * each with up to `pipeline` requests under way.
 *
 * A connection that breaks or an answer that is no HTTP ends the program: a
 * measurement with holes is none.
 */
#ifndef BENCH_CLIENT_H
#define BENCH_CLIENT_H

#include "bench/answer.h"
#include "core/buf.h"

struct client;

/* Connect; url is "http://ADDR:PORT", an IPv4 address. */
struct client *client_new(const char *url, unsigned connections,
    unsigned pipeline);
void client_free(struct client *c);

#define CLIENT_REST \
	(UINT64_MAX - 1) /* of a connection that has nothing to ask */

struct client_work {
	/*
	 * Append one request of connection `conn`; the result is its tag, or
	 * CLIENT_REST: then it is not asked before client_wake().
	 */
	uint64_t (*next)(void *arg, unsigned conn, struct buf *out);
	/* Its answer, ns after it was asked. */
	void (*done)(void *arg, uint64_t tag, const struct answer *a,
	    int64_t ns);
	void *arg;
	uint64_t requests; /* ask that many; 0: no limit */
	int64_t ns;	   /* ask for that long; 0: no limit */
};

/* Ask up to the limit, and return when the last answer came. */
void client_run(struct client *c, const struct client_work *w);

/* Call fn with the work's arg whenever all that had arrived is handled. */
void client_each_turn(struct client *c, void (*fn)(void *arg));

/* Ask on a connection that rests, within client_run(). */
void client_wake(struct client *c, unsigned conn);

/* Make client_run() return, whatever is under way. */
void client_end(struct client *c);

#endif
