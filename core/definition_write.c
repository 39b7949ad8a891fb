/*
 * A job as normalized JSON; core/definition_read.c reads it back to the same.
 */
#include "core/definition.h"
#include "core/jsonw.h"

static void
write_int(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	jsonw_int(w, v);
}

/* Write a number of which 0 means that there is none. */
static void
write_limit(struct jsonw *w, const char *key, int64_t v)
{
	jsonw_key(w, key);
	if (v != 0)
		jsonw_int(w, v);
	else
		jsonw_null(w);
}

static void
write_depends(struct jsonw *w, const struct job *j, const struct job_step *s)
{
	jsonw_key(w, "depends_on");
	jsonw_array(w);
	for (unsigned i = 0; i < s->ndepends; i++)
		jsonw_str(w, j->steps[s->depends[i]].name);
	jsonw_end(w);
}

static void
write_mapping(struct jsonw *w, const struct job_step *s)
{
	jsonw_key(w, "input_mapping");
	if (s->nmappings == 0) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	for (unsigned i = 0; i < s->nmappings; i++) {
		jsonw_key_slice(w, s->mapping[i].target);
		jsonw_str(w, s->mapping[i].text);
	}
	jsonw_end(w);
}

static void
write_steps(struct jsonw *w, const struct job *j)
{
	jsonw_key(w, "steps");
	jsonw_array(w);
	for (unsigned i = 0; i < j->nsteps; i++) {
		const struct job_step *s = &j->steps[i];

		jsonw_object(w);
		jsonw_text(w, "name", s->name);
		write_int(w, "step_index", s->step_index);
		jsonw_text(w, "step_type", s->type);
		write_depends(w, j, s);
		write_mapping(w, s);
		jsonw_text(w, "route", s->route);
		jsonw_text(w, "queue", s->queue);
		jsonw_end(w);
	}
	jsonw_end(w);
}

static void
write_retry(struct jsonw *w, const struct retry *r)
{
	jsonw_key(w, "retry");
	jsonw_object(w);
	write_int(w, "max_attempts", r->max_attempts);
	write_int(w, "initial_interval_ms", r->initial_interval_ms);
	jsonw_key(w, "backoff_coefficient");
	jsonw_double(w, r->backoff_coefficient);
	write_int(w, "max_interval_ms", r->max_interval_ms);
	jsonw_key(w, "jitter");
	jsonw_double(w, r->jitter);
	jsonw_key(w, "non_retryable_errors");
	jsonw_array(w);
	for (unsigned i = 0; i < r->nnon_retryable; i++)
		jsonw_str(w, r->non_retryable[i]);
	jsonw_end(w);
	jsonw_end(w);
}

/* Write all of it; nothing depends on how it was sent but metadata. */
void
definition_write(const struct job *j, struct buf *out)
{
	struct jsonw *w = jsonw_new(out);

	jsonw_object(w);
	jsonw_text(w, "name", j->name);
	jsonw_text(w, "description", j->description);
	jsonw_text(w, "category", j->category);
	jsonw_text(w, "type", j->type);
	jsonw_text(w, "queue", j->queue);
	write_int(w, "priority", j->priority);
	write_steps(w, j);
	write_retry(w, &j->retry);
	write_int(w, "heartbeat_timeout_seconds",
	    j->heartbeat_timeout_ms / 1000);
	write_limit(w, "timeout_seconds", j->timeout_ms / 1000);
	write_limit(w, "total_timeout_seconds", j->total_timeout_ms / 1000);
	write_int(w, "cancel_grace_seconds", j->cancel_grace_ms / 1000);
	jsonw_key(w, "auto_complete");
	jsonw_bool(w, j->auto_complete);
	write_limit(w, "max_concurrency", j->max_concurrency);
	write_int(w, "max_concurrency_per_key", j->max_per_key);
	jsonw_key(w, "metadata");
	jsonw_raw_or_null(w, j->metadata);
	if (j->config.p != NULL) {
		jsonw_key(w, "config");
		jsonw_raw(w, j->config);
	}
	jsonw_end(w);
	jsonw_free(w);
}
