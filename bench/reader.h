/*
 * One event stream, read strictly and cheaply, for load tools.
 */
#ifndef BENCH_READER_H
#define BENCH_READER_H

#include <stdbool.h>
#include <stdint.h>

#include "bench/latency.h"

/* A payload: the mark, 12 digits counting from 1, " t=", 20 digits of ns. */
#define READER_MARK "n="

struct reader;

/* What all readers saw together. */
struct reader_sum {
	uint64_t bytes, heads, closed;
	uint64_t delivered, missing, repeated;
	uint64_t disordered; /* ids that did not ascend */
	struct latency latency;
};

/* Read the stream that was asked for on fd; adds to sum. */
struct reader *reader_new(int fd, struct reader_sum *sum);

/* Bytes arrived, or the end. */
void reader_read(struct reader *r);

#endif
