/*
 * Tables and the text in them: alignment by code points, colours only when
 * wanted, nothing that steers a terminal.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/table.h"
#include "cli/text.h"

static const char *const heads[] = {"NAME", "STATUS", "NOTE"};

static void
assert_renders(struct table *t, bool color, const char *want)
{
	struct buf out = {0};

	table_render(t, color, &out);
	buf_add_byte(&out, '\0');
	assert_string_equal(out.p, want);
	buf_free(&out);
	table_free(t);
}

static void
test_aligns(void **state)
{
	struct table *t = table_new(3, heads);

	(void)state;
	table_add(t, SLICE("a"));
	table_add(t, SLICE("completed"));
	table_add(t, SLICE("first"));
	table_add(t, SLICE("longer name"));
	table_add(t, SLICE("x"));
	table_add(t, SLICE(""));
	assert_int_equal(table_rows(t), 2);
	assert_renders(t, false,
	    "NAME         STATUS     NOTE\n"
	    "a            completed  first\n"
	    "longer name  x          -\n");
}

static void
test_counts_code_points(void **state)
{
	struct table *t = table_new(2, NULL);

	(void)state;
	table_add(t, SLICE("\xc3\xa4\xc3\xb6\xc3\xbc")); /* 3 of 2 bytes */
	table_add(t, SLICE("1"));
	table_add(t, SLICE("abcd"));
	table_add(t, SLICE("2"));
	table_add(t, SLICE("\xf0\x9f\x8c\x8a")); /* 1 of 4 bytes */
	table_add(t, SLICE("3"));
	assert_renders(t, false,
	    "\xc3\xa4\xc3\xb6\xc3\xbc   1\n"
	    "abcd  2\n"
	    "\xf0\x9f\x8c\x8a     3\n");
}

static void
test_colors(void **state)
{
	struct table *t = table_new(2, heads);

	(void)state;
	table_add_styled(t, SLICE("ok"), TABLE_GOOD);
	table_add(t, SLICE("x"));
	assert_renders(t, true,
	    "\033[1mNAME\033[0m  \033[1mSTATUS\033[0m\n"
	    "\033[32mok\033[0m    x\n");
}

static void
test_empty(void **state)
{
	(void)state;
	assert_renders(table_new(3, heads), false, "NAME  STATUS  NOTE\n");
	table_free(NULL);
}

static void
test_harmless(void **state)
{
	struct table *t = table_new(1, NULL);

	(void)state;
	table_add(t, SLICE("a\033[2Jb\nc\td\x7f"));
	table_add(t,
	    SLICE("\xc2\x9b"
		  "2J\xc2\xa0z")); /* C1 goes, U+00A0 stays */
	table_add(t, SLICE("\xff\xfe!"));
	assert_renders(t, false,
	    "a?[2Jb c d?\n?2J\xc2\xa0z\n?"
	    "?!\n");
}

static void
assert_text(struct buf *b, const char *want)
{
	buf_add_byte(b, '\0');
	assert_string_equal(b->p, want);
	buf_free(b);
}

static void
test_lines(void **state)
{
	struct buf b = {0};

	(void)state;
	text_add_lines(&b, SLICE("one\ntwo\r\n\003"), 2);
	assert_text(&b, "one\n  two?\n  ?");
}

static void
test_cut(void **state)
{
	struct buf b = {0};

	(void)state;
	text_add_cut(&b, SLICE("\xc3\xa4\xc3\xb6\xc3\xbc"), 2);
	assert_text(&b, "\xc3\xa4\xc3\xb6");
	text_add_cut(&b, SLICE("abc"), 3);
	assert_text(&b, "abc");
	text_add_cut(&b, SLICE("abc"), 9);
	assert_text(&b, "abc");
	text_add_cut(&b, SLICE("abc"), 0);
	assert_text(&b, "");
}

static void
test_node(void **state)
{
	static const char json[] = "{\"s\":\"x\\ty\",\"n\":1.50,\"z\":null,"
				   "\"o\":{\"a\":[1]}}";
	struct json_error err;
	struct json *doc = json_parse(SLICE(json), &err);
	const struct json_node *root = json_root(doc);
	struct buf b = {0};

	(void)state;
	text_add_node(&b, json_get(root, "s"));
	assert_text(&b, "x y");
	text_add_node(&b, json_get(root, "n"));
	assert_text(&b, "1.50");
	text_add_node(&b, json_get(root, "z"));
	text_add_node(&b, json_get(root, "absent"));
	assert_text(&b, "--");
	text_add_node(&b, json_get(root, "o"));
	assert_text(&b, "{\"a\":[1]}");
	json_free(doc);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_aligns),
	    cmocka_unit_test(test_counts_code_points),
	    cmocka_unit_test(test_colors),
	    cmocka_unit_test(test_empty),
	    cmocka_unit_test(test_harmless),
	    cmocka_unit_test(test_lines),
	    cmocka_unit_test(test_cut),
	    cmocka_unit_test(test_node),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
