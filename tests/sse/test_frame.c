/*
 * Frames, to the letter.
 */
#include "sse/frame.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/mem.h"
#include "core/object.h"
#include "sse/cursor.h"

#define EPOCH "0123456789abcdef"
#define X "01890000-0000-7000-8000-000000000001"
#define JOB "01890000-0000-7000-8000-000000000002"
#define STEP1 "01890000-0000-7000-8000-00000000000b"
#define KEY "executions/" X "/r/a%2Fb/artifacts.json"

static const char definition[] =
    "{\"name\":\"a \\\"job\\\"\",\"steps\":[{\"name\":\"fetch\"},"
    "{\"name\":\"render\",\"step_index\":7}]}";

struct ground {
	struct frame_maker maker;
	struct job *job;
	struct json *doc;
	struct facts facts;
	char ids[32];
	struct buf out;
	struct frame_cuts cuts;
};

static struct uuid
id_of(const char *text)
{
	struct uuid id;

	assert_true(uuid_parse(slice_str(text), &id));
	return id;
}

static int
set_up(void **state)
{
	struct ground *g = mem_zalloc(sizeof(*g));
	struct json_error bad;
	struct job_error err;
	struct uuid step = id_of(STEP1);

	frame_init(&g->maker, EPOCH);
	g->doc = json_parse(slice_str(definition), &bad);
	assert_non_null(g->doc);
	g->job = job_new(json_root(g->doc), &err);
	assert_non_null(g->job);
	memcpy(g->ids + 16, step.b, 16);
	g->facts = (struct facts){.id = id_of(X),
	    .x = {.job = id_of(JOB), .number = 42, .nsteps = 2},
	    .job = g->job,
	    .step_ids = {g->ids, sizeof(g->ids)}};
	*state = g;
	return 0;
}

static int
tear_down(void **state)
{
	struct ground *g = *state;

	frame_free(&g->maker);
	job_free(g->job);
	json_free(g->doc);
	buf_free(&g->out);
	free(g);
	return 0;
}

static struct journal_event
event_of(enum event_type type)
{
	struct journal_event ev = event_make(type);

	ev.seq = 9;
	ev.at = 1700000000123;
	ev.execution = id_of(X);
	ev.attempt = 2;
	return ev;
}

static const char *
encode(struct ground *g, const struct journal_event *ev)
{
	g->out.len = 0;
	frame_encode(&g->maker, ev, &g->facts, &g->out, &g->cuts);
	buf_add_byte(&g->out, '\0');
	g->out.len--;
	return g->out.p;
}

#define HEAD(name)                                                  \
	"event: " name "\nid: " EPOCH "-9\ndata: {\"type\":\"" name \
	"\",\"execution_id\":\"" X "\",\"seq\":9,"                  \
	"\"at\":\"2023-11-14T22:13:20.123Z\""

static void
test_created_is_a_status(void **state)
{
	struct journal_event ev = event_of(EVENT_CREATED);

	ev.status = STATUS_QUEUED;
	assert_string_equal(encode(*state, &ev),
	    HEAD("status") ",\"status\":\"queued\",\"previous\":null,"
			   "\"attempt\":1,\"job_id\":\"" JOB "\","
			   "\"job_name\":\"a \\\"job\\\"\",\"number\":42,"
			   "\"retry_at\":null,\"error_message\":null,"
			   "\"error_type\":null}\n\n");
}

#define RETRYING                                                               \
	"\"attempt\":2,\"job_id\":\"" JOB "\",\"job_name\":\"a \\\"job\\\"\"," \
	"\"number\":42,\"retry_at\":\"2023-11-14T22:14:00Z\","                 \
	"\"error_message\":\"line 1\\nline 2\",\"error_type\":null}\n\n"

static struct journal_event
retrying(void)
{
	struct journal_event ev = event_of(EVENT_STATUS);

	ev.status = STATUS_RETRYING;
	ev.previous = STATUS_TIMED_OUT;
	ev.due = 1700000040999;
	event_add_member(&ev, MEMBER_ERROR_MESSAGE, SLICE("line 1\nline 2"));
	return ev;
}

static void
test_status(void **state)
{
	struct journal_event ev = retrying();

	assert_string_equal(encode(*state, &ev),
	    HEAD("status") ",\"status\":\"retrying\","
			   "\"previous\":\"timed_out\"," RETRYING);
}

static void
wrapped(struct ground *g, unsigned form, const char *want)
{
	struct buf out = {0};

	frame_wrap(buf_slice(&g->out), &g->cuts, form, &out);
	buf_add_byte(&out, '\0');
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
test_forms(void **state)
{
	struct ground *g = *state;
	struct journal_event ev = retrying();
	const char *plain = encode(g, &ev);
	struct buf chunk = {0};

	wrapped(g, FRAME_PLAIN, plain);
	wrapped(g, FRAME_PLAIN | FRAME_UNNAMED, strchr(plain, '\n') + 1);
	wrapped(g, FRAME_PLAIN | FRAME_FACTFLOW,
	    HEAD("status") ",\"status\":\"running\","
			   "\"canonical_status\":\"retrying\","
			   "\"previous\":\"failed\"," RETRYING);
	buf_addf(&chunk, "%zx\r\n%s\r\n", strlen(plain), plain);
	buf_add_byte(&chunk, '\0');
	wrapped(g, 0, chunk.p);
	buf_free(&chunk);
}

static void
test_factflow_words_of_a_new_one(void **state)
{
	struct ground *g = *state;
	struct journal_event ev = event_of(EVENT_CREATED);
	struct buf out = {0};

	encode(g, &ev);
	frame_wrap(buf_slice(&g->out), &g->cuts, FRAME_FACTFLOW | FRAME_UNNAMED,
	    &out);
	buf_add_byte(&out, '\0');
	assert_non_null(strstr(out.p,
	    "\r\nid: " EPOCH "-9\ndata: {\"type\":\"status\""));
	assert_non_null(strstr(out.p,
	    ",\"status\":\"running\",\"canonical_status\":\"queued\","
	    "\"previous\":null,\"attempt\":1,"));
	buf_free(&out);
}

static void
test_step(void **state)
{
	struct journal_event ev = event_of(EVENT_STEP);

	ev.step = 1;
	ev.status = STEP_RUNNING;
	assert_string_equal(encode(*state, &ev),
	    HEAD("step") ",\"step_id\":\"" STEP1 "\",\"step\":\"render\","
			 "\"step_index\":7,\"status\":\"running\","
			 "\"attempt\":2}\n\n");
}

static void
test_progress(void **state)
{
	struct journal_event ev = event_of(EVENT_PROGRESS);

	assert_string_equal(encode(*state, &ev),
	    HEAD("progress") ",\"progress_percent\":null,"
			     "\"current_step_name\":null,"
			     "\"current_step_index\":null,"
			     "\"metadata\":null}\n\n");
	ev.percent = 30;
	ev.step = 1;
	ev.step_index = 3;
	event_add_member(&ev, MEMBER_STEP_NAME, SLICE("r\xc3\xa9sum\xc3\xa9"));
	event_add_member(&ev, MEMBER_METADATA, SLICE("{\"n\":1.50}"));
	assert_string_equal(encode(*state, &ev),
	    HEAD("progress") ",\"progress_percent\":30,"
			     "\"current_step_name\":\"r\xc3\xa9sum\xc3\xa9\","
			     "\"current_step_index\":3,"
			     "\"metadata\":{\"n\":1.50},"
			     "\"step_id\":\"" STEP1
			     "\",\"step\":\"render\"}\n\n");
}

static void
test_log_stays_on_one_line(void **state)
{
	struct journal_event ev = event_of(EVENT_LOG);

	ev.level = LEVEL_WARN;
	event_add_member(&ev, MEMBER_MESSAGE, SLICE("a\r\nb"));
	event_add_member(&ev, MEMBER_LOG_DATA,
	    SLICE("{\r\n \"k\":\n[1,\n2.0]}"));
	assert_string_equal(encode(*state, &ev),
	    HEAD("log") ",\"level\":\"warn\",\"message\":\"a\\r\\nb\","
			"\"log_data\":{   \"k\": [1, 2.0]},"
			"\"step\":null}\n\n");
}

static void
test_storage(void **state)
{
	struct journal_event ev = event_of(EVENT_STORAGE);

	struct ground *g = *state;
	struct object o = {.size = 12, .at.seq = 8, .member = MEMBER_ARTIFACTS};
	struct buf place = {0};

	object_place(&o, &place);
	ev.step = 0;
	event_add_member(&ev, MEMBER_KEY, SLICE(KEY));
	event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("application/json"));
	event_add_member(&ev, MEMBER_OBJECT, buf_slice(&place));
	assert_string_equal(encode(g, &ev),
	    HEAD(
		"storage.object.created") ",\"key\":\"" KEY
					  "\",\"path\":\"r/a%2Fb/artifacts.json\",\"route\":\"r\","
					  "\"stage\":\"a%2Fb\",\"name\":\"artifacts.json\",\"size\":12,"
					  "\"content_type\":\"application/json\","
					  "\"step\":\"fetch\"}\n\n");
	assert_int_equal(g->cuts.key_n, sizeof(KEY) - 1);
	assert_memory_equal(g->out.p + g->cuts.key_at, KEY, sizeof(KEY) - 1);
	buf_free(&place);
}

static void
test_others_have_no_name(void **state)
{
	(void)state;
	assert_null(frame_name(EVENT_IGNORED));
	assert_null(frame_name(EVENT_TAGS));
	assert_null(frame_name(EVENT_JOB));
	assert_null(frame_name((enum event_type)0));
	assert_null(frame_name((enum event_type)200));
}

static void
test_chunk_sizes(void **state)
{
	static const size_t sizes[] = {1, 9, 10, 15, 16, 255, 256, 65535,
	    65536};
	char *bytes = mem_zalloc(65536), want[32];

	(void)state;
	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		struct buf out = {0};
		int n = snprintf(want, sizeof(want), "%zx\r\n", sizes[i]);

		frame_chunk((struct slice){bytes, sizes[i]}, 0, &out);
		assert_memory_equal(out.p, want, n);
		assert_int_equal(out.len, (size_t)n + sizes[i] + 2);
		assert_memory_equal(out.p + out.len - 2, "\r\n", 2);
		buf_free(&out);
	}
	free(bytes);
}

static void
test_cursors(void **state)
{
	static const char *const bad[] = {"", "-", "-1", "+1", "1-", "1-2", "x",
	    " 1", "1 ", EPOCH, EPOCH "-", EPOCH "--1", EPOCH "-1x",
	    "1123456789abcdef-1", "0123456789ABCDEF-1", EPOCH "-1-1",
	    "9223372036854775808", EPOCH "-18446744073709551616"};
	static const struct {
		const char *text;
		uint64_t seq;
	} good[] = {{"0", 0}, {"17", 17}, {"9223372036854775807", INT64_MAX},
	    {EPOCH "-0", 0}, {EPOCH "-12345", 12345},
	    {"0000000000000000017", 17}};
	uint64_t seq;

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++)
		assert_false(cursor_parse(slice_str(bad[i]), EPOCH, &seq));
	for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
		assert_true(cursor_parse(slice_str(good[i].text), EPOCH, &seq));
		assert_int_equal(seq, good[i].seq);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_created_is_a_status),
	    cmocka_unit_test(test_status),
	    cmocka_unit_test(test_forms),
	    cmocka_unit_test(test_factflow_words_of_a_new_one),
	    cmocka_unit_test(test_step),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_log_stays_on_one_line),
	    cmocka_unit_test(test_storage),
	    cmocka_unit_test(test_others_have_no_name),
	    cmocka_unit_test(test_chunk_sizes),
	    cmocka_unit_test(test_cursors),
	};

	return cmocka_run_group_tests(tests, set_up, tear_down);
}
