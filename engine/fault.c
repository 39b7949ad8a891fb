/*
 * Crash points for tests; main.c arms one when --test-crash is given.
 */
#include "engine/fault.h"

#include <signal.h>
#include <stdint.h>

#include "core/slice.h"

static enum fault_point armed;
static uint64_t passages_left;

static const char *const names[] = {
    [FAULT_NONE] = "",
    [FAULT_BEFORE_COMMIT] = "before-commit",
    [FAULT_AFTER_COMMIT] = "after-commit",
    [FAULT_BEFORE_ANSWER] = "before-answer",
    [FAULT_AFTER_JOURNAL_APPEND] = "after-journal-append",
    [FAULT_DURING_RECOVERY] = "during-recovery",
};

/* Arm one point by name and count. */
bool
fault_arm(const char *spec)
{
	struct slice name = slice_str(spec), count = SLICE("1");
	const char *colon = memchr(name.p, ':', name.n);
	uint64_t n;
	unsigned i;

	if (colon != NULL) {
		count = slice_str(colon + 1);
		name.n = (size_t)(colon - name.p);
	}
	if (!slice_u64(count, UINT32_MAX, &n) || n == 0)
		return false;
	for (i = 1; i < sizeof names / sizeof names[0]; i++)
		if (slice_is(name, names[i])) {
			armed = i;
			passages_left = n;
			return true;
		}
	return false;
}

/* Die here, as by kill -9, when armed and counted down. */
void
fault_pass(enum fault_point p)
{
	if (p == armed && --passages_left == 0)
		raise(SIGKILL);
}
