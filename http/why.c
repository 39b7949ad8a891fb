/*
 * Reasons as an answer: all that is shown comes from one snapshot.
 */
#include "http/why.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/rfc3339.h"
#include "core/why.h"
#include "engine/engine.h"
#include "http/app.h"
#include "http/draw.h"
#include "http/lookup.h"
#include "http/restep_view.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/pauses.h"
#include "store/ready.h"
#include "store/rows.h"

struct view {
	struct request *req;
	struct store_txn *txn;
	struct why_facts facts;
	const struct job *now; /* the job as it is now */
	struct execution x;
	struct step *steps;
};

/* ---- what is known ---- */

static void
read_job(struct view *v)
{
	const struct execution *x = &v->x;
	struct why_facts *f = &v->facts;
	struct jobs_head head;

	INVARIANT(jobs_head(v->txn, &x->job, &head));
	v->now = jobs_get(v->txn, &x->job, head.version);
	f->job = jobs_get(v->txn, &x->job, x->job_version);
	INVARIANT(v->now != NULL && f->job != NULL);
	f->job_paused_at =
	    pauses_since(v->txn, &(struct pause){.job = &x->job});
	f->queue_paused_at =
	    pauses_since(v->txn, &(struct pause){.queue = v->now->queue});
	f->max = v->now->max_concurrency;
	f->held = ready_held(v->txn, &x->job);
	f->max_of_key = v->now->max_per_key;
	if (x->lane != 0)
		f->held_of_key = ready_held_lane(v->txn, &x->job, x->lane);
}

static void
read_rows(struct view *v)
{
	const struct engine *e = v->req->app->engine;
	struct why_facts *f = &v->facts;

	v->steps = mem_zalloc((v->x.nsteps + 1u) * sizeof *v->steps);
	INVARIANT(rows_get_steps(v->txn, &v->x.id, v->steps, v->x.nsteps));
	f->x = &v->x;
	f->steps = v->steps;
	read_job(v);
	f->last_word = engine_last_word(e, &v->x);
	f->lease_end = engine_lease_end(e, &v->x, f->job);
}

/* ---- how it is said ---- */

static struct slice
worker_of(const struct view *v, struct ref claim)
{
	return journal_member(v->txn, claim, MEMBER_WORKER);
}

static struct slice
key_of(const struct view *v)
{
	return journal_member(v->txn, v->x.created, MEMBER_CONCURRENCY);
}

static void
add_time(struct buf *b, const char *before, int64_t ms)
{
	char text[RFC3339_MAX];

	rfc3339_millis(ms, text);
	buf_add_str(b, before);
	buf_add_str(b, text);
}

static void
write_ended(struct jsonw *w, const struct view *v, struct buf *b)
{
	const char *word = restep_view_status(&v->x);

	buf_addf(b, "It has ended: %s", word);
	draw_cstr(w, "status", word);
	draw_millis(w, "completed_at", draw_ended_at(&v->x));
}

static void
write_pause(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	bool queue = r->code == WHY_QUEUE_PAUSED;
	struct slice name = queue ? v->now->queue : v->now->name;

	buf_addf(b, "The %s '%.*s' is paused", queue ? "queue" : "job",
	    SLICE_FMT(name));
	draw_text(w, queue ? "queue" : "job_name", name);
	draw_millis(w, "paused_at", r->since);
}

static void
write_limit(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	bool of_key = r->code == WHY_CONCURRENCY_KEY_LIMIT;
	struct slice key = of_key ? key_of(v) : SLICE_NONE;

	buf_add_str(b, "As many executions ");
	if (of_key) {
		buf_addf(b, "with the key '%.*s'", SLICE_FMT(key));
		draw_text(w, "concurrency_key", key);
	} else {
		buf_add_str(b, "of the job");
	}
	buf_addf(b, " run as may at a time: %llu of %llu",
	    (unsigned long long)r->have, (unsigned long long)r->limit);
	draw_u64(w, of_key ? "max_concurrency_per_key" : "max_concurrency",
	    r->limit);
	draw_u64(w, "held", r->have);
}

static void
write_waiting(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	struct slice queue = v->now->queue;
	unsigned n = engine_waiting(v->req->app->engine, queue);

	buf_addf(b, "No worker has asked for it in the queue '%.*s'",
	    SLICE_FMT(queue));
	draw_text(w, "queue", queue);
	draw_millis(w, "ready_at", r->since);
	draw_millis(w, "start_by", r->until);
	draw_said(w, "waiting_workers",
	    v->req->auth.project != 0 ? UINT64_MAX : n, UINT64_MAX);
}

static void
write_held(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	struct slice worker = worker_of(v, v->x.claim);

	if (r->code == WHY_HELD)
		buf_addf(b, "The worker '%.*s' has it", SLICE_FMT(worker));
	else if (r->code == WHY_SILENT)
		buf_add_str(b, "It runs, and its worker says no more");
	else
		buf_add_str(b,
		    "The server stopped while it ran, and its "
		    "worker has not spoken since");
	add_time(b, "; its last word was at ", r->since);
	if (r->code != WHY_SILENT)
		draw_text(w, "worker", worker);
	draw_millis(w, "last_heartbeat_at", r->since);
	draw_millis(w,
	    r->code == WHY_HELD ? "lease_expires_at" : "heartbeat_due_at",
	    r->until);
}

static void
write_timed(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	if (r->code == WHY_SCHEDULED) {
		add_time(b, "It is to run at ", r->until);
		draw_millis(w, "run_at", r->until);
	} else if (r->code == WHY_RETRY_WAITING) {
		buf_addf(b, "Attempt %u failed", (unsigned)v->x.attempt);
		add_time(b, "; the next begins at ", r->until);
		draw_u64(w, "attempt", v->x.attempt);
		draw_millis(w, "retry_at", r->until);
	} else {
		buf_add_str(b,
		    "It is being cancelled, and its worker has not "
		    "said that it stopped");
		draw_millis(w, "cancel_requested_at", r->since);
		draw_millis(w, "grace_ends_at", r->until);
	}
}

/* The steps that a step waits for. */
static void
write_unmet(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	const struct job_step *all = v->facts.job->steps;
	const struct job_step *js = &all[r->step];
	unsigned i, n = 0;

	buf_add_str(b, " waits for ");
	jsonw_key(w, "unmet");
	jsonw_array(w);
	for (i = 0; i < js->ndepends; i++) {
		const struct step *s = &v->steps[js->depends[i]];

		if (s->status == STEP_COMPLETED || s->status == STEP_SKIPPED)
			continue;
		buf_addf(b, "%s'%.*s'", n++ == 0 ? "" : ", ",
		    SLICE_FMT(all[js->depends[i]].name));
		jsonw_str(w, all[js->depends[i]].name);
	}
	jsonw_end(w);
}

static void
write_step(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	const struct engine *e = v->req->app->engine;
	const struct step *s = &v->steps[r->step];
	struct slice name = v->facts.job->steps[r->step].name;

	buf_addf(b, "The step '%.*s'", SLICE_FMT(name));
	draw_text(w, "step", name);
	switch (r->code) {
	case WHY_STEP_WAITING:
		write_unmet(w, v, r, b);
		break;
	case WHY_STEP_READY:
		buf_add_str(b, " is ready, and nobody has begun it");
		draw_millis(w, "ready_at", r->since);
		break;
	case WHY_STEP_RETRY_WAITING:
		add_time(b, " failed and is tried again at ", r->until);
		draw_u64(w, "tries", s->tries);
		draw_millis(w, "retry_at", r->until);
		break;
	default:
		buf_add_str(b, " runs");
		draw_text(w, "worker", worker_of(v, s->claim));
		draw_millis(w, "started_at", r->since);
		draw_millis(w, "lease_expires_at",
		    s->claim.seq == 0 ? 0 : engine_step_lease_end(e, s));
		break;
	}
}

static void
write_facts(struct jsonw *w, const struct view *v, const struct why_reason *r,
    struct buf *b)
{
	switch (r->code) {
	case WHY_ENDED:
		write_ended(w, v, b);
		break;
	case WHY_CANCELLING:
	case WHY_SCHEDULED:
	case WHY_RETRY_WAITING:
		write_timed(w, v, r, b);
		break;
	case WHY_QUEUE_PAUSED:
	case WHY_JOB_PAUSED:
		write_pause(w, v, r, b);
		break;
	case WHY_CONCURRENCY_LIMIT:
	case WHY_CONCURRENCY_KEY_LIMIT:
		write_limit(w, v, r, b);
		break;
	case WHY_WAITING_FOR_WORKER:
		write_waiting(w, v, r, b);
		break;
	case WHY_HELD:
	case WHY_SILENT:
	case WHY_INTERRUPTED:
		write_held(w, v, r, b);
		break;
	default:
		write_step(w, v, r, b);
		break;
	}
}

static void
write_reason(struct jsonw *w, const struct view *v, const struct why_reason *r)
{
	struct buf message = {0};

	jsonw_object(w);
	draw_cstr(w, "code", why_code_name(r->code));
	write_facts(w, v, r, &message);
	draw_text(w, "message", buf_slice(&message));
	jsonw_end(w);
	buf_free(&message);
}

/* {"name","at"} of the next deadline, or null. */
static void
write_timer(struct jsonw *w, const struct execution *x)
{
	int64_t at = 0;
	const char *name = why_next_timer(x, &at);

	jsonw_key(w, "next_timer");
	if (name == NULL) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	draw_cstr(w, "name", name);
	draw_millis(w, "at", at);
	jsonw_end(w);
}

static void
send(const struct view *v)
{
	struct why_reason reasons[WHY_MAX];
	unsigned i, n = why(&v->facts, reasons);
	struct jsonw *w = request_body(v->req);

	jsonw_object(w);
	jsonw_key(w, "data");
	jsonw_object(w);
	jsonw_key(w, "execution_id");
	jsonw_uuid(w, &v->x.id);
	draw_cstr(w, "status", restep_view_status(&v->x));
	jsonw_key(w, "reasons");
	jsonw_array(w);
	for (i = 0; i < n; i++)
		write_reason(w, v, &reasons[i]);
	jsonw_end(w);
	write_timer(w, &v->x);
	jsonw_end(w);
	jsonw_end(w);
	request_send(v->req, 200);
}

/* GET /api/executions/{id}/why */
void
why_get(struct request *r)
{
	struct view v = {.req = r};

	if (!lookup_execution(r, r->param[0], &v.x)) {
		request_error(r, 404, "detail", "execution not found");
		return;
	}
	v.txn = engine_snapshot(r->app->engine);
	read_rows(&v);
	send(&v);
	free(v.steps);
}
