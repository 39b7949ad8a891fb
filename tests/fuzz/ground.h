/*
 * An empty store for a fuzz target, which no other input has touched and of
 * which nothing stays: its files are unlinked while it is open.
 */
#ifndef TESTS_FUZZ_GROUND_H
#define TESTS_FUZZ_GROUND_H

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "core/log.h"
#include "store/store.h"

/* Open one; it lives as long as the process. */
static inline struct store *
ground_store(void)
{
	static const char *const files[] = {"data.mdb", "lock.mdb",
	    "tidewired.lock"};
	const char *tmp = getenv("TMPDIR");
	char dir[PATH_MAX - 64], path[PATH_MAX], err[512] = "";
	struct store *s;

	snprintf(dir, sizeof dir, "%s/tidewire-fuzz-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	INVARIANT(mkdtemp(dir) != NULL);
	log_set_level(LOG_ERROR);
	s = store_open(dir, STORE_SERVE, 77, err, sizeof err);
	if (s == NULL)
		log_fatal("store_open: %s", err);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		INVARIANT(unlink(path) == 0);
	}
	INVARIANT(rmdir(dir) == 0);
	return s;
}

#endif
