/*
 * Events: the bytes core/event.h promises, and that damage is refused.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/event.h"
#include "core/report.h"
#include "tests/core/dies.h"

#define HEAD 62

/* An event with every field set, and two members. */
static struct journal_event
sample(void)
{
	struct journal_event ev = event_make(EVENT_LOG);

	ev.seq = 77;
	ev.at = 0x0102030405060708;
	ev.due = 0x1112131415161718;
	for (unsigned i = 0; i < 16; i++)
		ev.execution.b[i] = (uint8_t)(0xa0 + i);
	ev.attempt = 0x21222324;
	ev.status = 2;
	ev.previous = 1;
	ev.cause = 10;
	ev.level = LEVEL_WARN;
	ev.percent = 45;
	ev.step = 0x3132;
	ev.step_index = 0x41424344;
	ev.prev = 0x5152535455565758;
	ev.nth = 0x61626364;
	event_add_member(&ev, MEMBER_MESSAGE, SLICE("hi"));
	event_add_member(&ev, MEMBER_LOG_DATA, SLICE("{}"));
	return ev;
}

static const unsigned char sample_bytes[] = {1, 4, 2, 1, 10, 3, 45, 2, 0x31,
    0x32, 0x21, 0x22, 0x23, 0x24, 0x41, 0x42, 0x43, 0x44, 1, 2, 3, 4, 5, 6, 7,
    8, 0x11, 0x12, 0x13, 0x14, 0x15, 0x16, 0x17, 0x18, 0xa0, 0xa1, 0xa2, 0xa3,
    0xa4, 0xa5, 0xa6, 0xa7, 0xa8, 0xa9, 0xaa, 0xab, 0xac, 0xad, 0xae, 0xaf,
    0x51, 0x52, 0x53, 0x54, 0x55, 0x56, 0x57, 0x58, 0x61, 0x62, 0x63, 0x64, 8,
    0, 0, 0, 2, 'h', 'i', 7, 0, 0, 0, 2, '{', '}'};

static void
assert_same(const struct journal_event *a, const struct journal_event *b)
{
	assert_int_equal(a->seq, b->seq);
	assert_int_equal(a->at, b->at);
	assert_int_equal(a->due, b->due);
	assert_true(uuid_eq(&a->execution, &b->execution));
	assert_int_equal(a->prev, b->prev);
	assert_int_equal(a->nth, b->nth);
	assert_int_equal(a->type, b->type);
	assert_int_equal(a->attempt, b->attempt);
	assert_int_equal(a->status, b->status);
	assert_int_equal(a->previous, b->previous);
	assert_int_equal(a->cause, b->cause);
	assert_int_equal(a->level, b->level);
	assert_int_equal(a->percent, b->percent);
	assert_int_equal(a->step, b->step);
	assert_int_equal(a->step_index, b->step_index);
	assert_int_equal(a->nmembers, b->nmembers);
	for (unsigned i = 0; i < a->nmembers; i++) {
		assert_int_equal(a->member[i].id, b->member[i].id);
		assert_true(slice_eq(a->member[i].bytes, b->member[i].bytes));
	}
}

static void
test_layout(void **state)
{
	struct journal_event ev = sample(), back;
	struct buf b = {0};

	(void)state;
	buf_add_str(&b, "kept");
	event_encode(&ev, &b);
	buf_drop(&b, 4);
	assert_int_equal(b.len, sizeof(sample_bytes));
	assert_memory_equal(b.p, sample_bytes, sizeof(sample_bytes));
	assert_true(event_decode(buf_slice(&b), 77, &back));
	assert_same(&ev, &back);
	buf_free(&b);
}

static void
test_minimal(void **state)
{
	struct journal_event ev = event_make(EVENT_STATUS), back;
	struct buf b = {0};

	(void)state;
	assert_int_equal(ev.percent, EVENT_NO_PERCENT);
	assert_int_equal(ev.step, EVENT_NO_STEP);
	assert_int_equal(ev.step_index, EVENT_NO_INDEX);
	event_encode(&ev, &b);
	assert_int_equal(b.len, HEAD);
	assert_true(event_decode(buf_slice(&b), 0, &back));
	assert_same(&ev, &back);
	buf_free(&b);
}

static void
test_members(void **state)
{
	struct journal_event ev = event_make(EVENT_LOG), back;
	struct buf b = {0};

	(void)state;
	event_add_member(&ev, MEMBER_RESULT, SLICE_NONE);
	assert_int_equal(ev.nmembers, 0);
	event_add_member(&ev, MEMBER_MESSAGE, SLICE(""));
	event_add_member(&ev, MEMBER_ROW, SLICE("\0\xff\0"));
	assert_int_equal(ev.nmembers, 2);
	event_encode(&ev, &b);
	assert_true(event_decode(buf_slice(&b), 1, &back));
	assert_non_null(event_get(&back, MEMBER_MESSAGE).p);
	assert_int_equal(event_get(&back, MEMBER_MESSAGE).n, 0);
	assert_true(slice_eq(event_get(&back, MEMBER_ROW), SLICE("\0\xff\0")));
	assert_null(event_get(&back, MEMBER_RESULT).p);
	buf_free(&b);
}

static void
test_full(void **state)
{
	struct journal_event ev = event_make(EVENT_CREATED), back;
	struct buf b = {0};

	(void)state;
	for (unsigned i = 0; i < EVENT_MEMBERS_MAX; i++)
		event_add_member(&ev, (enum member)(17 - i), SLICE("x"));
	event_encode(&ev, &b);
	assert_true(event_decode(buf_slice(&b), 1, &back));
	assert_int_equal(back.nmembers, EVENT_MEMBERS_MAX);
	buf_free(&b);
}

static void
add_ninth(void *ev)
{
	event_add_member(ev, MEMBER_INPUT, SLICE("x"));
}

static void
encode_it(void *ev)
{
	struct buf b = {0};

	event_encode(ev, &b);
}

static void
test_bugs_abort(void **state)
{
	struct journal_event ev = event_make(EVENT_CREATED);

	(void)state;
	for (unsigned i = 0; i < EVENT_MEMBERS_MAX; i++)
		event_add_member(&ev, (enum member)(17 - i), SLICE("x"));
	assert_true(dies(add_ninth, &ev));
	ev.nmembers = 1;
	ev.member[0].id = MEMBER_INPUT;
	assert_true(dies(add_ninth, &ev)); /* it is there already */
	ev.at = -1;
	assert_true(dies(encode_it, &ev));
	ev.at = 0;
	ev.due = -1;
	assert_true(dies(encode_it, &ev));
}

/* One byte of the sample set to a value. */
static const struct {
	const char *what;
	unsigned at;
	unsigned char value;
	bool good;
} damages[] = {
    {"version 0", 0, 0, false},
    {"a newer version", 0, 2, false},
    {"type 0", 1, 0, false},
    {"the last type", 1, 9, true},
    {"an unknown type", 1, EVENT_TYPE_COUNT, false},
    {"the last status", 2, 9, true},
    {"an unknown status", 2, 10, false},
    {"an unknown previous", 3, 10, false},
    {"an unknown cause", 4, 16, false},
    {"an unknown level", 5, 5, false},
    {"101 percent", 6, 101, false},
    {"254 percent", 6, 254, false},
    {"no percent", 6, 255, true},
    {"fewer members", 7, 1, false},
    {"more members", 7, 3, false},
    {"too many members", 7, 9, false},
    {"a negative time", 18, 0x80, false},
    {"a negative due", 26, 0x80, false},
    {"member 0", 62, 0, false},
    {"an unknown member", 62, 35, false},
    {"a member twice", 62, 7, false},
    {"a member longer than all", 63, 0xff, false},
    {"a member longer", 66, 3, false},
    {"a member shorter", 66, 1, false},
    {"the last member longer", 73, 3, false},
    {"the last member shorter", 73, 1, false},
};

static void
test_damage(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(damages) / sizeof(damages[0]); i++) {
		unsigned char bytes[sizeof(sample_bytes)];
		struct journal_event out = {.seq = 5};
		bool good;

		memcpy(bytes, sample_bytes, sizeof(bytes));
		bytes[damages[i].at] = damages[i].value;
		good = event_decode((struct slice){(const char *)bytes,
					sizeof(bytes)},
		    1, &out);
		if (good != damages[i].good)
			fail_msg("%s", damages[i].what);
		assert_int_equal(out.seq, good ? 1 : 5);
	}
}

static void
test_step_status(void **state)
{
	unsigned char bytes[sizeof(sample_bytes)];
	struct slice s = {(const char *)bytes, sizeof(bytes)};
	struct journal_event out;

	(void)state;
	memcpy(bytes, sample_bytes, sizeof(bytes));
	bytes[1] = EVENT_STEP;
	bytes[2] = 7;
	assert_true(event_decode(s, 1, &out));
	bytes[2] = 8;
	assert_false(event_decode(s, 1, &out));
	bytes[2] = 7;
	bytes[3] = 8;
	assert_false(event_decode(s, 1, &out));
}

/* Every shorter form is refused; exact copies let ASan watch the end. */
static void
test_truncated(void **state)
{
	struct journal_event out;

	(void)state;
	for (size_t n = 0; n < sizeof(sample_bytes); n++) {
		char *copy = malloc(n > 0 ? n : 1);

		memcpy(copy, sample_bytes, n);
		assert_false(event_decode((struct slice){copy, n}, 1, &out));
		free(copy);
	}
	assert_false(event_decode(SLICE_NONE, 1, &out));
}

static void
test_trailing(void **state)
{
	unsigned char bytes[sizeof(sample_bytes) + 1] = {0};
	struct journal_event out;

	(void)state;
	memcpy(bytes, sample_bytes, sizeof(sample_bytes));
	assert_false(event_decode((struct slice){(const char *)bytes,
				      sizeof(bytes)},
	    1, &out));
}

static void
test_names(void **state)
{
	static const char *const types[] = {NULL, "created", "status",
	    "progress", "log", "step", "ignored", "storage", "tags", "job",
	    "article", "rollback", "ready", "pause", NULL};
	static const char *const levels[] = {NULL, "debug", "info", "warn",
	    "error", NULL};
	enum level parsed;

	(void)state;
	for (unsigned i = 1; i < EVENT_TYPE_COUNT; i++)
		assert_string_equal(event_type_name((enum event_type)i),
		    types[i]);
	assert_null(event_type_name((enum event_type)0));
	assert_null(event_type_name(EVENT_TYPE_COUNT));
	for (unsigned i = LEVEL_DEBUG; i <= LEVEL_ERROR; i++) {
		assert_string_equal(event_level_name((enum level)i), levels[i]);
		assert_true(event_level_parse(slice_str(levels[i]), &parsed));
		assert_int_equal(parsed, i);
	}
	assert_null(event_level_name(LEVEL_NONE));
	assert_null(event_level_name((enum level)5));
	assert_false(event_level_parse(SLICE("warning"), &parsed));
	assert_false(event_level_parse(SLICE_NONE, &parsed));
}

static void
test_report(void **state)
{
	struct report r = report_make(REPORT_FAIL);

	(void)state;
	assert_int_equal(r.kind, REPORT_FAIL);
	assert_int_equal(r.percent, EVENT_NO_PERCENT);
	assert_int_equal(r.step_index, EVENT_NO_INDEX);
	assert_int_equal(r.level, LEVEL_NONE);
	assert_int_equal(r.retryable, -1);
	assert_int_equal(r.retry_after_ms, -1);
	assert_string_equal(r.field, "");
	assert_null(r.message.p);
	assert_null(r.checkpoint.p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_layout),
	    cmocka_unit_test(test_minimal),
	    cmocka_unit_test(test_members),
	    cmocka_unit_test(test_full),
	    cmocka_unit_test(test_bugs_abort),
	    cmocka_unit_test(test_damage),
	    cmocka_unit_test(test_step_status),
	    cmocka_unit_test(test_truncated),
	    cmocka_unit_test(test_trailing),
	    cmocka_unit_test(test_names),
	    cmocka_unit_test(test_report),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
