/*
 * What a worker's report does: one function per kind, in a table.
 */
#include <stdio.h>

#include "core/graph.h"
#include "core/lifecycle.h"
#include "core/lifecycle_impl.h"
#include "core/log.h"
#include "core/utf8.h"
#include "core/wire.h"

/* A refusal that names the member of the report at fault. */
static bool
refuse_member(struct decision *d, const struct report *r, const char *member,
    const char *text)
{
	char field[80];

	if (r->field[0] == '\0')
		snprintf(field, sizeof field, "%s", member);
	else
		snprintf(field, sizeof field, "%s.%u.%s", r->field, r->index,
		    member);
	return lifecycle_refuse(d, REFUSAL_INVALID, field, "%s", text);
}

/* Find a step by id, else by name; -1 when there is none. */
static int
find_step(const struct decision *d, struct slice text)
{
	struct uuid id;
	unsigned i;

	if (uuid_parse(text, &id))
		for (i = 0; i < d->x->nsteps; i++)
			if (uuid_eq(&d->steps[i].id, &id))
				return (int)i;
	return job_step_find(d->job, text);
}

/*
 * Any word from the worker: it runs.  Only what an attempt that is not over
 * says gets here; a timed-out one whose retry still waits is revived.
 */
static void
wake(struct decision *d)
{
	enum cause c = CAUSE_REPORT;
	struct journal_event ev;

	if (d->x->status == STATUS_RUNNING || d->x->status == STATUS_CANCELLING)
		return;
	if (d->x->status == STATUS_RETRYING)
		c = CAUSE_REVIVED;
	ev = lifecycle_status(d, STATUS_RUNNING, c);
	lifecycle_emit(d, &ev);
}

static bool
report_heartbeat(struct decision *d, const struct report *r)
{
	(void)r;
	wake(d);
	return true;
}

/* Of how much is done and failed; what is not said of a total is none. */
static void
add_counts(struct decision *d, const struct report *r, struct journal_event *ev)
{
	struct buf *text;
	unsigned char *p;

	if (r->total < 0)
		return;
	text = lifecycle_text(d);
	p = (unsigned char *)buf_room(text, 24);
	p = wire_put(p, 8, (uint64_t)r->total);
	p = wire_put(p, 8, r->completed < 0 ? 0 : (uint64_t)r->completed);
	wire_put(p, 8, r->failed < 0 ? 0 : (uint64_t)r->failed);
	text->len = 24;
	event_add_member(ev, MEMBER_COUNTS, buf_slice(text));
}

static bool
report_progress(struct decision *d, const struct report *r)
{
	struct journal_event ev;

	wake(d);
	if (r->percent == EVENT_NO_PERCENT && r->step_index == EVENT_NO_INDEX &&
	    r->step_name.p == NULL && r->metadata.p == NULL && r->total < 0)
		return true;
	ev = lifecycle_event(d, EVENT_PROGRESS);
	ev.percent = r->percent;
	ev.step_index = r->step_index;
	event_add_member(&ev, MEMBER_STEP_NAME, r->step_name);
	event_add_member(&ev, MEMBER_METADATA, r->metadata);
	add_counts(d, r, &ev);
	lifecycle_emit(d, &ev);
	return true;
}

static bool
report_log(struct decision *d, const struct report *r)
{
	struct journal_event ev;
	int i = -1;

	if (r->step.p != NULL && (i = find_step(d, r->step)) < 0)
		return refuse_member(d, r, "execution_step_id",
		    "is no step of this execution");
	wake(d);
	ev = lifecycle_event(d, EVENT_LOG);
	ev.level = (uint8_t)r->level;
	ev.percent = r->percent;
	if (i >= 0)
		ev.step = (uint16_t)i;
	event_add_member(&ev, MEMBER_MESSAGE, r->message);
	event_add_member(&ev, MEMBER_LOG_DATA, r->log_data);
	lifecycle_emit(d, &ev);
	return true;
}

static bool
report_complete(struct decision *d, const struct report *r)
{
	enum status to = STATUS_COMPLETED;
	struct journal_event ev;

	wake(d);
	if (d->x->status == STATUS_CANCELLING)
		to = STATUS_CANCELLED;
	ev = lifecycle_status(d, to, CAUSE_REPORT);
	event_add_member(&ev, MEMBER_RESULT, r->result);
	lifecycle_emit(d, &ev);
	return true;
}

/* The members that say what went wrong. */
static void
add_error(struct journal_event *ev, const struct report *r)
{
	event_add_member(ev, MEMBER_ERROR_MESSAGE, r->error_message);
	event_add_member(ev, MEMBER_ERROR_TYPE, r->error_type);
	event_add_member(ev, MEMBER_ERROR_STACK, r->error_stack);
}

static bool
report_fail(struct decision *d, const struct report *r)
{
	struct journal_event ev;

	wake(d);
	ev = lifecycle_status(d, STATUS_FAILED, CAUSE_REPORT);
	add_error(&ev, r);
	lifecycle_end_attempt(d, &ev, r->retryable != 0, r->retry_after_ms);
	return true;
}

/* On one that is being cancelled this is the worker's word that it is. */
static bool
report_cancel(struct decision *d, const struct report *r)
{
	struct journal_event ev;

	(void)r;
	if (d->x->status != STATUS_CANCELLING)
		return lifecycle_cancel(d);
	ev = lifecycle_status(d, STATUS_CANCELLED, CAUSE_REPORT);
	lifecycle_emit(d, &ev);
	return true;
}

/* Move a step; a status it has already is left alone. */
static void
move_step(struct decision *d, unsigned i, enum step_status to,
    struct journal_event *ev)
{
	ev->step = (uint16_t)i;
	ev->previous = (uint8_t)d->steps[i].status;
	ev->status = (uint8_t)to;
	lifecycle_emit(d, ev);
}

/*
 * The step runs, from now on if it did not.  Where steps are claimed one by
 * one whoever begins it has claimed it by that, though without a token: else
 * nobody would find out that it has gone.
 */
static void
run_step(struct decision *d, unsigned i)
{
	struct journal_event ev;

	if (d->steps[i].status == STEP_RUNNING)
		return;
	ev = lifecycle_event(d, EVENT_STEP);
	if (d->x->unit == UNIT_STEP && d->steps[i].claim.seq == 0)
		ev.due = d->now + d->job->heartbeat_timeout_ms;
	move_step(d, i, STEP_RUNNING, &ev);
}

static bool
report_step_running(struct decision *d, const struct report *r)
{
	(void)r;
	run_step(d, d->about->index);
	return true;
}

static bool
report_step_progress(struct decision *d, const struct report *r)
{
	unsigned i = d->about->index;
	struct journal_event ev;

	run_step(d, i);
	if (r->percent == EVENT_NO_PERCENT && r->metadata.p == NULL &&
	    r->checkpoint.p == NULL)
		return true;
	ev = lifecycle_event(d, EVENT_PROGRESS);
	ev.step = (uint16_t)i;
	ev.percent = r->percent;
	event_add_member(&ev, MEMBER_METADATA, r->metadata);
	event_add_member(&ev, MEMBER_CHECKPOINT, r->checkpoint);
	lifecycle_emit(d, &ev);
	return true;
}

static bool
report_step_completed(struct decision *d, const struct report *r)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STEP);
	char why[120];

	event_add_member(&ev, MEMBER_RESULT, r->result);
	event_add_member(&ev, MEMBER_ARTIFACTS, r->artifacts);
	move_step(d, d->about->index, STEP_COMPLETED, &ev);
	if (!lifecycle_ready_steps(d, why))
		return refuse_member(d, r, "artifacts", why);
	return true;
}

static bool
report_step_failed(struct decision *d, const struct report *r)
{
	struct journal_event ev = lifecycle_event(d, EVENT_STEP);

	if (d->x->unit == UNIT_STEP)
		run_step(d, d->about->index);
	add_error(&ev, r);
	lifecycle_fail_step(d, d->about->index, &ev, r->retryable != 0);
	return true;
}

static const struct {
	const char *name;
	bool (*fn)(struct decision *, const struct report *);
	enum status repeats;	       /* of an outcome: the status it makes */
	enum step_status step_repeats; /* of a step report */
	bool of_step;
} kinds[] = {
    [REPORT_HEARTBEAT] = {"heartbeat", report_heartbeat, 0, 0, false},
    [REPORT_PROGRESS] = {"progress", report_progress, 0, 0, false},
    [REPORT_LOG] = {"log", report_log, 0, 0, false},
    [REPORT_COMPLETE] = {"complete", report_complete, STATUS_COMPLETED, 0,
	false},
    [REPORT_FAIL] = {"fail", report_fail, STATUS_FAILED, 0, false},
    [REPORT_CANCEL] = {"cancel", report_cancel, STATUS_CANCELLED, 0, false},
    [REPORT_STEP_RUNNING] = {"step running", report_step_running, 0, 0, true},
    [REPORT_STEP_PROGRESS] = {"step progress", report_step_progress, 0, 0,
	true},
    [REPORT_STEP_COMPLETED] = {"step completed", report_step_completed, 0,
	STEP_COMPLETED, true},
    [REPORT_STEP_FAILED] = {"step failed", report_step_failed, 0, STEP_FAILED,
	true},
};

/*
 * Steps must be loaded for step reports, for what may end the execution, and
 * for the claim of one.
 */
bool
lifecycle_needs_steps(const struct report *r, unsigned n, const struct fence *f)
{
	unsigned i;

	if (f->of_step)
		return true;
	for (i = 0; i < n; i++)
		if (r[i].step.p != NULL || kinds[r[i].kind].of_step ||
		    r[i].kind == REPORT_COMPLETE || r[i].kind == REPORT_FAIL ||
		    r[i].kind == REPORT_CANCEL)
			return true;
	return false;
}

/* A heartbeat that moves a deadline in memory and nothing on disk. */
bool
lifecycle_heartbeat_is_soft(const struct execution *x, const struct job *job,
    uint32_t attempt, int64_t now)
{
	if (attempt != 0 && attempt != x->attempt)
		return false;
	return x->status == STATUS_CANCELLING ||
	    (x->status == STATUS_RUNNING &&
		now - x->heartbeat_at < lifecycle_lease(x, job) / 4);
}

/* The same for a step; its row has the end of its lease. */
bool
lifecycle_step_is_soft(const struct execution *x, const struct step *s,
    uint64_t claim, int64_t now)
{
	if (s->claim.seq != claim || s->status != STEP_RUNNING)
		return false;
	return x->status == STATUS_CANCELLING ||
	    (x->status == STATUS_RUNNING &&
		now - (s->due - s->lease_ms) < s->lease_ms / 4);
}

/* A late report is refused but not forgotten: say so in the journal. */
static bool
refuse_late(struct decision *d, const struct report *r, enum refusal_code code,
    const char *field, const char *why)
{
	struct journal_event ev;
	struct buf *text;

	lifecycle_refuse(d, code, field, "%s", why);
	if (r->kind == REPORT_HEARTBEAT)
		return false;
	ev = lifecycle_event(d, EVENT_IGNORED);
	text = lifecycle_text(d);
	buf_addf(text, "%s refused: %s", kinds[r->kind].name, why);
	event_add_member(&ev, MEMBER_REASON, buf_slice(text));
	lifecycle_emit(d, &ev);
	return false;
}

/* Refuse a report on an execution that has ended. */
static bool
refuse_ended(struct decision *d, const struct report *r)
{
	char why[80];

	snprintf(why, sizeof why, "the execution is already %s",
	    status_name(d->x->status));
	return refuse_late(d, r, REFUSAL_TERMINAL, "status", why);
}

/* Refuse a report of an attempt that is over while its retry waits. */
static bool
refuse_over(struct decision *d, const struct report *r)
{
	char why[120];

	snprintf(why, sizeof why, "attempt %u has %s; its retry is waiting",
	    (unsigned)d->x->attempt,
	    d->x->cause == CAUSE_REPORT ? "failed" : "timed out");
	return refuse_late(d, r, REFUSAL_TERMINAL, "status", why);
}

/*
 * Late truth: what a waiting retry still lets its attempt say.  After silence
 * everything, for the worker was only slow; after timeout_seconds only that
 * it completed, or the limit would mean nothing; after its own failure
 * nothing.
 */
static bool
may_revive(const struct execution *x, enum report_kind kind)
{
	if (kind == REPORT_CANCEL)
		return true;
	if (x->unit == UNIT_STEP && kind != REPORT_COMPLETE)
		return false;
	if (x->cause == CAUSE_HEARTBEAT_TIMEOUT)
		return true;
	return x->cause == CAUSE_ATTEMPT_TIMEOUT && kind == REPORT_COMPLETE;
}

/* The outcome that ended one being cancelled: its event is the last. */
static bool
is_last_outcome(const struct execution *x, const struct report *r)
{
	bool result = x->result.at.seq == x->last.seq;
	bool error = x->error.seq == x->last.seq;

	if (r->kind == REPORT_FAIL)
		return error;
	return r->kind == REPORT_COMPLETE && !error &&
	    result == (r->result.p != NULL);
}

/* The step report with which the execution completed by itself. */
static bool
is_last_step(struct decision *d, const struct report *r)
{
	int i;

	if (r->kind != REPORT_STEP_COMPLETED || (i = find_step(d, r->step)) < 0)
		return false;
	d->about = &d->steps[i];
	return true;
}

/* The report that made this state, said again by a client that retries. */
static bool
is_repeated(struct decision *d, const struct report *r)
{
	const struct execution *x = d->x;

	if (kinds[r->kind].repeats != 0 && x->status == kinds[r->kind].repeats)
		return true;
	if (x->cause == CAUSE_AUTO_COMPLETE)
		return is_last_step(d, r);
	if (x->cause != CAUSE_REPORT)
		return false;
	if (x->status == STATUS_CANCELLED)
		return is_last_outcome(x, r);
	return x->status == STATUS_RETRYING && r->kind == REPORT_FAIL;
}

/* May the step be reported on in this way? */
static bool
check_step(struct decision *d, const struct report *r)
{
	const struct step *s = d->about;
	char why[200];
	int unmet;

	if (s->status == STEP_COMPLETED)
		return refuse_member(d, r, "status",
		    "the step is already completed");
	if (s->status != STEP_PENDING)
		return true;
	unmet = graph_unmet(d->job, d->steps, s->index);
	INVARIANT(unmet >= 0);
	snprintf(why, sizeof why, "the step depends on '%.*s', which is %s",
	    SLICE_FMT(d->job->steps[unmet].name),
	    status_step_name(d->steps[unmet].status));
	return refuse_member(d, r, "status", why);
}

/* A step report: find the step, see that it may move, move it. */
static bool
decide_step(struct decision *d, const struct report *r)
{
	int i = find_step(d, r->step);

	if (i < 0)
		return lifecycle_refuse(d, REFUSAL_NO_STEP, "detail",
		    "step '%.*s' not found",
		    SLICE_FMT(utf8_prefix(r->step, 100)));
	d->about = &d->steps[i];
	d->repeated = kinds[r->kind].step_repeats == d->about->status;
	if (!d->repeated && !check_step(d, r))
		return false;
	wake(d);
	return d->repeated || kinds[r->kind].fn(d, r);
}

/* One report of the list. */
static bool
decide(struct decision *d, const struct report *r)
{
	if (kinds[r->kind].of_step)
		return decide_step(d, r);
	return kinds[r->kind].fn(d, r);
}

/* True when the execution takes reports; what it takes, the last one tells. */
static bool
check_late(struct decision *d, const struct report *last)
{
	const struct execution *x = d->x;

	if (status_is_terminal(x->status))
		return refuse_ended(d, last);
	if (x->status == STATUS_RETRYING && !may_revive(x, last->kind))
		return refuse_over(d, last);
	return true;
}

/*
 * The claim that a worker shows is the latest of what it was given.  What was
 * completed stays so in later attempts, and its claim with it.
 */
static bool
is_claim_current(const struct decision *d, const struct fence *f)
{
	const struct step *s;

	if (!f->of_step)
		return d->x->claim.seq == f->claim;
	if (f->step >= d->x->nsteps)
		return false;
	s = &d->steps[f->step];
	return s->claim.seq == f->claim && s->attempt == d->x->attempt;
}

/* Look whether what a worker shows is over; see lifecycle_impl.h. */
bool
lifecycle_is_stale(const struct decision *d, const struct fence *f,
    char why[120])
{
	uint32_t attempt = d->x->attempt;

	if (f->claim != 0 && !is_claim_current(d, f)) {
		snprintf(why, 120,
		    "this claim is over: its lease ran out, or it was "
		    "cancelled; stop working on it");
		return true;
	}
	if (f->claim != 0 && f->of_step)
		attempt = d->steps[f->step].tries;
	if (f->attempt == 0 || f->attempt == attempt)
		return false;
	snprintf(why, 120, "attempt %u is not the current one, which is %u",
	    (unsigned)f->attempt, (unsigned)attempt);
	return true;
}

/* Refuse what comes from an attempt or a claim that is over. */
static bool
check_fence(struct decision *d, const struct report *last,
    const struct fence *f)
{
	char why[120];

	return !lifecycle_is_stale(d, f, why) ||
	    refuse_late(d, last, REFUSAL_STALE, "attempt", why);
}

/* The claim of a step lets a worker speak of that step, and log. */
static bool
check_fenced(struct decision *d, const struct report *r, unsigned n,
    const struct fence *f)
{
	unsigned i;

	for (i = 0; f->of_step && i < n; i++) {
		if (r[i].kind == REPORT_HEARTBEAT || r[i].kind == REPORT_LOG)
			continue;
		if (!kinds[r[i].kind].of_step ||
		    find_step(d, r[i].step) != f->step)
			return lifecycle_refuse(d, REFUSAL_FENCED, "detail",
			    "this token is of the claim of step '%.*s': it "
			    "reports on that step only",
			    SLICE_FMT(utf8_prefix(d->job->steps[f->step].name,
				100)));
	}
	return true;
}

/* Late truth of a claimed step: whoever fell silent was only slow. */
static void
revive_step(struct decision *d, const struct fence *f)
{
	const struct step *s;
	struct journal_event ev;

	if (!f->of_step || d->x->status != STATUS_RUNNING)
		return;
	s = &d->steps[f->step];
	if (s->status != STEP_FAILED || s->due == 0 ||
	    s->cause != CAUSE_HEARTBEAT_TIMEOUT)
		return;
	ev = lifecycle_event(d, EVENT_STEP);
	ev.cause = CAUSE_REVIVED;
	move_step(d, f->step, STEP_RUNNING, &ev);
}

/* A claimed step's lease goes on from now; see execution.h on what moves. */
static void
touch_step(struct decision *d, const struct fence *f)
{
	struct step *s = f->of_step ? &d->steps[f->step] : d->about;

	if (s != NULL && s->claim.seq != 0 && s->status == STEP_RUNNING &&
	    d->now - (s->due - s->lease_ms) >= s->lease_ms / 4)
		s->due = d->now + s->lease_ms;
}

static bool
decide_all(struct decision *d, const struct report *r, unsigned n,
    const struct fence *f)
{
	const struct report *last = &r[n - 1];
	unsigned i;

	if (!check_fence(d, last, f) || !check_fenced(d, r, n, f))
		return false;
	/* They landed together, so the last one's repetition is everyone's. */
	d->repeated = is_repeated(d, last);
	if (d->repeated)
		return true;
	if (!check_late(d, last))
		return false;
	for (i = 0; i < n; i++) {
		INVARIANT(&r[i] == last || kinds[r[i].kind].repeats == 0);
		if (!decide(d, &r[i]))
			return false;
	}
	/* After all, so that an outcome said with the last step counts. */
	if (d->about != NULL && kinds[last->kind].repeats == 0)
		lifecycle_end_steps(d);
	revive_step(d, f);
	touch_step(d, f);
	if (d->change->nevents > 0)
		d->repeated = false;
	if (status_is_held(d->x->status) &&
	    d->now - d->x->heartbeat_at >= lifecycle_lease(d->x, d->job) / 4)
		d->x->heartbeat_at = d->now;
	return true;
}

/* Decide on a worker's reports, all or nothing. */
bool
lifecycle_report(struct decision *d, const struct report *r, unsigned n,
    const struct fence *f)
{
	bool ok;

	d->sources = mapping_sources_new();
	ok = decide_all(d, r, n, f);
	mapping_sources_free(d->sources);
	d->sources = NULL;
	return ok;
}
