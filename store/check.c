/*
 * The check: the journal, and the order of the other parts.  It reads each
 * table once from start to end, in one snapshot, and keeps no more than one
 * execution in memory.  Neighbours: check_jobs.c, check_rows.c and
 * check_index.c look at the other tables.
 */
#include "store/check.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

#include "core/wire.h"
#include "store/check_impl.h"
#include "store/meta.h"

/* Count a finding and say it. */
void
check_find(struct check *c, const char *fmt, ...)
{
	char text[400];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	for (char *p = text; *p != '\0'; p++) {
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			*p = '?'; /* a label may hold anything */
	}
	c->out->findings++;
	c->report(c->arg, text);
}

/* Name an id in a finding. */
const char *
check_id(const struct uuid *id)
{
	static char text[4][UUID_TEXT + 1];
	static unsigned turn;
	char *out = text[turn++ % 4];

	uuid_format(id, out);
	return out;
}

/* Look a key up near the last one. */
bool
check_lookup(struct check *c, struct table_cursor *at, enum table table,
    struct slice key)
{
	if (at->mdb == NULL)
		*at = table_open(c->t, table);
	return table_seek(at, key) && slice_eq(at->key, key);
}

/* Look at one entry of the journal; gives its seq, or the one expected. */
static uint64_t
check_event(struct check *c, const struct table_cursor *at, uint64_t last)
{
	struct wire w = wire_read(at->key);
	uint64_t seq = wire_uint(&w, 8, UINT64_MAX);
	struct journal_event ev;

	if (w.bad || w.n > 0 || seq == 0) {
		check_find(c, "journal: a key that is no seq");
		return last;
	}
	if (seq != last + 1) /* nothing is ever dropped, from 1 on */
		check_find(c, "journal: %" PRIu64 " follows %" PRIu64, seq,
		    last);
	c->out->events++;
	if (!event_decode(at->value, seq, &ev))
		check_find(c, "journal: event %" PRIu64 " cannot be read", seq);
	else if (ev.type == EVENT_PAUSE)
		check_pause(c, &ev);
	else if (ev.type != EVENT_JOB)
		c->execution_events++;
	return seq;
}

/* The whole journal, in order. */
static void
check_journal(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_JOURNAL);
	uint64_t seq = meta_get(c->t, "seq", 8), last = 0;
	bool there = table_first(&at);

	for (; there; there = table_next(&at))
		last = check_event(c, &at, last);
	table_close(&at);
	if (last != seq && (last != 0 || c->out->events != 0))
		check_find(c,
		    "journal: ends at %" PRIu64 ", meta says %" PRIu64, last,
		    seq);
}

static void
close_cursors(struct check *c)
{
	table_close(&c->journal);
	table_close(&c->numbers);
	table_close(&c->labels);
	table_close(&c->ready);
	for (unsigned i = 0; i < ROWS_FACETS_MAX; i++) {
		for (unsigned s = 0; s < STATUS_COUNT; s++)
			table_close(&c->facets[i][s]);
	}
	for (unsigned i = 0; i < TIMER_COUNT; i++)
		table_close(&c->timers[i]);
}

/* Every event of an execution was met with its row, or it is missing there. */
static void
check_chains(struct check *c)
{
	if (c->wanted.events != c->execution_events)
		check_find(c,
		    "journal: %" PRIu64 " events of executions, but "
		    "executions have %" PRIu64,
		    c->execution_events, c->wanted.events);
}

/* Check a store. */
bool
check_store(struct store *s, struct check_result *out,
    void (*report)(void *arg, const char *text), void *arg)
{
	struct check c = {.out = out, .report = report, .arg = arg};

	*out = (struct check_result){.findings = 0};
	c.t = store_snapshot(s);
	c.number = meta_get(c.t, "number", 8);
	check_jobs(&c);
	check_journal(&c);
	check_rows(&c);
	check_chains(&c);
	check_index(&c);
	check_timers(&c);
	check_idempotency(&c);
	check_taken_names(&c);
	check_articles(&c);
	check_objects(&c);
	check_ready(&c);
	check_pauses(&c);
	check_articles_free(&c);
	close_cursors(&c);
	store_snapshot_end(s);
	return out->findings == 0;
}
