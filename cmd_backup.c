/*
 * tidewired backup: copy a store into one file, beside a running server.  To
 * restore, make an empty folder, put the file there as data.mdb, and serve.
 */
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "store/backup.h"

/* One line that counts up, for a person who watches. */
static void
show(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	fprintf(stderr, "\r%" PRIu64 " of about %" PRIu64 " MiB", done >> 20,
	    total >> 20);
}

static int
run(const char *dir, const char *file)
{
	static const struct backup_progress progress = {show, NULL};
	bool watched = isatty(STDERR_FILENO);
	char err[512];
	struct store *s;
	int rc;

	s = store_open(dir, STORE_READ, 0, err, sizeof(err));
	if (s == NULL) {
		fprintf(stderr, "tidewired: %s\n", err);
		return 2;
	}
	rc =
	    backup_write(s, file, watched ? &progress : NULL, err, sizeof(err));
	store_close(s, false);
	if (watched)
		fprintf(stderr, "\n");
	if (rc != 0) {
		fprintf(stderr, "tidewired: %s\n", err);
		return 1;
	}
	printf("backup written: %s\n", file);
	return 0;
}

/* Back a store up. */
int
cmd_backup(int argc, char **argv)
{
	const char *dir = cmd_data(argc, argv, 1);

	if (dir == NULL) {
		fprintf(stderr, "usage: tidewired backup [--data DIR] FILE\n");
		return 2;
	}
	return run(dir, argv[optind]);
}
