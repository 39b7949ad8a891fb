/*
 * Durable timers: rows ordered by deadline.
 */
#include "core/log.h"
#include "core/wire.h"
#include "store/rows.h"
#include "store/rows_impl.h"
#include "store/table.h"

static void
put_timer(struct store_txn *t, const struct execution *x, enum timer timer)
{
	struct rows_key k = rows_key_timer(x->due[timer], timer, &x->id);

	table_put(t, TABLE_TIMERS, rows_key_slice(&k), table_bytes("", 0));
}

static void
remove_timer(struct store_txn *t, const struct execution *x, enum timer timer)
{
	struct rows_key k = rows_key_timer(x->due[timer], timer, &x->id);

	table_delete(t, TABLE_TIMERS, rows_key_slice(&k));
}

/* Move what differs. */
void
rows_timers_move(struct store_txn *t, const struct execution *old,
    const struct execution *x)
{
	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		int64_t was = old != NULL ? old->due[i] : 0;

		if (was == x->due[i])
			continue;
		if (was != 0)
			remove_timer(t, old, (enum timer)i);
		if (x->due[i] != 0)
			put_timer(t, x, (enum timer)i);
	}
}

static bool
read_timer(struct table_cursor *c, struct rows_timer *out)
{
	struct wire w = wire_read(c->key);

	out->deadline = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->timer = (enum timer)wire_uint(&w, 1, TIMER_COUNT - 1);
	out->id = wire_uuid(&w);
	if (!w.bad && w.n == 0)
		return true;
	store_txn_damaged(c->txn, "a timer");
	return false;
}

/* List what is due. */
unsigned
rows_timers_due(struct store_txn *t, int64_t now, struct rows_timer *out,
    unsigned max)
{
	struct table_cursor c = table_open(t, TABLE_TIMERS);
	bool there = table_first(&c);
	unsigned n = 0;

	for (; there && n < max; there = table_next(&c)) {
		if (!read_timer(&c, &out[n]))
			continue;
		if (out[n].deadline > now)
			break;
		n++;
	}
	table_close(&c);
	return n;
}

/* Take a stray away. */
void
rows_timer_drop(struct store_txn *t, const struct rows_timer *timer)
{
	struct rows_key k =
	    rows_key_timer(timer->deadline, timer->timer, &timer->id);
	char id[UUID_TEXT + 1];

	if (!table_has(t, TABLE_TIMERS, rows_key_slice(&k)))
		return;
	uuid_format(&timer->id, id);
	log_error("timer %d of execution %s is not in its row, so it is "
		  "dropped: the store is damaged, see tidewired check",
	    (int)timer->timer, id);
	table_delete(t, TABLE_TIMERS, rows_key_slice(&k));
}

/* Look at the first timer. */
int64_t
rows_timer_first(struct store_txn *t, struct uuid *id, enum timer *timer)
{
	struct rows_timer first;

	if (rows_timers_due(t, INT64_MAX, &first, 1) == 0)
		return 0;
	*id = first.id;
	*timer = first.timer;
	return first.deadline;
}
