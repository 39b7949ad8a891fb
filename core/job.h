/*
 * A job: the definition that executions are made from, with its rules.
 *
 * The definition is kept as normalized JSON (every member present), one
 * immutable version per edit; struct job is that JSON read into memory.
 */
#ifndef CORE_JOB_H
#define CORE_JOB_H

#include "core/arena.h"
#include "core/buf.h"
#include "core/json.h"
#include "core/retry.h"
#include "core/uuid.h"

#define JOB_STEPS_MAX 256
#define JOB_NAME_CHARS 200

/* An expression of input_mapping, parsed. */
enum mapping_source { MAPPING_JOB_INPUT, MAPPING_ARTIFACTS, MAPPING_RESULT };

struct mapping {
	struct slice target;
	enum mapping_source source;
	uint16_t step;	   /* index of the step it reads, unless JOB_INPUT */
	struct slice path; /* "a.b.0" behind the source; empty is all of it */
	struct slice text; /* the expression as written */
};

struct job_step {
	struct slice name, type, route, queue;
	uint32_t step_index; /* as defined; default: the position */
	uint16_t ndepends, nmappings;
	uint16_t *depends;	 /* positions in steps[], in depends_on order */
	struct mapping *mapping; /* none: an empty input_mapping is none */
};

struct job {
	struct uuid id;
	uint32_t version;
	int64_t created_at, updated_at; /* ms */
	struct slice name, description, category, type, queue, metadata;
	uint8_t priority;
	struct retry retry;
	int64_t heartbeat_timeout_ms;
	int64_t timeout_ms, total_timeout_ms; /* 0: none */
	int64_t cancel_grace_ms;
	bool auto_complete;
	uint32_t max_concurrency; /* 0: no limit */
	uint32_t max_per_key;	  /* max_concurrency_per_key, at least 1 */
	uint16_t nsteps;
	struct job_step *steps;
	struct slice config;	 /* what a config remembers (core/config.h) */
	bool runnable;		 /* false for a config with errors */
	struct slice definition; /* the normalized JSON */
	/* owned: */
	struct json *doc;
	struct buf text;
	struct arena arena;
};

/* The member at fault and what is wrong with it. */
struct job_error {
	char field[80]; /* "steps.2.depends_on.0" */
	char text[200];
};

/*
 * Check a definition as a client sent it and give the job, version and id
 * unset.  NULL with *err on the first broken rule (422).
 */
struct job *job_new(const struct json_node *body, struct job_error *err);

/* The same for a config, which remembers that JSON object of itself. */
struct job *job_new_config(const struct json_node *body, struct slice config,
    struct job_error *err);

/*
 * The job of a stored definition; aborts when it is damaged, since
 * job_new() wrote it.
 */
struct job *job_load(struct slice definition, const struct uuid *id,
    uint32_t version);

void job_free(struct job *j);

/* The position of the step of that name; -1 when there is none. */
int job_step_find(const struct job *j, struct slice name);

#endif
