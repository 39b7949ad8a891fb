/*
 * Making a store again from the journal of another, which may be damaged
 * elsewhere: every other table follows from it, but for the API keys, which
 * are copied.
 */
#ifndef STORE_REBUILD_H
#define STORE_REBUILD_H

#include "store/store.h"

struct rebuild_progress {
	void (*fn)(void *arg, uint64_t done, uint64_t total); /* events */
	void *arg;
};

/*
 * Fill `to`, which must be new and empty, with what `from` (open to read, a
 * server may be using it) has journaled until now.  progress may be NULL.
 * Seqs, numbers, ids and the epoch stay as they were, so clients, tokens and
 * cursors do not notice.  What a heartbeat alone had moved is as of its last
 * event.  False with a cause in err, which names the event that cannot be
 * read or does not follow.
 */
bool rebuild_store(struct store *from, struct store *to,
    const struct rebuild_progress *progress, char *err, size_t errlen);

#endif
