/*
 * Tar headers, byte by byte; tests/e2e/test_storage_objects.py has another
 * program read whole archives.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/tar.h"

#define FIELD(b, at, text) \
	assert_memory_equal((b)->p + (at), text, sizeof(text))

/* The sum that stands in a header is its own. */
static void
check_sum(const char *p)
{
	unsigned sum = 8 * ' ';

	for (size_t i = 0; i < TAR_BLOCK; i++)
		if (i < 148 || i >= 156)
			sum += (unsigned char)p[i];
	assert_int_equal(strtoul(p + 148, NULL, 8), sum);
}

static void
header(struct buf *b, struct slice path)
{
	struct tar_file f = {path, 01234567, 01234567012};

	b->len = 0;
	tar_add_header(b, &f);
	assert_int_equal(b->len % TAR_BLOCK, 0);
	check_sum(b->p + b->len - TAR_BLOCK);
}

static void
test_fields(void **state)
{
	struct buf b = {0};

	(void)state;
	header(&b, SLICE("r/s/n"));
	assert_int_equal(b.len, TAR_BLOCK);
	FIELD(&b, 0, "r/s/n");
	FIELD(&b, 100, "0000644");
	FIELD(&b, 108, "0000000");
	FIELD(&b, 124, "00001234567");
	FIELD(&b, 136, "01234567012");
	assert_int_equal(b.p[156], '0');
	FIELD(&b, 257, "ustar\00000");
	assert_int_equal(b.p[345], '\0');
	buf_free(&b);
}

/* A path of which the last part has n bytes, and all before m. */
static struct slice
path_of(char text[600], size_t m, size_t n)
{
	memset(text, 'x', 600);
	text[m] = '/';
	return (struct slice){text, m + 1 + n};
}

/* Paths that fit in the two fields are cut there, others said by pax. */
static void
test_paths(void **state)
{
	struct buf b = {0};
	char text[600];

	(void)state;
	header(&b, path_of(text, 49, 50));
	assert_int_equal(b.len, TAR_BLOCK);
	assert_int_equal(b.p[345], '\0');
	for (size_t m = 1; m < 200; m++)
		for (size_t n = 1; n < 150; n++) {
			struct slice path = path_of(text, m, n);

			if (path.n <= 100)
				continue;
			header(&b, path);
			if (m <= 155 && n <= 100) {
				assert_int_equal(b.len, TAR_BLOCK);
				assert_memory_equal(b.p + 345, text, m);
				assert_memory_equal(b.p, text + m + 1, n);
				assert_true(n == 100 || b.p[n] == '\0');
			} else {
				assert_int_equal(b.len, 3 * TAR_BLOCK);
				assert_int_equal(b.p[156], 'x');
				check_sum(b.p);
			}
		}
	buf_free(&b);
}

/* The length of a pax record counts itself. */
static void
test_records(void **state)
{
	struct buf b = {0};
	char text[600], *end;

	(void)state;
	for (size_t n = 101; n < 600; n++) {
		size_t size, said;

		memset(text, 'y', sizeof(text));
		header(&b, (struct slice){text, n});
		size = strtoul(b.p + 124, NULL, 8);
		said = strtoul(b.p + TAR_BLOCK, &end, 10);
		assert_int_equal(size, said);
		assert_memory_equal(end, " path=", 6);
		assert_memory_equal(end + 6, text, n);
		assert_int_equal(end[6 + n], '\n');
		assert_ptr_equal(end + 7 + n, b.p + TAR_BLOCK + said);
	}
	header(&b, SLICE("\xc3\xa9"));
	assert_int_equal(b.len, 3 * TAR_BLOCK);
	assert_memory_equal(b.p + TAR_BLOCK, "11 path=\xc3\xa9\n", 11);
	buf_free(&b);
}

static void
test_padding(void **state)
{
	struct buf b = {0};

	(void)state;
	for (size_t size = 0; size < 1100; size++) {
		b.len = 0;
		tar_add_padding(&b, size);
		assert_true(b.len < TAR_BLOCK);
		assert_int_equal((b.len + size) % TAR_BLOCK, 0);
	}
	b.len = 0;
	tar_add_end(&b);
	assert_int_equal(b.len, 2 * TAR_BLOCK);
	for (size_t i = 0; i < b.len; i++)
		assert_int_equal(b.p[i], 0);
	buf_free(&b);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_fields),
	    cmocka_unit_test(test_paths),
	    cmocka_unit_test(test_records),
	    cmocka_unit_test(test_padding),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
