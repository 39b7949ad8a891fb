/*
 * Tokens of claims: what they hold, and that nobody else can write one.  The
 * MACs expected here are those of another implementation.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "http/token.h"
#include "store/store.h"

static struct store *
open_store(char dir[64], uint64_t seed)
{
	char err[200];
	struct store *s;

	snprintf(dir, 64, "/tmp/test_token.XXXXXX");
	assert_non_null(mkdtemp(dir));
	s = store_open(dir, STORE_SERVE, seed, err, sizeof err);
	assert_non_null(s);
	return s;
}

static void
close_store(struct store *s, const char *dir)
{
	static const char *const files[] = {"data.mdb", "lock.mdb",
	    "tidewired.lock"};
	char path[100];

	store_close(s, true);
	for (unsigned i = 0; i < 3; i++) {
		snprintf(path, sizeof path, "%s/%s", dir, files[i]);
		unlink(path);
	}
	assert_int_equal(rmdir(dir), 0);
}

static void
check_mac(const uint8_t key[32], struct slice message, const char *expected)
{
	char text[65];
	uint8_t mac[32];

	token_mac(key, message, mac);
	for (unsigned i = 0; i < 32; i++)
		snprintf(text + 2 * i, 3, "%02x", mac[i]);
	assert_string_equal(text, expected);
}

static void
test_mac(void **state)
{
	uint8_t key[32];
	char dd[50];

	(void)state;
	for (unsigned i = 0; i < 32; i++)
		key[i] = (uint8_t)i;
	check_mac(key, SLICE("Hi There"),
	    "278639ec02309d3afded1b273f1349ba63b9089c12476d716bee3ecc94673e9e");
	memset(key, 0xaa, sizeof key);
	memset(dd, 0xdd, sizeof dd);
	check_mac(key, (struct slice){dd, sizeof dd},
	    "cdcb1220d1ecccea91e53aba3092f962e549fe6ce9ed7fdc43191fbde45c30b0");
}

static void
test_what_is_written_is_read(void **state)
{
	const struct token of[] = {
	    {.id = {{1, 2, 3}}, .fence = {.claim = 7, .step = EVENT_NO_STEP}},
	    {.id = {{0xff}},
		.fence = {.claim = UINT64_MAX, .of_step = true, .step = 0}},
	    {.fence = {.claim = 1, .of_step = true, .step = 255}},
	};
	char dir[64], text[TOKEN_TEXT + 1];
	struct store *s = open_store(dir, 1);
	struct token t;

	(void)state;
	for (unsigned i = 0; i < 3; i++) {
		token_write(s, &of[i], text);
		assert_int_equal(strlen(text), TOKEN_TEXT);
		assert_true(token_is(slice_str(text)));
		assert_true(token_read(s, slice_str(text), &t));
		assert_true(uuid_eq(&t.id, &of[i].id));
		assert_true(t.fence.claim == of[i].fence.claim);
		assert_int_equal(t.fence.of_step, of[i].fence.of_step);
		assert_int_equal(t.fence.step, of[i].fence.step);
		assert_int_equal(t.fence.attempt, 0);
		text[TOKEN_TEXT - 2] ^= 1;
		assert_false(token_read(s, slice_str(text), &t));
	}
	close_store(s, dir);
}

static void
test_another_store(void **state)
{
	const struct token of = {.id = {{1}}, .fence = {.claim = 7}};
	char dir[2][64], text[TOKEN_TEXT + 1];
	struct store *one = open_store(dir[0], 1);
	struct store *two = open_store(dir[1], 1);
	struct token t;

	(void)state;
	token_write(one, &of, text);
	assert_true(token_read(one, slice_str(text), &t));
	assert_false(token_read(two, slice_str(text), &t));
	close_store(one, dir[0]);
	close_store(two, dir[1]);
}

static void
test_what_is_none(void **state)
{
	char dir[64];
	struct store *s = open_store(dir, 1);
	struct token t;

	(void)state;
	assert_false(token_is(SLICE("")));
	assert_false(token_is(SLICE("twc")));
	assert_false(token_is(SLICE("tw_AAAA")));
	assert_false(token_read(s, SLICE("twc_"), &t));
	assert_false(token_read(s, SLICE("twc_AAAA"), &t));
	close_store(s, dir);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_mac),
	    cmocka_unit_test(test_what_is_written_is_read),
	    cmocka_unit_test(test_another_store),
	    cmocka_unit_test(test_what_is_none),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
