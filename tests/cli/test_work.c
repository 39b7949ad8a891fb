/*
 * What `tidewire work` does without a server: cutting output into lines,
 * reading descriptor 3, gathering reports.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "cli/work_claim.h"
#include "cli/work_control.h"
#include "cli/work_env.h"
#include "cli/work_lines.h"
#include "cli/work_report.h"

/* ---- lines ---- */

static void
feed(struct work_lines *l, struct slice bytes)
{
	memcpy(work_lines_room(l, bytes.n), bytes.p, bytes.n);
	work_lines_took(l, bytes.n);
}

static void
expect_line(struct work_lines *l, const char *text, bool whole)
{
	struct work_line line;

	assert_true(work_lines_next(l, &line));
	assert_int_equal(line.text.n, strlen(text));
	assert_memory_equal(line.text.p, text, line.text.n);
	assert_int_equal(line.whole, whole);
}

static void
expect_none(struct work_lines *l)
{
	struct work_line line;

	assert_false(work_lines_next(l, &line));
}

static void
test_lines_come_whole(void **state)
{
	struct work_lines l = {.max = 100};

	(void)state;
	expect_none(&l);
	feed(&l, SLICE("one\ntw"));
	expect_line(&l, "one", true);
	expect_none(&l);
	feed(&l, SLICE("o\n\n"));
	expect_line(&l, "two", true);
	expect_line(&l, "", true);
	expect_none(&l);
	feed(&l, SLICE("rest"));
	expect_none(&l);
	l.ended = true;
	expect_line(&l, "rest", true);
	expect_none(&l);
	work_lines_free(&l);
}

static void
test_long_lines_come_in_pieces(void **state)
{
	struct work_lines l = {.max = 8};

	(void)state;
	feed(&l, SLICE("12345678\n123456789\n"));
	expect_line(&l, "12345678", true);
	expect_line(&l, "12345678", false);
	expect_line(&l, "9", true);
	/* No character is cut in two; what is none is cut anywhere. */
	feed(&l, SLICE("1234567\xc3\xa4zz\n"));
	expect_line(&l, "1234567", false);
	expect_line(&l, "\xc3\xa4zz", true);
	feed(&l, SLICE("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\n"));
	expect_line(&l, "\x80\x80\x80\x80\x80\x80\x80\x80", false);
	expect_line(&l, "\x80\x80", true);
	feed(&l, SLICE("123456789"));
	expect_line(&l, "12345678", false);
	expect_none(&l);
	work_lines_free(&l);
}

/* However the bytes arrive, the lines are the same. */
static void
test_lines_do_not_depend_on_portions(void **state)
{
	static const char text[] = "a\nbcd\n\nefghijklmnop\nq\xe2\x82\xac\n";
	struct buf want = {0}, got = {0};
	struct work_line line;

	(void)state;
	for (size_t step = 1; step < sizeof(text); step++) {
		struct work_lines l = {.max = 6};

		got.len = 0;
		for (size_t i = 0; i < sizeof(text) - 1; i += step) {
			size_t n = sizeof(text) - 1 - i;

			feed(&l, (struct slice){text + i, n < step ? n : step});
			while (work_lines_next(&l, &line))
				buf_addf(&got, "%.*s%c", SLICE_FMT(line.text),
				    line.whole ? '|' : '+');
		}
		if (step == 1)
			buf_add_slice(&want, buf_slice(&got));
		assert_true(slice_eq(buf_slice(&want), buf_slice(&got)));
		work_lines_free(&l);
	}
	assert_true(slice_is(buf_slice(&want),
	    "a|bcd||efghij+klmnop|q\xe2\x82\xac|"));
	buf_free(&want);
	buf_free(&got);
}

static void
test_bytes_become_utf8(void **state)
{
	static const struct {
		const char *from, *to;
	} rows[] = {
	    {"", ""},
	    {"plain \xc3\xa4", "plain \xc3\xa4"},
	    {"\xff", "\xef\xbf\xbd"},
	    {"a\xc3", "a\xef\xbf\xbd"},
	    {"\xc0\x80z", "\xef\xbf\xbd\xef\xbf\xbdz"},
	    {"\xed\xa0\x80", "\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd"},
	};
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		out.len = 0;
		work_lines_clean(&out, slice_str(rows[i].from));
		assert_true(slice_is(buf_slice(&out), rows[i].to));
	}
	buf_free(&out);
}

/* ---- descriptor 3 ---- */

static void
test_words_are_read(void **state)
{
	struct work_control c;

	(void)state;
	assert_null(work_control_parse(SLICE("progress 45"), &c));
	assert_int_equal(c.word, WORK_PROGRESS);
	assert_int_equal(c.percent, 45);
	assert_int_equal(c.text.n, 0);
	assert_null(work_control_parse(SLICE(" progress  100%  the end \r"),
	    &c));
	assert_int_equal(c.percent, 100);
	assert_null(work_control_parse(SLICE("result {\"a\": [1, null]}"), &c));
	assert_int_equal(c.word, WORK_RESULT);
	assert_true(slice_is(c.text, "{\"a\": [1, null]}"));
	assert_null(work_control_parse(SLICE("checkpoint 7"), &c));
	assert_int_equal(c.word, WORK_CHECKPOINT);
	assert_null(work_control_parse(SLICE("artifacts\t{}"), &c));
	assert_int_equal(c.word, WORK_ARTIFACTS);
}

static void
test_wrong_words_are_refused(void **state)
{
	static const char *const lines[] = {"", "hello", "progress",
	    "progress x", "progress -1", "progress 101", "progress 4.5",
	    "result", "result {", "result 1 2", "checkpoint", "artifacts []",
	    "artifacts 1", "resultat 1", "PROGRESS 1", "result \"\xff\""};
	struct work_control c;

	(void)state;
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		if (work_control_parse(slice_str(lines[i]), &c) == NULL)
			fail_msg("%s was taken", lines[i]);
}

/* ---- claims ---- */

/* Read a claim; the document is freed at the end of the test. */
static bool
read_claim(const char *text, bool steps, struct work_claim *c,
    struct json **doc)
{
	struct json_error err;

	*doc = json_parse(slice_str(text), &err);
	assert_non_null(*doc);
	return work_claim_read(json_root(*doc), steps, c);
}

static void
test_claims_are_read(void **state)
{
	static const char text[] =
	    "{\"execution\":{\"id\":\"E\",\"job_name\":\"j\",\"queue\":\"q\","
	    "\"max_attempts\":3,\"updated_at\":\"2026-11-22T10:00:00Z\","
	    "\"input_params\":{\"n\": 1.0}},\"attempt\":2,\"token\":\"T\","
	    "\"steps\":[{\"id\":\"S\",\"name\":\"s\",\"input_params\":[],"
	    "\"checkpoint_data\":null}],"
	    "\"lease_expires_at\":\"2026-11-22T10:01:30.500Z\"}";
	struct work_claim c;
	struct json *doc;

	(void)state;
	assert_true(read_claim(text, false, &c, &doc));
	assert_true(slice_is(c.execution, "E") && slice_is(c.token, "T"));
	assert_true(slice_is(c.job, "j") && slice_is(c.queue, "q"));
	assert_true(slice_is(c.input, "{\"n\": 1.0}"));
	assert_true(c.step.n == 0 && c.checkpoint.p == NULL);
	assert_int_equal(c.attempt, 2);
	assert_int_equal(c.max_attempts, 3);
	assert_int_equal(c.lease_ms, 90500);
	json_free(doc);
	assert_true(read_claim(text, true, &c, &doc));
	assert_true(slice_is(c.step, "S") && slice_is(c.step_name, "s"));
	assert_true(slice_is(c.input, "[]"));
	assert_true(slice_is(c.checkpoint, "null"));
	json_free(doc);
}

static void
test_what_is_no_claim(void **state)
{
	static const struct {
		const char *text;
		bool steps, ok;
	} rows[] = {
	    {"null", false, false},
	    {"[]", false, false},
	    {"{}", false, false},
	    {"{\"execution\":{\"id\":\"E\"}}", false, false},
	    {"{\"token\":\"T\"}", false, false},
	    {"{\"execution\":{\"id\":\"E\"},\"token\":\"T\"}", false, true},
	    {"{\"execution\":{\"id\":\"E\"},\"token\":\"T\"}", true, false},
	    {"{\"execution\":{\"id\":\"E\"},\"token\":\"T\",\"steps\":7}", true,
		false},
	};
	struct work_claim c;
	struct json *doc;

	(void)state;
	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		assert_int_equal(read_claim(rows[i].text, rows[i].steps, &c,
				     &doc),
		    rows[i].ok);
		if (rows[i].ok) {
			assert_true(slice_is(c.input, "null"));
			assert_int_equal(c.lease_ms, 0);
		}
		json_free(doc);
	}
}

/* ---- the environment of a command ---- */

/* How often a variable stands in a list. */
static unsigned
count(char *const *list, const char *variable)
{
	unsigned n = 0;

	for (; *list != NULL; list++)
		n += strcmp(*list, variable) == 0;
	return n;
}

static void
test_environment(void **state)
{
	struct work_env *env = work_env_new();
	char *const *list;

	(void)state;
	setenv("TIDEWIRE_JOB", "old", 1);
	setenv("TIDEWIRE_JOB_X", "kept", 1);
	work_env_set(env, "TIDEWIRE_JOB", SLICE("new = x"));
	work_env_set_number(env, "TIDEWIRE_ATTEMPT", 3);
	list = work_env_list(env);
	assert_int_equal(count(list, "TIDEWIRE_JOB=new = x"), 1);
	assert_int_equal(count(list, "TIDEWIRE_JOB=old"), 0);
	assert_int_equal(count(list, "TIDEWIRE_JOB_X=kept"), 1);
	assert_int_equal(count(list, "TIDEWIRE_ATTEMPT=3"), 1);
	work_env_free(env);
}

static void
test_commands_are_found(void **state)
{
	(void)state;
	setenv("PATH", "/nowhere::/bin:/usr/bin", 1);
	assert_true(work_env_finds("sh"));
	assert_true(work_env_finds("/bin/sh"));
	assert_false(work_env_finds("no-such-command"));
	assert_false(work_env_finds("/bin/no-such-command"));
	assert_false(work_env_finds(""));
	setenv("PATH", "", 1);
	assert_false(work_env_finds("sh"));
}

/* ---- reports ---- */

struct said {
	struct buf target, body;
};

/* The next request must be this. */
static void
expect_next(struct work_report *r, struct said *s, const char *target,
    const char *body)
{
	work_report_next(r, &s->target, &s->body);
	buf_add_byte(&s->target, '\0');
	buf_add_byte(&s->body, '\0');
	assert_string_equal(s->target.p, target);
	assert_string_equal(s->body.p, body);
}

static const char *
say(struct work_report *r, const char *line)
{
	struct work_control c;

	assert_null(work_control_parse(slice_str(line), &c));
	return work_report_word(r, &c);
}

static void
finish(struct work_report *r, struct said *s)
{
	work_report_free(r);
	buf_free(&s->target);
	buf_free(&s->body);
}

static void
test_reports_of_an_execution(void **state)
{
	struct work_report *r = work_report_new(SLICE("E"), SLICE_NONE);
	struct work_outcome done = {.end = WORK_COMPLETED};
	struct said s = {{0}, {0}};

	(void)state;
	assert_false(work_report_pending(r));
	expect_next(r, &s, "/api/executions/E/heartbeat", "");
	work_report_taken(r);
	work_report_log(r, "info", SLICE("a\"b"));
	work_report_log(r, "error", SLICE("\xff"));
	assert_true(work_report_pending(r));
	assert_false(work_report_urgent(r));
	expect_next(r, &s, "/api/executions/E/log",
	    "{\"logs\":[{\"level\":\"info\",\"message\":\"a\\\"b\"},"
	    "{\"level\":\"error\",\"message\":\"\xef\xbf\xbd\"}]}");
	assert_null(say(r, "progress 1 x"));
	assert_null(say(r, "progress 2 two"));
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"progress\":{\"progress_percent\":2,"
	    "\"current_step_name\":\"two\"}}");
	assert_non_null(say(r, "checkpoint 1"));
	assert_non_null(say(r, "artifacts {}"));
	assert_null(say(r, "result {\"n\": 1}"));
	assert_null(say(r, "progress 99"));
	assert_false(work_report_over(r));
	work_report_end(r, &done);
	assert_true(work_report_urgent(r));
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"progress\":{\"progress_percent\":99},"
	    "\"complete\":{\"result_data\":{\"n\": 1}}}");
	work_report_taken(r);
	assert_true(work_report_over(r));
	finish(r, &s);
}

static void
test_reports_of_a_step(void **state)
{
	struct work_report *r = work_report_new(SLICE("E"), SLICE("S"));
	struct work_outcome bad = {.end = WORK_FAILED,
	    .type = "ExitStatus",
	    .message = SLICE("exit status 1"),
	    .final = true};
	struct said s = {{0}, {0}};

	(void)state;
	assert_null(say(r, "checkpoint [1]"));
	assert_null(say(r, "progress 5 here"));
	work_report_log(r, "info", SLICE("x"));
	work_report_end(r, &bad);
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"logs\":[{\"level\":\"info\",\"message\":\"x\","
	    "\"execution_step_id\":\"S\"}],\"step_reports\":[{\"step\":\"S\","
	    "\"report\":\"progress\",\"progress_percent\":5,"
	    "\"metadata\":{\"message\":\"here\"},\"checkpoint_data\":[1]}]}");
	work_report_taken(r);
	assert_false(work_report_over(r));
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"step_reports\":[{\"step\":\"S\",\"report\":\"failed\","
	    "\"error_type\":\"ExitStatus\",\"error_message\":"
	    "\"exit status 1\",\"retryable\":false}]}");
	work_report_taken(r);
	assert_true(work_report_over(r));
	finish(r, &s);
}

static void
test_a_cancel_comes_last_and_alone(void **state)
{
	struct work_report *r = work_report_new(SLICE("E"), SLICE_NONE);
	struct work_outcome end = {.end = WORK_CANCELLED};
	struct said s = {{0}, {0}};

	(void)state;
	work_report_log(r, "info", SLICE("x"));
	work_report_end(r, &end);
	expect_next(r, &s, "/api/executions/E/log",
	    "{\"logs\":[{\"level\":\"info\",\"message\":\"x\"}]}");
	work_report_taken(r);
	assert_false(work_report_over(r));
	expect_next(r, &s, "/api/executions/E/cancel", "");
	work_report_taken(r);
	assert_true(work_report_over(r));
	finish(r, &s);
}

static void
test_a_refused_result_is_a_failure(void **state)
{
	struct work_report *r = work_report_new(SLICE("E"), SLICE_NONE);
	struct work_outcome done = {.end = WORK_COMPLETED};
	struct said s = {{0}, {0}};

	(void)state;
	work_report_log(r, "info", SLICE("x"));
	expect_next(r, &s, "/api/executions/E/log",
	    "{\"logs\":[{\"level\":\"info\",\"message\":\"x\"}]}");
	work_report_refused(r, SLICE("no"));
	assert_false(work_report_over(r));
	work_report_end(r, &done);
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"complete\":{\"result_data\":null}}");
	work_report_refused(r, SLICE("too large"));
	assert_false(work_report_over(r));
	expect_next(r, &s, "/api/executions/E/report",
	    "{\"fail\":{\"error_type\":\"ReportRefused\",\"error_message\":"
	    "\"the server refused the result: too large\"}}");
	work_report_refused(r, SLICE("no"));
	assert_true(work_report_over(r));
	finish(r, &s);
}

static void
test_batches_are_bounded(void **state)
{
	struct work_report *r = work_report_new(SLICE("E"), SLICE_NONE);
	struct said s = {{0}, {0}};
	struct buf big = {0};
	unsigned n = 0;

	(void)state;
	for (; !work_report_full(r); n++)
		work_report_log(r, "info", SLICE("x"));
	assert_int_equal(n, WORK_REPORT_LOGS);
	work_report_next(r, &s.target, &s.body);
	assert_false(work_report_full(r));
	while (big.len < 16384)
		buf_add_byte(&big, 1);
	for (n = 0; !work_report_full(r); n++)
		work_report_log(r, "info", buf_slice(&big));
	assert_true(n < 10);
	work_report_next(r, &s.target, &s.body);
	assert_true(s.body.len < 400000);
	assert_false(work_report_pending(r));
	buf_free(&big);
	finish(r, &s);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_lines_come_whole),
	    cmocka_unit_test(test_long_lines_come_in_pieces),
	    cmocka_unit_test(test_lines_do_not_depend_on_portions),
	    cmocka_unit_test(test_bytes_become_utf8),
	    cmocka_unit_test(test_words_are_read),
	    cmocka_unit_test(test_wrong_words_are_refused),
	    cmocka_unit_test(test_claims_are_read),
	    cmocka_unit_test(test_what_is_no_claim),
	    cmocka_unit_test(test_environment),
	    cmocka_unit_test(test_commands_are_found),
	    cmocka_unit_test(test_reports_of_an_execution),
	    cmocka_unit_test(test_reports_of_a_step),
	    cmocka_unit_test(test_a_cancel_comes_last_and_alone),
	    cmocka_unit_test(test_a_refused_result_is_a_failure),
	    cmocka_unit_test(test_batches_are_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
