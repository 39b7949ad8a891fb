/*
 * What the command line of `tidewire work` asks for.
 */
#ifndef CLI_WORK_OPTIONS_H
#define CLI_WORK_OPTIONS_H

#include "cli/call.h"
#include "cli/exits.h"

#define WORK_OPTIONS_FINAL 32

struct work_options {
	const char *url;
	const char *worker;
	char **argv; /* of the command, ends with NULL */
	uint64_t concurrency;
	bool once, drain;
	bool steps;	  /* claim single steps */
	int64_t lease_ms; /* 0: the job's heartbeat timeout */
	int64_t grace_ms; /* between SIGTERM and SIGKILL */
	/* Exit statuses that are not tried again. */
	int final[WORK_OPTIONS_FINAL];
	size_t nfinal;
	char name[300]; /* a worker's that was given none */
};

/*
 * Read them; the call must outlive what is read.  EXITS_DONE, or the exit
 * code of a wrong use that has been explained.
 */
enum exits work_options_read(struct work_options *o, const struct call *call);
void work_options_free(struct work_options *o);

#endif
