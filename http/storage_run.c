/*
 * Runs and their objects.  An object's key says which step it is of, the
 * time it was stored which of the step's runs.
 */
#include "http/storage_run.h"

#include "core/object.h"

/* Is an object one of those of a step? */
static bool
is_of_step(struct slice key, const struct execution *x,
    const struct job_step *step)
{
	struct buf prefix = {0};
	bool is;

	object_key_step(&x->id, step, &prefix);
	is = key.n > prefix.len && memcmp(key.p, prefix.p, prefix.len) == 0;
	buf_free(&prefix);
	return is;
}

/* Look from the newest run down. */
int
storage_run_of(const struct factflow_work *k, const struct objects_row *row)
{
	const struct factflow_view *v = factflow_work_view(k);
	struct factflow_runs runs = factflow_work_runs(k);
	int step = -1;

	for (unsigned i = 0; i < v->job->nsteps && step < 0; i++)
		if (is_of_step(row->key, v->x, &v->job->steps[i]))
			step = (int)i;
	for (unsigned i = runs.n; step >= 0 && i-- > 0;)
		if (runs.entry[i].step == step &&
		    runs.entry[i].started_at <= row->created_at)
			return (int)i;
	return -1;
}
