/*
 * When to try again.  core/lifecycle.c asks; noise comes from the caller.
 */
#include "core/retry.h"

/* base^n by squaring: 32 steps whatever n is, and infinity when too large. */
static double
power(double base, uint32_t n)
{
	double v = 1.0;

	for (; n > 0; n >>= 1) {
		if (n & 1)
			v *= base;
		base *= base;
	}
	return v;
}

/* Give ms, a double >= 0, as an integer: cut, never wrapped. */
static int64_t
whole(double ms)
{
	if (!(ms > 0.0))
		return 0;
	return ms < 9e18 ? (int64_t)ms : INT64_MAX;
}

/* Bound the growth before the jitter, so both bounds of retry.h hold. */
int64_t
retry_delay(const struct retry *r, uint32_t attempt, uint64_t noise)
{
	double most = (double)r->max_interval_ms;
	double wait = (double)r->initial_interval_ms;
	double unit = (double)(noise >> 11) / 9007199254740992.0; /* 2^53 */

	if (wait > 0.0 && attempt > 1)
		wait *= power(r->backoff_coefficient, attempt - 1);
	if (wait > most)
		wait = most;
	return whole(wait * (1.0 + (2.0 * unit - 1.0) * r->jitter));
}

/* Look at the attempts left, then at the error. */
bool
retry_allowed(const struct retry *r, uint32_t attempt, struct slice error_type)
{
	if (attempt >= r->max_attempts)
		return false;
	for (unsigned i = 0; i < r->nnon_retryable; i++) {
		if (slice_eq(r->non_retryable[i], error_type))
			return false;
	}
	return true;
}
