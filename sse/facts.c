/*
 * Looking facts up.  Events of one turn come execution by execution, so the
 * last one looked at answers most calls.
 */
#include "sse/facts.h"

#include "store/journal.h"

/* Drop what was borrowed. */
void
facts_forget(struct facts_cache *c)
{
	label_unref(c->facts.labels);
	*c = (struct facts_cache){0};
}

/* What only the journal has: the steps' ids and the labels. */
static void
read_members(struct facts *f, struct store_txn *t)
{
	struct journal_event ev;

	if (f->x.nsteps > 0 && journal_get(t, f->x.created.seq, &ev))
		f->step_ids = event_get(&ev, MEMBER_STEPS);
	if (f->x.tags.at.seq != 0)
		f->labels =
		    label_parse(journal_brief(t, &f->x.tags, MEMBER_TAGS));
}

/* Look an execution up. */
const struct facts *
facts_get(struct facts_cache *c, struct store_txn *t, const struct uuid *id)
{
	struct facts *f = &c->facts;

	if (c->there && uuid_eq(&f->id, id))
		return f;
	facts_forget(c);
	if (!rows_get(t, id, &f->x))
		return NULL;
	f->job = jobs_get(t, &f->x.job, f->x.job_version);
	if (f->job == NULL)
		return NULL;
	f->id = *id;
	read_members(f, t);
	c->there = true;
	return f;
}

/* The id of the step at that position. */
bool
facts_step_id(const struct facts *f, unsigned step, struct uuid *out)
{
	size_t at = (size_t)step * sizeof(out->b);

	if (step >= f->x.nsteps || at + sizeof(out->b) > f->step_ids.n)
		return false;
	memcpy(out->b, f->step_ids.p + at, sizeof(out->b));
	return true;
}
