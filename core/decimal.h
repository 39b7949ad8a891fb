/*
 * Numbers as JSON writes them, whatever the locale says.
 */
#ifndef CORE_DECIMAL_H
#define CORE_DECIMAL_H

#include "core/slice.h"

#define DECIMAL_MAX 32 /* enough for any double, with NUL */

/*
 * The exact value of a well-formed JSON number when it is an integer in
 * min..max: 45.0 and 4.5e1 are 45.  False otherwise.
 */
bool decimal_int(struct slice number, int64_t min, int64_t max, int64_t *out);

/* The nearest double of a well-formed JSON number; false beyond all of them. */
bool decimal_double(struct slice number, double *out);

/* Write finite v in the fewest digits that read back as v. */
void decimal_format(double v, char out[DECIMAL_MAX]);

#endif
