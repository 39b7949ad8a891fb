/*
 * The table by id, against a plain array that does the same slowly.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/hash.h"
#include "tests/core/dies.h"

#define KEYS 500

static int values[2][KEYS];

static uint64_t
next_random(uint64_t *state)
{
	*state ^= *state << 13;
	*state ^= *state >> 7;
	*state ^= *state << 17;
	return *state;
}

/* Ids as they are made: neighbours differ in a few bits only. */
static struct uuid
key_of(unsigned i)
{
	struct uuid u = {{0x01, 0x92, 0, 0, 0, 0, 0x70, 0, 0x80}};

	u.b[7] = (uint8_t)(i >> 6);
	u.b[8] = (uint8_t)(0x80 | (i & 0x3f));
	return u;
}

/* The table holds exactly what the array says, and a walk sees each once. */
static void
check_same(const struct hash *h, int **model, unsigned keys)
{
	size_t at = 0, count = 0, seen = 0;
	int *v;

	for (unsigned i = 0; i < keys; i++) {
		struct uuid u = key_of(i);

		assert_ptr_equal(hash_get(h, &u), model[i]);
		count += model[i] != NULL;
	}
	assert_int_equal(hash_count(h), count);
	while ((v = hash_next(h, &at)) != NULL) {
		assert_int_equal(*v, 0);
		*v = 1;
		seen++;
	}
	assert_null(hash_next(h, &at));
	assert_int_equal(seen, count);
	for (unsigned i = 0; i < keys; i++) {
		if (model[i] != NULL)
			*model[i] = 0;
	}
}

static void
run_model(uint64_t seed, unsigned keys, unsigned steps)
{
	struct hash *h = hash_new(seed);
	int *model[KEYS] = {NULL};
	uint64_t r = seed * 2 + 1;

	for (unsigned step = 0; step < steps; step++) {
		unsigned i = (unsigned)(next_random(&r) % keys);
		struct uuid u = key_of(i);
		int *v = &values[step % 2][i];

		if (next_random(&r) % 2 == 0) {
			assert_ptr_equal(hash_set(h, &u, v), model[i]);
			model[i] = v;
		} else {
			assert_ptr_equal(hash_remove(h, &u), model[i]);
			model[i] = NULL;
		}
		if (step % 8 == 0 || keys < 20)
			check_same(h, model, keys);
	}
	hash_free(h);
}

static void
test_empty(void **state)
{
	struct hash *h = hash_new(0);
	struct uuid zero = {{0}};
	size_t at = 0;

	(void)state;
	assert_null(hash_get(h, &zero));
	assert_null(hash_remove(h, &zero));
	assert_null(hash_next(h, &at));
	assert_int_equal(hash_count(h), 0);
	/* The zero id is a key like any other. */
	assert_null(hash_set(h, &zero, &values[0][0]));
	assert_ptr_equal(hash_get(h, &zero), &values[0][0]);
	assert_int_equal(hash_count(h), 1);
	hash_free(h);
	hash_free(NULL);
}

/* Few slots and many seeds: every kind of gap, also over the end. */
static void
test_small(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 300; seed++)
		run_model(seed, 14, 200);
}

static void
test_large(void **state)
{
	(void)state;
	for (uint64_t seed = 0; seed < 4; seed++)
		run_model(seed, KEYS, 4000);
}

static void
test_grow_shrink(void **state)
{
	struct hash *h = hash_new(42);
	int value = 0;
	struct uuid u;
	size_t at;

	(void)state;
	for (uint32_t round = 0; round < 2; round++) {
		for (uint32_t i = 0; i < 200000; i++) {
			u = (struct uuid){{0}};
			memcpy(u.b + 4, &i, sizeof(i));
			assert_null(hash_set(h, &u, &value));
		}
		assert_int_equal(hash_count(h), 200000);
		for (uint32_t i = 0; i < 200000; i++) {
			u = (struct uuid){{0}};
			memcpy(u.b + 4, &i, sizeof(i));
			assert_ptr_equal(hash_remove(h, &u), &value);
		}
		assert_int_equal(hash_count(h), 0);
		/* Small again: a walk ends within a few slots. */
		at = 0;
		assert_null(hash_next(h, &at));
		assert_true(at <= 16);
	}
	hash_free(h);
}

static void
set_null(void *h)
{
	struct uuid u = {{0}};

	hash_set(h, &u, NULL);
}

static void
test_null_value(void **state)
{
	struct hash *h = hash_new(1);

	(void)state;
	assert_true(dies(set_null, h));
	hash_free(h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_small),
	    cmocka_unit_test(test_large),
	    cmocka_unit_test(test_grow_shrink),
	    cmocka_unit_test(test_null_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
