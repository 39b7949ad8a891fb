/*
 * Named points where a test kills the server (--test-crash POINT:N).
 */
#ifndef ENGINE_FAULT_H
#define ENGINE_FAULT_H

#include <stdbool.h>

enum fault_point {
	FAULT_NONE,
	FAULT_BEFORE_COMMIT,
	FAULT_AFTER_COMMIT,
	FAULT_BEFORE_ANSWER,
	FAULT_AFTER_JOURNAL_APPEND,
	FAULT_DURING_RECOVERY
};

/* "after-commit:3": die at the third passage.  False when malformed. */
bool fault_arm(const char *spec);

/* A named point: kills the process when armed for it, else does nothing. */
void fault_pass(enum fault_point p);

#endif
