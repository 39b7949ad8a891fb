/*
 * CLOCK_MONOTONIC in ms: deadlines and waits must not follow a clock that
 * somebody sets.
 */
#include "cli/clock.h"

#include <time.h>

#include "core/log.h"

/* Read the clock. */
int64_t
clock_now(void)
{
	struct timespec ts;

	INVARIANT(clock_gettime(CLOCK_MONOTONIC, &ts) == 0);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}
