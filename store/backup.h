/*
 * Backup: a consistent copy while a server runs.
 */
#ifndef STORE_BACKUP_H
#define STORE_BACKUP_H

#include "store/store.h"

/*
 * Copy the store to file, which must not exist, synced; it is FILE.tmp until
 * it is whole, and data.mdb of a folder of its own to be served from.
 * progress(arg, done, total) is called now and then with bytes.  The copy
 * notes that it is one: opened to serve, it gets a new epoch.  0, or an errno
 * value with a cause in err.
 */
struct backup_progress {
	void (*fn)(void *arg, uint64_t done, uint64_t total);
	void *arg;
};
int backup_write(struct store *s, const char *file,
    const struct backup_progress *p, char *err, size_t errlen);

#endif
