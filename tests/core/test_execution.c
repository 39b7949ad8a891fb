/*
 * Rows: every field at the place core/execution.h gives it, and that damage
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

#define ROW 314
#define STEP 142
#define STEP_UNCLAIMED 114

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
	    .tags = {20},
	    .step_name = {21},
	    .metadata = {22},
	    .result = {23},
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

/* Each field of the sample ends at a byte of its own. */
static const struct {
	unsigned at;
	unsigned char value;
} row_bytes[] = {{0, 1}, {1, 0xa1}, {24, 1}, {25, 0xa2}, {44, 2}, {52, 3},
    {53, 0xa3}, {69, 9}, {71, 4}, {72, 9}, {73, 10}, {74, 6}, {78, 5},
    {79, 100}, {83, 6}, {91, 7}, {99, 8}, {107, 9}, {115, 10}, {123, 11},
    {131, 12}, {139, 13}, {147, 14}, {155, 15}, {163, 16}, {171, 17}, {179, 18},
    {187, 19}, {195, 20}, {203, 21}, {211, 22}, {219, 23}, {227, 24}, {235, 25},
    {243, 26}, {247, 27}, {248, 0xa4}, {264, 4}, {272, 28}, {280, 29},
    {288, 30}, {296, 31}, {297, 2}, {305, 32}, {313, 33}},
  step_bytes[] = {{0, 1}, {1, 0xa1}, {18, 1}, {19, 7}, {23, 2}, {24, 100},
      {25, 5}, {33, 3}, {41, 4}, {49, 5}, {57, 6}, {65, 7}, {73, 8}, {81, 9},
      {89, 10}, {97, 11}, {105, 12}, {113, 13}, {117, 14}, {125, 15}, {133, 16},
      {141, 17}};

static void
test_row_layout(void **state)
{
	struct execution x = sample();
	uint8_t out[EXECUTION_ROW], want[ROW] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(row_bytes) / sizeof(row_bytes[0]); i++)
		want[row_bytes[i].at] = row_bytes[i].value;
	assert_int_equal(execution_encode(&x, out), ROW);
	assert_memory_equal(out, want, ROW);
}

static void
test_step_layout(void **state)
{
	struct step s = sample_step();
	uint8_t out[STEP_ROW], want[STEP] = {0};

	(void)state;
	for (size_t i = 0; i < sizeof(step_bytes) / sizeof(step_bytes[0]); i++)
		want[step_bytes[i].at] = step_bytes[i].value;
	assert_int_equal(execution_encode_step(&s, out), STEP);
	assert_memory_equal(out, want, STEP);
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

struct damage {
	const char *what;
	unsigned at;
	unsigned char value;
	bool good;
};

static const struct damage row_damages[] = {
    {"version 0", 0, 0, false},
    {"a newer version", 0, 2, false},
    {"another id", 1, 0xff, true},
    {"priority 10", 69, 10, false},
    {"status 0", 72, 0, false},
    {"status 10", 72, 10, false},
    {"cause 16", 73, 16, false},
    {"failure 7", 74, 7, false},
    {"101 percent", 79, 101, false},
    {"no percent", 79, 255, true},
    {"a negative created_at", 84, 0x80, false},
    {"a negative heartbeat_at", 132, 0x80, false},
    {"a negative due", 140, 0xff, false},
    {"a negative last due", 172, 0x80, false},
    {"a large seq", 180, 0xff, true},
    {"a negative ready_at", 289, 0x80, false},
    {"unit 3", 297, 3, false},
    {"a negative lease", 298, 0x80, false},
};

static const struct damage step_damages[] = {
    {"version 2", 0, 2, false},
    {"status 0", 19, 0, false},
    {"status 8", 19, 8, false},
    {"101 percent", 24, 101, false},
    {"no checkpoint", 25, 0, true},
    {"checkpoint", 25, 6, true},
    {"another member", 25, 4, false},
    {"a negative started_at", 26, 0x80, false},
    {"a negative updated_at", 42, 0x80, false},
};

static void
test_row_damage(void **state)
{
	struct execution x = sample(), y;
	uint8_t row[EXECUTION_ROW];

	(void)state;
	for (size_t i = 0; i < sizeof(row_damages) / sizeof(*row_damages);
	     i++) {
		const struct damage *d = &row_damages[i];
		size_t n = execution_encode(&x, row);

		row[d->at] = d->value;
		if (execution_decode((struct slice){(char *)row, n}, &y) !=
		    d->good)
			fail_msg("%s", d->what);
	}
}

static void
test_step_damage(void **state)
{
	struct step s = sample_step(), t;
	uint8_t row[STEP_ROW];

	(void)state;
	for (size_t i = 0; i < sizeof(step_damages) / sizeof(*step_damages);
	     i++) {
		const struct damage *d = &step_damages[i];
		size_t n = execution_encode_step(&s, row);

		row[d->at] = d->value;
		if (execution_decode_step((struct slice){(char *)row, n}, &t) !=
		    d->good)
			fail_msg("%s", d->what);
	}
}

/* Exact copies let ASan watch the end. */
static void
test_length(void **state)
{
	struct execution x = sample(), y;
	struct step s = sample_step(), t;
	uint8_t row[EXECUTION_ROW] = {0}, step[EXECUTION_ROW] = {0};

	(void)state;
	execution_encode(&x, row);
	execution_encode_step(&s, step);
	for (size_t n = 0; n <= ROW + 1; n++) {
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, row, n);
		assert_int_equal(execution_decode((struct slice){copy, n}, &y),
		    n == ROW);
		memcpy(copy, step, n);
		assert_int_equal(execution_decode_step((struct slice){copy, n},
				     &t),
		    n == STEP || n == STEP_UNCLAIMED);
		free(copy);
	}
	assert_false(execution_decode(SLICE_NONE, &y));
	assert_false(execution_decode_step(SLICE_NONE, &t));
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
	    cmocka_unit_test(test_bugs_abort),
	    cmocka_unit_test(test_origin),
	    cmocka_unit_test(test_causes),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
