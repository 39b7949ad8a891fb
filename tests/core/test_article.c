/*
 * Articles and rollbacks, decided: what is found in a result, what an edit
 * may say and does, when a post may be taken back.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/article.h"
#include "core/category.h"
#include "core/rollback.h"
#include "core/wire.h"

/* ---- found ---- */

static void
test_find(void **state)
{
	static const struct {
		const char *result;
		unsigned count;
		uint64_t post;
	} rows[] = {
	    {"", 0, 0},
	    {"null", 0, 0},
	    {"{}", 0, 0},
	    {"{\"articles\":[{\"title\":\"a\"},{\"content\":\"b\"}]}", 2, 0},
	    {"{\"article\":{\"title\":\"a\"}}", 1, 0},
	    {"{\"\\u0061rticle\":{\"title\":\"a\"}}", 1, 0},
	    {"{\"articles\":[{\"title\":\"a\"}],\"article\":{\"title\":\"b\"}}",
		2, 0},
	    {"{\"articles\":[1,null,[],{},{\"title\":1},\"x\"]}", 0, 0},
	    {"{\"articles\":{\"title\":\"a\"}}", 0, 0},
	    {"{\"article\":[{\"title\":\"a\"}]}", 0, 0},
	    {"[{\"article\":{\"title\":\"a\"}}]", 0, 0},
	    {"\"articles\"", 0, 0},
	    {"{\"blog_post_id\":12}", 0, 12},
	    {"{\"blog_post_id\":12.0}", 0, 12},
	    {"{\"blog_post_id\":0}", 0, 0},
	    {"{\"blog_post_id\":-1}", 0, 0},
	    {"{\"blog_post_id\":\"12\"}", 0, 0},
	    {"{\"blog_post_id\":9,\"article\":{\"title\":\"\"}}", 1, 9},
	};
	struct article_found *f = malloc(sizeof(*f));

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		article_find(slice_str(rows[i].result), f);
		assert_int_equal(f->count, rows[i].count);
		assert_int_equal(f->post, rows[i].post);
	}
	free(f);
}

/* A range is the object as it was sent, to the byte. */
static void
test_found_ranges(void **state)
{
	struct slice result =
	    SLICE("{ \"articles\" : [ {\"title\" : \"\\u00e4\"}"
		  " , 5, { \"content\":\"x\" } ] }");
	struct article_found *f = malloc(sizeof(*f));
	struct slice first, second;

	(void)state;
	article_find(result, f);
	assert_int_equal(f->count, 2);
	first = (struct slice){result.p + f->from[0], f->n[0]};
	second = (struct slice){result.p + f->from[1], f->n[1]};
	assert_true(slice_is(first, "{\"title\" : \"\\u00e4\"}"));
	assert_true(slice_is(second, "{ \"content\":\"x\" }"));
	free(f);
}

static void
test_found_at_most(void **state)
{
	struct article_found *f = malloc(sizeof(*f));
	struct buf text = {0};

	(void)state;
	buf_add_str(&text, "{\"articles\":[{\"title\":\"\"}");
	for (unsigned i = 0; i < ARTICLE_MAX + 10; i++)
		buf_add_str(&text, ",{\"title\":\"\"}");
	buf_add_str(&text, "]}");
	article_find(buf_slice(&text), f);
	assert_int_equal(f->count, ARTICLE_MAX);
	buf_free(&text);
	free(f);
}

static void
test_made(void **state)
{
	struct journal_event ev = event_make(EVENT_STATUS);
	unsigned char bytes[ARTICLE_MADE + 2 * ARTICLE_ENTRY] = {0};
	struct uuid id = {{7}};
	struct article_made m;
	struct article a;
	unsigned char *p = bytes;

	(void)state;
	p = wire_put(wire_put(wire_put(p, 8, 5), 8, 41), 8, 5);
	p = wire_put(wire_put(wire_put_uuid(p, &id), 4, 3), 4, 9);
	id.b[0] = 8;
	wire_put(wire_put(wire_put_uuid(p, &id), 4, 12), 4, 2);
	assert_false(article_made_read(&ev, &m));
	ev.at = 99;
	ev.execution.b[0] = 1;
	event_add_member(&ev, MEMBER_ARTICLES,
	    (struct slice){(char *)bytes, sizeof(bytes)});
	assert_true(article_made_read(&ev, &m));
	assert_int_equal(m.post, 5);
	assert_int_equal(article_made_count(&m), 2);
	a = article_made_at(&ev, &m, 1);
	assert_true(uuid_eq(&a.id, &id));
	assert_true(uuid_eq(&a.execution, &ev.execution));
	assert_int_equal(a.number, 6);
	assert_int_equal(a.status, ARTICLE_DRAFT);
	assert_int_equal(a.created_at, 99);
	assert_int_equal(a.published_at, 0);
	assert_int_equal(a.body.at.seq, 41);
	assert_int_equal(a.body.from, 12);
	assert_int_equal(a.body.n, 2);
	ev.member[0].bytes.n--;
	assert_false(article_made_read(&ev, &m));
}

/* ---- changed ---- */

/* Read an edit; its document lives until the test ends. */
static const char *
read_edit(const char *text, struct json **doc, struct article_edit *e)
{
	const char *why = NULL;

	*doc = json_parse(slice_str(text), &(struct json_error){0});
	assert_non_null(*doc);
	return article_edit_read(json_root(*doc), e, &why);
}

static void
test_edit_rules(void **state)
{
	static const struct {
		const char *text, *member; /* at fault, or NULL */
	} rows[] = {
	    {"{}", NULL},
	    {"{\"title\":\"\"}", NULL},
	    {"{\"title\":null,\"unknown\":[]}", NULL},
	    {"{\"keywords\":[],\"data_sources\":[{}]}", NULL},
	    {"{\"publication_status\":\"archived\"}", NULL},
	    {"{\"publication_status\":null}", NULL},
	    {"{\"title\":1}", "title"},
	    {"{\"seo_description\":[]}", "seo_description"},
	    {"{\"keywords\":\"a\"}", "keywords"},
	    {"{\"keywords\":[\"a\",1]}", "keywords"},
	    {"{\"featured_images\":{}}", "featured_images"},
	    {"{\"publication_status\":\"deleted\"}", "publication_status"},
	    {"{\"publication_status\":1}", "publication_status"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct article_edit e;
		struct json *doc;
		const char *member = read_edit(rows[i].text, &doc, &e);

		if (rows[i].member == NULL)
			assert_null(member);
		else
			assert_string_equal(member, rows[i].member);
		json_free(doc);
	}
}

static void
apply(const char *old, const char *edit, const char *want)
{
	struct article_edit e;
	struct buf out = {0};
	struct json *doc;

	assert_null(read_edit(edit, &doc, &e));
	article_edit_apply(&e, slice_str(old), &out);
	buf_add_byte(&out, 0);
	assert_string_equal(out.p, want);
	buf_free(&out);
	json_free(doc);
}

static void
test_edit_apply(void **state)
{
	(void)state;
	apply("{\"title\":\"a\",\"x\":1.50}", "{\"title\":\"b\"}",
	    "{\"x\":1.50,\"title\":\"b\"}");
	apply("{}", "{\"keywords\":[ \"k\" ],\"content\":\"\\u00e4\"}",
	    "{\"content\":\"\\u00e4\",\"keywords\":[ \"k\" ]}");
	apply("{\"slug\":\"s\"}", "{\"title\":null}", "{\"slug\":\"s\"}");
}

static void
step(struct article *a, enum article_status to, int64_t at)
{
	struct journal_event ev = event_make(EVENT_ARTICLE);

	ev.at = at;
	ev.status = (uint8_t)to;
	article_apply(&ev, a);
	assert_int_equal(a->status, to);
	assert_int_equal(a->updated_at, at);
}

static void
test_publication_time(void **state)
{
	struct article a = {.status = ARTICLE_DRAFT};

	(void)state;
	step(&a, ARTICLE_DRAFT, 1);
	assert_int_equal(a.published_at, 0);
	step(&a, ARTICLE_PUBLISHED, 2);
	step(&a, ARTICLE_PUBLISHED, 3);
	step(&a, ARTICLE_ARCHIVED, 4);
	step(&a, ARTICLE_DRAFT, 5);
	assert_int_equal(a.published_at, 2);
	step(&a, ARTICLE_PUBLISHED, 6);
	assert_int_equal(a.published_at, 6);
}

static void
test_new_text(void **state)
{
	struct article a = {.status = ARTICLE_DRAFT,
	    .body = {{3}, MEMBER_RESULT, 4, 5}};
	struct journal_event ev = event_make(EVENT_ARTICLE);

	(void)state;
	ev.seq = 12;
	ev.status = ARTICLE_DRAFT;
	event_add_member(&ev, MEMBER_ARTICLE, SLICE("{\"title\":\"x\"}"));
	event_add_member(&ev, MEMBER_ARTICLE_ID,
	    (struct slice){(char *)a.id.b, sizeof(a.id.b)});
	assert_true(article_is_about(&ev, &a.id));
	assert_false(article_is_about(&ev, &(struct uuid){{1}}));
	article_apply(&ev, &a);
	assert_int_equal(a.body.at.seq, 12);
	assert_int_equal(a.body.member, MEMBER_ARTICLE);
	assert_int_equal(a.body.from, 0);
	assert_int_equal(a.body.n, 13);
}

/* ---- stored ---- */

static void
test_row(void **state)
{
	struct article a = {.number = 1,
	    .project = 2,
	    .status = ARTICLE_ARCHIVED,
	    .created_at = 3,
	    .updated_at = 4,
	    .published_at = 5,
	    .body = {{6}, MEMBER_ARTICLE, 7, 8}};
	struct article b = {.id = {{9}}};
	uint8_t row[ARTICLE_ROW + 1] = {0};

	(void)state;
	a.id = b.id;
	a.execution.b[15] = 0xa1;
	article_encode(&a, row);
	for (size_t n = 0; n <= sizeof(row); n++)
		assert_int_equal(article_decode((struct slice){(char *)row, n},
				     &b),
		    n == ARTICLE_ROW);
	assert_memory_equal(&b.id, &a.id, sizeof(a.id));
	assert_true(uuid_eq(&b.execution, &a.execution));
	assert_int_equal(b.number, 1);
	assert_int_equal(b.project, 2);
	assert_int_equal(b.status, ARTICLE_ARCHIVED);
	assert_int_equal(b.published_at, 5);
	assert_int_equal(b.body.at.seq, 6);
	assert_int_equal(b.body.n, 8);
	row[33] = 0; /* a deleted one has no row */
	assert_false(article_decode((struct slice){(char *)row, ARTICLE_ROW},
	    &b));
	row[33] = 1;
	row[66] = MEMBER_INPUT;
	assert_false(article_decode((struct slice){(char *)row, ARTICLE_ROW},
	    &b));
}

/* ---- words ---- */

static void
test_words(void **state)
{
	enum article_status s;
	enum category c;

	(void)state;
	assert_null(article_status_name(ARTICLE_DELETED));
	assert_null(article_status_name(ARTICLE_STATUS_COUNT));
	for (unsigned i = 1; i < ARTICLE_STATUS_COUNT; i++) {
		struct slice name =
		    slice_str(article_status_name((enum article_status)i));

		assert_true(article_status_parse(name, &s));
		assert_int_equal(s, i);
	}
	assert_false(article_status_parse(SLICE("Draft"), &s));
	assert_false(article_status_parse(SLICE(""), &s));
	for (unsigned i = 1; i < CATEGORY_COUNT; i++) {
		struct slice name = slice_str(category_name((enum category)i));

		assert_true(category_parse(name, &c));
		assert_int_equal(c, i);
		assert_int_equal(category_of(name), i);
	}
	assert_null(category_name(CATEGORY_NONE));
	assert_int_equal(category_of(SLICE("SEO")), CATEGORY_NONE);
	assert_int_equal(category_of(SLICE_NONE), CATEGORY_NONE);
}

/* ---- rollback ---- */

static void
test_rollback(void **state)
{
	struct rollback r = {.operation = SLICE("GENERATE_BLOG_POST"),
	    .status = STATUS_COMPLETED,
	    .post = 3,
	    .article = ARTICLE_DRAFT};

	(void)state;
	assert_int_equal(rollback_check(&r), ROLLBACK_OK);
	r.article = ARTICLE_DELETED;
	assert_int_equal(rollback_check(&r), ROLLBACK_OK);
	r.article = ARTICLE_ARCHIVED;
	assert_int_equal(rollback_check(&r), ROLLBACK_OK);
	r.article = ARTICLE_PUBLISHED;
	assert_int_equal(rollback_check(&r), ROLLBACK_PUBLISHED);
	r.post = 0;
	assert_int_equal(rollback_check(&r), ROLLBACK_CONTEXT_MISSING);
	r.done = true;
	assert_int_equal(rollback_check(&r), ROLLBACK_DONE);
	r.status = STATUS_CANCELLED;
	assert_int_equal(rollback_check(&r), ROLLBACK_NOT_ALLOWED);
	r.operation = SLICE("generate_blog_post");
	assert_int_equal(rollback_check(&r), ROLLBACK_NOT_SUPPORTED);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_find),
	    cmocka_unit_test(test_found_ranges),
	    cmocka_unit_test(test_found_at_most),
	    cmocka_unit_test(test_made),
	    cmocka_unit_test(test_edit_rules),
	    cmocka_unit_test(test_edit_apply),
	    cmocka_unit_test(test_publication_time),
	    cmocka_unit_test(test_new_text),
	    cmocka_unit_test(test_row),
	    cmocka_unit_test(test_words),
	    cmocka_unit_test(test_rollback),
	};

	return cmocka_run_group_tests_name("article", tests, NULL, NULL);
}
