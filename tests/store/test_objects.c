/*
 * Objects: the last write of a key is the object, and a walk shows what it
 * should, wherever it starts: compared with all keys in an array.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/object.h"
#include "store/objects.h"
#include "store/schema.h"
#include "tests/store/world.h"

#define KEYS_MAX 400

/* All keys there are, in order, and whose they are. */
struct all {
	char *key[KEYS_MAX];
	unsigned n;
};

static int
by_key(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static char *
key_at(const struct uuid *id, const char *where)
{
	char text[UUID_TEXT + 1];
	struct buf key = {0};

	uuid_format(id, text);
	buf_addf(&key, OBJECT_ROOT "%s/%s", text, where);
	buf_add_byte(&key, '\0');
	return key.p;
}

static void
put(struct world *w, struct store_txn *t, const struct uuid *id,
    const char *where)
{
	world_put(w, t, id, where, slice_str(where));
}

static void
test_last_write(void **state)
{
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id = world_trigger(w, t, &(struct world_trigger){0});
	char *key = key_at(&id, "r/s/n"), *other = key_at(&id, "r/s/m");
	struct objects_row row, old;

	assert_false(objects_get(t, slice_str(key), &row));
	world_put(w, t, &id, "r/s/n", SLICE("one"));
	assert_true(objects_get(t, slice_str(key), &old));
	w->now += 5;
	world_put(w, t, &id, "r/s/n", SLICE(""));
	world_commit(t);
	t = store_snapshot(w->s);
	assert_true(objects_get(t, slice_str(key), &row));
	assert_true(row.seq > old.seq);
	assert_int_equal(row.created_at, w->now);
	assert_int_equal(row.size, 0);
	assert_non_null(objects_bytes(t, &row).p);
	assert_false(objects_get(t, slice_str(other), &row));
	row.seq = 1; /* no EVENT_STORAGE */
	log_set_level(LOG_ERROR + 1);
	assert_null(objects_bytes(t, &row).p);
	log_set_level(LOG_INFO);
	world_check(w);
	free(key);
	free(other);
}

/* Keys at and over what a key of the store holds. */
static void
test_long_keys(void **state)
{
	const size_t head = sizeof OBJECT_ROOT - 1 + UUID_TEXT + 1;
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	struct uuid id = world_trigger(w, t, &(struct world_trigger){0});
	char where[700], *key;
	struct objects_row row;

	for (size_t n = SCHEMA_OBJECT_CUT - 2; n < SCHEMA_OBJECT_MAX + 3; n++) {
		memset(where, 'x', sizeof where);
		where[n - head] = '\0';
		put(w, t, &id, where);
		memset(where, 'x', n - head);
		where[n - head - 1] = 'y';
		put(w, t, &id, where);
	}
	for (size_t n = SCHEMA_OBJECT_CUT - 2; n < SCHEMA_OBJECT_MAX + 3; n++) {
		memset(where, 'x', sizeof where);
		where[n - head] = '\0';
		key = key_at(&id, where);
		assert_true(objects_get(t, slice_str(key), &row));
		assert_true(slice_is(row.key, key));
		assert_true(slice_is(objects_bytes(t, &row), where));
		key[n - 1] = 'z';
		assert_false(objects_get(t, slice_str(key), &row));
		free(key);
	}
	world_commit(t);
	world_check(w);
}

/* ---- walks ---- */

/* What is to be shown next behind *at; NULL: nothing. */
static const char *
expect(const struct all *all, const struct objects_query *q, unsigned *at,
    size_t *n)
{
	size_t skip = q->prefix.n;
	const char *key, *mark;

	for (; *at < all->n; (*at)++) {
		key = all->key[*at];
		if (strncmp(key, q->prefix.n > 0 ? q->prefix.p : "", skip) != 0)
			continue;
		*n = strlen(key);
		mark = q->delimiter.n > 0 ? strstr(key + skip, q->delimiter.p)
					  : NULL;
		if (mark != NULL)
			*n = (size_t)(mark - key) + q->delimiter.n;
		for ((*at)++; mark != NULL && *at < all->n &&
		     strncmp(all->key[*at], key, *n) == 0;)
			(*at)++;
		return key;
	}
	return NULL;
}

/* A walk, begun anew behind each key when again is set. */
static void
walk(struct store_txn *t, const struct all *all, struct objects_query q,
    bool again)
{
	struct objects_walk *w = objects_walk_new(t, &q);
	struct buf last = {0};
	enum objects_found kind;
	struct objects_row row;
	const char *want;
	unsigned at = 0;
	size_t n = 0;

	while ((want = expect(all, &q, &at, &n)) != NULL) {
		kind = objects_walk_next(w, &row);
		assert_int_equal(kind,
		    want[n] != '\0' || kind == OBJECTS_COMMON ? OBJECTS_COMMON
							      : OBJECTS_ROW);
		assert_int_equal(row.key.n, n);
		assert_memory_equal(row.key.p, want, n);
		if (!again)
			continue;
		last.len = 0;
		buf_add_slice(&last, row.key);
		q.after = buf_slice(&last);
		objects_walk_free(w);
		w = objects_walk_new(t, &q);
	}
	assert_int_equal(objects_walk_next(w, &row), OBJECTS_END);
	objects_walk_free(w);
	buf_free(&last);
}

/* Those of one project. */
static void
keep_own(const struct all *all, struct uuid *ids, const uint64_t *projects,
    uint64_t project, struct all *out)
{
	struct object_parts parts;
	struct uuid id;

	*out = (struct all){.n = 0};
	for (unsigned i = 0; i < all->n; i++) {
		assert_true(object_split(slice_str(all->key[i]), &parts));
		assert_true(uuid_parse(parts.id, &id));
		for (unsigned k = 0; k < 12; k++)
			if (uuid_eq(&ids[k], &id) &&
			    (project == 0 || projects[k] == project))
				out->key[out->n++] = all->key[i];
	}
}

static void
test_walks(void **state)
{
	static const char *const where[] = {"r/s/a", "r/s/b", "r/s/ba",
	    "r/s2/a", "r-/s/a", "r/t/a", "q/\xc3\xa9/\xe6\x97\xa5",
	    "q/\xc3\xa9/z", "z/z/z"};
	static const char *const marks[] = {"", "/", "s/", "-", "a", "none",
	    "\xc3\xa9"};
	struct all *all = mem_zalloc(sizeof *all), *some;
	struct world *w = *state;
	struct store_txn *t = world_begin(w);
	uint64_t projects[12];
	struct uuid ids[12];

	some = mem_zalloc(sizeof *some);
	for (unsigned i = 0; i < 12; i++) {
		projects[i] = world_random(w) % 4;
		ids[i] = world_trigger(w, t,
		    &(struct world_trigger){.project = projects[i]});
		for (unsigned k = 0; i % 4 != 3 && k < 9; k++) {
			if (world_random(w) % 3 == 0)
				continue;
			put(w, t, &ids[i], where[k]);
			all->key[all->n++] = key_at(&ids[i], where[k]);
		}
	}
	qsort(all->key, all->n, sizeof all->key[0], by_key);
	for (unsigned i = 0; i < 2000; i++) {
		const char *from = all->key[world_random(w) % all->n];
		char prefix[200];
		struct objects_query q =
		    {.delimiter = slice_str(marks[world_random(w) % 7]),
			.project = world_random(w) % 5};

		snprintf(prefix, sizeof prefix, "%.*s",
		    (int)(world_random(w) % (strlen(from) + 2)), from);
		q.prefix = slice_str(prefix);
		keep_own(all, ids, projects, q.project, some);
		walk(t, some, q, i % 2 == 1);
	}
	world_commit(t);
	world_check(w);
	for (unsigned i = 0; i < all->n; i++)
		free(all->key[i]);
	free(all);
	free(some);
}

/* A project without objects among many with: it is told where it stopped. */
static void
test_cut(void **state)
{
	struct world *w = *state;
	struct objects_query q = {.project = 7};
	enum objects_found kind = OBJECTS_CUT;
	struct objects_walk *walk;
	struct objects_row row;
	struct buf after = {0};
	struct store_txn *t;
	unsigned cuts = 0;

	for (unsigned i = 0; i < 11; i++) {
		t = world_begin(w);
		for (unsigned k = 0; k < 1000; k++) {
			struct uuid id = world_trigger(w, t,
			    &(struct world_trigger){.project = 6});

			put(w, t, &id, "r/s/n");
			id = world_trigger(w, t,
			    &(struct world_trigger){.project = 7});
			if (i == 10 && k == 999)
				put(w, t, &id, "r/s/n");
		}
		world_commit(t);
	}
	t = store_snapshot(w->s);
	while (kind == OBJECTS_CUT) {
		walk = objects_walk_new(t, &q);
		kind = objects_walk_next(walk, &row);
		after.len = 0;
		buf_add_slice(&after, row.key);
		q.after = buf_slice(&after);
		cuts += kind == OBJECTS_CUT;
		objects_walk_free(walk);
	}
	assert_int_equal(kind, OBJECTS_ROW);
	assert_int_equal(cuts, 1);
	store_snapshot_end(w->s);
	buf_free(&after);
}

#define T(f) cmocka_unit_test_setup_teardown(f, world_setup, world_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    T(test_last_write),
	    T(test_long_keys),
	    T(test_walks),
	    T(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
