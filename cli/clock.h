/*
 * The clock that only goes forward.
 */
#ifndef CLI_CLOCK_H
#define CLI_CLOCK_H

#include <stdint.h>

/* ms since some moment in the past. */
int64_t clock_now(void);

#endif
