/*
 * Rows to bytes and back, in the layout execution.h states.  store/rows.c
 * keeps the bytes; core/lifecycle_apply.c changes the rows.
 */
#include "core/execution.h"

#include "core/log.h"
#include "core/wire.h"

#define ROW_FORMAT 2

_Static_assert(EVENT_NO_INDEX + 1u == 0, "no index is stored as 0");

static bool
is_percent(uint8_t percent)
{
	return percent <= 100 || percent == EVENT_NO_PERCENT;
}

static unsigned char *
put_time(unsigned char *p, int64_t ms)
{
	INVARIANT(ms >= 0);
	return wire_put_int(p, (uint64_t)ms);
}

static int64_t
get_time(struct wire *w)
{
	return (int64_t)wire_int(w, INT64_MAX);
}

static unsigned char *
put_ref(unsigned char *p, struct ref r)
{
	return wire_put_int(p, r.seq);
}

static struct ref
get_ref(struct wire *w)
{
	return (struct ref){wire_int(w, UINT64_MAX)};
}

static void
get_version(struct wire *w)
{
	if (wire_uint(w, 1, UINT8_MAX) != ROW_FORMAT)
		w->bad = true;
}

/* What never changes. */
static unsigned char *
put_identity(unsigned char *p, const struct execution *x)
{
	INVARIANT(x->priority <= 9);
	p = wire_put_uuid(p, &x->id);
	p = wire_put_int(p, x->number);
	p = wire_put_uuid(p, &x->job);
	p = wire_put_int(p, x->job_version);
	p = wire_put_int(p, x->project);
	p = wire_put_uuid_or_none(p, &x->parent);
	p = wire_put_uuid_or_none(p, &x->key);
	p = wire_put_int(p, x->lane);
	p = wire_put(p, 1, x->priority);
	p = wire_put(p, 1, x->category);
	return wire_put_int(p, x->nsteps);
}

static void
get_identity(struct wire *w, struct execution *x)
{
	x->id = wire_uuid(w);
	x->number = wire_int(w, UINT64_MAX);
	x->job = wire_uuid(w);
	x->job_version = (uint32_t)wire_int(w, UINT32_MAX);
	x->project = wire_int(w, UINT64_MAX);
	x->parent = wire_uuid_or_none(w);
	x->key = wire_uuid_or_none(w);
	x->lane = wire_int(w, UINT64_MAX);
	x->priority = (uint8_t)wire_uint(w, 1, 9);
	x->category = (enum category)wire_uint(w, 1, CATEGORY_COUNT - 1);
	x->nsteps = (uint16_t)wire_int(w, UINT16_MAX);
}

static unsigned char *
put_state(unsigned char *p, const struct execution *x)
{
	INVARIANT(x->status > 0 && x->status < STATUS_COUNT);
	INVARIANT(is_percent(x->percent));
	p = wire_put(p, 1, x->status);
	p = wire_put(p, 1, x->cause);
	p = wire_put(p, 1, x->failure);
	p = wire_put(p, 1, x->unit);
	p = wire_put(p, 1, x->percent);
	p = wire_put_int(p, x->step_index + 1u);
	p = wire_put_int(p, x->attempt);
	return wire_put_int(p, x->nevents);
}

static void
get_state(struct wire *w, struct execution *x)
{
	x->status = (enum status)wire_uint(w, 1, STATUS_COUNT - 1);
	x->cause = (enum cause)wire_uint(w, 1, CAUSE_COUNT - 1);
	x->failure = (enum failure_category)wire_uint(w, 1, FAILURE_UNKNOWN);
	x->unit = (enum unit)wire_uint(w, 1, UNIT_STEP);
	x->percent = (uint8_t)wire_uint(w, 1, UINT8_MAX);
	x->step_index = (uint32_t)wire_int(w, UINT32_MAX) - 1u;
	x->attempt = (uint32_t)wire_int(w, UINT32_MAX);
	x->nevents = (uint32_t)wire_int(w, UINT32_MAX);
	if (x->status == 0 || !is_percent(x->percent))
		w->bad = true;
}

static unsigned char *
put_times(unsigned char *p, const struct execution *x)
{
	p = put_time(p, x->created_at);
	p = put_time(p, x->updated_at);
	p = put_time(p, x->started_at);
	p = put_time(p, x->attempt_started_at);
	p = put_time(p, x->completed_at);
	p = put_time(p, x->cancel_at);
	p = put_time(p, x->heartbeat_at);
	p = put_time(p, x->ready_at);
	p = put_time(p, x->lease_ms);
	for (unsigned i = 0; i < TIMER_COUNT; i++)
		p = put_time(p, x->due[i]);
	return p;
}

static void
get_times(struct wire *w, struct execution *x)
{
	x->created_at = get_time(w);
	x->updated_at = get_time(w);
	x->started_at = get_time(w);
	x->attempt_started_at = get_time(w);
	x->completed_at = get_time(w);
	x->cancel_at = get_time(w);
	x->heartbeat_at = get_time(w);
	x->ready_at = get_time(w);
	x->lease_ms = get_time(w);
	for (unsigned i = 0; i < TIMER_COUNT; i++)
		x->due[i] = get_time(w);
}

/* What was sent: where it is, and what of it is short. */
static unsigned char *
put_members(unsigned char *p, const struct execution *x)
{
	p = put_ref(p, x->created);
	p = put_ref(p, x->error);
	p = put_ref(p, x->counts);
	p = put_ref(p, x->last);
	p = put_ref(p, x->tail);
	p = put_ref(p, x->rollback);
	p = put_ref(p, x->claim);
	p = brief_put(p, &x->input);
	p = brief_put(p, &x->given);
	p = brief_put(p, &x->tags);
	p = brief_put(p, &x->step_name);
	p = brief_put(p, &x->metadata);
	return brief_put(p, &x->result);
}

static void
get_members(struct wire *w, struct execution *x)
{
	x->created = get_ref(w);
	x->error = get_ref(w);
	x->counts = get_ref(w);
	x->last = get_ref(w);
	x->tail = get_ref(w);
	x->rollback = get_ref(w);
	x->claim = get_ref(w);
	brief_get(w, &x->input);
	brief_get(w, &x->given);
	brief_get(w, &x->tags);
	brief_get(w, &x->step_name);
	brief_get(w, &x->metadata);
	brief_get(w, &x->result);
}

/* Write a row. */
size_t
execution_encode(const struct execution *x, uint8_t out[EXECUTION_ROW])
{
	unsigned char *p = wire_put(out, 1, ROW_FORMAT);

	p = put_state(put_identity(p, x), x);
	p = put_members(put_times(p, x), x);
	INVARIANT(p <= out + EXECUTION_ROW);
	return (size_t)(p - out);
}

/* Read a row. */
bool
execution_decode(struct slice bytes, struct execution *out)
{
	struct wire w = wire_read(bytes);

	get_version(&w);
	get_identity(&w, out);
	get_state(&w, out);
	get_times(&w, out);
	get_members(&w, out);
	return !w.bad && w.n == 0;
}

static bool
is_checkpoint_member(enum member m)
{
	return m == 0 || m == MEMBER_CHECKPOINT || m == MEMBER_ARTIFACTS;
}

/* Write a step. */
size_t
execution_encode_step(const struct step *s, uint8_t out[STEP_ROW])
{
	unsigned char *p = wire_put(out, 1, ROW_FORMAT);

	INVARIANT(s->status > 0 && s->status < STEP_STATUS_COUNT);
	INVARIANT(is_percent(s->percent));
	INVARIANT(is_checkpoint_member(s->checkpoint_member));
	p = wire_put_uuid(p, &s->id);
	p = wire_put_int(p, s->index);
	p = wire_put(p, 1, s->status);
	p = wire_put(p, 1, s->cause);
	p = wire_put(p, 1, s->percent);
	p = wire_put(p, 1, s->checkpoint_member);
	p = wire_put_int(p, s->attempt);
	p = wire_put_int(p, s->tries);
	p = put_time(p, s->started_at);
	p = put_time(p, s->completed_at);
	p = put_time(p, s->updated_at);
	p = put_time(p, s->ready_at);
	p = put_time(p, s->lease_ms);
	p = put_time(p, s->due);
	p = wire_put_int(p, s->checkpoint_bytes);
	p = put_ref(p, s->input);
	p = put_ref(p, s->artifacts);
	p = put_ref(p, s->checkpoint);
	p = put_ref(p, s->result);
	p = put_ref(p, s->metadata);
	p = put_ref(p, s->error);
	p = put_ref(p, s->claim);
	INVARIANT(p <= out + STEP_ROW);
	return (size_t)(p - out);
}

/* Read a step. */
bool
execution_decode_step(struct slice bytes, struct step *out)
{
	struct wire w = wire_read(bytes);

	get_version(&w);
	out->id = wire_uuid(&w);
	out->index = (uint16_t)wire_int(&w, UINT16_MAX);
	out->status = (enum step_status)wire_uint(&w, 1, STEP_STATUS_COUNT - 1);
	out->cause = (enum cause)wire_uint(&w, 1, CAUSE_COUNT - 1);
	out->percent = (uint8_t)wire_uint(&w, 1, UINT8_MAX);
	out->checkpoint_member = (enum member)wire_uint(&w, 1, UINT8_MAX);
	out->attempt = (uint32_t)wire_int(&w, UINT32_MAX);
	out->tries = (uint32_t)wire_int(&w, UINT32_MAX);
	out->started_at = get_time(&w);
	out->completed_at = get_time(&w);
	out->updated_at = get_time(&w);
	out->ready_at = get_time(&w);
	out->lease_ms = get_time(&w);
	out->due = get_time(&w);
	out->checkpoint_bytes = wire_int(&w, UINT64_MAX);
	out->input = get_ref(&w);
	out->artifacts = get_ref(&w);
	out->checkpoint = get_ref(&w);
	out->result = get_ref(&w);
	out->metadata = get_ref(&w);
	out->error = get_ref(&w);
	out->claim = get_ref(&w);
	return !w.bad && w.n == 0 && out->status != 0 &&
	    is_percent(out->percent) &&
	    is_checkpoint_member(out->checkpoint_member);
}

/* Write what an execution is made with. */
void
execution_encode_origin(const struct execution *x,
    uint8_t out[EXECUTION_ORIGIN])
{
	unsigned char *p = wire_put(out, 8, x->number);

	p = wire_put_uuid(p, &x->job);
	p = wire_put(p, 4, x->job_version);
	p = wire_put(p, 8, x->project);
	p = wire_put_uuid(p, &x->parent);
	p = wire_put(p, 1, x->priority);
	p = wire_put_uuid(p, &x->key);
	p = wire_put(p, 8, x->lane);
	p = wire_put(p, 8, (uint64_t)x->ready_at);
	p = wire_put(p, 8, (uint64_t)x->due[TIMER_ATTEMPT]);
	INVARIANT(p == out + EXECUTION_ORIGIN);
}

/* Read it into an otherwise untouched row. */
bool
execution_decode_origin(struct slice bytes, struct execution *out)
{
	struct wire w = wire_read(bytes);

	out->number = wire_uint(&w, 8, UINT64_MAX);
	out->job = wire_uuid(&w);
	out->job_version = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	out->project = wire_uint(&w, 8, UINT64_MAX);
	out->parent = wire_uuid(&w);
	out->priority = (uint8_t)wire_uint(&w, 1, 9);
	out->key = wire_uuid(&w);
	out->lane = wire_uint(&w, 8, UINT64_MAX);
	out->ready_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->due[TIMER_ATTEMPT] = (int64_t)wire_uint(&w, 8, INT64_MAX);
	return !w.bad && w.n == 0;
}

/* Time ran out. */
bool
execution_is_timeout(enum cause c)
{
	return c == CAUSE_HEARTBEAT_TIMEOUT || c == CAUSE_ATTEMPT_TIMEOUT ||
	    c == CAUSE_TOTAL_TIMEOUT || c == CAUSE_START_TIMEOUT;
}

/* Name a cause, for people. */
const char *
execution_cause_name(enum cause c)
{
	static const char *const names[CAUSE_COUNT] = {
	    [CAUSE_NONE] = "none",
	    [CAUSE_REPORT] = "report",
	    [CAUSE_HEARTBEAT_TIMEOUT] = "heartbeat_timeout",
	    [CAUSE_ATTEMPT_TIMEOUT] = "attempt_timeout",
	    [CAUSE_TOTAL_TIMEOUT] = "total_timeout",
	    [CAUSE_GRACE_OVER] = "grace_over",
	    [CAUSE_RETRY_DUE] = "retry_due",
	    [CAUSE_REQUEST] = "request",
	    [CAUSE_AUTO_COMPLETE] = "auto_complete",
	    [CAUSE_UNCLEAN_STOP] = "unclean_stop",
	    [CAUSE_REVIVED] = "revived",
	    [CAUSE_REPLAY] = "replay",
	    [CAUSE_CLAIMED] = "claimed",
	    [CAUSE_GIVEN_BACK] = "given_back",
	    [CAUSE_START_TIMEOUT] = "start_timeout",
	    [CAUSE_STEP_FAILED] = "step_failed",
	};

	INVARIANT(c < CAUSE_COUNT);
	return names[c];
}

/* Queued, and its time has come. */
bool
execution_is_ready(const struct execution *x)
{
	return x->status == STATUS_QUEUED && x->due[TIMER_READY] == 0;
}

/* The execution is under way step by step, and this one is next. */
bool
execution_is_step_ready(const struct execution *x, const struct step *s)
{
	return x->status == STATUS_RUNNING && x->unit == UNIT_STEP &&
	    s->status == STEP_READY;
}

/* Where what an execution did ends. */
uint64_t
execution_end_seq(const struct execution *x)
{
	bool result = x->result.at.seq == x->last.seq;

	return x->last.seq + (result ? 1 : 0);
}
