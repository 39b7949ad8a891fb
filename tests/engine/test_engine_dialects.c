/*
 * What only some dialects ask of the engine: articles, rollbacks, retries by
 * hand, a cap on what is active, and the indexes they list by.  Every test
 * ends with the check of its store.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "store/articles.h"
#include "store/history.h"
#include "store/journal.h"
#include "store/rows.h"
#include "tests/engine/ground.h"

#define BLOG "GENERATE_BLOG_POST"

/* Complete an execution with that result. */
static struct uuid
finished(struct ground *g, const char *job, const char *result)
{
	struct uuid id = ground_trigger(g, job);
	struct report r = report_make(REPORT_COMPLETE);

	r.result = slice_str(result);
	ground_report(g, &id, r);
	return id;
}

static uint64_t
count(struct ground *g, struct articles_filter f)
{
	struct articles_page p = {.max = 0};

	assert_true(articles_page(engine_snapshot(g->engine), &f, &p));
	return p.total;
}

/* The only article there is. */
static struct article
the_article(struct ground *g)
{
	struct articles_filter f = {.status = ARTICLE_DELETED};
	struct article a;
	struct articles_page p = {.out = &a, .max = 1};

	assert_true(articles_page(engine_snapshot(g->engine), &f, &p));
	assert_int_equal(p.n, 1);
	assert_int_equal(p.total, 1);
	return a;
}

static enum outcome_code
change(struct ground *g, const struct article *a, struct article_edit *edit,
    uint64_t tenant)
{
	struct ask ask;

	ground_ask(g, &ask,
	    edit != NULL ? CMD_ARTICLE_EDIT : CMD_ARTICLE_DELETE);
	ask.cmd.id = a->id;
	ask.cmd.tenant = tenant;
	ask.cmd.edit = edit;
	return ground_run(&ask);
}

/* ---- articles ---- */

static void
test_an_articles_life(void **state)
{
	struct article_edit edit = {.status = ARTICLE_PUBLISHED};
	struct article_edit text = {.member = {SLICE("\"new\"")}};
	struct ground *g = ground_new();
	struct articles_filter drafts = {.status = ARTICLE_DRAFT};
	struct articles_filter out = {.status = ARTICLE_PUBLISHED};
	struct article a;

	(void)state;
	finished(g, BLOG, "{\"x\":1, \"article\": {\"title\":\"old\"}}");
	a = the_article(g);
	assert_int_equal(count(g, drafts), 1);
	assert_true(slice_is(articles_body(engine_snapshot(g->engine), &a),
	    "{\"title\":\"old\"}"));
	assert_int_equal(change(g, &a, &edit, 0), OUTCOME_DONE);
	assert_int_equal(count(g, drafts), 0);
	assert_int_equal(count(g, out), 1);
	assert_int_equal(change(g, &a, &text, 0), OUTCOME_DONE);
	ground_restart(g, true);
	a = the_article(g);
	assert_int_equal(a.status, ARTICLE_PUBLISHED);
	assert_true(a.published_at > 0);
	assert_true(slice_is(articles_body(engine_snapshot(g->engine), &a),
	    "{\"title\":\"new\"}"));
	assert_int_equal(change(g, &a, NULL, 5), OUTCOME_NOT_FOUND);
	assert_int_equal(change(g, &a, NULL, 0), OUTCOME_DONE);
	assert_int_equal(change(g, &a, NULL, 0), OUTCOME_NOT_FOUND);
	assert_int_equal(count(g, out), 0);
	ground_restart(g, false);
	ground_free(g);
}

/* An edit that says nothing appends nothing. */
static void
test_an_empty_edit(void **state)
{
	struct article_edit nothing = {.status = ARTICLE_DELETED};
	struct article_edit same = {.status = ARTICLE_DRAFT};
	struct ground *g = ground_new();
	struct article a;
	uint64_t seq;

	(void)state;
	finished(g, BLOG, "{\"article\":{\"title\":\"t\"}}");
	a = the_article(g);
	seq = ground_seq(g);
	assert_int_equal(change(g, &a, &nothing, 0), OUTCOME_DONE);
	assert_int_equal(change(g, &a, &same, 0), OUTCOME_DONE);
	assert_int_equal(ground_seq(g), seq);
	ground_free(g);
}

/* Numbers are never given twice, not even after a deletion. */
static void
test_numbers(void **state)
{
	struct ground *g = ground_new();
	struct article a;

	(void)state;
	finished(g, BLOG, "{\"article\":{\"title\":\"1\"}}");
	a = the_article(g);
	assert_int_equal(a.number, 1);
	change(g, &a, NULL, 0);
	ground_restart(g, true);
	finished(g, BLOG, "{\"article\":{\"title\":\"2\"}}");
	assert_int_equal(the_article(g).number, 2);
	ground_free(g);
}

/* ---- rollback ---- */

static void
roll_back(struct ground *g, const struct uuid *id)
{
	struct ask a;

	ground_ask(g, &a, CMD_ROLLBACK);
	a.cmd.id = *id;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
}

static void
test_rollback(void **state)
{
	struct ground *g = ground_new();
	struct articles_filter all = {.status = ARTICLE_DELETED};
	struct uuid id = finished(g, BLOG,
	    "{\"articles\":[{\"title\":\"a\"},{\"title\":\"b\"}]}");
	struct journal_event ev;
	struct execution x;
	uint64_t seqs[8], seq;
	int64_t at;

	(void)state;
	assert_int_equal(count(g, all), 2);
	roll_back(g, &id);
	assert_int_equal(count(g, all), 1);
	x = ground_row(g, &id);
	assert_int_equal(x.status, STATUS_COMPLETED);
	assert_true(x.rollback.seq > x.last.seq);
	assert_true(history_completion(engine_snapshot(g->engine), &x, &ev,
	    &at));
	assert_int_equal(ev.seq, x.last.seq);
	assert_true(at > 0);
	assert_int_equal(history_read(engine_snapshot(g->engine), &x, seqs, 8),
	    4);
	assert_int_equal(seqs[0], x.created.seq);
	assert_int_equal(seqs[3], x.rollback.seq);
	assert_int_equal(history_read(engine_snapshot(g->engine), &x, seqs, 2),
	    2);
	assert_int_equal(seqs[1], x.rollback.seq);
	seq = ground_seq(g);
	roll_back(g, &id);
	assert_int_equal(ground_seq(g), seq);
	ground_restart(g, false);
	ground_free(g);
}

/* ---- history ---- */

/* The history is found among any number of logs. */
static void
test_history_among_logs(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = ground_trigger(g, BLOG);
	struct report log = report_make(REPORT_LOG);
	struct journal_event ev;
	struct execution x;
	uint64_t seqs[8];

	(void)state;
	log.level = LEVEL_INFO;
	log.message = SLICE("m");
	for (unsigned i = 0; i < 300; i++)
		ground_report(g, &id, log);
	x = ground_report(g, &id, report_make(REPORT_COMPLETE));
	assert_int_equal(history_read(engine_snapshot(g->engine), &x, seqs, 8),
	    3);
	assert_true(journal_get(engine_snapshot(g->engine), seqs[1], &ev));
	assert_int_equal(ev.status, STATUS_RUNNING);
	assert_int_equal(history_before(&ev), seqs[0]);
	ground_free(g);
}

/* ---- retries by hand ---- */

static enum outcome_code
retry(struct ground *g, struct ask *a, const struct uuid *id, const char *key)
{
	ground_ask(g, a, CMD_RETRY);
	a->cmd.id = *id;
	a->cmd.idempotency_key = slice_str(key);
	a->cmd.scope = CMD_SCOPE_TUXSEO;
	return ground_run(a);
}

static void
test_retry(void **state)
{
	struct ground *g = ground_new();
	struct uuid id = ground_trigger(g, BLOG);
	struct report fail = report_make(REPORT_FAIL);
	struct ask a, b;

	(void)state;
	assert_int_equal(retry(g, &a, &id, "k"), OUTCOME_REFUSED);
	assert_false(a.had_x);
	fail.error_message = SLICE("x");
	ground_report(g, &id, fail);
	assert_int_equal(retry(g, &a, &id, "k"), OUTCOME_DONE);
	assert_false(uuid_eq(&a.x.id, &id));
	assert_int_equal(a.x.status, STATUS_QUEUED);
	assert_true(uuid_is_zero(&a.x.parent));
	assert_int_equal(retry(g, &b, &id, "k"), OUTCOME_EXISTING);
	assert_true(uuid_eq(&b.x.id, &a.x.id));
	assert_int_equal(ground_row(g, &id).status, STATUS_FAILED);
	ground_free(g);
}

/* ---- the cap ---- */

static enum outcome_code
make(struct ground *g, struct ask *a, const struct uuid *asker)
{
	ground_ask(g, a, CMD_TRIGGER);
	a->cmd.name = SLICE("article_generation");
	a->cmd.priority = -1;
	a->cmd.max_active = 2;
	a->cmd.asker = *asker;
	return ground_run(a);
}

static uint64_t
active(struct ground *g, const struct uuid *asker)
{
	return rows_count_active(engine_snapshot(g->engine), asker);
}

static void
test_cap(void **state)
{
	static const struct uuid one = {{1}}, two = {{2}}, none = {{0}};
	struct ground *g = ground_new();
	struct report beat = report_make(REPORT_HEARTBEAT);
	struct ask a, cancel;

	(void)state;
	assert_int_equal(make(g, &a, &one), OUTCOME_DONE);
	assert_int_equal(make(g, &a, &one), OUTCOME_DONE);
	assert_int_equal(make(g, &cancel, &one), OUTCOME_TOO_MANY);
	assert_int_equal(make(g, &cancel, &two), OUTCOME_DONE);
	assert_int_equal(make(g, &cancel, &none), OUTCOME_TOO_MANY);
	assert_int_equal(active(g, &one), 2);
	ground_report(g, &a.x.id, beat);
	assert_int_equal(active(g, &one), 2);
	ground_ask(g, &cancel, CMD_CANCEL);
	cancel.cmd.id = a.x.id;
	assert_int_equal(ground_run(&cancel), OUTCOME_DONE);
	assert_int_equal(cancel.x.status, STATUS_CANCELLING);
	assert_int_equal(active(g, &one), 1);
	ground_restart(g, false);
	assert_int_equal(active(g, &one), 1);
	assert_int_equal(make(g, &a, &one), OUTCOME_DONE);
	assert_int_equal(active(g, &one), 2);
	ground_free(g);
}

/* ---- the indexes ---- */

static int64_t
matching(struct ground *g, struct rows_filter f)
{
	struct execution out[8];
	struct uuid at = {{0}};
	unsigned n = rows_list(engine_snapshot(g->engine), &f, &at, out, 8);

	assert_int_equal(n, rows_count(engine_snapshot(g->engine), &f));
	for (unsigned i = 0; f.category != CATEGORY_NONE && i < n; i++)
		assert_int_equal(out[i].category, f.category);
	return n;
}

static void
trigger_in(struct ground *g, const char *job, uint64_t project)
{
	struct ask a;

	ground_ask(g, &a, CMD_TRIGGER);
	a.cmd.name = slice_str(job);
	a.cmd.priority = -1;
	a.cmd.project = project;
	assert_int_equal(ground_run(&a), OUTCOME_DONE);
}

static void
test_indexes(void **state)
{
	struct ground *g = ground_new();
	struct uuid seo = ground_job(g, "{'name':'s','category':'seo'}");
	struct uuid none = ground_job(g, "{'name':'n'}");
	struct uuid id;

	(void)state;
	trigger_in(g, "s", 1);
	trigger_in(g, "s", 2);
	trigger_in(g, "n", 1);
	id = ground_trigger(g, "s");
	ground_report(g, &id, report_make(REPORT_HEARTBEAT));
	assert_int_equal(matching(g,
			     (struct rows_filter){.category = CATEGORY_SEO}),
	    3);
	assert_int_equal(matching(g,
			     (struct rows_filter){.category = CATEGORY_AI}),
	    0);
	assert_int_equal(matching(g,
			     (struct rows_filter){.category = CATEGORY_SEO,
				 .status = {STATUS_RUNNING}}),
	    1);
	assert_int_equal(matching(g,
			     (struct rows_filter){.job = seo, .project = 1}),
	    1);
	assert_int_equal(matching(g,
			     (struct rows_filter){.job = none, .project = 1}),
	    1);
	assert_int_equal(matching(g,
			     (struct rows_filter){.job = none, .project = 2}),
	    0);
	assert_int_equal(matching(g,
			     (struct rows_filter){.job = seo,
				 .project = 2,
				 .status = {STATUS_QUEUED, STATUS_RUNNING}}),
	    1);
	ground_restart(g, false);
	ground_free(g);
}

/* ---- storage ---- */

/* Put as a key of that project, and a writer of that attempt. */
static enum outcome_code
put(struct ground *g, const struct uuid *id, uint64_t tenant, uint32_t attempt)
{
	static const struct slice parts[] = {{"r", 1}, {"s", 1}, {"n", 1}};
	struct object_put object = {.content_type = SLICE("text/plain"),
	    .bytes = SLICE("bytes")};
	enum outcome_code code;
	struct buf key = {0};
	struct ask ask;

	object_key_put(id, parts, &key);
	object.key = buf_slice(&key);
	ground_ask(g, &ask, CMD_OBJECT_PUT);
	ask.cmd.id = *id;
	ask.cmd.tenant = tenant;
	ask.cmd.fence.attempt = attempt;
	ask.cmd.put = &object;
	code = ground_run(&ask);
	assert_int_equal(ask.first_seq != 0,
	    code == OUTCOME_DONE || code == OUTCOME_EXISTING);
	buf_free(&key);
	return code;
}

static void
test_objects(void **state)
{
	struct ground *g = ground_new();
	struct uuid none = {{1}}, id;

	(void)state;
	ground_job(g, "{'name':'j','steps':[{'name':'a'}]}");
	id = ground_trigger(g, "j");
	assert_int_equal(put(g, &none, 0, 0), OUTCOME_NOT_FOUND);
	assert_int_equal(put(g, &id, 7, 0), OUTCOME_NOT_FOUND);
	assert_int_equal(put(g, &id, 0, 2), OUTCOME_REFUSED);
	assert_int_equal(put(g, &id, 0, 1), OUTCOME_DONE);
	assert_int_equal(put(g, &id, 0, 0), OUTCOME_EXISTING);
	ground_restart(g, false);
	assert_int_equal(put(g, &id, 0, 0), OUTCOME_EXISTING);
	ground_report(g, &id, report_make(REPORT_COMPLETE));
	assert_int_equal(put(g, &id, 0, 0), OUTCOME_REFUSED);
	ground_free(g);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_an_articles_life),
	    cmocka_unit_test(test_an_empty_edit),
	    cmocka_unit_test(test_numbers),
	    cmocka_unit_test(test_rollback),
	    cmocka_unit_test(test_history_among_logs),
	    cmocka_unit_test(test_retry),
	    cmocka_unit_test(test_cap),
	    cmocka_unit_test(test_indexes),
	    cmocka_unit_test(test_objects),
	};

	return cmocka_run_group_tests_name("engine dialects", tests, NULL,
	    NULL);
}
