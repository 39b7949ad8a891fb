/*
 * Jobs in memory.  A job is always read from its normalized JSON, be it made
 * from a request or loaded from the store, so both are the same job.
 */
#include "core/job.h"

#include <stdlib.h>

#include "core/definition.h"
#include "core/log.h"
#include "core/mem.h"

/* Give the job whose normalized JSON text holds; takes text's memory. */
static struct job *
from_text(struct buf text)
{
	struct job *j = mem_zalloc(sizeof(*j));
	struct json_error bad;
	struct job_error err;

	j->text = text;
	j->definition = buf_slice(&j->text);
	j->doc = json_parse(j->definition, &bad);
	if (j->doc == NULL)
		log_fatal("damaged job definition: line %u, column %u: %s",
		    bad.line, bad.column, bad.text);
	if (!definition_read(j, json_root(j->doc), &err))
		log_fatal("damaged job definition: %s %s", err.field, err.text);
	definition_read_config(j, json_root(j->doc));
	return j;
}

/* Check what a client sent, and read back what it comes to. */
struct job *
job_new_config(const struct json_node *body, struct slice config,
    struct job_error *err)
{
	struct job sent = {0};
	struct buf text = {0};
	bool ok = definition_read(&sent, body, err);

	sent.config = config;
	if (ok)
		definition_write(&sent, &text);
	arena_free(&sent.arena);
	return ok ? from_text(text) : NULL;
}

/* The same for a job that is no config. */
struct job *
job_new(const struct json_node *body, struct job_error *err)
{
	return job_new_config(body, SLICE_NONE, err);
}

/* Read a stored definition. */
struct job *
job_load(struct slice definition, const struct uuid *id, uint32_t version)
{
	struct buf text = {0};
	struct job *j;

	buf_add_slice(&text, definition);
	j = from_text(text);
	j->id = *id;
	j->version = version;
	return j;
}

/* Release a job with all it owns. */
void
job_free(struct job *j)
{
	if (j == NULL)
		return;
	arena_free(&j->arena);
	json_free(j->doc);
	buf_free(&j->text);
	free(j);
}

/* Look a step up by walking: at most 256 of them. */
int
job_step_find(const struct job *j, struct slice name)
{
	for (int i = 0; i < j->nsteps; i++) {
		if (slice_eq(j->steps[i].name, name))
			return i;
	}
	return -1;
}
