/*
 * What needs no server of streams: the pause before a reconnection, the
 * picture of an execution that events draw, and which event is an end.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "cli/follow.h"
#include "cli/progress.h"
#include "cli/stream.h"

static void
test_backoff(void **state)
{
	static const int64_t want[] = {100, 200, 400, 800, 1600, 2000, 2000};

	(void)state;
	for (unsigned n = 0; n < 7; n++) {
		assert_int_equal(stream_backoff(n, 0), want[n] / 2);
		for (uint32_t noise = 1; noise < 5000; noise += 7) {
			assert_true(stream_backoff(n, noise) <= want[n]);
			assert_true(stream_backoff(n, noise) >= want[n] / 2);
		}
	}
	assert_in_range(stream_backoff(UINT32_MAX, UINT32_MAX), 1000, 2000);
}

/* Let p see an event; returns whether it changed. */
static bool
see(struct progress *p, const char *type, const char *json, int64_t now)
{
	struct json_error err;
	struct json *doc = json_parse(slice_str(json), &err);
	bool changed;

	assert_non_null(doc);
	changed = progress_event(p, slice_str(type), json_root(doc), now);
	json_free(doc);
	return changed;
}

static void
assert_line(const struct progress *p, int64_t now, const char *want)
{
	struct buf out = {0};

	progress_line(p, now, &out);
	buf_add_byte(&out, '\0');
	assert_string_equal(out.p, want);
	buf_free(&out);
}

static void
test_progress(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p);
	assert_line(&p, 5, "[--------------------]       connecting");
	see(&p, "snapshot",
	    "{\"at\":\"2026-11-22T10:01:00.000Z\",\"execution\":{"
	    "\"status\":\"running\",\"attempt\":1,\"progress_percent\":40,"
	    "\"current_step_name\":\"b\",\"current_step_index\":1,"
	    "\"started_at\":\"2026-11-22T10:00:00Z\","
	    "\"steps\":[{},{},{}]}}",
	    1000);
	assert_line(&p, 3000,
	    "[########------------]  40%  running  step 2/3 b  1m02s");
	assert_true(see(&p, "step",
	    "{\"at\":\"2026-11-22T10:02:00Z\",\"step\":\"c\","
	    "\"step_index\":2,\"status\":\"running\"}",
	    4000));
	assert_line(&p, 4000,
	    "[########------------]  40%  running  step 3/3 c  2m00s");
	/* a step's own progress is not the execution's */
	see(&p, "progress", "{\"step_id\":\"s\",\"progress_percent\":99}",
	    4000);
	see(&p, "progress", "{\"progress_percent\":100}", 4000);
	assert_true(see(&p, "status",
	    "{\"status\":\"running\",\"canonical_status\":\"retrying\","
	    "\"attempt\":1}",
	    4000));
	assert_line(&p, 4000,
	    "[####################] 100%  retrying  step 3/3 c  2m00s");
	assert_true(see(&p, "status", "{\"status\":\"running\",\"attempt\":2}",
	    4000));
	assert_false(see(&p, "status", "{\"status\":\"running\",\"attempt\":2}",
	    4000));
	assert_line(&p, 4000,
	    "[--------------------]       running  step 3/3 c  attempt 2  "
	    "2m00s");
	progress_free(&p);
}

/* Numbers and types that make no sense change nothing. */
static void
test_progress_nonsense(void **state)
{
	struct progress p;

	(void)state;
	progress_init(&p);
	see(&p, "progress",
	    "{\"progress_percent\":101,\"current_step_index\":-1}", 0);
	see(&p, "status", "{\"status\":null,\"attempt\":\"x\",\"at\":5}", 0);
	see(&p, "snapshot", "{\"execution\":null}", 0);
	see(&p, "snapshot", "[]", 0);
	see(&p, "progress", "{\"progress_percent\":{\"a\":1}}", 0);
	assert_line(&p, 5, "[--------------------]       connecting");
	progress_free(&p);
}

static bool
ends(const char *type, const char *json)
{
	struct sse_event ev = {.type = slice_str(type)};
	struct json_error err;
	struct json *doc = json_parse(slice_str(json), &err);
	bool is_end = follow_is_end(&ev, json_root(doc));

	json_free(doc);
	return is_end;
}

static void
test_is_end(void **state)
{
	(void)state;
	assert_true(ends("end", "{\"status\":\"completed\"}"));
	assert_true(ends("end",
	    "{\"status\":\"failed\","
	    "\"canonical_status\":\"timed_out\"}"));
	assert_false(ends("status", "{\"status\":\"completed\"}"));
	assert_false(ends("end", "{\"status\":\"running\"}"));
	assert_false(ends("end", "{}"));
	assert_false(ends("end", "null"));
	assert_false(ends("end",
	    "{\"status\":\"cancelled\","
	    "\"canonical_status\":\"cancelling\"}"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_backoff),
	    cmocka_unit_test(test_progress),
	    cmocka_unit_test(test_progress_nonsense),
	    cmocka_unit_test(test_is_end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
