/*
 * A config: a pipeline of routes, as Factflow's users write it, or a job's
 * definition, and what is wrong with it.  Either becomes a job; one that is
 * broken becomes a job that cannot run and says why.
 *
 *	version: "1.0"
 *	routes:
 *	  fetch:
 *	    inbound: {queue: urls}
 *	    adapters:
 *	      - {type: http, name: download, outbound: {queue: pages}}
 *	init_message: {route: fetch, payload: {url: ...}}
 *
 * A step is an adapter within its route.  Adapters of a route follow each
 * other.  The first one waits for the last adapter of each route that feeds
 * its route's inbound queue: one that names the queue as `outbound` (of the
 * route or an adapter: a name, {queue} or {queues}, or a list of those), or
 * within an adapter's config in a member called queue, queues, publish_to,
 * or ..._queue, ..._queues (but for inbound_, input_, source_, error_ and
 * dead_letter_).
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core/job.h"
#include "core/jsonw.h"

#define CONFIG_ISSUES_MAX 100	     /* later ones are counted, not told */
#define CONFIG_YAML_MAX (256u << 10) /* bytes: reading YAML is slow */

struct config_issue {
	bool warning;
	const char *code; /* "E130" */
	char path[160];	  /* "routes.fetch.adapters[0].type" */
	char message[200];
	const char *suggestion; /* or NULL */
};

struct config_report {
	struct config_issue issue[CONFIG_ISSUES_MAX];
	unsigned n;
	unsigned errors, warnings;
};

/* What a client sent; all borrowed for the call. */
struct config_source {
	struct slice name; /* of 1 to 200 characters */
	struct slice description, source_type, source_path; /* or NULL p */
	struct slice yaml;		    /* text; NULL p: none */
	const struct json_node *definition; /* then this; any value */
	const char *hash;		    /* of the source, or NULL */
};

/*
 * Check a source, filling *report, and give the job that stands for it;
 * owned.  It is runnable when there is no error.  NULL when the source
 * cannot be read at all: it is not YAML (E001), nested too deeply (E002), or
 * too large (E003).
 */
struct job *config_new(const struct config_source *src,
    struct config_report *report);

/* {"is_valid","issues":[...],"error_count","warning_count"}: errors first. */
void config_write_report(struct jsonw *w, const struct config_report *report);

/*
 * What a config's job remembers of it: a member of {"source_type",
 * "source_path","yaml","hash","report","document"}; NULL when it is null or
 * j is no config's.
 */
const struct json_node *config_get(const struct job *j, const char *member);

/* The pipeline's route of that id; NULL when j is no pipeline's. */
const struct json_node *config_route(const struct job *j, struct slice route);

/* Its init_message: an object whose route is a string; NULL when none. */
const struct json_node *config_init(const struct job *j);

/*
 * Append the input of an execution of j: the payload of its init message,
 * with over (JSON; NULL p: none) laid over it: members of objects win one by
 * one, any other value as a whole.  False, and nothing appended, when there
 * is neither.
 */
bool config_input(const struct job *j, struct slice over, struct buf *out);

#endif
