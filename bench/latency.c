/*
 * Latencies as a histogram: a power of two, split evenly.
 */
#include "bench/latency.h"

#include <time.h>

#define PART_BITS 5

/* The bucket of a value; the first ones are exact. */
static unsigned
bucket_of(uint64_t v)
{
	unsigned top;

	if (v < LATENCY_PARTS)
		return (unsigned)v;
	top = 63 - (unsigned)__builtin_clzll(v);
	return (top - PART_BITS + 1) * LATENCY_PARTS +
	    (unsigned)(v >> (top - PART_BITS) & (LATENCY_PARTS - 1));
}

/* The upper end of a bucket, in ns. */
static double
bucket_end(unsigned b)
{
	unsigned power = b / LATENCY_PARTS, part = b % LATENCY_PARTS;

	if (power == 0)
		return part;
	return (double)((uint64_t)(LATENCY_PARTS + part + 1) << (power - 1));
}

/* Count one. */
void
latency_add(struct latency *l, int64_t ns)
{
	l->bucket[bucket_of(ns < 0 ? 0 : (uint64_t)ns)]++;
	l->count++;
	if (ns > l->max)
		l->max = ns;
}

/* What a share of them did not exceed. */
double
latency_quantile(const struct latency *l, double share)
{
	uint64_t seen = 0;
	unsigned b;

	for (b = 0; b < 64 * LATENCY_PARTS; b++) {
		seen += l->bucket[b];
		if (seen > 0 && (double)seen >= share * (double)l->count)
			return bucket_end(b) / 1e6;
	}
	return 0;
}

/* The slowest. */
double
latency_max(const struct latency *l)
{
	return (double)l->max / 1e6;
}

/* Nanoseconds that only ever ascend. */
int64_t
latency_clock(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000000000 + ts.tv_nsec;
}
