/*
 * Jobs as rows: heads, versions, names, and the cache of definitions.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/buf.h"
#include "store/internal.h"
#include "store/jobs.h"
#include "store/jobs_cache.h"
#include "tests/store/world.h"

static struct uuid
save(struct world *w, struct store_txn *t, const char *name,
    const struct uuid *id)
{
	struct buf json = {0};
	struct uuid made;

	buf_addf(&json, "{\"name\":\"%s\"}", name);
	buf_add_byte(&json, '\0');
	made = world_job(w, t, json.p, id);
	buf_free(&json);
	return made;
}

static void
test_versions(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id = save(w, t, "a", NULL), found;
	const struct job *first, *second;
	struct jobs_head head;
	struct slice name;

	assert_true(jobs_find(t, SLICE("a"), &found));
	assert_true(uuid_eq(&found, &id));
	first = jobs_get(t, &id, 1);
	assert_true(slice_is(first->name, "a"));
	assert_int_equal(first->version, 1);
	world_commit(t);
	t = world_begin(w);
	save(w, t, "b", &id);
	assert_true(jobs_head(t, &id, &head));
	assert_int_equal(head.version, 2);
	assert_false(jobs_find(t, SLICE("a"), &found));
	assert_true(jobs_find(t, SLICE("b"), &found));
	second = jobs_get(t, &id, 2);
	assert_true(slice_is(second->name, "b"));
	assert_true(second->updated_at > second->created_at);
	assert_ptr_equal(jobs_get(t, &id, 1), first);
	assert_null(jobs_get(t, &id, 3));
	world_commit(t);
	assert_true(jobs_head_name(store_snapshot(w->s), &id, &head, &name));
	assert_true(slice_is(name, "b"));
	world_check(w);
}

static void
test_project(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct jobs_head head, again;

	assert_true(jobs_head(t, &w->job, &head));
	assert_int_equal(head.project, 0);
	head.version++;
	head.project = 42;
	jobs_put(t, &head, jobs_get(t, &w->job, 1));
	assert_true(jobs_head(t, &w->job, &again));
	assert_int_equal(again.project, 42);
	assert_int_equal(again.version, 2);
	world_commit(t);
}

static void
test_delete(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct jobs_head head;
	struct uuid found, again;

	jobs_delete(t, &w->job, w->now);
	assert_false(jobs_find(t, SLICE("build"), &found));
	assert_true(jobs_head(t, &w->job, &head));
	assert_true(head.deleted);
	assert_int_equal(head.updated_at, w->now);
	assert_non_null(jobs_get(t, &w->job, 1));
	jobs_delete(t, &w->job, w->now); /* again: nothing */
	again = save(w, t, "build", NULL);
	assert_true(jobs_find(t, SLICE("build"), &found));
	assert_true(uuid_eq(&found, &again));
	world_commit(t);
	world_check(w);
}

/* Names longer than a key: two that differ behind it are two. */
static void
test_long_names(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid a, b, found;
	char name[2][801];

	for (unsigned i = 0; i < 200; i++)
		memcpy(name[0] + 4 * i, "\xf0\x9f\x8c\x8a", 4);
	name[0][800] = '\0';
	memcpy(name[1], name[0], sizeof(name[1]));
	memcpy(name[1] + 796, "\xf0\x9f\x8c\x8b", 4);
	a = save(w, t, name[0], NULL);
	b = save(w, t, name[1], NULL);
	assert_true(jobs_find(t, slice_str(name[0]), &found));
	assert_true(uuid_eq(&found, &a));
	assert_true(jobs_find(t, slice_str(name[1]), &found));
	assert_true(uuid_eq(&found, &b));
	world_commit(t);
	world_check(w);
	t = world_begin(w);
	jobs_delete(t, &a, w->now);
	assert_false(jobs_find(t, slice_str(name[0]), &found));
	assert_true(jobs_find(t, slice_str(name[1]), &found));
	name[0][480] = '\0';
	assert_false(jobs_find(t, slice_str(name[0]), &found));
	assert_false(jobs_find(t, SLICE_NONE, &found));
	world_commit(t);
	world_check(w);
}

static void
test_list(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id[5], before = {{0}};
	struct jobs_head page[3];
	char name[8];

	for (unsigned i = 0; i < 5; i++) {
		snprintf(name, sizeof(name), "job%u", i);
		id[i] = save(w, t, name, NULL);
		save(w, t, name, &id[i]); /* versions are no jobs */
	}
	jobs_delete(t, &id[3], w->now);
	world_commit(t);
	t = store_snapshot(w->s);
	assert_int_equal(jobs_list(t, &before, page, 3), 3);
	assert_true(uuid_eq(&page[0].id, &id[4]));
	assert_true(uuid_eq(&page[1].id, &id[2]));
	assert_true(uuid_eq(&page[2].id, &id[1]));
	assert_int_equal(page[0].version, 2);
	before = page[2].id;
	assert_int_equal(jobs_list(t, &before, page, 3), 2);
	assert_true(uuid_eq(&page[0].id, &id[0]));
	assert_true(uuid_eq(&page[1].id, &w->job));
	before = page[1].id;
	assert_int_equal(jobs_list(t, &before, page, 3), 0);
	world_check(w);
}

/* What an aborted transaction saved is not found in the cache later. */
static void
test_cache_after_abort(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	const struct job *lost;

	save(w, t, "lost", &w->job);
	lost = jobs_get(t, &w->job, 2);
	assert_true(slice_is(lost->name, "lost"));
	store_abort(t);
	assert_true(slice_is(lost->name, "lost")); /* until the turn ends */
	assert_null(jobs_get(store_snapshot(w->s), &w->job, 2));
	store_snapshot_end(w->s);
	t = world_begin(w);
	save(w, t, "kept", &w->job);
	world_commit(t);
	t = store_snapshot(w->s);
	assert_true(slice_is(jobs_get(t, &w->job, 2)->name, "kept"));
	assert_true(slice_is(jobs_get(t, &w->job, 1)->name, "build"));
}

/* The cache is emptied when a turn leaves it too large, not before. */
static void
test_cache_trim(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	const struct job *first;
	char name[16];

	for (unsigned i = 2; i <= JOBS_CACHE_MAX + 2; i++) {
		snprintf(name, sizeof(name), "v%u", i);
		save(w, t, name, &w->job);
	}
	world_commit(t);
	t = store_snapshot(w->s);
	first = jobs_get(t, &w->job, 1);
	for (unsigned i = 2; i <= JOBS_CACHE_MAX + 2; i++)
		assert_non_null(jobs_get(t, &w->job, i));
	assert_true(slice_is(first->name, "build"));
	assert_non_null(jobs_cache_get(w->s->jobs, &w->job, 1));
	store_snapshot_end(w->s);
	assert_null(jobs_cache_get(w->s->jobs, &w->job, 1));
	t = store_snapshot(w->s);
	assert_true(slice_is(jobs_get(t, &w->job, 7)->name, "v7"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
#define T(name) \
	cmocka_unit_test_setup_teardown(name, world_setup, world_teardown)
	    T(test_versions),
	    T(test_project),
	    T(test_delete),
	    T(test_long_names),
	    T(test_list),
	    T(test_cache_after_abort),
	    T(test_cache_trim),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
