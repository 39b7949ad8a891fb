/*
 * Rows: what is found by what, and a long series of random writes against a
 * plain array that says what lists, counts and timers must be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/internal.h"
#include "store/journal.h"
#include "store/rows.h"
#include "tests/core/dies.h"
#include "tests/store/world.h"

static const struct world_trigger plain = {.project = 0};

static void
test_get(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id = world_trigger(w, t, &plain), none = {{9}}, newest;
	struct execution x;
	struct step steps[3];

	assert_true(rows_get(t, &id, &x));
	assert_true(uuid_eq(&x.id, &id));
	assert_int_equal(x.status, STATUS_QUEUED);
	assert_true(rows_get_by_number(t, x.number, &x));
	assert_true(uuid_eq(&x.id, &id));
	assert_false(rows_get(t, &none, &x));
	assert_false(rows_get_by_number(t, 99, &x));
	assert_true(rows_get_steps(t, &id, steps, 2));
	assert_int_equal(steps[0].status, STEP_READY);
	assert_int_equal(steps[1].index, 1);
	assert_true(rows_get_steps(t, &id, steps, 0));
	assert_false(rows_get_steps(t, &id, steps, 3));
	assert_false(rows_get_steps(t, &none, steps, 1));
	world_commit(t);
	assert_true(rows_newest(store_snapshot(w->s), &newest));
	assert_true(uuid_eq(&newest, &id));
	world_check(w);
}

static void
test_empty(void **state)
{
	struct world *w = *state;
	struct store_txn *t = store_snapshot(w->s);
	struct rows_filter f = {.project = 0};
	struct uuid at = {{0}};
	struct execution x;
	enum timer timer;

	assert_false(rows_newest(t, &at));
	assert_int_equal(rows_list(t, &f, &at, &x, 1), 0);
	assert_true(uuid_is_zero(&at));
	assert_int_equal(rows_count(t, &f), 0);
	assert_int_equal(rows_timer_first(t, &at, &timer), 0);
	assert_int_equal(rows_by_status(t, STATUS_RUNNING, &at, &at, 1), 0);
}

static void
test_idempotency(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	char longest[409];
	struct slice key = {longest, sizeof(longest)};
	char text[1029];
	struct slice all = {text, sizeof(text)};
	struct uuid id, found, longer[2];

	memset(longest, 'k', sizeof(longest));
	id = world_trigger(w, t, &(struct world_trigger){.idempotency = key});
	assert_true(rows_idempotency_get(t, key, &found));
	assert_true(uuid_eq(&found, &id));
	/* Keys too long for the table are told apart by their events. */
	for (unsigned i = 0; i < 2; i++) {
		memset(text, 'x', sizeof(text));
		text[sizeof(text) - 1] = (char)('a' + i);
		longer[i] = world_trigger(w, t,
		    &(struct world_trigger){.idempotency = all});
	}
	assert_true(rows_idempotency_get(t, all, &found));
	assert_true(uuid_eq(&found, &longer[1]));
	text[sizeof(text) - 1] = 'a';
	assert_true(rows_idempotency_get(t, all, &found));
	assert_true(uuid_eq(&found, &longer[0]));
	text[sizeof(text) - 1] = 'c';
	assert_false(rows_idempotency_get(t, all, &found));
	assert_true(rows_idempotency_get(t, key, &found));
	assert_true(uuid_eq(&found, &id));
	world_commit(t);
	t = store_snapshot(w->s);
	assert_true(rows_idempotency_get(t, key, &found));
	key.n--;
	assert_false(rows_idempotency_get(t, key, &found));
	assert_false(rows_idempotency_get(t, SLICE_NONE, &found));
	all.n--;
	assert_false(rows_idempotency_get(t, all, &found));
	world_check(w);
}

/* Everything of a list, by pages of n. */
static unsigned
list_all(struct store_txn *t, const struct rows_filter *f, unsigned n,
    struct uuid *out, unsigned max)
{
	struct execution *page = mem_zalloc(n * sizeof(*page));
	struct uuid at = {{0}};
	unsigned total = 0;

	do {
		unsigned got = rows_list(t, f, &at, page, n);

		for (unsigned i = 0; i < got; i++) {
			assert_true(total < max);
			out[total++] = page[i].id;
		}
		assert_true(got == n || uuid_is_zero(&at));
	} while (!uuid_is_zero(&at));
	free(page);
	return total;
}

static void
test_labels(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct rows_filter prod = {.label = SLICE("env:prod")};
	struct rows_filter owner = {.label = SLICE("owner:@ove")};
	struct rows_filter test = {.label = SLICE("env:test")};
	struct uuid id, found[2];

	id = world_trigger(w, t,
	    &(struct world_trigger){
		.tags = "{\"env\":\"prod\",\"owner\":\"@ove\"}"});
	world_trigger(w, t, &plain);
	assert_int_equal(list_all(t, &prod, 1, found, 2), 1);
	assert_int_equal(list_all(t, &owner, 5, found, 2), 1);
	assert_true(uuid_eq(&found[0], &id));
	world_tag(w, t, &id, "{\"env\":\"test\",\"owner\":\"@ove\"}");
	assert_int_equal(list_all(t, &prod, 1, found, 2), 0);
	assert_int_equal(list_all(t, &owner, 1, found, 2), 1);
	assert_int_equal(list_all(t, &test, 1, found, 2), 1);
	assert_int_equal(rows_count(t, &prod), 0);
	assert_int_equal(rows_count(t, &owner), 1);
	assert_int_equal(rows_count(t, &test), 1);
	world_commit(t);
	world_check(w);
	t = world_begin(w);
	world_tag(w, t, &id, "{}");
	world_commit(t);
	assert_int_equal(rows_count(store_snapshot(w->s), &owner), 0);
	world_check(w);
}

/* One label begins the other; neither finds the other's. */
static void
test_label_prefix(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct rows_filter f = {.label = SLICE("a:b")};
	struct uuid found[2];
	char label[330] = "{\"a\":\"", *tail = label + 6;
	struct rows_filter longest = {.label = {label, 320}};

	world_trigger(w, t, &(struct world_trigger){.tags = "{\"a\":\"b\"}"});
	world_trigger(w, t, &(struct world_trigger){.tags = "{\"a\":\"bc\"}"});
	world_trigger(w, t, &(struct world_trigger){.tags = "{\"a\":\"\"}"});
	memset(tail, 'x', 318);
	memcpy(tail + 318, "\"}", 3);
	world_trigger(w, t, &(struct world_trigger){.tags = label});
	memmove(label, "a:", 2);
	memset(label + 2, 'x', 318);
	assert_int_equal(list_all(t, &f, 1, found, 2), 1);
	assert_int_equal(list_all(t, &longest, 1, found, 2), 1);
	longest.label.n++;
	assert_int_equal(list_all(t, &longest, 1, found, 2), 0);
	assert_int_equal(rows_count(t, &longest), -1);
	f.label = SLICE("a:");
	assert_int_equal(list_all(t, &f, 1, found, 2), 1);
	world_commit(t);
	world_check(w);
}

/* Labels that are longer than their index rows are told apart all the same. */
static void
test_long_labels(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	char json[420] = "{\"k\":\"", label[412] = "k:";
	struct rows_filter f = {.label = {label, 402}};
	struct rows_page p = {.max = 2};
	struct execution page[2];
	struct uuid a, b, at = {{0}};

	memset(json + 6, 'x', 400);
	memset(label + 2, 'x', 400);
	memcpy(json + 406, "\"}", 3);
	a = world_trigger(w, t, &(struct world_trigger){.tags = json});
	json[405] = 'y';
	b = world_trigger(w, t, &(struct world_trigger){.tags = json});
	p.out = page;
	assert_int_equal(rows_list(t, &f, &at, page, 2), 1);
	assert_true(uuid_eq(&page[0].id, &a));
	assert_true(rows_page_read(t, &f, &p));
	assert_int_equal(p.total, 1);
	world_tag(w, t, &b, "{}");
	world_commit(t);
	world_check(w);
	t = world_begin(w);
	world_tag(w, t, &a, json);
	world_commit(t);
	world_check(w);
	label[401] = 'y';
	assert_true(rows_page_read(store_snapshot(w->s), &f, &p));
	assert_int_equal(p.total, 1);
	store_snapshot_end(w->s);
}

/* Callers validate; what they let through spoils the transaction only. */
static void
test_bad_labels(void **state)
{
	static const char *const bad[] = {"[]", "{\"a\":1}",
	    "{\"a\":\"\\u0000\"}", "{\"a\":"};
	struct world *w = *state;

	for (unsigned i = 0; i < 4; i++) {
		struct store_txn *t = world_begin(w);

		world_trigger(w, t, &(struct world_trigger){.tags = bad[i]});
		assert_int_not_equal(store_commit(t), 0);
	}
	world_check(w);
}

static void
put_other_number(void *arg)
{
	struct store_txn *t = arg;
	struct execution x, old;
	struct uuid id;

	rows_newest(t, &id);
	rows_get(t, &id, &old);
	x = old;
	x.number++;
	rows_put(t, &old, &x);
}

static void
test_fixed_fields(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);

	world_trigger(w, t, &plain);
	assert_true(dies(put_other_number, t));
	store_abort(t);
}

/* ---- the model ------------------------------------------------------- */

#define JOBS 3
#define PROJECTS 3 /* 0: none */
#define LABELS 16  /* more, and fewer, bytes than a row has */
#define MODEL_MAX 400

struct model {
	struct world *w;
	struct uuid job[JOBS];
	struct execution x[MODEL_MAX], saved[MODEL_MAX];
	unsigned labels[MODEL_MAX], saved_labels[MODEL_MAX]; /* bit sets */
	unsigned n, saved_n;
};

static void
label_text(unsigned i, char out[16])
{
	snprintf(out, 16, "k%u:v", i);
}

static struct brief
put_tags(struct model *m, struct store_txn *t, const struct uuid *id,
    unsigned labels)
{
	struct journal_event ev = event_make(EVENT_TAGS);
	struct brief tags = {0};
	struct buf json = {0};

	buf_add_byte(&json, '{');
	for (unsigned i = 0; i < LABELS; i++) {
		if ((labels & 1u << i) != 0)
			buf_addf(&json, "%s\"k%u\":\"v\"",
			    json.len > 1 ? "," : "", i);
	}
	buf_add_byte(&json, '}');
	ev.seq = store_seq(t) + 1;
	ev.at = m->w->now;
	ev.execution = *id;
	event_add_member(&ev, MEMBER_TAGS, buf_slice(&json));
	journal_append(t, &ev);
	brief_take(&tags, &ev, MEMBER_TAGS);
	buf_free(&json);
	return tags;
}

static unsigned
pick(struct model *m, unsigned n)
{
	return (unsigned)(world_random(m->w) % n);
}

/* Change what a row may change. */
static void
scramble(struct model *m, struct execution *x)
{
	x->status = (enum status)(1 + pick(m, STATUS_COUNT - 1));
	for (unsigned i = 0; i < TIMER_COUNT; i++) {
		if (pick(m, 3) == 0)
			x->due[i] = pick(m, 2) * (1 + pick(m, 50));
	}
	x->percent = (uint8_t)pick(m, 101);
}

static void
model_create(struct model *m, struct store_txn *t)
{
	struct execution *x = &m->x[m->n];

	*x = (struct execution){.number = store_number_next(t),
	    .job = m->job[pick(m, JOBS)],
	    .project = pick(m, PROJECTS),
	    .attempt = 1,
	    .job_version = 1};
	x->id = uuid_make(&m->w->maker, m->w->now, world_random(m->w));
	if (pick(m, 4) == 0 && m->n > 0)
		x->parent = m->x[pick(m, m->n)].id;
	scramble(m, x);
	m->labels[m->n] = pick(m, 2) * pick(m, 1 << LABELS);
	if (m->labels[m->n] != 0)
		x->tags = put_tags(m, t, &x->id, m->labels[m->n]);
	rows_put(t, NULL, x);
	m->n++;
}

static void
model_change(struct model *m, struct store_txn *t)
{
	unsigned i = pick(m, m->n);
	struct execution x = m->x[i];

	scramble(m, &x);
	if (pick(m, 3) == 0) {
		m->labels[i] = pick(m, 1 << LABELS);
		x.tags = put_tags(m, t, &x.id, m->labels[i]);
	}
	rows_put(t, &m->x[i], &x);
	m->x[i] = x;
}

static bool
model_has(const struct model *m, unsigned i, struct slice label)
{
	char text[16];

	for (unsigned l = 0; l < LABELS; l++) {
		label_text(l, text);
		if (slice_is(label, text))
			return (m->labels[i] & 1u << l) != 0;
	}
	return label.n == 0;
}

static bool
model_matches(const struct model *m, unsigned i, const struct rows_filter *f)
{
	const struct execution *x = &m->x[i];
	bool status = f->status[0] == 0;

	for (unsigned s = 0; s < STATUS_COUNT && f->status[s] != 0; s++)
		status = status || f->status[s] == x->status;
	if (!status || (f->project != 0 && f->project != x->project) ||
	    (!uuid_is_zero(&f->job) && !uuid_eq(&f->job, &x->job)) ||
	    (!uuid_is_zero(&f->parent) && !uuid_eq(&f->parent, &x->parent)))
		return false;
	for (unsigned l = 0; l < f->nmore; l++) {
		if (!model_has(m, i, f->more[l]))
			return false;
	}
	return model_has(m, i, f->label);
}

/* What a filter borrows. */
struct labels {
	char text[3][16];
	struct slice more[2];
};

static struct rows_filter
random_filter(struct model *m, struct labels *l)
{
	struct rows_filter f = {.project = 0};
	unsigned n = pick(m, 2) * pick(m, STATUS_COUNT);

	for (unsigned i = 0; i < n; i++) /* the same one twice, too */
		f.status[i] = (enum status)(1 + pick(m, STATUS_COUNT - 1));
	if (pick(m, 2) == 0)
		f.job = m->job[pick(m, JOBS)];
	if (pick(m, 2) == 0)
		f.project = pick(m, PROJECTS);
	if (pick(m, 4) == 0 && m->n > 0)
		f.parent = m->x[pick(m, m->n)].parent;
	if (pick(m, 3) == 0) {
		label_text(pick(m, LABELS + 1), l->text[0]);
		f.label = slice_str(l->text[0]);
	}
	if (pick(m, 3) == 0) {
		f.more = l->more;
		f.nmore = 1 + pick(m, 2);
	}
	for (unsigned i = 0; i < 2; i++) {
		label_text(pick(m, LABELS), l->text[1 + i]);
		l->more[i] = slice_str(l->text[1 + i]);
	}
	return f;
}

/* A page by offset: what stands behind `offset` matches, and their number. */
static void
compare_page(struct model *m, struct store_txn *t, const struct rows_filter *f)
{
	static struct execution out[MODEL_MAX];
	struct rows_page p = {.out = out};
	uint64_t met = 0;

	p.max = 1 + pick(m, 30);
	p.offset = pick(m, 3) * pick(m, 40);
	assert_true(rows_page_read(t, f, &p));
	assert_false(p.cut);
	for (unsigned i = m->n; i-- > 0;) {
		if (!model_matches(m, i, f))
			continue;
		if (met >= p.offset && met < p.offset + p.max)
			assert_true(uuid_eq(&out[met - p.offset].id,
			    &m->x[i].id));
		met++;
	}
	assert_int_equal(p.total, met);
	if (met <= p.offset)
		assert_int_equal(p.n, 0);
	else
		assert_int_equal(p.n,
		    met - p.offset < p.max ? met - p.offset : p.max);
}

static void
compare_list(struct model *m, struct store_txn *t)
{
	struct uuid found[MODEL_MAX];
	struct labels labels;
	struct rows_filter f = random_filter(m, &labels);
	unsigned n = list_all(t, &f, 1 + pick(m, 20), found, MODEL_MAX);
	unsigned want = 0;
	int64_t count = rows_count(t, &f);

	for (unsigned i = m->n; i-- > 0;) {
		if (!model_matches(m, i, &f))
			continue;
		assert_true(want < n);
		assert_true(uuid_eq(&found[want++], &m->x[i].id));
	}
	assert_int_equal(n, want);
	assert_true(count == -1 || count == (int64_t)want);
	compare_page(m, t, &f);
}

struct due {
	struct rows_timer t;
};

static int
by_deadline(const void *a, const void *b)
{
	const struct rows_timer *x = a, *y = b;

	if (x->deadline != y->deadline)
		return x->deadline < y->deadline ? -1 : 1;
	if (x->timer != y->timer)
		return x->timer < y->timer ? -1 : 1;
	return uuid_cmp(&x->id, &y->id);
}

static void
compare_timers(struct model *m, struct store_txn *t)
{
	static struct rows_timer want[MODEL_MAX * TIMER_COUNT];
	static struct rows_timer found[MODEL_MAX * TIMER_COUNT];
	int64_t now = pick(m, 60);
	struct uuid id;
	enum timer timer;
	unsigned n = 0, got;

	for (unsigned i = 0; i < m->n; i++) {
		for (unsigned k = 0; k < TIMER_COUNT; k++) {
			if (m->x[i].due[k] != 0)
				want[n++] = (struct rows_timer){m->x[i].due[k],
				    (enum timer)k, m->x[i].id};
		}
	}
	qsort(want, n, sizeof(want[0]), by_deadline);
	assert_int_equal(rows_timer_first(t, &id, &timer),
	    n > 0 ? want[0].deadline : 0);
	got = rows_timers_due(t, now, found, MODEL_MAX * TIMER_COUNT);
	for (unsigned i = 0; i < got; i++)
		assert_int_equal(by_deadline(&found[i], &want[i]), 0);
	assert_true(got == n || want[got].deadline > now);
	assert_true(got == 0 || want[got - 1].deadline <= now);
	assert_true(rows_timers_due(t, now, found, 3) <= 3);
}

static void
compare_by_status(struct model *m, struct store_txn *t)
{
	enum status s = (enum status)(1 + pick(m, STATUS_COUNT - 1));
	struct uuid ids[MODEL_MAX], after = {{0}};
	unsigned n, met = 0;

	do {
		n = rows_by_status(t, s, &after, ids, 7);
		for (unsigned i = 0; i < n; i++) {
			while (m->x[met].status != s)
				met++;
			assert_true(uuid_eq(&m->x[met++].id, &ids[i]));
			after = ids[i];
		}
	} while (n == 7);
	while (met < m->n)
		assert_int_not_equal(m->x[met++].status, s);
}

static void
compare(struct model *m, struct store_txn *t)
{
	struct execution x;
	struct uuid newest;

	for (unsigned i = 0; i < 8; i++)
		compare_list(m, t);
	compare_timers(m, t);
	compare_by_status(m, t);
	for (unsigned i = 0; i < m->n; i++) {
		assert_true(rows_get_by_number(t, m->x[i].number, &x));
		assert_true(uuid_eq(&x.id, &m->x[i].id));
		assert_int_equal(x.status, m->x[i].status);
		assert_int_equal(x.percent, m->x[i].percent);
	}
	if (m->n > 0) {
		assert_true(rows_newest(t, &newest));
		assert_true(uuid_eq(&newest, &m->x[m->n - 1].id));
	}
}

static void
model_turn(struct model *m)
{
	struct store_txn *t = world_begin(m->w);
	unsigned changes = 1 + pick(m, 30);
	bool keep = pick(m, 4) != 0;

	memcpy(m->saved, m->x, sizeof(m->x));
	memcpy(m->saved_labels, m->labels, sizeof(m->labels));
	m->saved_n = m->n;
	for (unsigned i = 0; i < changes; i++) {
		if (m->n == 0 || (m->n < MODEL_MAX && pick(m, 5) == 0))
			model_create(m, t);
		else
			model_change(m, t);
	}
	compare(m, t); /* a transaction sees its own writes */
	if (keep) {
		world_commit(t);
		return;
	}
	store_abort(t);
	memcpy(m->x, m->saved, sizeof(m->x));
	memcpy(m->labels, m->saved_labels, sizeof(m->labels));
	m->n = m->saved_n;
}

static void
test_against_model(void **state)
{
	struct model *m = mem_zalloc(sizeof(*m));

	m->w = *state;
	for (unsigned i = 0; i < JOBS; i++)
		m->job[i] = uuid_make(&m->w->maker, m->w->now, i);
	for (unsigned i = 0; i < 60; i++) {
		model_turn(m);
		compare(m, store_snapshot(m->w->s));
		store_snapshot_end(m->w->s);
		if (i % 20 == 19)
			world_restart(m->w, true);
	}
	assert_true(m->n > 50);
	free(m);
}

/* A combination that no index answers looks at so many rows and no more. */
static void
test_look_max(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid at = {{0}}, first = {{0}};
	struct rows_filter f = {.category = CATEGORY_AI, .project = 7};
	struct execution x, page[4];
	unsigned pages = 0, found = 0;

	for (unsigned i = 0; i < 25000; i++) {
		x = (struct execution){.number = store_number_next(t),
		    .job = w->job,
		    .category = i % 2 == 0 ? CATEGORY_AI : CATEGORY_NONE,
		    .project = i % 2 == 0 ? 6 : 7,
		    .status = STATUS_QUEUED,
		    .attempt = 1};
		x.id = uuid_make(&w->maker, w->now, world_random(w));
		if (i == 0) {
			first = x.id;
			x.project = 7;
		}
		rows_put(t, NULL, &x);
	}
	world_commit(t);
	t = store_snapshot(w->s);
	do {
		found += rows_list(t, &f, &at, page, 4);
		pages++;
	} while (!uuid_is_zero(&at));
	assert_int_equal(pages, 2);
	assert_int_equal(found, 1);
	assert_true(uuid_eq(&page[0].id, &first));
	assert_int_equal(rows_count(t, &f), -1);
	store_snapshot_end(w->s);
}

/* A page by offset steps over, or looks at, so many rows and no more. */
static void
test_page_bounds(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct rows_filter all = {.project = 0};
	struct rows_filter f = {.category = CATEGORY_AI, .project = 7};
	struct execution x, page[4];
	struct rows_page p = {.out = page, .max = 4};

	for (unsigned i = 0; i < ROWS_LOOK_MAX + 50; i++) {
		x = (struct execution){.number = store_number_next(t),
		    .job = w->job,
		    .category = CATEGORY_AI,
		    .project = 7 + (i < 25),
		    .status = STATUS_QUEUED,
		    .attempt = 1};
		x.id = uuid_make(&w->maker, w->now, world_random(w));
		rows_put(t, NULL, &x);
	}
	world_commit(t);
	t = store_snapshot(w->s);
	assert_true(rows_page_read(t, &f, &p));
	assert_true(p.cut);
	assert_int_equal(p.total, ROWS_LOOK_MAX);
	p.offset = ROWS_LOOK_MAX;
	assert_true(rows_page_read(t, &all, &p));
	assert_int_equal(p.n, 4);
	p.offset++;
	assert_false(rows_page_read(t, &all, &p));
	p.offset = ROWS_LOOK_MAX + 50;
	assert_true(rows_page_read(t, &all, &p));
	assert_int_equal(p.n, 0);
	assert_int_equal(p.total, ROWS_LOOK_MAX + 50);
	store_snapshot_end(w->s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_get),
	    T(test_empty),
	    T(test_idempotency),
	    T(test_labels),
	    T(test_label_prefix),
	    T(test_long_labels),
	    T(test_bad_labels),
	    T(test_fixed_fields),
	    T(test_against_model),
	    T(test_look_max),
	    T(test_page_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
