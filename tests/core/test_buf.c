/*
 * Buffers, and the memory under them: growth, and the end when it cannot be.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/mem.h"
#include "tests/core/dies.h"

static void
test_add(void **state)
{
	struct buf b = {0};

	(void)state;
	assert_true(slice_eq(buf_slice(&b), SLICE_NONE));
	buf_add(&b, NULL, 0);
	buf_add_slice(&b, SLICE_NONE);
	buf_add_str(&b, "");
	assert_null(b.p);
	buf_add(&b, "ab", 2);
	buf_add_slice(&b, SLICE("cd"));
	buf_add_str(&b, "ef");
	buf_add_byte(&b, 0xff);
	buf_add_byte(&b, 0);
	assert_true(slice_eq(buf_slice(&b), SLICE("abcdef\xff\0")));
	buf_free(&b);
	assert_true(b.p == NULL && b.len == 0 && b.cap == 0);
	buf_free(&b);
}

static void
test_room(void **state)
{
	struct buf b = {0};
	char *p;

	(void)state;
	assert_non_null(buf_room(&b, 0));
	p = buf_room(&b, 1000);
	assert_int_equal(b.len, 0);
	assert_true(b.cap >= 1000);
	memset(p, 'x', 1000);
	b.len = 1000;
	p = buf_room(&b, 1);
	assert_ptr_equal(p, b.p + 1000);
	buf_free(&b);
}

static void
test_grow(void **state)
{
	struct buf b = {0};
	unsigned grown = 0;
	size_t cap = 0;

	(void)state;
	for (int i = 0; i < 100000; i++) {
		buf_add_byte(&b, (unsigned char)i);
		grown += b.cap != cap;
		cap = b.cap;
	}
	assert_int_equal(b.len, 100000);
	assert_true(grown < 20);
	for (int i = 0; i < 100000; i++)
		assert_int_equal((unsigned char)b.p[i], (unsigned char)i);
	buf_free(&b);
}

static void
test_u64(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_add_u64(&b, 0);
	buf_add_byte(&b, ' ');
	buf_add_u64(&b, 1234567890);
	buf_add_byte(&b, ' ');
	buf_add_u64(&b, UINT64_MAX);
	assert_true(slice_is(buf_slice(&b),
	    "0 1234567890 18446744073709551615"));
	buf_free(&b);
}

static void
test_addf(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_addf(&b, "%s", "");
	assert_int_equal(b.len, 0);
	buf_addf(&b, "%d-%s", 42, "x");
	buf_addf(&b, "%0200d", 7);
	assert_int_equal(b.len, 204);
	assert_memory_equal(b.p, "42-x0000", 8);
	assert_int_equal(b.p[203], '7');
	buf_free(&b);
}

static void
test_drop(void **state)
{
	struct buf b = {0};

	(void)state;
	buf_drop(&b, 0);
	buf_add_str(&b, "abcdef");
	buf_drop(&b, 2);
	assert_true(slice_is(buf_slice(&b), "cdef"));
	buf_drop(&b, 0);
	buf_drop(&b, 4);
	assert_int_equal(b.len, 0);
	assert_true(b.cap > 0);
	buf_free(&b);
}

static void
drop_too_much(void *arg)
{
	struct buf b = {0};

	(void)arg;
	buf_add_byte(&b, 'x');
	buf_drop(&b, 2);
}

static void
room_too_large(void *arg)
{
	struct buf b = {0};

	buf_add_byte(&b, 'x');
	buf_room(&b, *(size_t *)arg);
}

static void
resize_wraps(void *arg)
{
	mem_resize(NULL, *(size_t *)arg, 16);
}

static void
test_dies(void **state)
{
	size_t all = SIZE_MAX, half = SIZE_MAX / 2;
	size_t wraps = SIZE_MAX / 16 + 2; /* * 16 is 16 again */

	(void)state;
	assert_true(dies(drop_too_much, NULL));
	assert_true(dies(room_too_large, &all));
	assert_true(dies(room_too_large, &half));
	assert_true(dies(resize_wraps, &wraps));
}

static void
test_mem(void **state)
{
	char *p = mem_zalloc(1000);

	(void)state;
	for (int i = 0; i < 1000; i++)
		assert_int_equal(p[i], 0);
	p = mem_resize(p, 0, 16);
	assert_non_null(p);
	p = mem_resize(p, 16, 0);
	assert_non_null(p);
	free(p);
	p = mem_zalloc(0);
	assert_non_null(p);
	free(p);
	p = mem_dup("a\0b", 3);
	assert_memory_equal(p, "a\0b", 4);
	free(p);
	p = mem_dup(NULL, 0);
	assert_string_equal(p, "");
	free(p);
}

static void
test_arena(void **state)
{
	struct arena a = {0};
	char *p[2000];

	(void)state;
	arena_free(&a);
	arena_expect(&a, 5000);
	for (size_t i = 0; i < 2000; i++) {
		p[i] = arena_get(&a, i);
		assert_int_equal((uintptr_t)p[i] % _Alignof(max_align_t), 0);
		memset(p[i], (int)(i % 251), i);
	}
	for (size_t i = 0; i < 2000; i++) {
		for (size_t k = 0; k < i; k++)
			assert_int_equal((unsigned char)p[i][k], i % 251);
	}
	memset(arena_get(&a, 1000000), 1, 1000000);
	arena_free(&a);
	assert_null(a.chunks);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_add),
	    cmocka_unit_test(test_room),
	    cmocka_unit_test(test_grow),
	    cmocka_unit_test(test_u64),
	    cmocka_unit_test(test_addf),
	    cmocka_unit_test(test_drop),
	    cmocka_unit_test(test_dies),
	    cmocka_unit_test(test_mem),
	    cmocka_unit_test(test_arena),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
