/*
 * Any JSON as a job.  What is refused must be refused by naming a member in
 * sound text.  What is accepted must load from its normalized form, which
 * must be a normal form: making a job of it again changes no byte.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/graph.h"
#include "core/job.h"
#include "core/log.h"
#include "core/utf8.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_error(const struct job_error *err)
{
	INVARIANT(strlen(err->field) > 0);
	INVARIANT(strlen(err->field) < sizeof(err->field));
	INVARIANT(strlen(err->text) > 0);
	INVARIANT(strlen(err->text) < sizeof(err->text));
	INVARIANT(utf8_valid(slice_str(err->field), NULL));
	INVARIANT(utf8_valid(slice_str(err->text), NULL));
}

static void
check_step(const struct job *j, uint16_t i)
{
	const struct job_step *s = &j->steps[i];
	bool upstream[JOB_STEPS_MAX];

	graph_upstream(j, i, upstream);
	INVARIANT(job_step_find(j, s->name) == i);
	for (unsigned k = 0; k < s->ndepends; k++)
		INVARIANT(upstream[s->depends[k]]);
	for (unsigned k = 0; k < s->nmappings; k++) {
		const struct mapping *m = &s->mapping[k];

		INVARIANT(m->source == MAPPING_JOB_INPUT || upstream[m->step]);
	}
}

static void
check_job(const struct job *j)
{
	uint16_t at;

	INVARIANT(j->name.n > 0 && j->queue.n > 0 && j->priority <= 9);
	INVARIANT(j->nsteps <= JOB_STEPS_MAX);
	INVARIANT(graph_is_acyclic(j, &at));
	for (uint16_t i = 0; i < j->nsteps; i++)
		check_step(j, i);
	for (uint32_t attempt = 1; attempt < 5; attempt++) {
		int64_t wait = retry_delay(&j->retry, attempt, UINT64_MAX);

		INVARIANT(wait >= 0);
		INVARIANT((double)wait <=
		    (double)j->retry.max_interval_ms * (1.0 + j->retry.jitter));
	}
}

/* Load what j was stored as, and make a job of it as if a client sent it. */
static void
check_normal(const struct job *j)
{
	struct job *loaded = job_load(j->definition, &j->id, 3), *again;
	struct job_error err;
	struct json_error bad;
	struct json *doc = json_parse(j->definition, &bad);

	INVARIANT(doc != NULL && loaded->version == 3);
	INVARIANT(slice_eq(loaded->definition, j->definition));
	check_job(loaded);
	again = job_new(json_root(doc), &err);
	INVARIANT(again != NULL);
	INVARIANT(slice_eq(again->definition, j->definition));
	job_free(again);
	job_free(loaded);
	json_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct json_error bad;
	struct job_error err = {"", ""};
	struct json *doc =
	    json_parse((struct slice){(const char *)data, size}, &bad);
	struct job *j;

	if (doc == NULL)
		return 0;
	j = job_new(json_root(doc), &err);
	json_free(doc); /* the job must not need it */
	if (j == NULL) {
		check_error(&err);
		return 0;
	}
	check_job(j);
	check_normal(j);
	job_free(j);
	return 0;
}
