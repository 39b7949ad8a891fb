/*
 * Commands on jobs and keys.  A job's every version is an event, so the
 * journal can rebuild it; a key is a secret and never in the journal.
 */
#include "core/log.h"
#include "core/wire.h"
#include "engine/dispatch.h"
#include "engine/engine_impl.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/keys.h"

/* True when the asker may use the job. */
bool
engine_job_sees(const struct cmd *c, const struct jobs_head *head)
{
	return c->tenant == 0 || head->project == 0 ||
	    head->project == c->tenant;
}

/* The live job a command names, by id or name, that its asker may see. */
bool
engine_job_find(struct store_txn *t, const struct cmd *c,
    struct jobs_head *head)
{
	struct uuid id;

	if (!uuid_parse(c->name, &id) || !jobs_head(t, &id, head)) {
		if (!jobs_find(t, c->name, &id) || !jobs_head(t, &id, head))
			return false;
	}
	return !head->deleted && engine_job_sees(c, head);
}

/* True when the asker may change the job, not only use it. */
static bool
may_edit(const struct cmd *c, const struct jobs_head *head)
{
	return c->tenant == 0 || head->project == c->tenant;
}

/* Journal a version of a job, or (def NULL) its end. */
static void
append_job(struct engine *e, struct store_txn *t, const struct jobs_head *head,
    const struct job *def)
{
	struct journal_event ev = event_make(EVENT_JOB);
	uint8_t project[8];

	ev.seq = store_seq(t) + 1;
	ev.at = engine_now(e);
	ev.execution = head->id;
	ev.attempt = head->version;
	ev.status = def != NULL;
	if (def != NULL)
		event_add_member(&ev, MEMBER_DEFINITION, def->definition);
	if (head->project != 0) {
		wire_put(project, sizeof project, head->project);
		event_add_member(&ev, MEMBER_PROJECT,
		    (struct slice){(const char *)project, sizeof project});
	}
	journal_append(t, &ev);
}

/* Store a version and answer with the job as stored. */
static void
save(struct engine *e, struct store_txn *t, struct cmd *c,
    const struct jobs_head *head)
{
	struct outcome o = {.code = OUTCOME_DONE, .txn = t};

	append_job(e, t, head, c->job);
	jobs_put(t, head, c->job);
	if (store_error(t) != 0)
		return;
	dispatch_job_changed(e->dispatch, t, &head->id);
	o.job = jobs_get(t, &head->id, head->version);
	INVARIANT(o.job != NULL);
	c->answer(c, &o);
}

/* CMD_JOB_CREATE */
void
engine_job_create(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct jobs_head head = {0};

	if (jobs_find(t, c->job->name, &head.id)) {
		engine_answer_code(c, t, OUTCOME_NAME_TAKEN);
		return;
	}
	head.id = uuid_make(&e->maker, engine_now(e), engine_noise(e));
	head.version = 1;
	head.created_at = head.updated_at = engine_now(e);
	head.project = c->tenant;
	save(e, t, c, &head);
}

/* CMD_JOB_REPLACE: an edit is a new version; executions keep theirs. */
void
engine_job_replace(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct jobs_head head;
	struct uuid other;

	if (!engine_job_find(t, c, &head) || !may_edit(c, &head)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	if (jobs_find(t, c->job->name, &other) && !uuid_eq(&other, &head.id)) {
		engine_answer_code(c, t, OUTCOME_NAME_TAKEN);
		return;
	}
	head.version++;
	head.updated_at = engine_now(e);
	save(e, t, c, &head);
}

/* CMD_JOB_DELETE */
void
engine_job_delete(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct outcome o = {.code = OUTCOME_DONE, .txn = t};
	struct jobs_head head;

	if (!engine_job_find(t, c, &head) || !may_edit(c, &head)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	append_job(e, t, &head, NULL);
	jobs_delete(t, &head.id, engine_now(e));
	if (store_error(t) != 0)
		return;
	dispatch_job_changed(e->dispatch, t, &head.id);
	o.job = jobs_get(t, &head.id, head.version);
	c->answer(c, &o);
}

/* CMD_KEY_CREATE: the id is made here, all else the asker has filled in. */
void
engine_key_create(struct engine *e, struct store_txn *t, struct cmd *c)
{
	c->key->id = uuid_make(&e->maker, engine_now(e), engine_noise(e));
	c->key->created_at = engine_now(e);
	keys_put(t, c->key);
	engine_answer_code(c, t, OUTCOME_DONE);
}

/* CMD_KEY_REVOKE */
void
engine_key_revoke(struct engine *e, struct store_txn *t, struct cmd *c)
{
	(void)e;
	engine_answer_code(c, t,
	    keys_remove(t, &c->id) ? OUTCOME_DONE : OUTCOME_NOT_FOUND);
}
