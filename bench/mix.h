/*
 * What is asked: the requests of each mix, spread over a set of executions.
 */
#ifndef BENCH_MIX_H
#define BENCH_MIX_H

#include "bench/client.h"
#include "core/uuid.h"

#define MIX_JOB "bench_load" /* the job that is triggered */

/* One execution's id as text. */
struct mix_id {
	char text[UUID_TEXT + 1];
};

/* The executions that requests are about, and where we are in them. */
struct mix {
	const char *host;    /* of the Host header */
	const char *api_key; /* or NULL */
	const char *path;    /* of the mix "path" */
	struct mix_id *ids;
	unsigned nids;
	uint64_t turn;
	/* lifecycle: of each connection */
	struct mix_life {
		unsigned stage;
		struct mix_id id;
	} * lives;
};

#define MIX_PLAIN UINT64_MAX /* the tag of what nothing is learned from */

/* Append a request of connection conn; the result is mix_learn()'s tag. */
typedef uint64_t mix_fn(struct mix *m, unsigned conn, struct buf *out);

/* The mix of that name, NULL when there is none. */
mix_fn *mix_find(const char *name);

/* Requests that set the scene: make the job, trigger it, start id. */
void mix_define(struct mix *m, struct buf *out);
void mix_trigger(struct mix *m, struct buf *out);
void mix_start(struct mix *m, struct buf *out);

/* GET path, POST JSON to it; with m->api_key as the Bearer token, if any. */
void mix_get(struct mix *m, const char *path, struct buf *out);
void mix_post(const struct mix *m, const char *path, struct slice body,
    struct buf *out);

/* An answer, which may decide what its connection asks next. */
void mix_learn(struct mix *m, uint64_t tag, const struct answer *a);

/* The execution's id in a trigger's answer; false when it has none. */
bool mix_read_id(struct slice body, struct mix_id *out);

#endif
