/*
 * Rebuilding: the journal's events, one after the other, to what they do to
 * the rows.  core/lifecycle_apply.c knows that of executions; here is the rest.
 */
#include "store/rebuild.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include "core/lifecycle.h"
#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"
#include "store/articles.h"
#include "store/internal.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/keys.h"
#include "store/meta.h"
#include "store/names.h"
#include "store/origin.h"
#include "store/pauses.h"
#include "store/ready.h"
#include "store/rows.h"

#define BATCH_BYTES (8u << 20) /* of events, a transaction */

struct rebuild {
	struct store *from, *to;
	struct store_txn *t; /* of to */
	const struct rebuild_progress *progress;
	uint64_t done, total; /* seqs */
	uint64_t bad;	      /* the event that does not follow, */
	const char *why;      /* since it ... */
	struct execution x, before;
	struct step steps[JOB_STEPS_MAX], steps_before[JOB_STEPS_MAX];
};

/* An event cannot have been so. */
static bool
refuse(struct rebuild *r, const char *why)
{
	r->why = why;
	r->bad = r->done + 1;
	return false;
}

/* A version of a job, or its end. */
static bool
on_job(struct rebuild *r, const struct journal_event *ev)
{
	struct slice text = event_get(ev, MEMBER_DEFINITION);
	struct wire project = wire_read(event_get(ev, MEMBER_PROJECT));
	struct jobs_head head = {.id = ev->execution, .created_at = ev->at};
	bool known = jobs_head(r->t, &ev->execution, &head);
	struct job *def;

	if (ev->attempt != (known ? head.version : 0) + (ev->status != 0))
		return refuse(r, "is not the job's next version");
	if (ev->status == 0) {
		jobs_delete(r->t, &ev->execution, ev->at);
		return true;
	}
	head.version = ev->attempt;
	head.updated_at = ev->at;
	if (!known && project.n > 0)
		head.project = wire_uint(&project, 8, UINT64_MAX);
	def = job_load(text, &ev->execution, ev->attempt);
	jobs_put(r->t, &head, def);
	job_free(def);
	return true;
}

/* A job or a queue was paused, or goes on. */
static bool
on_pause(struct rebuild *r, const struct journal_event *ev)
{
	struct pause p = {.queue = event_get(ev, MEMBER_QUEUE)};

	if (p.queue.p == NULL)
		p.job = &ev->execution;
	pauses_set(r->t, &p, ev->status != 0 ? ev->at : 0);
	return true;
}

/* What an execution is found by that is no index of its row. */
static void
remember(struct rebuild *r, const struct journal_event *ev)
{
	struct slice key = event_get(ev, MEMBER_IDEMPOTENCY);
	struct slice name = event_get(ev, MEMBER_NAME);

	if (key.n > 0)
		rows_idempotency_put(r->t, key, &r->x.id);
	if (name.n > 0)
		names_put(r->t, name, r->x.project, &r->x.id);
}

static bool
on_created(struct rebuild *r, const struct journal_event *ev)
{
	const struct job *job = origin_read(r->t, ev, &r->x, r->steps);

	if (job == NULL)
		return refuse(r, "has no job, or is damaged");
	if (r->x.number != store_number(r->t) + 1)
		return refuse(r, "does not have the next number");
	lifecycle_apply(job, ev, &r->x, r->steps);
	store_number_next(r->t);
	rows_put(r->t, NULL, &r->x);
	for (unsigned i = 0; i < r->x.nsteps; i++)
		rows_put_step(r->t, &r->x.id, &r->steps[i]);
	remember(r, ev);
	return true;
}

static bool
load_steps(struct rebuild *r, const struct journal_event *ev)
{
	unsigned n = r->x.nsteps;

	if (!rows_get_steps(r->t, &r->x.id, r->steps, n) ||
	    (ev->step != EVENT_NO_STEP && ev->step >= n))
		return false;
	memcpy(r->steps_before, r->steps, n * sizeof(r->steps[0]));
	return true;
}

static void
keep_steps(struct rebuild *r)
{
	for (unsigned i = 0; i < r->x.nsteps; i++)
		if (memcmp(&r->steps[i], &r->steps_before[i],
			sizeof(r->steps[i])) != 0)
			rows_put_step(r->t, &r->x.id, &r->steps[i]);
	ready_move_steps(r->t, &r->before, r->steps_before, &r->x, r->steps);
}

/* Articles take the numbers that they were given. */
static bool
keep_articles(struct rebuild *r, const struct journal_event *ev)
{
	struct article_made made;
	unsigned n = 0;

	if (event_get(ev, MEMBER_ARTICLES).p != NULL) {
		if (!article_made_read(ev, &made))
			return refuse(r, "made articles that cannot be read");
		n = article_made_count(&made);
	}
	if (n > 0)
		articles_numbers(r->t, n);
	articles_follow(r->t, ev, r->x.project);
	return true;
}

/* Any later event of an execution. */
static bool
on_event(struct rebuild *r, const struct journal_event *ev)
{
	bool of_steps = ev->type == EVENT_STATUS ||
	    (ev->step != EVENT_NO_STEP && ev->type != EVENT_LOG);
	const struct job *job;

	if (!rows_get(r->t, &ev->execution, &r->x) || r->x.tail.seq != ev->prev)
		return refuse(r, "does not follow its execution's last");
	job = jobs_get(r->t, &r->x.job, r->x.job_version);
	if (job == NULL || (of_steps && !load_steps(r, ev)))
		return refuse(r, "is of a job or step that is not there");
	r->before = r->x;
	lifecycle_apply(job, ev, &r->x, of_steps ? r->steps : NULL);
	rows_put(r->t, &r->before, &r->x);
	if (of_steps)
		keep_steps(r);
	return keep_articles(r, ev);
}

static bool
apply(struct rebuild *r, const struct journal_event *ev)
{
	switch (ev->type) {
	case EVENT_JOB:
		return on_job(r, ev);
	case EVENT_PAUSE:
		return on_pause(r, ev);
	case EVENT_CREATED:
		return on_created(r, ev);
	default:
		return on_event(r, ev);
	}
}

/* One event of the journal; false ends the batch. */
static bool
on_journal(void *arg, const struct journal_event *ev)
{
	struct rebuild *r = arg;

	if (ev->seq > r->total)
		return false;
	if (ev->seq != r->done + 1)
		return refuse(r, "is not the next");
	journal_append(r->t, ev);
	if (!apply(r, ev) || store_error(r->t) != 0)
		return false;
	r->done = ev->seq;
	return store_written(r->t) < BATCH_BYTES;
}

/* One transaction's worth of events; 0 or an errno value. */
static int
batch(struct rebuild *r)
{
	const struct journal_visit visit = {on_journal, r};
	uint64_t before = r->done;
	int rc = 0;

	r->t = store_begin(r->to, &rc);
	if (r->t == NULL)
		return rc;
	while (r->done < r->total && r->why == NULL && store_error(r->t) == 0 &&
	    store_written(r->t) < BATCH_BYTES) {
		uint64_t at = r->done;

		journal_walk(store_snapshot(r->from), at, JOURNAL_PAGE, &visit);
		store_snapshot_end(r->from);
		if (r->done == at && r->why == NULL && store_error(r->t) == 0)
			refuse(r, "cannot be read");
	}
	if (r->why != NULL) {
		store_abort(r->t);
		r->done = before;
		return 0;
	}
	return store_commit(r->t);
}

/* What is not in the journal: the keys, and what the store is called. */
static int
copy_rest(struct rebuild *r)
{
	struct store_txn *from = store_snapshot(r->from);
	unsigned n = (unsigned)keys_count(from);
	struct key *keys = mem_resize(NULL, n + 1u, sizeof(*keys));
	uint64_t epoch = meta_get(from, "epoch", 8);
	int rc = 0;

	n = keys_list(from, keys, n);
	r->t = store_begin(r->to, &rc);
	if (r->t != NULL) {
		for (unsigned i = 0; i < n; i++)
			keys_put(r->t, &keys[i]);
		meta_put(r->t, "epoch", 8, epoch);
		meta_put_bytes(r->t, "secret", store_secret(r->from),
		    STORE_SECRET);
		rc = store_commit(r->t);
	}
	store_snapshot_end(r->from);
	free(keys);
	return rc;
}

/* Make the tables again. */
bool
rebuild_store(struct store *from, struct store *to,
    const struct rebuild_progress *progress, char *err, size_t errlen)
{
	struct rebuild *r = mem_zalloc(sizeof(*r));
	bool good;
	int rc;

	*r = (struct rebuild){.from = from, .to = to, .progress = progress};
	r->total = store_seq(store_snapshot(from));
	store_snapshot_end(from);
	rc = copy_rest(r);
	while (rc == 0 && r->why == NULL && r->done < r->total) {
		rc = batch(r);
		store_snapshot_end(to);
		if (progress != NULL)
			progress->fn(progress->arg, r->done, r->total);
	}
	if (rc != 0)
		snprintf(err, errlen, "cannot write the new store: %s",
		    rc == ENOSPC ? "the disk is full" : "input/output error");
	else if (r->why != NULL)
		snprintf(err, errlen, "event %" PRIu64 " %s: restore a backup",
		    r->bad, r->why);
	good = rc == 0 && r->why == NULL;
	free(r);
	return good;
}
