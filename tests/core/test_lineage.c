/*
 * Lineage: series of events, and the entries and sums they come to.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

#include <cmocka.h>

#include "core/lineage.h"

/* a <- b, c by itself. */
static struct job *
make_job(void)
{
	static const char text[] =
	    "{\"name\":\"j\",\"steps\":[{\"name\":\"a\"},{\"name\":\"b\","
	    "\"depends_on\":[\"a\"]},{\"name\":\"c\"}]}";
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(slice_str(text), &bad);
	struct job *j = job_new(json_root(doc), &err);

	assert_non_null(j);
	json_free(doc);
	return j;
}

/*
 * One event a word, at times 1, 2, ...: "a+" a runs, "a." it completed, "a!"
 * it failed, "a*" progress with metadata, "a=" copied by a replay; of the
 * execution: "R" running, "W" a retry waits, "Q" queued again, "F" failed,
 * "C" completed, "X" cancelled, "I" interrupted.
 */
static struct journal_event
event_of(const char *word, int64_t at)
{
	struct journal_event ev = event_make(EVENT_STATUS);

	ev.at = at;
	ev.seq = (uint64_t)at;
	ev.attempt = 1;
	if (word[0] >= 'a') {
		ev.step = (uint16_t)(word[0] - 'a');
		ev.type = word[1] == '*' ? EVENT_PROGRESS : EVENT_STEP;
	}
	switch (word[word[0] >= 'a']) {
	case '+':
		ev.status = STEP_RUNNING;
		break;
	case '=':
		ev.cause = CAUSE_REPLAY;
		ev.status = STEP_COMPLETED;
		break;
	case '.':
		ev.status = STEP_COMPLETED;
		break;
	case '!':
		ev.status = STEP_FAILED;
		break;
	case '*':
		event_add_member(&ev, MEMBER_METADATA, SLICE("{}"));
		break;
	case 'R':
		ev.status = STATUS_RUNNING;
		break;
	case 'W':
		ev.status = STATUS_RETRYING;
		break;
	case 'Q':
		ev.status = STATUS_QUEUED;
		break;
	case 'F':
		ev.status = STATUS_FAILED;
		break;
	case 'C':
		ev.status = STATUS_COMPLETED;
		break;
	case 'X':
		ev.status = STATUS_CANCELLED;
		break;
	default:
		ev.status = STATUS_INTERRUPTED;
		break;
	}
	return ev;
}

/* Each entry as step, run, status letter, times, parent, error, metadata. */
static void
draw(const struct lineage *l, struct buf *out)
{
	for (unsigned i = 0; i < l->n; i++) {
		const struct lineage_entry *e = &l->entry[i];

		buf_addf(out, "%s%c%u%c%d-%d", i > 0 ? " " : "", 'a' + e->step,
		    (unsigned)e->run, lineage_status_name(e->status)[0],
		    (int)e->started_at, (int)e->completed_at);
		if (e->parent >= 0)
			buf_addf(out, "<%d", e->parent);
		if (e->error.seq != 0)
			buf_addf(out, "!%u", (unsigned)e->error.seq);
		if (e->metadata.seq != 0)
			buf_addf(out, "*%u", (unsigned)e->metadata.seq);
	}
	buf_add_byte(out, '\0');
}

static const struct {
	const char *events, *want;
} cases[] = {
    {"", ""},
    {"R a+ a. b+ b. C", "a1c2-3 b1c4-5<0"},
    {"a+", "a1p1-0"},
    {"a.", "a1c1-1"}, /* it never said that it began */
    {"a!", "a1f1-1!1"},
    {"a+ a! a+ a.", "a1f1-2!2 a2c3-4"},
    {"a+ a*", "a1p1-0*2"},
    {"a* a+ a. a*", "a1c2-3"},
    {"a= b+ b.", "b1c2-3"},
    {"a+ W", "a1f1-2!2"}, /* as it looks until it is revived */
    {"a+ W R", "a1p1-0"},
    {"a+ W R a.", "a1c1-4"},
    {"a+ W Q", "a1f1-2!2"},
    {"a+ c+ c. W Q R a+ a. C", "a1f1-4!4 c1c2-3 a2c7-8"},
    {"a+ W X", "a1f1-2!2"},
    {"a+ F", "a1f1-2!2"},
    {"a+ C", "a1c1-2"}, /* "c" of cancelled */
    {"a+ X", "a1c1-2"},
    {"a+ I R a.", "a1c1-4"},
    {"a. a+ a. b.", "a1c1-1 a2c2-3 b1c4-4<1"},
};

static void
test_entries(void **state)
{
	struct job *j = make_job();
	struct buf out = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct lineage *l = lineage_new(j);
		const char *p = cases[i].events;
		int64_t at = 1;

		while (*p != '\0') {
			struct journal_event ev = event_of(p, at++);

			lineage_apply(l, &ev);
			while (*p != '\0' && *p++ != ' ')
				;
		}
		lineage_end(l);
		out.len = 0;
		draw(l, &out);
		assert_string_equal(out.p, cases[i].want);
		lineage_free(l);
	}
	lineage_free(NULL);
	buf_free(&out);
	job_free(j);
}

static void
test_sums(void **state)
{
	static const char *const words[] = {"a+", "c+", "a!", "a+", "a.", "X"};
	struct step rows[3] = {{.status = STEP_COMPLETED},
	    {.status = STEP_PENDING}, {.status = STEP_CANCELLED}};
	struct lineage_sums sums[JOB_STEPS_MAX];
	struct job *j = make_job();
	struct lineage *l = lineage_new(j);

	(void)state;
	for (int64_t i = 0; i < 6; i++) {
		struct journal_event ev = event_of(words[i], i + 1);

		lineage_apply(l, &ev);
	}
	lineage_end(l);
	lineage_sum(l, rows, sums);
	assert_int_equal(sums[0].completed, 1);
	assert_int_equal(sums[0].failed, 1);
	assert_int_equal(sums[0].timed, 2);
	assert_int_equal(sums[0].duration_ms, 3);
	assert_int_equal(sums[0].pending, 0);
	assert_int_equal(sums[1].pending, 1);
	assert_int_equal(sums[2].cancelled, 1);
	assert_int_equal(sums[2].timed, 0);
	for (unsigned i = 1; i < 3; i++)
		lineage_add(&sums[0], &sums[i]);
	assert_int_equal(sums[0].pending, 1);
	assert_int_equal(sums[0].cancelled, 1);
	assert_int_equal(sums[0].completed, 1);
	lineage_free(l);
	job_free(j);
}

/* Ids differ by run, and stay near the step's. */
static void
test_id(void **state)
{
	struct uuid step, a, b;

	(void)state;
	assert_true(uuid_parse(SLICE("0192a3b4-c5d6-7e7f-8a9b-0000000000ff"),
	    &step));
	a = lineage_id(&step, 1);
	assert_true(uuid_eq(&a, &step));
	b = lineage_id(&step, 257);
	assert_false(uuid_eq(&a, &b));
	assert_memory_equal(&a, &b, 12);
	a = lineage_id(&step, 258);
	assert_false(uuid_eq(&a, &b));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_entries),
	    cmocka_unit_test(test_sums),
	    cmocka_unit_test(test_id),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
