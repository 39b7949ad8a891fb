/*
 * Retry with exponential backoff and jitter: arithmetic only.
 */
#ifndef CORE_RETRY_H
#define CORE_RETRY_H

#include "core/slice.h"

struct retry {
	uint32_t max_attempts;	     /* 1..1000; 3 */
	int64_t initial_interval_ms; /* 0..; 5000 */
	double backoff_coefficient;  /* 1.0..100; 2.0 */
	int64_t max_interval_ms;     /* 900000 */
	double jitter;		     /* 0..1; 0.1 is plus or minus 10 % */
	uint16_t nnon_retryable;
	struct slice *non_retryable; /* error types, exact */
};

/*
 * The wait in ms before the attempt that follows `attempt` (from 1): initial
 * * coefficient^(attempt-1), at most max_interval_ms, then moved by up to
 * jitter either way, noise being 64 random bits.  Never negative; never
 * over max_interval_ms * (1 + jitter).
 */
int64_t retry_delay(const struct retry *r, uint32_t attempt, uint64_t noise);

/* True when another attempt may follow `attempt` after an error_type. */
bool retry_allowed(const struct retry *r, uint32_t attempt,
    struct slice error_type);

#endif
