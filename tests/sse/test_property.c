/*
 * Random lives, random readers: whatever is committed, asked for, read or
 * left unread in whatever order and pieces, every reader gets exactly the
 * events its filter lets through, once, in order, and every frame has the
 * same bytes for all who want it in the same form.
 */
#include "sse/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "store/journal.h"
#include "store/rows.h"
#include "tests/sse/watch.h"

#define JOBS 3
#define EXECUTIONS_MAX 120
#define READERS 60
#define STEPS 700
#define FORMS 8
#define SEQS_MAX 20000

struct reader {
	struct watcher *one;
	struct sse_request r;
	struct uuid jobs[2], ids[2];
	char label[32];
	unsigned form;
	uint64_t from; /* has all up to here */
	bool snapshot; /* is still to come */
	bool ended;
};

struct made {
	struct uuid id, job;
	uint64_t project;
	const char *label; /* "k:v", or NULL */
};

struct play {
	struct watch *w;
	struct uuid jobs[JOBS];
	struct made made[EXECUTIONS_MAX];
	unsigned nmade, seen;
	struct reader readers[READERS];
	struct buf frames[FORMS][SEQS_MAX]; /* as first seen */
};

static uint64_t
chance(struct play *p, uint64_t n)
{
	return (world_random(p->w->world) >> 16) % n;
}

/* ---- what happens ---- */

static void
trigger(struct play *p, struct store_txn *t)
{
	static const char *const labels[] = {NULL, "env:prod", "env:test"};
	static const char *const tags[] = {NULL,
	    "{\"env\":\"prod\",\"a\":\"b\"}", "{\"env\":\"test\"}"};
	struct made *m = &p->made[p->nmade];
	uint64_t i = chance(p, 3);
	struct world_trigger with = {.job = p->jobs[chance(p, JOBS)],
	    .project = chance(p, 3),
	    .tags = tags[i]};

	if (p->nmade == EXECUTIONS_MAX)
		return;
	*m = (struct made){.job = with.job,
	    .project = with.project,
	    .label = labels[i]};
	m->id = world_trigger(p->w->world, t, &with);
	p->nmade++;
}

static void
report(struct play *p, struct store_txn *t)
{
	static const enum report_kind kinds[] = {REPORT_LOG, REPORT_LOG,
	    REPORT_PROGRESS, REPORT_STEP_RUNNING, REPORT_STEP_PROGRESS,
	    REPORT_LOG, REPORT_STEP_COMPLETED, REPORT_FAIL, REPORT_COMPLETE};
	static char text[40000];
	const struct made *m = &p->made[chance(p, p->nmade)];
	struct report r = report_make(kinds[chance(p, 9)]);
	size_t n = chance(p, 40) == 0 ? chance(p, 40000) : chance(p, 300);
	struct execution x;

	assert_true(rows_get(t, &m->id, &x));
	if (status_is_terminal(x.status))
		return;
	memset(text, 'x', n);
	r.step = SLICE("fetch");
	r.level = LEVEL_INFO;
	r.percent = (uint8_t)chance(p, 101);
	r.message = r.error_message = (struct slice){text, n};
	r.metadata = SLICE("{\n\"a\": [1,\r\n2.50]}");
	if (chance(p, 2) == 0)
		r.artifacts = r.checkpoint = r.result = SLICE("{\"k\":\n1}");
	world_report(p->w->world, t, &m->id, &r);
}

static void
happen(struct play *p)
{
	struct store_txn *t = world_begin(p->w->world);
	uint64_t n = chance(p, 10) == 0 ? 60 : 1 + chance(p, 6);

	for (uint64_t i = 0; i < n; i++) {
		if (p->nmade == 0 || chance(p, 12) == 0)
			trigger(p, t);
		else
			report(p, t);
	}
	watch_commit(p->w, t);
}

/* ---- who watches ---- */

static void
choose_filter(struct play *p, struct reader *r)
{
	struct sse_filter *f = &r->r.filter;
	uint64_t kind = chance(p, 10);

	if (kind == 0 && p->nmade > 0) {
		f->execution = p->made[chance(p, p->nmade)].id;
		r->r.ends = chance(p, 2) == 0;
	} else if (kind == 1 || kind == 2) {
		f->jobs = r->jobs;
		f->njobs = (unsigned)kind;
		r->jobs[0] = p->jobs[0];
		r->jobs[1] = p->jobs[chance(p, JOBS)];
	} else if (kind == 8 && p->nmade > 1) {
		f->executions = r->ids;
		f->nexecutions = 2;
		for (unsigned i = 0; i < 2; i++)
			r->ids[i] = p->made[chance(p, p->nmade)].id;
		r->r.ends = chance(p, 2) == 0;
	} else if (kind == 9) {
		f->stage = chance(p, 2) == 0 ? SLICE("fet") : SLICE("res");
		f->path = chance(p, 2) == 0 ? SLICE("fetch/") : SLICE_NONE;
		f->extensions =
		    chance(p, 2) == 0 ? SLICE(".md,s.json") : SLICE_NONE;
	} else if (kind == 3) {
		snprintf(r->label, sizeof(r->label), "env:%s",
		    chance(p, 2) == 0 ? "prod" : "test");
		f->label = slice_str(r->label);
	}
	if (kind == 4 || chance(p, 6) == 0)
		f->project = 1 + chance(p, 2);
	if (chance(p, 3) == 0)
		f->types = (unsigned)chance(p, 1u << 10);
	if (chance(p, 4) == 0)
		f->statuses = (unsigned)chance(p, 1u << STATUS_COUNT);
}

static uint64_t
tail_of(struct play *p)
{
	uint64_t seq = store_seq(store_snapshot(p->w->world->s));

	store_snapshot_end(p->w->world->s);
	return seq;
}

static void
arrive(struct play *p, struct reader *r)
{
	char cursor[32];

	*r = (struct reader){.r = watch_request()};
	r->form = (unsigned)chance(p, FORMS);
	r->r.http10 = (r->form & 1) != 0;
	r->r.names = (r->form & 2) == 0;
	r->r.factflow = (r->form & 4) != 0;
	choose_filter(p, r);
	if (chance(p, 2) == 0) {
		r->from = chance(p, tail_of(p) + 1);
		snprintf(cursor, sizeof(cursor), "%llu",
		    (unsigned long long)r->from);
		sse_cursor(p->w->sse, slice_str(cursor), &r->r);
		assert_int_equal(r->r.from, SSE_FROM_SEQ);
	} else {
		r->snapshot = true;
	}
	r->one = watch_open(p->w, &r->r);
}

/* ---- what each must be sent ---- */

static const struct made *
made_of(const struct play *p, const struct uuid *id)
{
	for (unsigned i = 0; i < p->nmade; i++)
		if (uuid_eq(&p->made[i].id, id))
			return &p->made[i];
	return NULL;
}

static bool
is_for_job(const struct reader *r, const struct made *m)
{
	unsigned n = r->r.filter.njobs;

	return n == 0 || uuid_eq(&m->job, &r->jobs[0]) ||
	    (n == 2 && uuid_eq(&m->job, &r->jobs[1]));
}

static bool
is_named(const struct reader *r, const struct made *m)
{
	const struct sse_filter *f = &r->r.filter;

	if (f->nexecutions > 0)
		return uuid_eq(&f->executions[0], &m->id) ||
		    uuid_eq(&f->executions[1], &m->id);
	return uuid_is_zero(&f->execution) || uuid_eq(&f->execution, &m->id);
}

/* An object's stage is "fetch" or "result", with names to match. */
static bool
is_for_object(const struct reader *r, const struct journal_event *ev)
{
	const struct sse_filter *f = &r->r.filter;
	struct slice key = event_get(ev, MEMBER_KEY);
	bool fetch = memmem(key.p, key.n, "/fetch/", 7) != NULL;
	bool artifacts = memmem(key.p, key.n, "/artifacts.", 11) != NULL;

	if (f->stage.n > 0 && slice_is(f->stage, "fet") != fetch)
		return false;
	if (f->path.n > 0 && !fetch)
		return false;
	return f->extensions.n == 0 || artifacts;
}

static bool
is_for(const struct play *p, const struct reader *r,
    const struct journal_event *ev)
{
	const struct sse_filter *f = &r->r.filter;
	const struct made *m = made_of(p, &ev->execution);
	bool created = ev->type == EVENT_CREATED;
	bool status = created || ev->type == EVENT_STATUS;

	if (m == NULL || ev->type == EVENT_IGNORED || ev->type == EVENT_TAGS)
		return false;
	if ((f->types & 1u << ev->type) == 0 &&
	    !(created && (f->types & 1u << EVENT_STATUS) != 0))
		return false;
	if (status && f->statuses != 0 &&
	    (f->statuses & 1u << (created ? STATUS_QUEUED : ev->status)) == 0)
		return false;
	if (!is_named(r, m) ||
	    (ev->type == EVENT_STORAGE && !is_for_object(r, ev)))
		return false;
	return is_for_job(r, m) &&
	    (f->project == 0 || f->project == m->project) &&
	    (f->label.n == 0 ||
		(m->label != NULL && slice_is(f->label, m->label)));
}

/* The same bytes for everybody, from the cache or from the journal. */
static void
check_bytes(struct play *p, const struct reader *r)
{
	struct buf *first = &p->frames[r->form][r->one->seq];
	struct slice block = r->one->block;

	assert_in_range(r->one->seq, 1, SEQS_MAX - 1);
	if (first->len == 0)
		buf_add_slice(first, block);
	assert_int_equal(first->len, block.n);
	assert_memory_equal(first->p, block.p, block.n);
}

struct expectation {
	struct play *p;
	struct reader *r;
};

static bool
is_end(const struct reader *r)
{
	return memmem(r->one->data.p, r->one->data.n, "{\"type\":\"end\"",
		   13) != NULL;
}

/* The next of the reader's events is this one of the journal. */
static bool
expect_event(void *arg, const struct journal_event *ev)
{
	const struct expectation *e = arg;
	struct reader *r = e->r;

	if (!is_for(e->p, r, ev))
		return true;
	do {
		if (!watcher_event(r->one))
			fail_msg("reader %d: %llu does not come",
			    (int)(r - e->p->readers),
			    (unsigned long long)ev->seq);
	} while (r->one->data.p == NULL); /* an id that moves the cursor */
	if (r->one->seq != ev->seq || is_end(r))
		fail_msg("reader %d: %llu expected, got %.*s",
		    (int)(r - e->p->readers), (unsigned long long)ev->seq,
		    SLICE_FMT(r->one->block));
	check_bytes(e->p, r);
	e->p->seen++;
	return true;
}

static void
check_start(struct reader *r)
{
	if (!r->snapshot)
		return;
	assert_true(watcher_event(r->one));
	assert_non_null(memmem(r->one->data.p, r->one->data.n,
	    "{\"type\":\"snapshot\"", 18));
	r->from = r->one->seq;
}

static bool
is_over(const struct reader *r, struct store_txn *t)
{
	const struct sse_filter *f = &r->r.filter;
	unsigned n = f->nexecutions;
	const struct uuid *id = n > 0 ? f->executions : &f->execution;
	struct execution x;
	bool over = r->r.ends;

	for (unsigned i = 0; over && (i == 0 || i < n); i++)
		over = rows_get(t, &id[i], &x) && status_is_terminal(x.status);
	return over;
}

/* Behind the last event: nothing, or the end where it belongs. */
static void
check_rest(struct reader *r, struct store_txn *t)
{
	bool over = is_over(r, t);
	bool more = watcher_event(r->one);

	while (more && r->one->data.p == NULL)
		more = watcher_event(r->one);
	if (more != over || (more && !is_end(r)))
		fail_msg("%s expected, got %.*s", over ? "the end" : "nothing",
		    SLICE_FMT(r->one->block));
	assert_int_equal(r->one->closed, over);
	if (!over)
		return;
	assert_true(r->one->plain || r->one->ended);
	assert_false(watcher_event(r->one));
}

static void
check_reader(struct play *p, struct reader *r)
{
	struct expectation e = {p, r};
	struct journal_visit v = {expect_event, &e};
	struct store_txn *t;
	uint64_t at;

	watch_take = 0;
	watcher_read_all(p->w, r->one);
	check_start(r);
	t = store_snapshot(p->w->world->s);
	at = r->from;
	while (at < store_seq(t))
		at = journal_walk(t, at, JOURNAL_PAGE, &v);
	check_rest(r, t);
	store_snapshot_end(p->w->world->s);
	watcher_free(r->one);
	r->one = NULL;
}

/* ---- the play ---- */

static void
act(struct play *p)
{
	static const size_t takes[] = {0, 0, 0, 1, 13, 300, 5000};
	struct reader *r = &p->readers[chance(p, READERS)];

	switch (chance(p, 6)) {
	case 0:
	case 1:
		happen(p);
		break;
	case 2:
		if (r->one == NULL)
			arrive(p, r);
		else if (chance(p, 4) == 0)
			check_reader(p, r);
		break;
	case 3:
		if (r->one != NULL)
			watcher_read(r->one);
		break;
	case 4:
		watch_take = takes[chance(p, 7)];
		break;
	default:
		watch_turn(p->w);
		break;
	}
}

static void
set_jobs(struct play *p)
{
	struct store_txn *t = world_begin(p->w->world);

	p->jobs[0] = p->w->world->job;
	for (unsigned i = 1; i < JOBS; i++) {
		char text[128];

		snprintf(text, sizeof(text),
		    "{\"name\":\"job %u\",\"steps\":[{\"name\":\"fetch\"}]}",
		    i);
		p->jobs[i] = world_job(p->w->world, t, text, NULL);
	}
	watch_commit(p->w, t);
}

static unsigned
play(uint64_t seed, size_t cache_bytes)
{
	struct play *p = mem_zalloc(sizeof(*p));
	struct sse_options o;
	unsigned seen;

	sse_options_init(&o);
	o.cache_bytes = cache_bytes;
	p->w = watch_new(&o);
	p->w->world->noise = seed;
	set_jobs(p);
	for (unsigned i = 0; i < STEPS; i++)
		act(p);
	for (unsigned i = 0; i < READERS; i++)
		if (p->readers[i].one != NULL)
			check_reader(p, &p->readers[i]);
	seen = p->seen;
	watch_free(p->w);
	for (unsigned f = 0; f < FORMS; f++)
		for (unsigned i = 0; i < SEQS_MAX; i++)
			buf_free(&p->frames[f][i]);
	free(p);
	return seen;
}

static void
test_every_reader_gets_its_events(void **state)
{
	static const size_t caches[] = {4096, 30000, 1u << 20};
	const char *rounds = getenv("TIDEWIRE_ROUNDS");
	unsigned n = rounds != NULL ? (unsigned)strtoul(rounds, NULL, 10) : 6;

	(void)state;
	for (unsigned i = 1; i <= n; i++) {
		unsigned seen =
		    play(i * UINT64_C(0x9e3779b97f4a7c15), caches[i % 3]);

		assert_true(seen > 500);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_every_reader_gets_its_events),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
