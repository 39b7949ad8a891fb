/*
 * tidewired check: is a store consistent?  It only reads, so a server may go
 * on beside it.
 */
#include <getopt.h>
#include <inttypes.h>
#include <signal.h>
#include <stdio.h>
#include <unistd.h>

#include "cmd.h"
#include "store/check.h"

#define SHOWN_MAX 1000

/* LMDB reads through a map: a file cut short is found as a signal. */
static void
on_bus(int sig)
{
	static const char text[] =
	    "tidewired: the store's data.mdb is cut short, or its disk cannot "
	    "be read: restore a backup\n";

	(void)sig;
	if (write(STDERR_FILENO, text, sizeof(text) - 1) < 0)
		_exit(2);
	_exit(1);
}

/* End with a message when the store's file is cut short. */
void
cmd_catch_bus(void)
{
	signal(SIGBUS, on_bus);
}

/* Read the options that all of these commands have. */
const char *
cmd_data(int argc, char **argv, int words)
{
	static const struct option options[] = {{"data", required_argument,
						    NULL, 'd'},
	    {NULL, 0, NULL, 0}};
	const char *dir = "./tidewire-data";
	int c;

	optind = 1;
	while ((c = getopt_long(argc, argv, "", options, NULL)) != -1) {
		if (c != 'd')
			return NULL;
		dir = optarg;
	}
	return optind == argc - words ? dir : NULL;
}

static void
show(void *arg, const char *text)
{
	uint64_t *shown = arg;

	if (++*shown <= SHOWN_MAX)
		printf("%s\n", text);
}

static int
run(struct store *s)
{
	struct check_result r;
	uint64_t shown = 0;

	if (check_store(s, &r, show, &shown)) {
		printf("store is consistent: %" PRIu64 " events, %" PRIu64
		       " executions, %" PRIu64 " steps, %" PRIu64
		       " timers, %" PRIu64 " jobs\n",
		    r.events, r.executions, r.steps, r.timers, r.jobs);
		return 0;
	}
	if (r.findings > SHOWN_MAX)
		printf("... and %" PRIu64 " more\n", r.findings - SHOWN_MAX);
	printf("store is NOT consistent: %" PRIu64 " findings; see "
	       "tidewired rebuild, and report this\n",
	    r.findings);
	return 1;
}

/* Check a store. */
int
cmd_check(int argc, char **argv)
{
	const char *dir = cmd_data(argc, argv, 0);
	char err[512];
	struct store *s;
	int rc;

	if (dir == NULL) {
		fprintf(stderr, "usage: tidewired check [--data DIR]\n");
		return 2;
	}
	cmd_catch_bus();
	s = store_open(dir, STORE_READ, 0, err, sizeof(err));
	if (s == NULL) {
		fprintf(stderr, "tidewired: %s\n", err);
		return 2;
	}
	rc = run(s);
	store_close(s, false);
	return rc;
}
