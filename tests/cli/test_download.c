/*
 * What a download says of itself, and paths made of keys.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/download.h"
#include "cli/storage.h"
#include "cli/target.h"

static void
assert_is(struct buf *out, const char *want)
{
	buf_add_byte(out, '\0');
	assert_string_equal(out->p, want);
	buf_free(out);
}

static void
test_line(void **state)
{
	struct buf out = {0};

	(void)state;
	download_line(0, 0, 0, &out);
	assert_is(&out, "0 B");
	download_line(1023, 0, 1000, &out);
	assert_is(&out, "1023 B  1023 B/s");
	download_line(512, 1024, 500, &out);
	assert_is(&out,
	    "[##########----------]  50%  512 B of 1.0 KiB  1.0 KiB/s");
	download_line(3 << 19, 3 << 20, 0, &out);
	assert_is(&out, "[##########----------]  50%  1.5 MiB of 3.0 MiB");
	/* More than was announced, and more than there can be. */
	download_line(2048, 1024, 0, &out);
	assert_is(&out, "[####################] 100%  2.0 KiB of 1.0 KiB");
	download_line(UINT64_MAX, UINT64_MAX, 0, &out);
	assert_is(&out,
	    "[####################] 100%  16777215.9 TiB of 16777215.9 TiB");
}

static void
test_paths(void **state)
{
	struct buf out = {0};

	(void)state;
	target_path(&out, "a/b c/%2F");
	assert_is(&out, "/a/b%20c/%252F");
	target_path(&out, "");
	assert_is(&out, "/");
	target_path(&out, "a//b/");
	assert_is(&out, "/a//b/");
	storage_target("executions/x/r/s/n", "/metadata", &out);
	assert_is(&out, "/api/v1/storage/objects/executions/x/r/s/n/metadata");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_line),
	    cmocka_unit_test(test_paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
