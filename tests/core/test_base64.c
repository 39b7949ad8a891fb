/*
 * URL-safe base64.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/base64.h"

static const struct {
	const char *bytes;
	size_t n;
	const char *text;
} known[] = {
    {"", 0, ""},
    {"f", 1, "Zg"},
    {"fo", 2, "Zm8"},
    {"foo", 3, "Zm9v"},
    {"foob", 4, "Zm9vYg"},
    {"\xfb\xff\xbf", 3, "-_-_"},
    {"\0\0\0\0", 4, "AAAAAA"},
};
#define KNOWN (sizeof known / sizeof known[0])

static void
test_known(void **state)
{
	char text[16], bytes[16];

	(void)state;
	for (size_t i = 0; i < KNOWN; i++) {
		size_t n = BASE64_TEXT(known[i].n);

		assert_int_equal(n, strlen(known[i].text));
		base64_encode(known[i].bytes, known[i].n, text);
		assert_memory_equal(text, known[i].text, n);
		assert_true(base64_decode((struct slice){text, n}, bytes,
		    known[i].n));
		assert_memory_equal(bytes, known[i].bytes, known[i].n);
	}
}

static void
test_all_bytes(void **state)
{
	uint8_t bytes[256], back[256];
	char text[BASE64_TEXT(256)];

	(void)state;
	for (unsigned i = 0; i < 256; i++)
		bytes[i] = (uint8_t)i;
	for (size_t n = 0; n <= 256; n++) {
		base64_encode(bytes, n, text);
		assert_true(base64_decode((struct slice){text, BASE64_TEXT(n)},
		    back, n));
		assert_memory_equal(bytes, back, n);
	}
}

static void
test_refused(void **state)
{
	static const struct {
		const char *text;
		size_t n;
	} bad[] = {
	    {"Zg", 2},	 /* another length */
	    {"Zm8", 1},	 /* the same */
	    {"Zh", 1},	 /* bits left over */
	    {"Zm9", 2},	 /* the same */
	    {"Zm+v", 3}, /* the other alphabet */
	    {"Zm/v", 3},
	    {"Zg==", 1},
	    {"Zm v", 3},
	    {"Zm\xc3\xa9", 3},
	};
	char out[8];

	(void)state;
	for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
		assert_false(base64_decode(slice_str(bad[i].text), out,
		    bad[i].n));
	assert_false(base64_decode((struct slice){"Zm\0v", 4}, out, 3));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_known),
	    cmocka_unit_test(test_all_bytes),
	    cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
