/*
 * Checking the index, the counters, the timers and idempotency keys: that
 * there is nothing in them that no row asked for, and that the counters say
 * what can be counted.
 */
#include <inttypes.h>

#include "core/wire.h"
#include "store/check_impl.h"
#include "store/counters.h"
#include "store/rows.h"

/* The counters, met in the order of their keys. */
struct counting {
	struct table_cursor at; /* the next counter */
	bool there;
	uint8_t facet[ROWS_KEY_MAX]; /* what is being counted */
	size_t n;
	uint64_t rows;
};

static bool
is_text(struct slice key)
{
	return key.n > 0 && key.p[0] == FACET_LABEL;
}

static const char *
name_of(struct slice key)
{
	static char text[2 * ROWS_KEY_MAX + 1];
	static const char digits[] = "0123456789abcdef";
	size_t n = 0;

	for (size_t i = 1; i < key.n && n + 2 < sizeof(text); i++) {
		unsigned char b = (unsigned char)key.p[i];

		if (is_text(key)) {
			text[n++] = (char)b;
		} else {
			text[n++] = digits[b >> 4];
			text[n++] = digits[b & 15];
		}
	}
	text[n] = '\0';
	return text;
}

static void
compare(struct check *c, struct slice key, uint64_t says, uint64_t is)
{
	if (says != is)
		check_find(c,
		    "counter %c %s: says %" PRIu64 ", there are %" PRIu64,
		    key.p[0], name_of(key), says, is);
}

static uint64_t
value_of(struct check *c, const struct table_cursor *at)
{
	struct wire w = wire_read(at->value);
	uint64_t v = wire_uint(&w, 8, INT64_MAX);

	if (w.bad || w.n > 0 || v == 0)
		check_find(c, "counter %c %s: cannot be read",
		    at->key.n > 0 ? at->key.p[0] : '?', name_of(at->key));
	return v;
}

/* Counters below key (NULL: all) count nothing that is there. */
static void
skip_counters(struct check *c, struct counting *n, const struct slice *key)
{
	while (n->there && (key == NULL || slice_cmp(n->at.key, *key) < 0)) {
		if (n->at.key.n != 1 || n->at.key.p[0] != FACET_ALL)
			compare(c, n->at.key, value_of(c, &n->at), 0);
		n->there = table_next(&n->at);
	}
}

/* The rows of a facet were all met: what does its counter say? */
static void
end_facet(struct check *c, struct counting *n)
{
	struct slice key = table_bytes(n->facet, n->n);
	uint64_t says = 0;

	if (n->n == 0)
		return;
	skip_counters(c, n, &key);
	if (n->there && slice_eq(n->at.key, key)) {
		says = value_of(c, &n->at);
		n->there = table_next(&n->at);
	}
	compare(c, key, says, n->rows);
}

/* facet ‖ value of an index key; 0 where nothing is counted. */
static size_t
facet_length(struct slice key)
{
	size_t end = ROWS_ID;

	if (key.n == 0 || key.p[0] == FACET_NUMBER)
		return 0;
	if (key.p[0] == FACET_LABEL)
		end++;
	return key.n > end && key.n <= ROWS_KEY_MAX ? key.n - end : 0;
}

static void
count_row(struct check *c, struct counting *n, struct slice key)
{
	size_t len = facet_length(key);

	if (len == 0)
		return;
	if (n->n != len || memcmp(n->facet, key.p, len) != 0) {
		end_facet(c, n);
		memcpy(n->facet, key.p, len);
		n->n = len;
		n->rows = 0;
	}
	n->rows++;
}

/* Does the row of that id ask for this index row? */
static bool
is_wanted(struct check *c, const struct uuid *id, struct slice key)
{
	struct rows_key facet[ROWS_FACETS_MAX], k;
	struct rows_labels labels;
	struct execution x;
	bool found = false;
	unsigned n;

	if (!rows_get(c->t, id, &x))
		return check_articles_want(c, id, key);
	n = rows_facets(&x, facet);
	for (unsigned i = 0; i < n && !found; i++) {
		k = rows_key_index(&facet[i], id);
		found = slice_eq(rows_key_slice(&k), key);
	}
	k = rows_key_number(x.number);
	found = found || slice_eq(rows_key_slice(&k), key);
	if (found || !is_text(key) || !rows_labels_read(c->t, &x.tags, &labels))
		return found;
	for (unsigned i = 0; i < labels.count && !found; i++) {
		facet[0] = rows_key_label(rows_labels_at(&labels, i));
		k = rows_key_index(&facet[0], id);
		found = slice_eq(rows_key_slice(&k), key);
	}
	rows_labels_free(&labels);
	return found;
}

/* There are more index rows than were asked for, or fewer: name strays. */
static void
find_strays(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_INDEX);
	bool there = table_first(&at);
	struct uuid id;

	for (; there; there = table_next(&at)) {
		bool number = at.key.p[0] == FACET_NUMBER;
		struct slice from = number ? at.value : at.key;

		if (from.n < ROWS_ID) {
			check_find(c, "index %c: a key without an id",
			    at.key.p[0]);
			continue;
		}
		memcpy(id.b, from.p + from.n - ROWS_ID, ROWS_ID);
		if (!is_wanted(c, &id, at.key))
			check_find(c, "index %c: execution %s is not so",
			    at.key.p[0], check_id(&id));
	}
	table_close(&at);
}

/* Check the index and the counters. */
void
check_index(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_INDEX);
	struct counting n = {.at = table_open(c->t, TABLE_COUNTERS)};
	struct rows_key all = rows_key_all();
	bool there = table_first(&at);

	compare(c, rows_key_slice(&all),
	    counters_get(c->t, rows_key_slice(&all)), c->out->executions);
	n.there = table_first(&n.at);
	for (; there; there = table_next(&at))
		count_row(c, &n, at.key);
	end_facet(c, &n);
	skip_counters(c, &n, NULL);
	table_close(&at);
	table_close(&n.at);
	if (table_entries(c->t, TABLE_INDEX) != c->wanted.index)
		find_strays(c);
}

/* Check that no timer is left over. */
void
check_timers(struct check *c)
{
	struct table_cursor at;
	struct execution x;
	bool there;

	c->out->timers = table_entries(c->t, TABLE_TIMERS);
	if (c->out->timers == c->wanted.timers)
		return;
	at = table_open(c->t, TABLE_TIMERS);
	there = table_first(&at);
	for (; there; there = table_next(&at)) {
		struct wire w = wire_read(at.key);
		int64_t due = (int64_t)wire_uint(&w, 8, INT64_MAX);
		uint64_t timer = wire_uint(&w, 1, TIMER_COUNT - 1);
		struct uuid id = wire_uuid(&w);

		if (w.bad || w.n > 0)
			check_find(c, "timers: a key that cannot be read");
		else if (!rows_get(c->t, &id, &x) || x.due[timer] != due)
			check_find(c,
			    "timers: execution %s has no such timer "
			    "%" PRIu64,
			    check_id(&id), timer);
	}
	table_close(&at);
}

/* Check that no name is left over: each execution has looked for its own. */
void
check_taken_names(struct check *c)
{
	if (table_entries(c->t, TABLE_NAMES) != c->wanted.names)
		check_find(c,
		    "names: there are %" PRIu64 ", executions have %" PRIu64,
		    table_entries(c->t, TABLE_NAMES), c->wanted.names);
}

/* True when every id in the value is an execution's. */
static bool
leads_to_executions(struct check *c, struct slice ids)
{
	struct execution x;
	struct uuid id;
	bool good = ids.n > 0;

	for (; good && ids.n >= ROWS_ID; ids.p += ROWS_ID, ids.n -= ROWS_ID) {
		memcpy(id.b, ids.p, ROWS_ID);
		good = rows_get(c->t, &id, &x);
	}
	return good && ids.n == 0;
}

/* Check that idempotency keys lead to executions. */
void
check_idempotency(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_IDEMPOTENCY);
	bool there = table_first(&at);

	for (; there; there = table_next(&at))
		if (!leads_to_executions(c, at.value))
			check_find(c,
			    "idempotency: a key leads to no execution");
	table_close(&at);
}
