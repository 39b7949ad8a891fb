/*
 * Beginning a replay.  Neighbours: check_rows.c compares, rebuild.c stores.
 */
#include "store/origin.h"

#include "store/jobs.h"

/* Read where an execution begins. */
const struct job *
origin_read(struct store_txn *t, const struct journal_event *created,
    struct execution *x, struct step *steps)
{
	struct slice ids = event_get(created, MEMBER_STEPS);
	const struct job *job;

	*x = (struct execution){.status = STATUS_QUEUED};
	if (created->type != EVENT_CREATED ||
	    !execution_decode_origin(event_get(created, MEMBER_ROW), x))
		return NULL;
	x->id = created->execution;
	job = jobs_get(t, &x->job, x->job_version);
	if (job == NULL || ids.n != job->nsteps * sizeof(struct uuid))
		return NULL;
	x->nsteps = job->nsteps;
	memset(steps, 0, x->nsteps * sizeof(steps[0]));
	for (unsigned i = 0; i < x->nsteps; i++)
		memcpy(steps[i].id.b, ids.p + i * sizeof(struct uuid),
		    sizeof(struct uuid));
	return job;
}
