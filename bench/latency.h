/*
 * Latencies: counted in buckets about 3% wide, so that millions cost nothing.
 */
#ifndef BENCH_LATENCY_H
#define BENCH_LATENCY_H

#include <stdint.h>

#define LATENCY_PARTS 32 /* buckets of each power of two */

struct latency {
	uint64_t bucket[64 * LATENCY_PARTS];
	uint64_t count;
	int64_t max; /* ns, exact */
};

/* Count one, in ns. */
void latency_add(struct latency *l, int64_t ns);

/* The latency that a share of them, 0.5 or 0.99, did not exceed; in ms. */
double latency_quantile(const struct latency *l, double share);

/* The slowest, in ms. */
double latency_max(const struct latency *l);

/* The monotonic clock, in ns. */
int64_t latency_clock(void);

#endif
