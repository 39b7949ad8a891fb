/*
 * Deciding on a replay.  What each step becomes is planned first; the events
 * follow from the plan.  Neighbours: lifecycle.c makes other executions.
 */
#include "core/replay.h"

#include "core/graph.h"
#include "core/jsonw.h"
#include "core/lifecycle_impl.h"
#include "core/utf8.h"

#define SHOWN 60 /* bytes of a client's name within an error */

enum fate { FATE_SKIP, FATE_COPY, FATE_RUN };

struct plan {
	const struct replay *r;
	bool same; /* the job is the parent's, in the same version */
	uint16_t stage;
	struct slice route;
	enum fate fate[JOB_STEPS_MAX];
	bool entry[JOB_STEPS_MAX]; /* of the route, and to run */
	struct slice artifacts;	   /* of stage, copied */
	size_t copied;		   /* bytes */
};

/* ---- where it begins ---- */

/* A step by its name, or the last step of a route; -1 when there is none. */
static int
find_stage(const struct job *j, struct slice text)
{
	int at = job_step_find(j, text);

	for (int i = 0; at < 0 && i < j->nsteps; i++) {
		if (slice_eq(j->steps[j->nsteps - 1 - i].route, text))
			at = j->nsteps - 1 - i;
	}
	return at;
}

static bool
choose_stage(struct decision *d, struct plan *p)
{
	struct slice shown = utf8_prefix(p->r->stage, SHOWN);
	int at = find_stage(p->r->job, p->r->stage);
	const struct step *s;

	if (at < 0)
		return lifecycle_refuse(d, REFUSAL_INVALID, "from_stage",
		    "the parent has no stage '%.*s'", SLICE_FMT(shown));
	p->stage = (uint16_t)at;
	s = &p->r->steps[at];
	if (s->status != STEP_COMPLETED)
		return lifecycle_refuse(d, REFUSAL_INVALID, "from_stage",
		    "stage '%.*s' of the parent is not completed, but %s",
		    SLICE_FMT(shown), status_step_name(s->status));
	if (s->artifacts.seq == 0)
		return lifecycle_refuse(d, REFUSAL_INVALID, "from_stage",
		    "stage '%.*s' of the parent has no artifacts",
		    SLICE_FMT(shown));
	return true;
}

static bool
depends_on(const struct job *j, unsigned i, uint16_t on)
{
	for (unsigned k = 0; k < j->steps[i].ndepends; k++) {
		if (j->steps[i].depends[k] == on)
			return true;
	}
	return false;
}

/* The route that follows stage, if none is named. */
static bool
choose_route(struct decision *d, struct plan *p)
{
	const struct job *j = d->job;

	p->route = p->r->route;
	for (unsigned i = 0; p->same && p->route.n == 0 && i < j->nsteps; i++) {
		if (depends_on(j, i, p->stage))
			p->route = j->steps[i].route;
	}
	if (p->route.n > 0)
		return true;
	if (!p->same)
		return lifecycle_refuse(d, REFUSAL_INVALID, "to_route",
		    "is required with config_id");
	return lifecycle_refuse(d, REFUSAL_INVALID, "to_route",
	    "no route follows stage '%.*s': name one",
	    SLICE_FMT(utf8_prefix(p->r->stage, SHOWN)));
}

/* ---- what becomes of each step ---- */

/* Mark all that waits for what is marked, over any distance. */
static void
spread(const struct job *j, bool set[JOB_STEPS_MAX])
{
	bool more = true;

	while (more) {
		more = false;
		for (unsigned i = 0; i < j->nsteps; i++) {
			const struct job_step *s = &j->steps[i];
			bool was = set[i];

			for (unsigned k = 0; k < s->ndepends; k++)
				set[i] = set[i] || set[s->depends[k]];
			more = more || set[i] != was;
		}
	}
}

/* What the parent did up to and including stage, and beside it. */
static void
plan_copies(struct decision *d, struct plan *p)
{
	bool before[JOB_STEPS_MAX] = {false}, behind[JOB_STEPS_MAX] = {false};

	if (p->same) {
		graph_upstream(d->job, p->stage, before);
		before[p->stage] = behind[p->stage] = true;
		spread(d->job, behind);
	}
	for (unsigned i = 0; i < d->job->nsteps; i++) {
		if (p->same && (before[i] || !behind[i]) &&
		    p->r->steps[i].status == STEP_COMPLETED)
			p->fate[i] = FATE_COPY;
		p->entry[i] = !before[i] &&
		    (p->r->route.n > 0
			    ? slice_eq(d->job->steps[i].route, p->route)
			    : depends_on(d->job, i, p->stage));
	}
}

/* The first steps to run, and all that wait for them. */
static bool
plan_runs(struct decision *d, struct plan *p)
{
	bool run[JOB_STEPS_MAX], any = false, known = false;

	memcpy(run, p->entry, sizeof(run));
	spread(d->job, run);
	for (unsigned i = 0; i < d->job->nsteps; i++) {
		if (run[i])
			p->fate[i] = FATE_RUN;
		any = any || run[i];
		known = known || slice_eq(d->job->steps[i].route, p->route);
	}
	if (any)
		return true;
	return lifecycle_refuse(d, REFUSAL_INVALID, "to_route",
	    known ? "route '%.*s' has nothing to run behind the stage"
		  : "there is no route '%.*s'",
	    SLICE_FMT(utf8_prefix(p->route, SHOWN)));
}

/* ---- the events ---- */

/* A member of the parent's, copied so that it outlives the next write. */
static struct slice
copy(struct decision *d, struct plan *p, struct ref at, enum member m)
{
	struct slice bytes = SLICE_NONE;
	struct buf *text;

	if (at.seq != 0)
		bytes = d->get(d->arg, at, m);
	if (bytes.p == NULL)
		return SLICE_NONE;
	p->copied += bytes.n;
	if (p->copied > REPLAY_COPY_MAX)
		return SLICE("null"); /* it is refused as a whole */
	text = lifecycle_text(d);
	buf_room(text, bytes.n + 1);
	buf_add_slice(text, bytes);
	return buf_slice(text);
}

/* What it is a replay of, in words that stay true when the job changes. */
static void
add_words(struct decision *d, const struct plan *p, struct journal_event *ev)
{
	struct buf *text = lifecycle_text(d);
	struct jsonw *w = jsonw_new(text);

	jsonw_object(w);
	jsonw_text(w, "replay_source", p->r->source);
	jsonw_text(w, "from_stage", p->r->job->steps[p->stage].name);
	jsonw_text(w, "from_path", p->r->path);
	jsonw_text(w, "to_route", p->route);
	jsonw_end(w);
	jsonw_free(w);
	event_add_member(ev, MEMBER_REPLAY, buf_slice(text));
}

static void
emit_created(struct decision *d, struct plan *p, struct journal_event *ev)
{
	ev->at = d->now;
	ev->execution = d->x->id;
	ev->attempt = 1;
	ev->status = STATUS_QUEUED;
	ev->cause = CAUSE_REQUEST;
	event_add_member(ev, MEMBER_INPUT,
	    p->same ? copy(d, p, p->r->x->created, MEMBER_INPUT)
		    : p->artifacts);
	add_words(d, p, ev);
	lifecycle_emit(d, ev);
}

static void
emit_step(struct decision *d, uint16_t i, enum step_status to,
    struct journal_event *ev)
{
	ev->step = i;
	ev->previous = (uint8_t)d->steps[i].status;
	ev->status = (uint8_t)to;
	lifecycle_emit(d, ev);
}

/* Copied and skipped steps are over before anybody runs. */
static void
emit_fates(struct decision *d, struct plan *p)
{
	const struct step *from = p->r->steps;

	for (uint16_t i = 0; i < d->job->nsteps; i++) {
		struct journal_event ev = lifecycle_event(d, EVENT_STEP);

		ev.cause = CAUSE_REPLAY;
		if (p->fate[i] == FATE_COPY) {
			event_add_member(&ev, MEMBER_ARTIFACTS,
			    i == p->stage ? p->artifacts
					  : copy(d, p, from[i].artifacts,
						MEMBER_ARTIFACTS));
			event_add_member(&ev, MEMBER_RESULT,
			    copy(d, p, from[i].result, MEMBER_RESULT));
			emit_step(d, i, STEP_COMPLETED, &ev);
		} else if (p->fate[i] == FATE_SKIP) {
			emit_step(d, i, STEP_SKIPPED, &ev);
		}
	}
}

/* Does the step wait for what was not made here, so that it gets nothing? */
static bool
needs_artifacts(const struct decision *d, const struct plan *p, uint16_t i)
{
	const struct job_step *s = &d->job->steps[i];

	if (!p->entry[i] || s->nmappings > 0 ||
	    graph_unmet(d->job, d->steps, i) >= 0)
		return false;
	if (s->ndepends == 0)
		return p->same; /* else they are the job's input */
	for (unsigned k = 0; k < s->ndepends; k++) {
		if (p->fate[s->depends[k]] == FATE_COPY)
			return false;
	}
	return true;
}

static void
emit_entries(struct decision *d, struct plan *p)
{
	for (uint16_t i = 0; i < d->job->nsteps; i++) {
		struct journal_event ev = lifecycle_event(d, EVENT_STEP);

		if (!needs_artifacts(d, p, i))
			continue;
		p->copied += p->artifacts.n;
		event_add_member(&ev, MEMBER_INPUT, p->artifacts);
		emit_step(d, i, STEP_READY, &ev);
	}
}

/* Decide. */
bool
replay_create(struct decision *d, const struct replay *r,
    struct journal_event *created)
{
	struct plan p = {.r = r};
	char why[120];

	p.same = uuid_eq(&d->job->id, &r->job->id) &&
	    d->job->version == r->job->version;
	if (!choose_stage(d, &p) || !choose_route(d, &p))
		return false;
	plan_copies(d, &p);
	if (!plan_runs(d, &p))
		return false;
	p.artifacts =
	    copy(d, &p, r->steps[p.stage].artifacts, MEMBER_ARTIFACTS);
	emit_created(d, &p, created);
	emit_fates(d, &p);
	emit_entries(d, &p);
	if (p.copied > REPLAY_COPY_MAX)
		return lifecycle_refuse(d, REFUSAL_INVALID, "from_stage",
		    "more than %u MiB would have to be copied",
		    REPLAY_COPY_MAX >> 20);
	if (!lifecycle_ready_steps(d, why))
		return lifecycle_refuse(d, REFUSAL_INVALID, "from_stage", "%s",
		    why);
	return true;
}
