/*
 * A small engine for the tests of store/: the lifecycle decides, the store
 * keeps, nothing listens.
 */
#include "tests/store/world.h"

#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/lifecycle_objects.h"
#include "core/json.h"
#include "core/mem.h"
#include "store/check.h"
#include "store/jobs.h"
#include "store/journal.h"
#include "store/rows.h"

static const char definition[] =
    "{\"name\":\"build\",\"steps\":[{\"name\":\"fetch\"},"
    "{\"name\":\"render\",\"depends_on\":[\"fetch\"]}],"
    "\"timeout_seconds\":600}";

/* xorshift: the same numbers in every run. */
uint64_t
world_random(struct world *w)
{
	w->noise ^= w->noise << 13;
	w->noise ^= w->noise >> 7;
	w->noise ^= w->noise << 17;
	return w->noise;
}

static void
open_store(struct world *w)
{
	char err[512] = "";

	w->s = store_open(w->dir, STORE_SERVE, 77, err, sizeof(err));
	if (w->s == NULL)
		fail_msg("store_open: %s", err);
}

/* Make a folder and open a store in it. */
struct world *
world_new(void)
{
	struct world *w = mem_zalloc(sizeof(*w));
	const char *tmp = getenv("TMPDIR");

	snprintf(w->dir, sizeof(w->dir), "%s/tidewire-test-XXXXXX",
	    tmp != NULL ? tmp : "/tmp");
	assert_non_null(mkdtemp(w->dir));
	w->now = 1700000000000;
	w->noise = UINT64_C(0x9e3779b97f4a7c15);
	open_store(w);
	return w;
}

/* Start the server anew, so to speak. */
void
world_restart(struct world *w, bool clean)
{
	store_close(w->s, clean);
	open_store(w);
}

static int
remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st;
	(void)type;
	(void)ftw;
	return remove(path);
}

/* Leave nothing behind. */
void
world_free(struct world *w)
{
	store_close(w->s, true);
	nftw(w->dir, remove_one, 16, FTW_DEPTH | FTW_PHYS);
	free(w);
}

/* Name a file in the folder. */
const char *
world_path(const struct world *w, const char *name)
{
	static char path[4][PATH_MAX];
	static unsigned turn;
	char *out = path[turn++ % 4];

	snprintf(out, PATH_MAX, "%s/%s", w->dir, name);
	return out;
}

/* Begin a test in a world of its own. */
int
world_setup(void **state)
{
	struct world *w = world_new();
	struct store_txn *t = world_begin(w);

	w->job = world_job(w, t, definition, NULL);
	world_commit(t);
	*state = w;
	return 0;
}

/* End it. */
int
world_teardown(void **state)
{
	world_free(*state);
	return 0;
}

/* Begin to write, a second after the last time. */
struct store_txn *
world_begin(struct world *w)
{
	int rc = 0;
	struct store_txn *t = store_begin(w->s, &rc);

	w->now += 1000;
	assert_int_equal(rc, 0);
	assert_non_null(t);
	return t;
}

/* Commit what must be committed. */
void
world_commit(struct store_txn *t)
{
	assert_int_equal(store_commit(t), 0);
}

static struct uuid
next_id(struct world *w)
{
	return uuid_make(&w->maker, w->now, world_random(w));
}

/* Save a definition as the engine does, with its event. */
struct uuid
world_job(struct world *w, struct store_txn *t, const char *json,
    const struct uuid *id)
{
	struct json_error bad;
	struct job_error err = {.text = ""};
	struct json *doc = json_parse(slice_str(json), &bad);
	struct journal_event ev = event_make(EVENT_JOB);
	struct jobs_head head = {.version = 0};
	struct job *j;

	assert_non_null(doc);
	j = job_new(json_root(doc), &err);
	if (j == NULL)
		fail_msg("%s: %s", err.field, err.text);
	if (id == NULL)
		head =
		    (struct jobs_head){.id = next_id(w), .created_at = w->now};
	else
		assert_true(jobs_head(t, id, &head));
	head.version++;
	head.updated_at = w->now;
	jobs_put(t, &head, j);
	ev.seq = store_seq(t) + 1;
	ev.at = w->now;
	ev.execution = head.id;
	event_add_member(&ev, MEMBER_DEFINITION, j->definition);
	journal_append(t, &ev);
	job_free(j);
	json_free(doc);
	return head.id;
}

static struct slice
get_member(void *arg, struct ref at, enum member m)
{
	struct journal_event ev;

	if (at.seq == 0 || !journal_get(arg, at.seq, &ev))
		return SLICE_NONE;
	return event_get(&ev, m);
}

struct rows {
	struct execution before, x;
	struct step steps[JOB_STEPS_MAX];
	struct change change;
};

static struct decision
decide(struct world *w, struct store_txn *t, struct rows *r)
{
	const struct job *job = jobs_get(t, &r->x.job, r->x.job_version);

	assert_non_null(job);
	return (struct decision){.job = job,
	    .now = w->now,
	    .noise = world_random(w),
	    .seq = store_seq(t) + 1,
	    .get = get_member,
	    .arg = t,
	    .x = &r->x,
	    .steps = r->steps,
	    .change = &r->change};
}

static void
keep(struct store_txn *t, struct rows *r, bool created)
{
	for (unsigned i = 0; i < r->change.nevents; i++)
		journal_append(t, &r->change.events[i]);
	rows_put(t, created ? NULL : &r->before, &r->x);
	for (unsigned i = 0; i < r->x.nsteps; i++)
		rows_put_step(t, &r->x.id, &r->steps[i]);
	lifecycle_change_free(&r->change);
}

static void
load(struct store_txn *t, struct rows *r, const struct uuid *id)
{
	assert_true(rows_get(t, id, &r->before));
	r->x = r->before;
	assert_true(rows_get_steps(t, id, r->steps, r->x.nsteps));
}

/* Make an execution. */
struct uuid
world_trigger(struct world *w, struct store_txn *t,
    const struct world_trigger *with)
{
	struct rows *r = mem_zalloc(sizeof(*r));
	struct journal_event ev = event_make(EVENT_CREATED);
	uint8_t origin[EXECUTION_ORIGIN];
	struct buf ids = {0};
	struct jobs_head head;
	struct decision d;
	struct uuid id = next_id(w);

	r->x.job = uuid_is_zero(&with->job) ? w->job : with->job;
	assert_true(jobs_head(t, &r->x.job, &head));
	r->x.id = id;
	r->x.number = store_number_next(t);
	r->x.job_version = head.version;
	r->x.project = with->project;
	r->x.parent = with->parent;
	d = decide(w, t, r);
	r->x.nsteps = d.job->nsteps;
	for (unsigned i = 0; i < r->x.nsteps; i++) {
		r->steps[i].id = next_id(w);
		buf_add(&ids, r->steps[i].id.b, sizeof(struct uuid));
	}
	execution_encode_origin(&r->x, origin);
	event_add_member(&ev, MEMBER_ROW,
	    (struct slice){(char *)origin, sizeof(origin)});
	event_add_member(&ev, MEMBER_STEPS, buf_slice(&ids));
	event_add_member(&ev, MEMBER_TAGS, slice_str(with->tags));
	event_add_member(&ev, MEMBER_IDEMPOTENCY, with->idempotency);
	lifecycle_create(&d, &ev);
	keep(t, r, true);
	if (with->idempotency.n > 0)
		rows_idempotency_put(t, with->idempotency, &id);
	buf_free(&ids);
	free(r);
	return id;
}

/* Report as a worker. */
void
world_report(struct world *w, struct store_txn *t, const struct uuid *id,
    const struct report *r)
{
	struct rows *rows = mem_zalloc(sizeof(*rows));
	struct decision d;

	load(t, rows, id);
	d = decide(w, t, rows);
	if (!lifecycle_report(&d, r, 1, &(struct fence){0}) &&
	    rows->change.nevents == 0)
		rows->x = rows->before; /* a late word is journaled */
	keep(t, rows, false);
	free(rows);
}

/* Cancel. */
void
world_cancel(struct world *w, struct store_txn *t, const struct uuid *id)
{
	struct rows *rows = mem_zalloc(sizeof(*rows));
	struct decision d;

	load(t, rows, id);
	d = decide(w, t, rows);
	assert_true(lifecycle_cancel(&d));
	keep(t, rows, false);
	free(rows);
}

/* Put an object. */
void
world_put(struct world *w, struct store_txn *t, const struct uuid *id,
    const char *where, struct slice bytes)
{
	struct rows *rows = mem_zalloc(sizeof(*rows));
	struct object_put put = {.content_type = SLICE("text/plain"),
	    .bytes = bytes};
	struct buf key = {0};
	char text[UUID_TEXT + 1];
	struct decision d;

	uuid_format(id, text);
	buf_addf(&key, OBJECT_ROOT "%s/%s", text, where);
	put.key = buf_slice(&key);
	load(t, rows, id);
	d = decide(w, t, rows);
	assert_true(lifecycle_object_put(&d, &put, &(struct fence){0}));
	keep(t, rows, false);
	buf_free(&key);
	free(rows);
}

/* Set labels. */
void
world_tag(struct world *w, struct store_txn *t, const struct uuid *id,
    const char *tags)
{
	struct journal_event ev = event_make(EVENT_TAGS);
	struct rows *rows = mem_zalloc(sizeof(*rows));

	load(t, rows, id);
	ev.seq = store_seq(t) + 1;
	ev.at = w->now;
	ev.execution = *id;
	ev.attempt = rows->x.attempt;
	ev.prev = rows->x.tail.seq;
	ev.nth = rows->x.nevents + 1;
	event_add_member(&ev, MEMBER_TAGS, slice_str(tags));
	lifecycle_apply(jobs_get(t, &rows->x.job, rows->x.job_version), &ev,
	    &rows->x, rows->steps);
	journal_append(t, &ev);
	keep(t, rows, false);
	free(rows);
}

static void
say(void *arg, const char *text)
{
	(void)arg;
	print_error("finding: %s\n", text);
}

/* The store must be consistent. */
void
world_check(struct world *w)
{
	struct check_result r;

	assert_true(check_store(w->s, &r, say, NULL));
}
