/*
 * Keys as text.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/key.h"
#include "tests/core/dies.h"

static void
test_scopes(void **state)
{
	static const char *const names[] = {"read", "worker", "write", "admin"};
	enum scope s = SCOPE_NONE;

	(void)state;
	for (size_t i = 0; i < 4; i++) {
		assert_true(key_scope_parse(slice_str(names[i]), &s));
		assert_int_equal(s, SCOPE_READ + i);
		assert_string_equal(key_scope_name(s), names[i]);
	}
	assert_true(SCOPE_READ < SCOPE_WORKER && SCOPE_WORKER < SCOPE_WRITE &&
	    SCOPE_WRITE < SCOPE_ADMIN);
}

static void
test_bad_scopes(void **state)
{
	static const char *const bad[] = {"", "none", "Read", "reader", "rea",
	    " read"};
	enum scope s = SCOPE_WRITE;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(key_scope_parse(slice_str(bad[i]), &s));
	assert_false(key_scope_parse(SLICE_NONE, &s));
	assert_int_equal(s, SCOPE_WRITE);
}

static void
name_none(void *arg)
{
	(void)arg;
	key_scope_name(SCOPE_NONE);
}

static void
test_none_has_no_name(void **state)
{
	(void)state;
	assert_true(dies(name_none, NULL));
}

/* The expected texts are those of base64.urlsafe_b64encode(), unpadded. */
static void
test_format(void **state)
{
	uint8_t secret[32] = {0};
	char text[KEY_TEXT + 1];

	(void)state;
	key_format(secret, text);
	assert_string_equal(text,
	    "tw_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA");
	memset(secret, 0xff, sizeof(secret));
	key_format(secret, text);
	assert_string_equal(text,
	    "tw___________________________________________8");
	for (unsigned i = 0; i < 32; i++)
		secret[i] = (uint8_t)(i * 37 + 251);
	key_format(secret, text);
	assert_string_equal(text,
	    "tw_-yBFao-02f4jSG2St9wBJktwlbrfBClOc5i94gcsUXY");
	assert_int_equal(strlen(text), KEY_TEXT);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_scopes),
	    cmocka_unit_test(test_bad_scopes),
	    cmocka_unit_test(test_none_has_no_name),
	    cmocka_unit_test(test_format),
	};

	return cmocka_run_group_tests_name("key", tests, NULL, NULL);
}
