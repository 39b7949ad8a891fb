/*
 * tidewired rebuild: make a store again from the journal of one whose other
 * tables do not agree with it any more, or are of an older schema.
 */
#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cmd.h"
#include "store/check.h"
#include "store/rebuild.h"

/* One line that counts up, for a person who watches. */
static void
show(void *arg, uint64_t done, uint64_t total)
{
	(void)arg;
	fprintf(stderr, "\r%" PRIu64 " of %" PRIu64 " events", done, total);
}

static void
show_finding(void *arg, const char *text)
{
	(void)arg;
	printf("%s\n", text);
}

/* Nothing that is there is written over. */
static bool
is_free(const char *dir)
{
	DIR *d = opendir(dir);
	const struct dirent *e;
	bool empty = true;

	if (d == NULL)
		return access(dir, F_OK) != 0;
	while (empty && (e = readdir(d)) != NULL)
		empty = e->d_name[0] == '.' &&
		    strspn(e->d_name, ".") == strlen(e->d_name);
	closedir(d);
	return empty;
}

/* Fill the new store, and look whether it is one. */
static int
fill(struct store *from, struct store *to)
{
	static const struct rebuild_progress progress = {show, NULL};
	bool watched = isatty(STDERR_FILENO);
	struct check_result r;
	char err[512];
	bool good = rebuild_store(from, to, watched ? &progress : NULL, err,
	    sizeof(err));

	if (watched)
		fprintf(stderr, "\n");
	if (!good) {
		fprintf(stderr, "tidewired: %s\n", err);
		return 1;
	}
	if (!check_store(to, &r, show_finding, NULL)) {
		fprintf(stderr,
		    "tidewired: the new store is not consistent either: "
		    "restore a backup\n");
		return 1;
	}
	printf("store is rebuilt: %" PRIu64 " events, %" PRIu64
	       " executions, %" PRIu64 " jobs\n",
	    r.events, r.executions, r.jobs);
	return 0;
}

static int
run(const char *from_dir, const char *to_dir)
{
	struct store *from, *to;
	char err[512];
	bool unclean;
	int rc;

	if (!is_free(to_dir)) {
		fprintf(stderr,
		    "tidewired: %s is not empty: name a new folder\n", to_dir);
		return 2;
	}
	from = store_open(from_dir, STORE_REBUILD, 0, err, sizeof(err));
	if (from == NULL) {
		fprintf(stderr, "tidewired: %s\n", err);
		return 2;
	}
	to = store_open(to_dir, STORE_SERVE, 0, err, sizeof(err));
	if (to == NULL) {
		fprintf(stderr, "tidewired: %s\n", err);
		store_close(from, false);
		return 2;
	}
	rc = fill(from, to);
	unclean = store_was_unclean(from);
	store_close(to, !unclean);
	store_close(from, false);
	if (rc == 0)
		printf("to use it: tidewired --data %s\n", to_dir);
	return rc;
}

/* Rebuild a store. */
int
cmd_rebuild(int argc, char **argv)
{
	const char *dir = cmd_data(argc, argv, 1);

	if (dir == NULL) {
		fprintf(stderr,
		    "usage: tidewired rebuild [--data DIR] NEWDIR\n");
		return 2;
	}
	cmd_catch_bus();
	return run(dir, argv[optind]);
}
