/*
 * The server's options: one table row each, read by getopt_long.
 */
#include "options.h"

#include <getopt.h>
#include <stddef.h>
#include <stdio.h>

#include "core/slice.h"
#include "engine/fault.h"

enum kind { TEXT_LISTEN, TEXT_DATA, TEXT_LEVEL, TEXT_CRASH, FLAG, UINT, SIZE };

struct row {
	const char *name, *argument, *help;
	enum kind kind;
	size_t offset;	   /* of the field in struct options */
	uint64_t min, max; /* of a number */
};

#define AT(field) offsetof(struct options, field)
#define DAY_MS 86400000u

static const struct row rows[] = {
    {"listen", "ADDR:PORT", "where to serve (127.0.0.1:8000); port 0 picks one",
	TEXT_LISTEN, 0, 0, 0},
    {"data", "DIR", "the store's folder, made when missing (./tidewire-data)",
	TEXT_DATA, 0, 0, 0},
    {"log-level", "LEVEL", "debug, info, warn or error (info)", TEXT_LEVEL, 0,
	0, 0},
    {"free-mark", "BYTES",
	"refuse writes when the disk has less free (67108864)", SIZE,
	AT(free_mark), 0, UINT64_MAX / 2},
    {"max-connections", "N", "connections at once (16384)", UINT,
	AT(http.connections), 1, 1000000},
    {"max-header-bytes", "BYTES", "request line and headers (16384)", SIZE,
	AT(http.header_bytes), 512, 1 << 20},
    {"max-target-bytes", "BYTES", "path and query (8192)", SIZE,
	AT(http.target_bytes), 128, 1 << 20},
    {"max-body-bytes", "BYTES", "a request's body (1048576)", SIZE,
	AT(http.body_bytes), 1024, 1 << 30},
    {"max-pending-bytes", "BYTES", "all requests not answered yet (268435456)",
	SIZE, AT(http.pending_bytes), 1 << 20, UINT64_MAX / 2},
    {"header-timeout-ms", "MS", "for a whole header to arrive (10000)", UINT,
	AT(http.header_timeout_ms), 1, DAY_MS},
    {"body-timeout-ms", "MS", "for a whole body to arrive (60000)", UINT,
	AT(http.body_timeout_ms), 1, DAY_MS},
    {"idle-timeout-ms", "MS", "between two requests (75000)", UINT,
	AT(http.idle_timeout_ms), 1, DAY_MS},
    {"requests-per-minute", "N", "for each key; 0 is unlimited (0)", UINT,
	AT(http.requests_per_minute), 0, 100000000},
    {"max-streams", "N", "event streams at once; 0 is unlimited (0)", UINT,
	AT(sse.subscribers), 0, 10000000},
    {"max-streams-per-key", "N", "of one API key; 0 is unlimited (0)", UINT,
	AT(sse.per_owner), 0, 10000000},
    {"stream-keepalive-ms", "MS", "silence before a comment is sent (15000)",
	UINT, AT(sse.keepalive_ms), 1, DAY_MS},
    {"stream-stall-timeout-ms", "MS",
	"a stream whose reader takes nothing for this long is closed (60000)",
	UINT, AT(sse.stall_timeout_ms), 1, DAY_MS},
    {"stream-retry-ms", "MS", "how soon clients come back, on average (3000)",
	UINT, AT(sse.retry_ms), 1, DAY_MS},
    {"max-active-tasks", "N",
	"Topify tasks pending or processing for one key; 0 is unlimited (100)",
	UINT, AT(max_active_tasks), 0, 100000000},
    {"strict-projects", NULL,
	"TuxSEO projects exist only once a key or an execution has them", FLAG,
	AT(strict_projects), 0, 0},
    {"test-clock", NULL, "for tests: serve POST /test/clock", FLAG,
	AT(test_clock), 0, 0},
    {"test-crash", "POINT:N", "for tests: die at the Nth passage of a point",
	TEXT_CRASH, 0, 0, 0},
};
#define ROWS (sizeof rows / sizeof rows[0])

static const char *const level_names[] = {"debug", "info", "warn", "error"};

/* Print the help page. */
void
options_help(void)
{
	unsigned i;
	char left[64];

	printf(
	    "Usage: tidewired [serve] [OPTION]...\n"
	    "       tidewired check --data DIR\n"
	    "       tidewired backup --data DIR FILE\n"
	    "       tidewired rebuild --data DIR NEWDIR\n\n"
	    "Remembers every job execution durably, finalizes it on time, "
	    "and streams it live.\n\n"
	    "serve (the default) runs the server; check reads a store and "
	    "says whether it is\nconsistent; backup copies one, while it "
	    "is served, to FILE;\nrebuild makes one again from its journal.\n\nOptions of serve, with defaults:\n");
	for (i = 0; i < ROWS; i++) {
		snprintf(left, sizeof left, "--%s%s%s", rows[i].name,
		    rows[i].argument == NULL ? "" : " ",
		    rows[i].argument == NULL ? "" : rows[i].argument);
		printf("  %-32s %s\n", left, rows[i].help);
	}
	printf("  %-32s %s\n  %-32s %s\n", "--help", "show this page",
	    "--version", "show the version");
}

static bool
refuse(const struct row *r, const char *value, const char *want)
{
	fprintf(stderr, "tidewired: --%s %s: %s\n", r->name, value, want);
	return false;
}

/* "127.0.0.1:8000" or "[::1]:8000". */
static bool
read_listen(struct options *o, const struct row *r, const char *value)
{
	const char *colon = strrchr(value, ':');
	struct slice host;
	uint64_t port;

	if (colon == NULL || !slice_u64(slice_str(colon + 1), 65535, &port))
		return refuse(r, value, "must be ADDR:PORT, as 127.0.0.1:8000");
	host = (struct slice){value, (size_t)(colon - value)};
	if (host.n >= 2 && host.p[0] == '[' && host.p[host.n - 1] == ']')
		host = (struct slice){host.p + 1, host.n - 2};
	if (host.n == 0 || host.n >= sizeof o->host)
		return refuse(r, value, "has no usable address");
	memcpy(o->host, host.p, host.n);
	o->host[host.n] = '\0';
	o->port = (unsigned)port;
	return true;
}

static bool
read_level(struct options *o, const struct row *r, const char *value)
{
	unsigned i;

	for (i = 0; i < 4; i++)
		if (strcmp(value, level_names[i]) == 0) {
			o->log_level = i;
			return true;
		}
	return refuse(r, value, "must be debug, info, warn or error");
}

static bool
read_number(struct options *o, const struct row *r, const char *value)
{
	char *field = (char *)o + r->offset, want[100];
	uint64_t v;

	if (!slice_u64(slice_str(value), r->max, &v) || v < r->min) {
		snprintf(want, sizeof want,
		    "must be a number from %llu to %llu",
		    (unsigned long long)r->min, (unsigned long long)r->max);
		return refuse(r, value, want);
	}
	if (r->kind == UINT)
		*(unsigned *)(void *)field = (unsigned)v;
	else
		*(uint64_t *)(void *)field = v;
	return true;
}

_Static_assert(sizeof(size_t) == sizeof(uint64_t), "SIZE rows are 64 bits");

static bool
read_row(struct options *o, const struct row *r, const char *value)
{
	switch (r->kind) {
	case TEXT_LISTEN:
		return read_listen(o, r, value);
	case TEXT_DATA:
		o->data = value;
		return true;
	case TEXT_LEVEL:
		return read_level(o, r, value);
	case TEXT_CRASH:
		return fault_arm(value) ||
		    refuse(r, value, "names no point, or no count from 1");
	case FLAG:
		*(bool *)((char *)o + r->offset) = true;
		return true;
	default:
		return read_number(o, r, value);
	}
}

static void
defaults(struct options *o)
{
	memset(o, 0, sizeof *o);
	snprintf(o->host, sizeof o->host, "127.0.0.1");
	o->port = 8000;
	o->data = "tidewire-data";
	o->log_level = LOG_INFO;
	o->free_mark = 64 << 20;
	o->max_active_tasks = 100;
	http_limits_init(&o->http);
	sse_options_init(&o->sse);
}

/* Read the command line. */
enum options_result
options_read(struct options *o, int argc, char **argv)
{
	struct option longs[ROWS + 3] = {{0}};
	unsigned i;
	int c;

	defaults(o);
	for (i = 0; i < ROWS; i++)
		longs[i] = (struct option){rows[i].name,
		    rows[i].argument == NULL ? no_argument : required_argument,
		    NULL, (int)i + 1};
	longs[i] = (struct option){"help", no_argument, NULL, 'h'};
	longs[i + 1] = (struct option){"version", no_argument, NULL, 'V'};
	while ((c = getopt_long(argc, argv, "hV", longs, NULL)) != -1) {
		if (c == 'h') {
			options_help();
			return OPTIONS_EXIT;
		}
		if (c == 'V') {
			printf("tidewired %s\n", PACKAGE_VERSION);
			return OPTIONS_EXIT;
		}
		if (c == '?')
			break;
		if (!read_row(o, &rows[c - 1], optarg))
			return OPTIONS_USAGE;
	}
	if (c == -1 && optind == argc)
		return OPTIONS_OK;
	if (c == -1)
		fprintf(stderr, "tidewired: '%s' is not a command or option\n",
		    argv[optind]);
	fprintf(stderr, "Try 'tidewired --help'.\n");
	return OPTIONS_USAGE;
}
