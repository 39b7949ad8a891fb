/*
 * Checking what waits for workers, which follows from the rows, and what is
 * paused, which follows from the journal.
 */
#include <inttypes.h>

#include "core/hash.h"
#include "core/wire.h"
#include "store/check_impl.h"
#include "store/rows.h"
#include "store/ready.h"

static void
want(struct check *c, const struct ready_row *r)
{
	struct ready_key k = ready_key(r);

	c->wanted.ready++;
	if (!check_lookup(c, &c->ready, TABLE_READY, table_bytes(k.b, k.n)) ||
	    !slice_eq(c->ready.value, table_bytes(r->id.b, ROWS_ID)))
		check_find(c, "execution %s: is ready, but waits nowhere",
		    check_id(&r->id));
}

/* What is ready of an execution stands in its lane. */
void
check_ready_of(struct check *c, const struct execution *x,
    const struct step *steps, unsigned n)
{
	struct ready_row r;

	if (execution_is_ready(x)) {
		r = ready_row_of(x);
		want(c, &r);
	}
	for (unsigned i = 0; i < n; i++) {
		if (!execution_is_step_ready(x, &steps[i]))
			continue;
		r = ready_row_of_step(x, &steps[i]);
		want(c, &r);
	}
}

/* True when the row of the table is what its execution asks for. */
static bool
is_wanted(struct check *c, const struct table_cursor *at, const struct uuid *id)
{
	struct wire w = wire_read(at->key);
	struct step steps[JOB_STEPS_MAX];
	struct ready_key k;
	struct execution x;
	struct ready_row r;
	uint64_t step;

	if (!rows_get(c->t, id, &x))
		return false;
	r = ready_row_of(&x);
	k = ready_key(&r);
	if (slice_eq(table_bytes(k.b, k.n), at->key))
		return execution_is_ready(&x);
	wire_bytes(&w, READY_KEY - 2);
	step = wire_uint(&w, 2, UINT16_MAX);
	if (w.bad || w.n > 0 || step >= x.nsteps || x.nsteps > JOB_STEPS_MAX ||
	    !rows_get_steps(c->t, id, steps, x.nsteps))
		return false;
	r = ready_row_of_step(&x, &steps[step]);
	k = ready_key(&r);
	return slice_eq(table_bytes(k.b, k.n), at->key) &&
	    execution_is_step_ready(&x, &steps[step]);
}

/* Check that nothing is left over in the lanes. */
void
check_ready(struct check *c)
{
	struct table_cursor at;
	struct uuid id = {{0}};
	bool there;

	if (table_entries(c->t, TABLE_READY) == c->wanted.ready)
		return;
	at = table_open(c->t, TABLE_READY);
	there = table_first(&at);
	for (; there; there = table_next(&at)) {
		if (at.value.n == ROWS_ID)
			memcpy(id.b, at.value.p, ROWS_ID);
		if (at.value.n != ROWS_ID || !is_wanted(c, &at, &id))
			check_find(c, "ready: execution %s does not wait so",
			    check_id(&id));
	}
	table_close(&at);
}

/* What is paused, by its digest: a job's id or a queue's name. */
static struct uuid
pause_key(char kind, struct slice target)
{
	struct uuid key;
	uint64_t digest[2];

	slice_digest(target, digest);
	digest[1] ^= (uint64_t)(unsigned char)kind;
	memcpy(key.b, digest, sizeof key.b);
	return key;
}

/* Remember what the journal says is paused now. */
void
check_pause(struct check *c, const struct journal_event *ev)
{
	struct slice queue = event_get(ev, MEMBER_QUEUE);
	struct uuid key = pause_key('j',
	    table_bytes(ev->execution.b, sizeof ev->execution.b));

	if (c->paused == NULL)
		c->paused = hash_new(0);
	if (queue.p != NULL)
		key = pause_key('q', queue);
	if (ev->status != 0)
		hash_set(c->paused, &key, c);
	else
		hash_remove(c->paused, &key);
}

/* Check that just that is paused. */
void
check_pauses(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_PAUSES);
	bool there = table_first(&at);
	uint64_t paused = c->paused == NULL ? 0 : hash_count(c->paused);

	for (; there; there = table_next(&at)) {
		struct wire w = wire_read(at.value);
		struct uuid key;

		wire_uint(&w, 8, INT64_MAX);
		key = pause_key(at.key.n > 0 ? at.key.p[0] : 0,
		    wire_bytes(&w, w.n));
		if (w.bad || c->paused == NULL ||
		    hash_get(c->paused, &key) == NULL)
			check_find(c, "pauses: one that the journal lacks");
	}
	table_close(&at);
	if (table_entries(c->t, TABLE_PAUSES) != paused)
		check_find(c,
		    "pauses: there are %" PRIu64 ", the journal has %" PRIu64,
		    table_entries(c->t, TABLE_PAUSES), paused);
	hash_free(c->paused);
}
