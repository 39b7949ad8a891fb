/*
 * The server's command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include <stdbool.h>

#include "core/log.h"
#include "http/http.h"
#include "sse/sse.h"

struct options {
	char host[64]; /* "127.0.0.1"; without the brackets of an IPv6 one */
	unsigned port; /* 0 picks one */
	const char *data;
	enum log_level log_level;
	uint64_t free_mark; /* bytes */
	struct http_limits http;
	struct sse_options sse;
	bool test_clock;
	bool strict_projects;
	unsigned max_active_tasks;
};

enum options_result {
	OPTIONS_OK,
	OPTIONS_EXIT, /* --help or --version was answered: exit 0 */
	OPTIONS_USAGE /* what is wrong was said on standard error: exit 2 */
};

/* Read argv of `tidewired [serve] ...` into o; text is borrowed from argv. */
enum options_result options_read(struct options *o, int argc, char **argv);

/* The help page, for `tidewired --help`. */
void options_help(void);

#endif
