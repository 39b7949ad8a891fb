/*
 * The check: it is silent on a store that saw everything, and speaks up for
 * every kind of damage.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/object.h"
#include "core/wire.h"
#include "store/check.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/rows.h"
#include "store/rows_impl.h"
#include "store/table.h"
#include "tests/store/world.h"

/* The executions that damage is done to. */
struct scene {
	struct world *w;
	struct store_txn *t;
	struct uuid a; /* running, labels, idempotency key, project, parent */
	struct uuid b; /* completed */
	struct execution x, y; /* their rows */
};

static void
report(struct scene *s, const struct uuid *id, enum report_kind kind,
    const char *step)
{
	struct report r = report_make(kind);

	r.step = slice_str(step);
	r.metadata = SLICE("{\"n\":1}");
	r.step_name = SLICE("fetch");
	r.message = SLICE("hello");
	r.level = LEVEL_INFO;
	r.percent = kind == REPORT_PROGRESS ? 40 : EVENT_NO_PERCENT;
	r.result = SLICE("{\"ok\":true}");
	r.artifacts = SLICE("{\"path\":\"x\"}");
	if (kind == REPORT_FAIL || kind == REPORT_STEP_FAILED) {
		r.error_message = SLICE("no route");
		r.error_type = SLICE("ConnectionError");
	}
	world_report(s->w, s->t, id, &r);
}

static void
set_scene(struct scene *s)
{
	struct world_trigger with = {.project = 3,
	    .tags = "{\"env\":\"prod\"}",
	    .idempotency = SLICE("\1\0\0\0\0\0\0\0\0key")};

	s->t = world_begin(s->w);
	s->b = world_trigger(s->w, s->t, &(struct world_trigger){.project = 3});
	with.parent = s->b;
	s->a = world_trigger(s->w, s->t, &with);
	report(s, &s->a, REPORT_STEP_RUNNING, "fetch");
	report(s, &s->a, REPORT_STEP_PROGRESS, "fetch");
	report(s, &s->a, REPORT_PROGRESS, NULL);
	report(s, &s->a, REPORT_LOG, NULL);
	report(s, &s->a, REPORT_STEP_COMPLETED, "fetch");
	report(s, &s->b, REPORT_PROGRESS, NULL);
	report(s, &s->b, REPORT_COMPLETE, NULL);
	assert_true(rows_get(s->t, &s->a, &s->x));
	assert_true(rows_get(s->t, &s->b, &s->y));
	assert_int_equal(s->x.status, STATUS_RUNNING);
	assert_int_equal(s->y.status, STATUS_COMPLETED);
}

/* ---- damage, one kind each ------------------------------------------- */

static void
put_key(struct scene *s, enum table table, const struct rows_key *k,
    struct slice value)
{
	table_put(s->t, table, rows_key_slice(k), value);
}

static void
delete_key(struct scene *s, enum table table, const struct rows_key *k)
{
	table_delete(s->t, table, rows_key_slice(k));
}

static struct slice
seq_key(uint64_t seq)
{
	static uint8_t key[8];

	wire_put(key, 8, seq);
	return table_bytes(key, 8);
}

/* Write a row without what follows from it. */
static void
put_row(struct scene *s, const struct execution *x)
{
	struct rows_key k = rows_key_row(&x->id);
	uint8_t bytes[EXECUTION_ROW];

	put_key(s, TABLE_EXECUTIONS, &k,
	    table_bytes(bytes, execution_encode(x, bytes)));
}

static struct rows_key
share_key(const struct uuid *id, uint64_t seq)
{
	struct rows_key k = {.n = 25};

	wire_put(wire_put(wire_put_uuid(k.b, id), 1, SCHEMA_EVENT_KEY), 8, seq);
	return k;
}

static void
drop_event(struct scene *s)
{
	table_delete(s->t, TABLE_JOURNAL, seq_key(s->x.last.seq));
}

static void
spoil_event(struct scene *s)
{
	table_put(s->t, TABLE_JOURNAL, seq_key(s->x.last.seq), SLICE("?"));
}

static void
spoil_journal_key(struct scene *s)
{
	table_put(s->t, TABLE_JOURNAL, SLICE("strange"), SLICE("?"));
}

static void
advance_seq(struct scene *s)
{
	meta_put(s->t, "seq", 8, s->t->seq + 1);
	s->t->stored_seq = s->t->seq;
}

/* The row forgets its last event. */
static void
cut_chain(struct scene *s)
{
	s->x.tail = s->x.created;
	put_row(s, &s->x);
}

/* An event of the other execution, claimed. */
static void
claim_event(struct scene *s)
{
	struct rows_key k = share_key(&s->a, s->y.created.seq);

	put_key(s, TABLE_EXECUTIONS, &k, table_bytes("", 0));
}

static void
claim_missing_event(struct scene *s)
{
	struct rows_key k = share_key(&s->a, 999);

	put_key(s, TABLE_EXECUTIONS, &k, table_bytes("", 0));
}

/* Chain one more event to the first execution. */
static void
chain_event(struct scene *s, struct journal_event *ev)
{
	ev->seq = store_seq(s->t) + 1;
	ev->at = s->w->now;
	ev->execution = s->a;
	ev->prev = s->x.tail.seq;
	ev->nth = ++s->x.nevents;
	journal_append(s->t, ev);
	s->x.tail.seq = ev->seq;
	put_row(s, &s->x);
}

static void
add_created(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_CREATED);

	chain_event(s, &ev);
}

static void
add_step_event(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_STEP);

	ev.step = 200;
	ev.status = STEP_RUNNING;
	chain_event(s, &ev);
}

/* The row says less than the journal. */
static void
add_progress(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_PROGRESS);

	ev.percent = 77;
	chain_event(s, &ev);
}

static void
add_damaged_object(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_STORAGE);

	chain_event(s, &ev);
}

/* An object that the execution's creation has, says its event. */
static void
add_misplaced_object(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_STORAGE);
	struct object o = {.size = 4,
	    .at = s->x.created,
	    .member = MEMBER_ARTIFACTS};
	struct buf place = {0};

	object_place(&o, &place);
	event_add_member(&ev, MEMBER_KEY, SLICE("executions/x/r/s/n"));
	event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("text/plain"));
	event_add_member(&ev, MEMBER_OBJECT, buf_slice(&place));
	chain_event(s, &ev);
	buf_free(&place);
}

static struct slice
object_key_of(struct scene *s, const char *where)
{
	static char key[200];
	char id[UUID_TEXT + 1];

	uuid_format(&s->a, id);
	snprintf(key, sizeof(key), OBJECT_ROOT "%s/%s", id, where);
	return slice_str(key);
}

static void
drop_object(struct scene *s)
{
	table_delete(s->t, TABLE_OBJECTS,
	    object_key_of(s, "fetch/fetch/artifacts.json"));
}

/* Copy the row of one object to the key of another. */
static void
copy_object(struct scene *s, const char *to)
{
	struct slice key = object_key_of(s, "fetch/fetch/artifacts.json");
	struct buf row = {0};
	struct slice value;

	assert_true(table_get(s->t, TABLE_OBJECTS, key, &value));
	buf_add_slice(&row, value);
	table_put(s->t, TABLE_OBJECTS, object_key_of(s, to), buf_slice(&row));
	buf_free(&row);
}

static void
add_object(struct scene *s)
{
	copy_object(s, "fetch/fetch/other.json");
}

/* A row is taken for a later write of its key, which there is not. */
static void
age_object(struct scene *s)
{
	world_put(s->w, s->t, &s->a, "early", SLICE("x"));
	world_put(s->w, s->t, &s->a, "late", SLICE("x"));
	world_put(s->w, s->t, &s->a, "early", SLICE("y"));
	assert_true(rows_get(s->t, &s->a, &s->x));
	copy_object(s, "early");
}

static void
renew_object(struct scene *s)
{
	world_put(s->w, s->t, &s->a, "fetch/fetch/late", SLICE("xyz"));
	copy_object(s, "fetch/fetch/late");
}

static void
spoil_object(struct scene *s)
{
	table_put(s->t, TABLE_OBJECTS,
	    object_key_of(s, "fetch/fetch/artifacts.json"), SLICE("?"));
}

/* An event that no execution's chain leads to. */
static void
add_stray_event(struct scene *s)
{
	struct journal_event ev = event_make(EVENT_LOG);

	ev.seq = store_seq(s->t) + 1;
	ev.at = s->w->now;
	ev.execution = s->a;
	journal_append(s->t, &ev);
}

/* A milestone is lost: there are enough events for one. */
static void
drop_milestone(struct scene *s)
{
	struct rows_key k;

	while (s->x.nevents % SCHEMA_EVENT_STRIDE != 0) {
		struct journal_event ev = event_make(EVENT_LOG);

		chain_event(s, &ev);
	}
	k = share_key(&s->a, s->x.tail.seq);
	delete_key(s, TABLE_EXECUTIONS, &k);
}

static void
spoil_row(struct scene *s)
{
	struct rows_key k = rows_key_row(&s->a);

	put_key(s, TABLE_EXECUTIONS, &k, SLICE("?"));
}

static void
drop_row(struct scene *s)
{
	struct rows_key k = rows_key_row(&s->a);

	delete_key(s, TABLE_EXECUTIONS, &k);
}

static void
add_orphan_row(struct scene *s)
{
	struct execution x = s->y;

	x.id.b[15] ^= 1;
	put_row(s, &x);
}

static void
spoil_status(struct scene *s)
{
	s->x.status = STATUS_FAILED;
	put_row(s, &s->x);
}

static void
spoil_field(struct scene *s)
{
	s->x.percent = 3;
	put_row(s, &s->x);
}

static void
spoil_brief(struct scene *s)
{
	assert_memory_equal(s->x.step_name.bytes, "fetch", 5);
	s->x.step_name.bytes[0] = 'F';
	put_row(s, &s->x);
}

static void
spoil_ref(struct scene *s)
{
	s->x.metadata.at.seq = s->y.created.seq;
	put_row(s, &s->x);
}

static void
spoil_member(struct scene *s)
{
	s->y.result.at.seq = s->y.created.seq;
	put_row(s, &s->y);
}

static void
drop_step(struct scene *s)
{
	struct rows_key k = rows_key_step(&s->a, 1);

	delete_key(s, TABLE_EXECUTIONS, &k);
}

static void
spoil_step(struct scene *s)
{
	struct rows_key k = rows_key_step(&s->a, 0);

	put_key(s, TABLE_EXECUTIONS, &k, SLICE("?"));
}

static void
change_step(struct scene *s)
{
	struct step steps[2];

	assert_true(rows_get_steps(s->t, &s->a, steps, 2));
	steps[0].status = STEP_FAILED;
	rows_put_step(s->t, &s->a, &steps[0]);
}

static void
add_step(struct scene *s)
{
	struct step steps[2];

	assert_true(rows_get_steps(s->t, &s->a, steps, 2));
	steps[1].index = 2;
	rows_put_step(s->t, &s->a, &steps[1]);
}

static void
add_strange_key(struct scene *s)
{
	struct rows_key k = rows_key_row(&s->a);

	k.b[16] = 9;
	put_key(s, TABLE_EXECUTIONS, &k, table_bytes("", 0));
}

static void
drop_index(struct scene *s, struct rows_key facet)
{
	struct rows_key k = rows_key_index(&facet, &s->a);

	delete_key(s, TABLE_INDEX, &k);
}

static void
add_index(struct scene *s, struct rows_key facet)
{
	struct rows_key k = rows_key_index(&facet, &s->a);

	put_key(s, TABLE_INDEX, &k, table_bytes("", 0));
}

static void
drop_status_index(struct scene *s)
{
	drop_index(s, rows_key_status(STATUS_RUNNING));
}

static void
drop_job_index(struct scene *s)
{
	drop_index(s, rows_key_job(&s->w->job));
}

static void
drop_project_index(struct scene *s)
{
	drop_index(s, rows_key_project_status(3, STATUS_RUNNING));
}

static void
drop_parent_index(struct scene *s)
{
	drop_index(s, rows_key_parent(&s->b));
}

static void
drop_label_index(struct scene *s)
{
	drop_index(s, rows_key_label(SLICE("env:prod")));
}

static void
drop_number(struct scene *s)
{
	struct rows_key k = rows_key_number(s->x.number);

	delete_key(s, TABLE_INDEX, &k);
}

static void
share_number(struct scene *s)
{
	struct rows_key k = rows_key_number(s->x.number);

	put_key(s, TABLE_INDEX, &k, table_bytes(s->b.b, 16));
}

static void
lower_number(struct scene *s)
{
	s->t->number = 1;
}

static void
add_status_index(struct scene *s)
{
	add_index(s, rows_key_status(STATUS_FAILED));
}

static void
add_label_index(struct scene *s)
{
	add_index(s, rows_key_label(SLICE("env:test")));
}

static void
add_parent_index(struct scene *s)
{
	add_index(s, rows_key_parent(&s->a));
}

static void
add_orphan_index(struct scene *s)
{
	struct rows_key facet = rows_key_parent(&s->a), k;
	struct uuid none = {{7}};

	k = rows_key_index(&facet, &none);
	put_key(s, TABLE_INDEX, &k, table_bytes("", 0));
}

static void
set_counter(struct scene *s, struct rows_key k, uint64_t v)
{
	uint8_t bytes[8];

	store_commit(s->t); /* what is gathered would be added to it */
	s->t = world_begin(s->w);
	wire_put(bytes, 8, v);
	put_key(s, TABLE_COUNTERS, &k, table_bytes(bytes, 8));
}

static void
spoil_all_counter(struct scene *s)
{
	set_counter(s, rows_key_all(), 5);
}

static void
spoil_status_counter(struct scene *s)
{
	set_counter(s, rows_key_status(STATUS_RUNNING), 5);
}

static void
add_counter(struct scene *s)
{
	set_counter(s, rows_key_label(SLICE("env:zzz")), 1);
}

static void
add_first_counter(struct scene *s)
{
	set_counter(s, rows_key_job_status(&s->a, STATUS_FAILED), 1);
}

static void
drop_counter(struct scene *s)
{
	struct rows_key k = rows_key_label(SLICE("env:prod"));

	set_counter(s, k, 1);
	delete_key(s, TABLE_COUNTERS, &k);
}

static void
spoil_counter(struct scene *s)
{
	struct rows_key k = rows_key_project(3);

	set_counter(s, k, 1);
	put_key(s, TABLE_COUNTERS, &k, SLICE("?"));
}

static void
drop_timer(struct scene *s)
{
	struct rows_key k =
	    rows_key_timer(s->x.due[TIMER_HEARTBEAT], TIMER_HEARTBEAT, &s->a);

	delete_key(s, TABLE_TIMERS, &k);
}

static void
add_timer(struct scene *s)
{
	struct rows_key k = rows_key_timer(12345, TIMER_READY, &s->a);

	put_key(s, TABLE_TIMERS, &k, table_bytes("", 0));
}

static void
add_strange_timer(struct scene *s)
{
	table_put(s->t, TABLE_TIMERS, SLICE("x"), SLICE("y"));
}

static void
arm_terminal(struct scene *s)
{
	struct execution old = s->y;

	s->y.due[TIMER_TOTAL] = s->w->now;
	rows_put(s->t, &old, &s->y);
}

static void
drop_idempotency(struct scene *s)
{
	table_delete(s->t, TABLE_IDEMPOTENCY, SLICE("\1\0\0\0\0\0\0\0\0key"));
}

static void
add_idempotency(struct scene *s)
{
	struct uuid none = {{7}};

	rows_idempotency_put(s->t, SLICE("\1\0\0\0\0\0\0\0\0other"), &none);
}

static void
job_version_key(struct scene *s, uint32_t version, uint8_t key[20])
{
	wire_put(wire_put_uuid(key, &s->w->job), 4, version);
}

static void
drop_version(struct scene *s)
{
	uint8_t key[20];

	job_version_key(s, 1, key);
	table_delete(s->t, TABLE_JOBS, table_bytes(key, 20));
}

static void
spoil_version(struct scene *s)
{
	uint8_t key[20];

	job_version_key(s, 1, key);
	table_put(s->t, TABLE_JOBS, table_bytes(key, 20),
	    SLICE("\0\0\0\0\0\0\0\1{\"name\":"));
}

static void
add_version(struct scene *s)
{
	uint8_t key[20];

	job_version_key(s, 3, key);
	table_put(s->t, TABLE_JOBS, table_bytes(key, 20),
	    SLICE("\0\0\0\0\0\0\0\1{\"name\":\"x\"}"));
}

static void
spoil_head(struct scene *s)
{
	table_put(s->t, TABLE_JOBS, table_bytes(s->w->job.b, 16), SLICE("?"));
}

static void
drop_head(struct scene *s)
{
	table_delete(s->t, TABLE_JOBS, table_bytes(s->w->job.b, 16));
}

static void
add_strange_job(struct scene *s)
{
	table_put(s->t, TABLE_JOBS, SLICE("strange"), SLICE("?"));
}

static void
drop_name(struct scene *s)
{
	table_delete(s->t, TABLE_JOB_NAMES, SLICE("build"));
}

static void
add_name(struct scene *s)
{
	table_put(s->t, TABLE_JOB_NAMES, SLICE("other"),
	    table_bytes(s->w->job.b, 16));
}

static void
spoil_name(struct scene *s)
{
	table_put(s->t, TABLE_JOB_NAMES, SLICE("other"), SLICE("x"));
}

static void
spoil_key(struct scene *s)
{
	table_put(s->t, TABLE_KEYS, SLICE("x"), SLICE("y"));
}

static const struct {
	const char *what;
	void (*damage)(struct scene *s);
	const char *finding;
} cases[] = {
    {"an event is gone", drop_event, "is missing"},
    {"an event is gone, so the journal has a hole", drop_event, " follows "},
    {"an event cannot be read", spoil_event, "cannot be read"},
    {"a key of the journal", spoil_journal_key, "a key that is no seq"},
    {"meta seq", advance_seq, "journal: ends at"},
    {"the row forgets its last event", cut_chain, "is out of its chain"},
    {"an event in no chain", add_stray_event, "events of executions, but"},
    {"a milestone is lost", drop_milestone, "0 milestones, for 32 events"},
    {"a milestone of another's", claim_event, "is of another"},
    {"a milestone that is no event", claim_missing_event,
	"event 999 is missing"},
    {"created twice", add_created, "cannot follow"},
    {"an event of a step that is not", add_step_event, "cannot follow"},
    {"an object without a place", add_damaged_object, "is damaged"},
    {"an object that is not there", add_misplaced_object,
	"is not where it should be"},
    {"an object's row is gone", drop_object, "artifacts.json is missing"},
    {"an object's row cannot be read", spoil_object,
	"artifacts.json is missing"},
    {"an object that nobody wrote", add_object, "objects: there are"},
    {"an object's row is of an earlier write", age_object,
	"early is not what its last event says"},
    {"an object's row is of another", renew_object,
	"late is not what its last event says"},
    {"an event the row does not know", add_progress,
	"its row is not what its events come to"},
    {"a row cannot be read", spoil_row, "its row cannot be read"},
    {"a row is gone", drop_row, "has no row"},
    {"a row with another's events", add_orphan_row, "is of another"},
    {"a status", spoil_status, "is failed, its events say running"},
    {"a field of a row", spoil_field, "its row is not what"},
    {"the copy of a short member", spoil_brief, "its row is not what"},
    {"a ref to another's event", spoil_ref, "points at event"},
    {"a ref to an event without the member", spoil_member,
	"does not have member 4"},
    {"a step is gone", drop_step, "1 steps, its row says 2"},
    {"a step cannot be read", spoil_step, "is out of place"},
    {"a step's status", change_step, "step 0 is not what"},
    {"a step too many", add_step, "3 steps, its row says 2"},
    {"a key of no kind", add_strange_key, "a key of no kind"},
    {"status index", drop_status_index, "not in index s"},
    {"job index", drop_job_index, "not in index j"},
    {"project index", drop_project_index, "not in index P"},
    {"parent index", drop_parent_index, "not in index q"},
    {"label index", drop_label_index, "not found by label env:prod"},
    {"a number is gone", drop_number, "leads elsewhere"},
    {"two share a number", share_number, "leads elsewhere"},
    {"meta number", lower_number, "was never given"},
    {"stray status index", add_status_index, "index s: execution"},
    {"stray label index", add_label_index, "index t: execution"},
    {"stray parent index", add_parent_index, "index q: execution"},
    {"index of no execution", add_orphan_index, "index q: execution"},
    {"the counter of all", spoil_all_counter, "counter a : says 5"},
    {"a status counter", spoil_status_counter, "counter s 02: says 5"},
    {"a counter of nothing", add_counter, "counter t env:zzz: says 1"},
    {"a counter of nothing, before all", add_first_counter, "counter J"},
    {"a counter is gone", drop_counter, "counter t env:prod: says 0"},
    {"a counter cannot be read", spoil_counter, "cannot be read"},
    {"a timer is gone", drop_timer, "timer 0 is missing"},
    {"a stray timer", add_timer, "has no such timer 1"},
    {"a timer cannot be read", add_strange_timer, "timers: a key that"},
    {"a terminal execution has a timer", arm_terminal, "is over, but has"},
    {"an idempotency key is gone", drop_idempotency, "its idempotency key"},
    {"a stray idempotency key", add_idempotency, "leads to no execution"},
    {"a version is gone", drop_version, "0 versions, the head says 1"},
    {"a version is gone for an execution", drop_version,
	"its job or version is not there"},
    {"a definition cannot be read", spoil_version, "version 1 cannot be read"},
    {"a version out of order", add_version, "version 3 is not 2"},
    {"a head cannot be read", spoil_head, "its head cannot be read"},
    {"a head is gone", drop_head, "a version without a head"},
    {"a key of the jobs", add_strange_job, "jobs: a key of no kind"},
    {"a name is gone", drop_name, "its name does not lead to it"},
    {"a name too many", add_name, "2 names for 1 jobs"},
    {"a name that is no id", spoil_name, "a value that is no id"},
    {"an API key", spoil_key, "keys: a key that cannot be read"},
};

struct said {
	const char *wanted;
	bool found;
	struct buf all;
};

static void
hear(void *arg, const char *text)
{
	struct said *s = arg;

	s->found = s->found || strstr(text, s->wanted) != NULL;
	buf_addf(&s->all, "%s\n", text);
}

static void
try_case(struct scene *s, size_t i)
{
	struct said said = {.wanted = cases[i].finding};
	struct check_result r;

	set_scene(s);
	cases[i].damage(s);
	world_commit(s->t);
	world_restart(s->w, true); /* no definition in memory */
	assert_false(check_store(s->w->s, &r, hear, &said));
	assert_true(r.findings > 0);
	buf_add_byte(&said.all, '\0');
	if (!said.found)
		fail_msg("%s: wanted \"%s\", got:\n%s", cases[i].what,
		    said.wanted, said.all.p);
	buf_free(&said.all);
}

static void
test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct scene *s = mem_zalloc(sizeof(*s));
		void *w;

		assert_int_equal(world_setup(&w), 0);
		s->w = w;
		try_case(s, i);
		world_free(s->w);
		free(s);
	}
}

/* Nothing is said of a store where nothing is wrong, and all is counted. */
static void
test_sound(void **state)
{
	struct scene *s = mem_zalloc(sizeof(*s));
	struct said said = {.wanted = "?"};
	struct check_result r;

	s->w = *state;
	set_scene(s);
	report(s, &s->a, REPORT_FAIL, NULL);
	report(s, &s->b, REPORT_COMPLETE, NULL);
	report(s, &s->b, REPORT_FAIL, NULL); /* late: ignored */
	world_commit(s->t);
	assert_true(check_store(s->w->s, &r, hear, &said));
	assert_int_equal(said.all.len, 0);
	assert_int_equal(r.events, store_seq(store_snapshot(s->w->s)));
	assert_int_equal(r.executions, 2);
	assert_int_equal(r.steps, 4);
	assert_int_equal(r.jobs, 1);
	assert_int_equal(r.objects, 2);
	assert_true(r.timers > 0);
	free(s);
}

/* Random lives of executions, through all statuses. */
static void
test_random_lives(void **state)
{
	static const enum report_kind kinds[] = {REPORT_HEARTBEAT,
	    REPORT_PROGRESS, REPORT_LOG, REPORT_FAIL, REPORT_STEP_RUNNING,
	    REPORT_STEP_PROGRESS, REPORT_STEP_COMPLETED, REPORT_STEP_FAILED,
	    REPORT_COMPLETE, REPORT_CANCEL};
	static const char *const names[] = {"fetch", "render"};
	struct scene *s = mem_zalloc(sizeof(*s));
	struct uuid ids[40];
	unsigned n = 0;

	s->w = *state;
	for (unsigned turn = 0; turn < 60; turn++) {
		s->t = world_begin(s->w);
		for (unsigned i = 0; i < 10; i++) {
			uint64_t dice = world_random(s->w);
			unsigned kind = (unsigned)(dice >> 8) % 40;

			if (n == 0 || (n < 40 && dice % 8 == 0))
				ids[n++] = world_trigger(s->w, s->t,
				    &(struct world_trigger){
					.tags = "{\"a\":\"b\"}"});
			else
				report(s, &ids[(dice >> 16) % n],
				    kinds[kind < 10 ? kind : kind % 8],
				    names[dice >> 33 & 1]);
		}
		world_commit(s->t);
		world_check(s->w);
	}
	free(s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test_setup_teardown(test_sound, world_setup,
		world_teardown),
	    cmocka_unit_test_setup_teardown(test_random_lives, world_setup,
		world_teardown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
