/*
 * Rows: every field in the order core/execution.h gives it, and that damage
 * is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/execution.h"
#include "tests/core/dies.h"

static struct execution
sample(void)
{
	struct execution x = {
	    .number = 1,
	    .job_version = 2,
	    .project = 3,
	    .priority = 9,
	    .nsteps = 4,
	    .status = STATUS_CANCELLED,
	    .cause = CAUSE_REVIVED,
	    .failure = FAILURE_UNKNOWN,
	    .attempt = 5,
	    .percent = 100,
	    .step_index = 6,
	    .created_at = 7,
	    .updated_at = 8,
	    .started_at = 9,
	    .attempt_started_at = 10,
	    .completed_at = 11,
	    .cancel_at = 12,
	    .heartbeat_at = 13,
	    .due = {14, 15, 16, 17, 18},
	    .created = {19},
	    .input = {{19}, 1, "7"},
	    .tags = {{20}, 2, "{}"},
	    .step_name = {{21}, 0, ""},
	    .metadata = {{22}, BRIEF_LONG, ""},
	    .error = {24},
	    .last = {25},
	    .tail = {26},
	    .nevents = 27,
	    .category = CATEGORY_EXPORT,
	    .counts = {28},
	    .rollback = {29},
	    .lane = 30,
	    .ready_at = 31,
	    .unit = UNIT_STEP,
	    .lease_ms = 32,
	    .claim = {33},
	};

	x.id.b[0] = 0xa1;
	x.job.b[0] = 0xa2;
	x.parent.b[0] = 0xa3;
	x.key.b[0] = 0xa4;
	return x;
}

static struct step
sample_step(void)
{
	struct step s = {
	    .index = 1,
	    .status = STEP_CANCELLED,
	    .cause = CAUSE_REVIVED,
	    .attempt = 2,
	    .percent = 100,
	    .started_at = 3,
	    .completed_at = 4,
	    .updated_at = 5,
	    .checkpoint_bytes = 6,
	    .input = {7},
	    .artifacts = {8},
	    .checkpoint = {9},
	    .result = {10},
	    .metadata = {11},
	    .error = {12},
	    .checkpoint_member = MEMBER_ARTIFACTS,
	    .ready_at = 13,
	    .tries = 14,
	    .lease_ms = 15,
	    .due = 16,
	    .claim = {17},
	};

	s.id.b[0] = 0xa1;
	return s;
}

#define ZEROS_15 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0

/* clang-format off */
static const uint8_t row_bytes[] = {
    2,				/* version */
    0xa1, ZEROS_15,		/* id */
    1, 1,			/* number */
    0xa2, ZEROS_15,		/* job */
    1, 2, 1, 3,			/* job_version, project */
    1, 0xa3, ZEROS_15,		/* parent */
    1, 0xa4, ZEROS_15,		/* key */
    1, 30,			/* lane */
    9, 4,			/* priority, category */
    1, 4,			/* nsteps */
    9, 10, 6, 2, 100,		/* status, cause, failure, unit, percent */
    1, 7,			/* step_index + 1 */
    1, 5, 1, 27,		/* attempt, nevents */
    1, 7, 1, 8, 1, 9, 1, 10, 1, 11, 1, 12, 1, 13, 1, 31, 1, 32, /* times */
    1, 14, 1, 15, 1, 16, 1, 17, 1, 18,				/* due */
    1, 19, 1, 24, 1, 28, 1, 25, 1, 26, 1, 29, 1, 33,		/* seqs */
    1, 19, 1, '7',		/* input */
    0,				/* given: none */
    1, 20, 2, '{', '}',		/* tags */
    1, 21, 0,			/* step_name: no bytes */
    1, 22, BRIEF_LONG,		/* metadata: in the journal */
    0,				/* result: none */
};
#define LANE 73
#define PRIORITY 75
#define STATUS 79
#define PERCENT 83
#define STEP_INDEX 84
#define CREATED_AT 90
#define DUE 108
#define CREATED 118
#define TAGS 137

static const uint8_t step_bytes[] = {
    2,				/* version */
    0xa1, ZEROS_15,		/* id */
    1, 1,			/* index */
    7, 10, 100, 5,		/* status, cause, percent, checkpoint_member */
    1, 2, 1, 14,		/* attempt, tries */
    1, 3, 1, 4, 1, 5, 1, 13, 1, 15, 1, 16,			/* times */
    1, 6,			/* checkpoint_bytes */
    1, 7, 1, 8, 1, 9, 1, 10, 1, 11, 1, 12, 1, 17,		/* seqs */
};
#define STEP_STATUS 19
#define STEP_STARTED_AT 27
/* clang-format on */

static void
test_row_layout(void **state)
{
	struct execution x = sample();
	uint8_t out[EXECUTION_ROW];

	(void)state;
	assert_int_equal(execution_encode(&x, out), sizeof(row_bytes));
	assert_memory_equal(out, row_bytes, sizeof(row_bytes));
}

static void
test_step_layout(void **state)
{
	struct step s = sample_step();
	uint8_t out[STEP_ROW];

	(void)state;
	assert_int_equal(execution_encode_step(&s, out), sizeof(step_bytes));
	assert_memory_equal(out, step_bytes, sizeof(step_bytes));
}

static void
test_row_back(void **state)
{
	struct execution x = sample(), y;
	uint8_t a[EXECUTION_ROW], b[EXECUTION_ROW];
	size_t n = execution_encode(&x, a);

	(void)state;
	assert_true(execution_decode((struct slice){(char *)a, n}, &y));
	assert_int_equal(y.due[TIMER_GRACE], 18);
	assert_int_equal(y.last.seq, 25);
	assert_int_equal(y.status, STATUS_CANCELLED);
	assert_int_equal(execution_encode(&y, b), n);
	assert_memory_equal(a, b, n);
}

static void
test_step_back(void **state)
{
	struct step s = sample_step(), t;
	uint8_t a[STEP_ROW], b[STEP_ROW];
	size_t n = execution_encode_step(&s, a);

	(void)state;
	assert_true(execution_decode_step((struct slice){(char *)a, n}, &t));
	assert_int_equal(t.error.seq, 12);
	assert_int_equal(t.checkpoint_member, MEMBER_ARTIFACTS);
	assert_int_equal(execution_encode_step(&t, b), n);
	assert_memory_equal(a, b, n);
}

/* Bytes instead of others. */
struct damage {
	const char *what;
	unsigned at, cut;
	struct slice put;
	bool good;
};

#define PUT(bytes)                       \
	{                                \
		bytes, sizeof(bytes) - 1 \
	}

static const struct damage row_damages[] = {
    {"an older version", 0, 1, PUT("\1"), false},
    {"a newer version", 0, 1, PUT("\3"), false},
    {"another id", 1, 1, PUT("\xff"), true},
    {"no lane", LANE, 2, PUT("\0"), true},
    {"a large lane", LANE, 2, PUT("\10\377\377\377\377\377\377\377\377"), true},
    {"an int of 9 bytes", LANE, 2, PUT("\11\1\0\0\0\0\0\0\0\0"), false},
    {"an int longer than it must be", LANE, 2, PUT("\2\0\1"), false},
    {"a 0 that is written out", LANE, 2, PUT("\1\0"), false},
    {"neither a parent nor none", LANE - 34, 1, PUT("\2"), false},
    {"no key", LANE - 17, 17, PUT("\0"), true},
    {"a key of zeros", LANE - 16, 1, PUT("\0"), false},
    {"priority 10", PRIORITY, 1, PUT("\12"), false},
    {"category 5", PRIORITY + 1, 1, PUT("\5"), false},
    {"65,536 steps", PRIORITY + 2, 2, PUT("\3\1\0\0"), false},
    {"status 0", STATUS, 1, PUT("\0"), false},
    {"status 10", STATUS, 1, PUT("\12"), false},
    {"cause 16", STATUS + 1, 1, PUT("\20"), false},
    {"failure 7", STATUS + 2, 1, PUT("\7"), false},
    {"unit 3", STATUS + 3, 1, PUT("\3"), false},
    {"101 percent", PERCENT, 1, PUT("\145"), false},
    {"no percent", PERCENT, 1, PUT("\377"), true},
    {"no index", STEP_INDEX, 2, PUT("\0"), true},
    {"index 2^32", STEP_INDEX, 2, PUT("\5\1\0\0\0\0"), false},
    {"a negative created_at", CREATED_AT, 2, PUT("\10\200\0\0\0\0\0\0\0"),
	false},
    {"a negative due", DUE, 2, PUT("\10\200\0\0\0\0\0\0\0"), false},
    {"a large seq", CREATED, 2, PUT("\10\377\0\0\0\0\0\0\0"), true},
    {"no tags", TAGS, 5, PUT("\0"), true},
    {"tags in the journal", TAGS, 5, PUT("\1\24\377"), true},
    {"tags of 128 bytes", TAGS + 2, 1, PUT("\200"), false},
    {"a length that no brief member has", TAGS + 2, 3, PUT("\376"), false},
};

static const struct damage step_damages[] = {
    {"version 1", 0, 1, PUT("\1"), false},
    {"step 65,536", 17, 2, PUT("\3\1\0\0"), false},
    {"status 0", STEP_STATUS, 1, PUT("\0"), false},
    {"status 8", STEP_STATUS, 1, PUT("\10"), false},
    {"cause 16", STEP_STATUS + 1, 1, PUT("\20"), false},
    {"101 percent", STEP_STATUS + 2, 1, PUT("\145"), false},
    {"no checkpoint", STEP_STATUS + 3, 1, PUT("\0"), true},
    {"checkpoint", STEP_STATUS + 3, 1, PUT("\6"), true},
    {"another member", STEP_STATUS + 3, 1, PUT("\4"), false},
    {"a negative started_at", STEP_STARTED_AT, 2, PUT("\10\200\0\0\0\0\0\0\0"),
	false},
};

/* An exact copy of bytes with damage d, so that ASan watches the end. */
static struct slice
damaged(const uint8_t *bytes, size_t n, const struct damage *d)
{
	size_t rest = n - d->at - d->cut;
	char *p = malloc(d->at + d->put.n + rest);

	memcpy(p, bytes, d->at);
	memcpy(p + d->at, d->put.p, d->put.n);
	memcpy(p + d->at + d->put.n, bytes + d->at + d->cut, rest);
	return (struct slice){p, d->at + d->put.n + rest};
}

static void
test_row_damage(void **state)
{
	struct execution y;

	(void)state;
	for (size_t i = 0; i < sizeof(row_damages) / sizeof(*row_damages);
	     i++) {
		const struct damage *d = &row_damages[i];
		struct slice row = damaged(row_bytes, sizeof(row_bytes), d);

		if (execution_decode(row, &y) != d->good)
			fail_msg("%s", d->what);
		free((char *)(uintptr_t)row.p);
	}
}

static void
test_step_damage(void **state)
{
	struct step t;

	(void)state;
	for (size_t i = 0; i < sizeof(step_damages) / sizeof(*step_damages);
	     i++) {
		const struct damage *d = &step_damages[i];
		struct slice row = damaged(step_bytes, sizeof(step_bytes), d);

		if (execution_decode_step(row, &t) != d->good)
			fail_msg("%s", d->what);
		free((char *)(uintptr_t)row.p);
	}
}

/* Only all of it is a row. */
static void
test_length(void **state)
{
	struct execution y;
	struct step t;

	(void)state;
	for (size_t n = 0; n <= sizeof(row_bytes) + 1; n++) {
		char *copy = calloc(1, n > 0 ? n : 1);

		memcpy(copy, row_bytes,
		    n < sizeof(row_bytes) ? n : sizeof(row_bytes));
		assert_int_equal(execution_decode((struct slice){copy, n}, &y),
		    n == sizeof(row_bytes));
		free(copy);
	}
	for (size_t n = 0; n <= sizeof(step_bytes) + 1; n++) {
		char *copy = calloc(1, n > 0 ? n : 1);

		memcpy(copy, step_bytes,
		    n < sizeof(step_bytes) ? n : sizeof(step_bytes));
		assert_int_equal(execution_decode_step((struct slice){copy, n},
				     &t),
		    n == sizeof(step_bytes));
		free(copy);
	}
	assert_false(execution_decode(SLICE_NONE, &y));
	assert_false(execution_decode_step(SLICE_NONE, &t));
}

/* Every field as large as it can be: the buffers hold it. */
static void
test_largest(void **state)
{
	struct execution x, y;
	struct step s, t;
	uint8_t row[EXECUTION_ROW], again[EXECUTION_ROW];
	struct brief *brief[] = {&x.input, &x.given, &x.tags, &x.step_name,
	    &x.metadata, &x.result};
	size_t n;

	(void)state;
	memset(&x, 0x7f, sizeof(x));
	x.priority = 9;
	x.category = CATEGORY_EXPORT;
	x.status = STATUS_CANCELLED;
	x.cause = CAUSE_STEP_FAILED;
	x.failure = FAILURE_UNKNOWN;
	x.unit = UNIT_STEP;
	x.percent = 100;
	for (unsigned i = 0; i < 6; i++)
		brief[i]->n = BRIEF_MAX;
	n = execution_encode(&x, row);
	assert_in_range(n, EXECUTION_ROW - 64, EXECUTION_ROW);
	assert_true(execution_decode((struct slice){(char *)row, n}, &y));
	assert_int_equal(execution_encode(&y, again), n);
	assert_memory_equal(row, again, n);
	memset(&s, 0x7f, sizeof(s));
	s.status = STEP_CANCELLED;
	s.cause = CAUSE_STEP_FAILED;
	s.percent = 100;
	s.checkpoint_member = MEMBER_ARTIFACTS;
	n = execution_encode_step(&s, row);
	assert_in_range(n, STEP_ROW - 32, STEP_ROW);
	assert_true(execution_decode_step((struct slice){(char *)row, n}, &t));
}

static void
encode_row(void *x)
{
	uint8_t out[EXECUTION_ROW];

	execution_encode(x, out);
}

static void
encode_step(void *s)
{
	uint8_t out[STEP_ROW];

	execution_encode_step(s, out);
}

static void
test_bugs_abort(void **state)
{
	struct execution x = sample();
	struct step s = sample_step();

	(void)state;
	x.status = (enum status)0;
	assert_true(dies(encode_row, &x));
	x = sample();
	x.due[0] = -1;
	assert_true(dies(encode_row, &x));
	x = sample();
	x.percent = 101;
	assert_true(dies(encode_row, &x));
	s.checkpoint_member = MEMBER_INPUT;
	assert_true(dies(encode_step, &s));
	s = sample_step();
	s.status = (enum step_status)8;
	assert_true(dies(encode_step, &s));
}

static void
test_origin(void **state)
{
	struct execution x = sample(), y = {.percent = 7};
	uint8_t out[EXECUTION_ORIGIN + 1] = {0};
	uint8_t want[EXECUTION_ORIGIN] = {[7] = 1,
	    [8] = 0xa2,
	    [27] = 2,
	    [35] = 3,
	    [36] = 0xa3,
	    [52] = 9,
	    [53] = 0xa4,
	    [76] = 30,
	    [84] = 31,
	    [92] = 16};

	(void)state;
	execution_encode_origin(&x, out);
	assert_memory_equal(out, want, EXECUTION_ORIGIN);
	for (size_t n = 0; n <= sizeof(out); n++)
		assert_int_equal(
		    execution_decode_origin((struct slice){(char *)out, n}, &y),
		    n == EXECUTION_ORIGIN);
	assert_int_equal(y.number, 1);
	assert_int_equal(y.priority, 9);
	assert_int_equal(y.percent, 7);
	out[52] = 10;
	assert_false(execution_decode_origin((struct slice){(char *)out,
						 EXECUTION_ORIGIN},
	    &y));
}

static void
test_causes(void **state)
{
	(void)state;
	for (unsigned i = 0; i < CAUSE_COUNT; i++) {
		const char *name = execution_cause_name((enum cause)i);

		assert_non_null(name);
		for (unsigned k = 0; k < i; k++)
			assert_string_not_equal(name,
			    execution_cause_name((enum cause)k));
	}
	assert_string_equal(execution_cause_name(CAUSE_REVIVED), "revived");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_row_layout),
	    cmocka_unit_test(test_step_layout),
	    cmocka_unit_test(test_row_back),
	    cmocka_unit_test(test_step_back),
	    cmocka_unit_test(test_row_damage),
	    cmocka_unit_test(test_step_damage),
	    cmocka_unit_test(test_length),
	    cmocka_unit_test(test_largest),
	    cmocka_unit_test(test_bugs_abort),
	    cmocka_unit_test(test_origin),
	    cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
