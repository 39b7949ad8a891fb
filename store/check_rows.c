/*
 * Checking executions: the journal is replayed through the lifecycle and must
 * come to the row and the steps as they are stored; then everything that
 * follows from the row is looked up.
 *
 * In the table an execution's milestones come first, then its steps, then its
 * row, so one walk meets all of it together.  The row names the last event,
 * and each event the one before it.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/lifecycle.h"
#include "core/mem.h"
#include "core/object.h"
#include "core/wire.h"
#include "store/check_impl.h"
#include "store/jobs.h"
#include "store/jobs_cache.h"
#include "store/names.h"
#include "store/origin.h"
#include "store/rows.h"

#define TIME_MAX (INT64_MAX / 4)

/* One execution, as far as the walk has come. */
struct run {
	struct uuid id;
	bool replays; /* every event so far could be applied */
	unsigned nevents, nsteps, milestones;
	struct buf
	    chain; /* the seqs of its events, from the last to the first */
	bool rowed;
	const struct job *job;
	struct execution x, row; /* replayed, stored */
	struct step made[JOB_STEPS_MAX], steps[JOB_STEPS_MAX];
	struct slice idempotency, name;
};

/* Take EVENT_CREATED as the start of the replay. */
static bool
begin_replay(struct check *c, struct run *r, const struct journal_event *ev)
{
	r->idempotency = event_get(ev, MEMBER_IDEMPOTENCY);
	r->name = event_get(ev, MEMBER_NAME);
	if (c->jobs_broken)
		return false; /* reading a broken definition aborts */
	r->job = origin_read(c->t, ev, &r->x, r->made);
	if (r->job == NULL) {
		check_find(c,
		    "execution %s: does not begin with its creation, or "
		    "its job or version is not there",
		    check_id(&r->id));
		return false;
	}
	return true;
}

/* What the lifecycle takes for granted of an event it made. */
static bool
is_applicable(const struct run *r, const struct journal_event *ev)
{
	if (ev->at > TIME_MAX || ev->due > TIME_MAX)
		return false;
	if ((ev->type == EVENT_STATUS || ev->type == EVENT_STEP) &&
	    ev->status == 0)
		return false;
	if (ev->type == EVENT_CREATED && r->nevents > 1)
		return false;
	if (ev->step == EVENT_NO_STEP)
		return ev->type != EVENT_STEP;
	return ev->type == EVENT_LOG || ev->step < r->x.nsteps;
}

/* An event that must be there and be this execution's. */
static bool
find_event(struct check *c, const struct run *r, uint64_t seq,
    struct journal_event *ev)
{
	uint8_t key[8];

	wire_put(key, 8, seq);
	if (!check_lookup(c, &c->journal, TABLE_JOURNAL,
		table_bytes(key, sizeof(key))) ||
	    !event_decode(c->journal.value, seq, ev)) {
		check_find(c, "execution %s: event %" PRIu64 " is missing",
		    check_id(&r->id), seq);
		return false;
	}
	if (!uuid_eq(&ev->execution, &r->id) || ev->type == EVENT_JOB ||
	    ev->type == EVENT_PAUSE) {
		check_find(c, "execution %s: event %" PRIu64 " is of another",
		    check_id(&r->id), seq);
		return false;
	}
	return true;
}

/* An object is where its event says, and as large. */
static void
check_object(struct check *c, const struct run *r,
    const struct journal_event *ev)
{
	struct journal_event with;
	struct object o;

	if (!object_read(ev, &o)) {
		check_find(c, "execution %s: object %" PRIu64 " is damaged",
		    check_id(&r->id), ev->seq);
		return;
	}
	check_objects_event(c, ev, &o);
	if (o.at.seq <= ev->seq && find_event(c, r, o.at.seq, &with) &&
	    event_get(&with, o.member).p != NULL &&
	    event_get(&with, o.member).n == o.size)
		return;
	check_find(c,
	    "execution %s: object %" PRIu64 " is not where it should be",
	    check_id(&r->id), ev->seq);
}

static void
replay(struct check *c, struct run *r, const struct journal_event *ev)
{
	check_articles_event(c, ev);
	if (ev->type == EVENT_STORAGE)
		check_object(c, r, ev);
	if (++r->nevents == 1)
		r->replays = begin_replay(c, r, ev);
	if (!r->replays)
		return;
	r->replays = is_applicable(r, ev);
	if (r->replays)
		lifecycle_apply(r->job, ev, &r->x, r->made);
	else
		check_find(c, "execution %s: event %" PRIu64 " cannot follow",
		    check_id(&r->id), ev->seq);
}

/* A milestone: every so many events there is one. */
static void
on_milestone(struct check *c, struct run *r, struct slice key)
{
	struct wire w = wire_read(key);
	uint64_t seq = wire_uint(&w, 8, UINT64_MAX);
	struct journal_event ev;

	r->milestones++;
	if (find_event(c, r, seq, &ev) && ev.nth % SCHEMA_EVENT_STRIDE != 0)
		check_find(c, "execution %s: event %" PRIu64 " is no milestone",
		    check_id(&r->id), seq);
}

/* Read the chain of events down from the row's tail. */
static bool
read_chain(struct check *c, struct run *r)
{
	uint64_t seq = r->row.tail.seq;
	uint32_t nth = r->row.nevents;
	struct journal_event ev;

	r->chain.len = 0;
	for (; seq != 0; seq = ev.prev, nth--) {
		if (!find_event(c, r, seq, &ev))
			return false;
		if (ev.nth != nth || ev.prev >= seq) {
			check_find(c,
			    "execution %s: event %" PRIu64
			    " is out of its chain",
			    check_id(&r->id), seq);
			return false;
		}
		buf_add(&r->chain, &seq, sizeof(seq));
		c->wanted.events++;
	}
	if (nth != 0)
		check_find(c, "execution %s: its chain of events has no start",
		    check_id(&r->id));
	return nth == 0;
}

/* Replay an execution's events, from the first to the last. */
static void
replay_chain(struct check *c, struct run *r)
{
	size_t n = r->chain.len / sizeof(uint64_t);
	struct journal_event ev;
	uint64_t seq;

	r->replays = n > 0;
	while (n-- > 0 && r->replays) {
		memcpy(&seq, r->chain.p + n * sizeof(seq), sizeof(seq));
		r->replays = find_event(c, r, seq, &ev);
		if (r->replays)
			replay(c, r, &ev);
	}
}

static void
on_step(struct check *c, struct run *r, struct slice key, struct slice value)
{
	struct wire w = wire_read(key);
	uint64_t index = wire_uint(&w, 2, UINT16_MAX);
	struct step s = {.index = 0};

	c->out->steps++;
	if (w.n > 0 || index != r->nsteps || index >= JOB_STEPS_MAX ||
	    !execution_decode_step(value, &s) || s.index != index) {
		check_find(c,
		    "execution %s: step %" PRIu64 " is out of place "
		    "or cannot be read",
		    check_id(&r->id), index);
		return;
	}
	r->steps[r->nsteps++] = s;
}

/* The ref of a row, and what the event it points at must have. */
static void
check_ref(struct check *c, const struct run *r, struct ref at, enum member m)
{
	struct journal_event ev;
	uint8_t key[8];

	wire_put(key, 8, at.seq);
	if (at.seq == 0)
		return;
	if (!check_lookup(c, &c->journal, TABLE_JOURNAL,
		table_bytes(key, sizeof(key))) ||
	    !event_decode(c->journal.value, at.seq, &ev) ||
	    !uuid_eq(&ev.execution, &r->id) ||
	    (m != 0 && event_get(&ev, m).p == NULL))
		check_find(c,
		    "execution %s: points at event %" PRIu64
		    ", which does not have member %d",
		    check_id(&r->id), at.seq, (int)m);
}

static void
check_refs(struct check *c, const struct run *r)
{
	const struct execution *x = &r->row;

	check_ref(c, r, x->created, MEMBER_ROW);
	check_ref(c, r, x->input.at, MEMBER_INPUT);
	check_ref(c, r, x->given.at, MEMBER_METADATA);
	check_ref(c, r, x->tags.at, MEMBER_TAGS);
	check_ref(c, r, x->step_name.at, MEMBER_STEP_NAME);
	check_ref(c, r, x->metadata.at, MEMBER_METADATA);
	check_ref(c, r, x->result.at, MEMBER_RESULT);
	check_ref(c, r, x->error, MEMBER_ERROR_MESSAGE);
	check_ref(c, r, x->last, (enum member)0);
	check_ref(c, r, x->counts, MEMBER_COUNTS);
	check_ref(c, r, x->rollback, (enum member)0);
	check_ref(c, r, x->tail, (enum member)0);
	for (unsigned i = 0; i < r->nsteps; i++) {
		const struct step *s = &r->steps[i];

		check_ref(c, r, s->input, (enum member)0);
		check_ref(c, r, s->artifacts, MEMBER_ARTIFACTS);
		check_ref(c, r, s->checkpoint, s->checkpoint_member);
		check_ref(c, r, s->result, MEMBER_RESULT);
		check_ref(c, r, s->metadata, MEMBER_METADATA);
		check_ref(c, r, s->error, (enum member)0);
	}
}

/*
 * A heartbeat moves its deadline without an event: what only it moves, here
 * and in a step that was claimed, is taken from the row.
 */
static bool
is_row_replayed(const struct run *r)
{
	uint8_t made[EXECUTION_ROW], stored[EXECUTION_ROW];
	struct execution x = r->x;
	size_t n;

	x.heartbeat_at = r->row.heartbeat_at;
	x.updated_at = r->row.updated_at;
	if (x.due[TIMER_HEARTBEAT] != 0 && r->row.due[TIMER_HEARTBEAT] != 0)
		x.due[TIMER_HEARTBEAT] = r->row.due[TIMER_HEARTBEAT];
	n = execution_encode(&x, made);
	return n == execution_encode(&r->row, stored) &&
	    memcmp(made, stored, n) == 0;
}

static bool
is_step_replayed(const struct step *a, const struct step *b)
{
	uint8_t made[STEP_ROW], stored[STEP_ROW];
	struct step s = *a;
	size_t n;

	if (s.status == STEP_RUNNING && s.due != 0 && b->due != 0)
		s.due = b->due;
	n = execution_encode_step(&s, made);

	return n == execution_encode_step(b, stored) &&
	    memcmp(made, stored, n) == 0;
}

/* The journal comes to the rows; when it does, their refs are right, too. */
static void
check_replay(struct check *c, const struct run *r)
{
	bool same = is_row_replayed(r);

	if (r->x.status != r->row.status)
		check_find(c, "execution %s: is %s, its events say %s",
		    check_id(&r->id), status_name(r->row.status),
		    status_name(r->x.status));
	else if (!same)
		check_find(c,
		    "execution %s: its row is not what its events "
		    "come to",
		    check_id(&r->id));
	for (unsigned i = 0; i < r->nsteps && i < r->x.nsteps; i++) {
		if (is_step_replayed(&r->made[i], &r->steps[i]))
			continue;
		same = false;
		check_find(c,
		    "execution %s: step %u is not what its events "
		    "come to",
		    check_id(&r->id), i);
	}
	if (!same)
		check_refs(c, r);
}

static void
check_timers_of(struct check *c, const struct execution *x)
{
	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		struct rows_key k;

		if (x->due[i] == 0)
			continue;
		c->wanted.timers++;
		k = rows_key_timer(x->due[i], (enum timer)i, &x->id);
		if (status_is_terminal(x->status))
			check_find(c, "execution %s: is over, but has timer %u",
			    check_id(&x->id), i);
		if (!check_lookup(c, &c->timers[i], TABLE_TIMERS,
			rows_key_slice(&k)))
			check_find(c, "execution %s: timer %u is missing",
			    check_id(&x->id), i);
	}
}

static void
check_labels(struct check *c, const struct execution *x)
{
	struct rows_labels labels;

	if (!rows_labels_read(c->t, &x->tags, &labels)) {
		check_find(c, "execution %s: its labels cannot be read",
		    check_id(&x->id));
		return;
	}
	for (unsigned i = 0; i < labels.count; i++) {
		struct slice label = rows_labels_at(&labels, i);
		struct rows_key facet = rows_key_label(label);
		struct rows_key k = rows_key_index(&facet, &x->id);

		c->wanted.index++;
		if (!check_lookup(c, &c->labels, TABLE_INDEX,
			rows_key_slice(&k)))
			check_find(c, "execution %s: not found by label %.*s",
			    check_id(&x->id), SLICE_FMT(label));
	}
	rows_labels_free(&labels);
}

static void
check_index_of(struct check *c, const struct execution *x)
{
	struct rows_key facet[ROWS_FACETS_MAX], k = rows_key_number(x->number);
	unsigned n = rows_facets(x, facet);

	c->wanted.index += 1 + n;
	if (!check_lookup(c, &c->numbers, TABLE_INDEX, rows_key_slice(&k)) ||
	    !slice_eq(c->numbers.value, table_bytes(x->id.b, ROWS_ID)))
		check_find(c,
		    "execution %s: number %" PRIu64 " leads elsewhere",
		    check_id(&x->id), x->number);
	if (x->number == 0 || x->number > c->number)
		check_find(c,
		    "execution %s: number %" PRIu64 " was never given",
		    check_id(&x->id), x->number);
	for (unsigned i = 0; i < n; i++) {
		k = rows_key_index(&facet[i], &x->id);
		if (!check_lookup(c, &c->facets[i][x->status], TABLE_INDEX,
			rows_key_slice(&k)))
			check_find(c, "execution %s: not in index %c",
			    check_id(&x->id), facet[i].b[0]);
	}
}

static void
check_idempotency_of(struct check *c, const struct run *r)
{
	struct uuid id;

	if (r->idempotency.n == 0)
		return;
	if (!rows_idempotency_get(c->t, r->idempotency, &id) ||
	    !uuid_eq(&id, &r->id))
		check_find(c,
		    "execution %s: its idempotency key leads "
		    "elsewhere",
		    check_id(&r->id));
}

/* A unique name leads to the execution that was made with it. */
static void
check_name_of(struct check *c, const struct run *r)
{
	struct uuid id;

	if (r->name.n == 0)
		return;
	c->wanted.names++;
	if (!names_find(c->t, r->name, r->row.project, &id) ||
	    !uuid_eq(&id, &r->id))
		check_find(c, "execution %s: its name leads elsewhere",
		    check_id(&r->id));
}

static void
on_row(struct check *c, struct run *r, struct slice value)
{
	r->rowed = true;
	c->out->executions++;
	if (!execution_decode(value, &r->row) || !uuid_eq(&r->row.id, &r->id)) {
		check_find(c, "execution %s: its row cannot be read",
		    check_id(&r->id));
		return;
	}
	if (r->row.nsteps != r->nsteps)
		check_find(c, "execution %s: %u steps, its row says %u",
		    check_id(&r->id), r->nsteps, r->row.nsteps);
	if (r->row.nevents == 0)
		check_find(c, "execution %s: has no events", check_id(&r->id));
	if (r->row.nevents / SCHEMA_EVENT_STRIDE != r->milestones)
		check_find(c, "execution %s: %u milestones, for %u events",
		    check_id(&r->id), r->milestones, (unsigned)r->row.nevents);
	if (read_chain(c, r))
		replay_chain(c, r);
	if (r->replays)
		check_replay(c, r);
	else
		check_refs(c, r);
	check_index_of(c, &r->row);
	check_labels(c, &r->row);
	check_timers_of(c, &r->row);
	check_ready_of(c, &r->row, r->steps, r->nsteps);
	check_idempotency_of(c, r);
	check_name_of(c, r);
	check_articles_end(c, &r->row);
}

static void
end_run(struct check *c, const struct run *r)
{
	if (!uuid_is_zero(&r->id) && !r->rowed)
		check_find(c, "execution %s: has no row", check_id(&r->id));
	jobs_cache_trim(c->t->store->jobs);
}

static void
begin_run(struct check *c, struct run *r, const struct uuid *id)
{
	end_run(c, r);
	check_articles_begin(c);
	r->id = *id;
	r->replays = r->rowed = false;
	r->nevents = r->nsteps = r->milestones = 0;
	r->idempotency = r->name = SLICE_NONE;
}

static void
on_key(struct check *c, struct run *r, struct slice key, struct slice value)
{
	struct wire w = wire_read(key);
	struct uuid id = wire_uuid(&w);
	uint64_t kind = wire_uint(&w, 1, 255);
	struct slice rest = wire_bytes(&w, w.n);

	if (!uuid_eq(&id, &r->id))
		begin_run(c, r, &id);
	if (!w.bad && kind == SCHEMA_EVENT_KEY)
		on_milestone(c, r, rest);
	else if (!w.bad && kind == SCHEMA_STEP_KEY)
		on_step(c, r, rest, value);
	else if (!w.bad && kind == SCHEMA_ROW_KEY && rest.n == 0)
		on_row(c, r, value);
	else
		check_find(c, "executions: a key of no kind");
}

/* Check every execution. */
void
check_rows(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_EXECUTIONS);
	struct run *r = mem_zalloc(sizeof(*r));
	bool there = table_first(&at);

	for (; there; there = table_next(&at))
		on_key(c, r, at.key, at.value);
	end_run(c, r);
	table_close(&at);
	buf_free(&r->chain);
	free(r);
}
