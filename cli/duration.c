/*
 * One number and one unit.  Used by the options of cli/args.c and by all
 * that shows how long something took.
 */
#include "cli/duration.h"

static const struct {
	const char *name;
	uint64_t ms;
} duration_units[] = {
    {"ms", 1},
    {"s", 1000},
    {"", 1000},
    {"m", 60 * 1000},
    {"h", 60 * 60 * 1000},
};

#define NUNITS (sizeof(duration_units) / sizeof(duration_units[0]))

/* Split text into its digits and its unit, and multiply within bounds. */
bool
duration_parse(const char *text, uint64_t *ms)
{
	struct slice digits = {text, strspn(text, "0123456789")};
	struct slice unit = slice_str(text + digits.n);
	uint64_t n;

	for (size_t i = 0; i < NUNITS; i++) {
		uint64_t each = duration_units[i].ms;

		if (!slice_is(unit, duration_units[i].name))
			continue;
		if (!slice_u64(digits, DURATION_MAX_MS / each, &n) || n == 0)
			return false;
		*ms = n * each;
		return true;
	}
	return false;
}

/* Show the two largest units, cut and not rounded. */
void
duration_format(uint64_t ms, struct buf *out)
{
	uint64_t s = ms / 1000;

	if (ms < 1000)
		buf_addf(out, "%ums", (unsigned)ms);
	else if (s < 60)
		buf_addf(out, "%us", (unsigned)s);
	else if (s < 3600)
		buf_addf(out, "%um%02us", (unsigned)(s / 60),
		    (unsigned)(s % 60));
	else
		buf_addf(out, "%lluh%02um", (unsigned long long)(s / 3600),
		    (unsigned)(s / 60 % 60));
}
