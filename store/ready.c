/*
 * The table "ready".
 */
#include "store/ready.h"

#include "core/wire.h"
#include "store/counters.h"
#include "store/rows_impl.h"
#include "store/table.h"

#define LANE_KEY 33 /* job, kind, project, key */

/* Where x waits. */
struct ready_lane
ready_lane_of(const struct execution *x)
{
	return (struct ready_lane){.job = x->job,
	    .kind = x->nsteps > 0 ? READY_STEPS : READY_PLAIN,
	    .project = x->project,
	    .key = x->lane};
}

/* How x stands there. */
struct ready_row
ready_row_of(const struct execution *x)
{
	return (struct ready_row){.lane = ready_lane_of(x),
	    .priority = x->priority,
	    .since = x->ready_at,
	    .number = x->number,
	    .id = x->id,
	    .step = EVENT_NO_STEP};
}

/* How a step of x does. */
struct ready_row
ready_row_of_step(const struct execution *x, const struct step *s)
{
	struct ready_row r = ready_row_of(x);

	r.lane.kind = READY_STEP;
	r.lane.key = 0;
	r.since = s->ready_at;
	r.step = s->index;
	return r;
}

static struct ready_key
lane_key(const struct ready_lane *lane)
{
	struct ready_key k = {.n = LANE_KEY};
	unsigned char *p = wire_put_uuid(k.b, &lane->job);

	p = wire_put(p, 1, lane->kind);
	p = wire_put(p, 8, lane->project);
	wire_put(p, 8, lane->key);
	return k;
}

/* The key of a row. */
struct ready_key
ready_key(const struct ready_row *r)
{
	struct ready_key k = lane_key(&r->lane);
	unsigned char *p = k.b + k.n;

	p = wire_put(p, 1, 9u - r->priority);
	p = wire_put(p, 8, (uint64_t)r->since);
	p = wire_put(p, 8, r->number);
	if (r->step != EVENT_NO_STEP)
		p = wire_put(p, 2, r->step);
	k.n = (size_t)(p - k.b);
	return k;
}

static struct slice
key_slice(const struct ready_key *k)
{
	return table_bytes(k->b, k->n);
}

/* Read the row a cursor stands at. */
static bool
read_row(struct table_cursor *c, struct ready_row *out)
{
	struct wire w = wire_read(c->key), id = wire_read(c->value);

	out->lane.job = wire_uuid(&w);
	out->lane.kind = (enum ready_kind)wire_uint(&w, 1, READY_KINDS - 1);
	out->lane.project = wire_uint(&w, 8, UINT64_MAX);
	out->lane.key = wire_uint(&w, 8, UINT64_MAX);
	out->priority = (uint8_t)(9 - wire_uint(&w, 1, 9));
	out->since = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->number = wire_uint(&w, 8, UINT64_MAX);
	out->step = EVENT_NO_STEP;
	if (out->lane.kind == READY_STEP)
		out->step = (uint16_t)wire_uint(&w, 2, UINT16_MAX - 1);
	out->id = wire_uuid(&id);
	if (!w.bad && w.n == 0 && !id.bad && id.n == 0)
		return true;
	store_txn_damaged(c->txn, "what waits for a worker");
	return false;
}

static bool
seek(struct store_txn *t, struct slice key, struct ready_row *out)
{
	struct table_cursor c = table_open(t, TABLE_READY);
	bool found = table_seek(&c, key) && read_row(&c, out);

	table_close(&c);
	return found;
}

/* The head of a lane. */
bool
ready_first(struct store_txn *t, const struct ready_lane *lane,
    struct ready_row *out)
{
	struct ready_key k = lane_key(lane), found;

	if (!seek(t, key_slice(&k), out))
		return false;
	found = lane_key(&out->lane);
	return slice_eq(key_slice(&found), key_slice(&k));
}

/* The head of the lane behind one: no priority's byte is 0xff. */
bool
ready_next_lane(struct store_txn *t, const struct ready_lane *after,
    struct ready_row *out)
{
	struct ready_key k = {.n = 0};

	if (after != NULL) {
		k = lane_key(after);
		k.b[k.n++] = 0xff;
	} else {
		k.b[k.n++] = 0;
	}
	return seek(t, key_slice(&k), out);
}

/* The key of what stands behind a row's priority in its lane. */
static struct ready_key
behind_priority(const struct ready_row *r)
{
	struct ready_key k = lane_key(&r->lane);

	k.b[k.n++] = (uint8_t)(9 - r->priority + 1);
	return k;
}

/* The first of each priority is the oldest of it, so no other is read. */
int64_t
ready_oldest(struct store_txn *t, const struct uuid *job, uint64_t project)
{
	struct ready_key k = lane_key(&(struct ready_lane){.job = *job});
	int64_t oldest = 0;
	unsigned looks = 0;
	struct ready_row r;

	while (looks++ < READY_LOOK_MAX && seek(t, key_slice(&k), &r) &&
	    uuid_eq(&r.lane.job, job)) {
		if ((project == 0 || r.lane.project == project) &&
		    (oldest == 0 || r.since < oldest))
			oldest = r.since;
		k = behind_priority(&r);
	}
	return oldest;
}

/* Priority, then age. */
bool
ready_before(const struct ready_row *a, const struct ready_row *b)
{
	if (a->priority != b->priority)
		return a->priority > b->priority;
	if (a->since != b->since)
		return a->since < b->since;
	if (a->number != b->number)
		return a->number < b->number;
	return a->step < b->step;
}

/* Put, remove, or leave a row. */
static void
move_row(struct store_txn *t, bool was, const struct ready_row *from, bool is,
    const struct ready_row *to)
{
	struct ready_key a = {.n = 0}, b = {.n = 0};

	if (was)
		a = ready_key(from);
	if (is)
		b = ready_key(to);
	if (slice_eq(key_slice(&a), key_slice(&b)))
		return;
	if (was)
		table_delete(t, TABLE_READY, key_slice(&a));
	if (is)
		table_put(t, TABLE_READY, key_slice(&b),
		    table_bytes(to->id.b, sizeof to->id.b));
}

/* Follow an execution. */
void
ready_move(struct store_txn *t, const struct execution *old,
    const struct execution *x)
{
	bool was = old != NULL && execution_is_ready(old);
	bool is = execution_is_ready(x);
	struct ready_row from, to;

	if (!was && !is)
		return;
	if (was)
		from = ready_row_of(old);
	if (is)
		to = ready_row_of(x);
	move_row(t, was, &from, is, &to);
}

/* Follow the steps of one. */
void
ready_move_steps(struct store_txn *t, const struct execution *old,
    const struct step *old_steps, const struct execution *x,
    const struct step *steps)
{
	if (x->unit != UNIT_STEP && (old == NULL || old->unit != UNIT_STEP))
		return;
	for (unsigned i = 0; i < x->nsteps; i++) {
		bool was =
		    old != NULL && execution_is_step_ready(old, &old_steps[i]);
		bool is = execution_is_step_ready(x, &steps[i]);
		struct ready_row from, to;

		if (was)
			from = ready_row_of_step(old, &old_steps[i]);
		if (is)
			to = ready_row_of_step(x, &steps[i]);
		if (was || is)
			move_row(t, was, &from, is, &to);
	}
}

/* Those of a job that somebody works on. */
uint64_t
ready_held(struct store_txn *t, const struct uuid *job)
{
	uint64_t n = 0;

	for (enum status s = STATUS_QUEUED; s < STATUS_COUNT; s++) {
		struct rows_key k = rows_key_job_status(job, s);

		if (status_is_held(s))
			n += counters_get(t, rows_key_slice(&k));
	}
	return n;
}

/* Those of a concurrency key. */
uint64_t
ready_held_lane(struct store_txn *t, const struct uuid *job, uint64_t key)
{
	struct rows_key k = rows_key_lane(job, key);

	return counters_get(t, rows_key_slice(&k));
}
