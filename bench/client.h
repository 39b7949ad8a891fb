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

struct client_work {
	/* Append one request of connection `conn`; the result is its tag. */
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

#endif
