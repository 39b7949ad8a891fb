/*
 * Objects: which events write one, how it is named, and where it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "core/lifecycle_objects.h"
#include "tests/core/lifecycle.h"

#define ROUTES \
	"{'name':'n','steps':[{'name':'a/b%\\\"c','route':'r\\\\\\u00e5'}]}"

/* The event behind at, which must be the object that at wrote. */
static struct object
object_behind(const struct world *w, unsigned at)
{
	const struct journal_event *ev = &w->journal[at + 1];
	struct object o;

	assert_int_equal(ev->type, EVENT_STORAGE);
	assert_true(object_read(ev, &o));
	assert_text(o.content_type, "application/json");
	assert_int_equal(o.at.seq, w->journal[at].seq);
	assert_int_equal(o.size, world_member(w, o.at, o.member).n);
	assert_int_equal(ev->step, w->journal[at].step);
	return o;
}

/* Each write of a life is one object, under its name. */
static void
test_writes(void **state)
{
	struct world *w = world_new(ROUTES, "{}");
	struct report r = say_step(REPORT_STEP_PROGRESS, "a/b%\"c");
	struct object_parts parts;
	struct object o;

	(void)state;
	r.checkpoint = SLICE("[1, 2]");
	accept(w, r);
	o = object_behind(w, w->n - 2);
	assert_int_equal(o.member, MEMBER_CHECKPOINT);
	assert_true(object_split(o.key, &parts));
	assert_text(parts.path, "r%5C\xc3\xa5/a%2Fb%25%22c/checkpoint.json");
	assert_text(parts.route, "r%5C\xc3\xa5");
	assert_text(parts.stage, "a%2Fb%25%22c");
	assert_text(parts.name, "checkpoint.json");
	r = hands_on("a/b%\"c", "{\"k\":1.50}");
	accept(w, r);
	o = object_behind(w, w->n - 2);
	assert_int_equal(o.member, MEMBER_ARTIFACTS);
	assert_true(object_split(o.key, &parts));
	assert_text(parts.name, "artifacts.json");
	r = say(REPORT_COMPLETE);
	r.result = SLICE("7");
	accept(w, r);
	assert_events(w, "completed, storage");
	o = object_behind(w, w->n - 2);
	assert_int_equal(o.member, MEMBER_RESULT);
	assert_true(object_split(o.key, &parts));
	assert_text(parts.path, "_execution/result/result.json");
	assert_int_equal(execution_end_seq(&w->x), w->journal[w->n - 1].seq);
	world_free(w);
}

/* What has no bytes writes nothing. */
static void
test_no_writes(void **state)
{
	struct world *w =
	    world_new("{'name':'n','steps':[{'name':'a'}]}", "{}");
	struct report r = say_step(REPORT_STEP_PROGRESS, "a");

	(void)state;
	r.percent = 3;
	accept(w, r);
	accept(w, hands_on("a", NULL));
	r = say(REPORT_COMPLETE);
	r.result = SLICE_NONE;
	accept(w, r);
	for (unsigned i = 0; i < w->n; i++)
		assert_int_not_equal(w->journal[i].type, EVENT_STORAGE);
	assert_int_equal(execution_end_seq(&w->x), w->x.last.seq);
	world_free(w);
}

static void
test_no_keys(void **state)
{
	static const char *const texts[] = {"", "executions", "executions/",
	    "executions/x", "executions/x/r", "executions/x/r/s",
	    "other/x/r/s/n"};
	struct object_parts parts;

	(void)state;
	for (size_t i = 0; i < COUNT(texts); i++)
		assert_false(object_split(slice_str(texts[i]), &parts));
	assert_true(object_split(SLICE("executions/x/r/s/n/o"), &parts));
	assert_text(parts.name, "n/o");
}

/* What is put has its bytes in its own event. */
static void
test_put(void **state)
{
	struct world *w =
	    world_new("{'name':'n','steps':[{'name':'a'}]}", "{}");
	static const struct slice parts[] = {{"r", 1}, {"a/b", 3}, {"..", 2}};
	static const struct slice own[] = {{"a", 1}, {"a", 1}, {"n", 1}};
	struct object_put put = {.content_type = SLICE("x/y")};
	struct fence f = {0};
	struct step steps[WORLD_STEPS];
	struct buf key = {0};
	struct execution x;
	struct decision d;
	struct object o;

	(void)state;
	object_key_put(&w->x.id, parts, &key);
	put.key = buf_slice(&key);
	assert_int_equal(key.len, sizeof OBJECT_ROOT - 1 + UUID_TEXT + 15);
	assert_memory_equal(key.p + key.len - 15, "/r/a%2Fb/%2E%2E", 15);
	for (unsigned i = 0; i < 2; i++) {
		d = world_decision(w, &x, steps);
		put.bytes = i == 0 ? SLICE_NONE : SLICE("\0\1\2");
		assert_true(lifecycle_object_put(&d, &put, &f));
		assert_int_equal(w->change.nevents, 1);
		assert_true(object_read(&w->change.events[0], &o));
		assert_true(slice_eq(o.key, put.key));
		assert_text(o.content_type, "x/y");
		assert_int_equal(o.size, put.bytes.n);
		assert_int_equal(o.at.seq, w->change.events[0].seq);
		assert_int_equal(o.member, MEMBER_BYTES);
		assert_non_null(event_get(&w->change.events[0], MEMBER_BYTES)
				    .p);
	}
	f.attempt = 2;
	d = world_decision(w, &x, steps);
	assert_false(lifecycle_object_put(&d, &put, &f));
	assert_int_equal(d.refusal.code, REFUSAL_STALE);
	f.attempt = 1;
	d = world_decision(w, &x, steps);
	assert_true(lifecycle_object_put(&d, &put, &f));
	f = (struct fence){.claim = 99, .of_step = true};
	d = world_decision(w, &x, steps);
	assert_false(lifecycle_object_put(&d, &put, &f));
	assert_int_equal(d.refusal.code, REFUSAL_STALE);
	f.claim = 0; /* of the step, whose objects these are not */
	d = world_decision(w, &x, steps);
	assert_false(lifecycle_object_put(&d, &put, &f));
	assert_int_equal(d.refusal.code, REFUSAL_FENCED);
	key.len = 0;
	object_key_put(&w->x.id, own, &key);
	put.key = buf_slice(&key);
	d = world_decision(w, &x, steps);
	assert_true(lifecycle_object_put(&d, &put, &f));
	f = (struct fence){0};
	w->x.status = STATUS_TIMED_OUT;
	d = world_decision(w, &x, steps);
	assert_false(lifecycle_object_put(&d, &put, &f));
	assert_int_equal(d.refusal.code, REFUSAL_TERMINAL);
	assert_int_equal(w->change.nevents, 0);
	buf_free(&key);
	world_free(w);
}

static void
test_checks(void **state)
{
	char text[256];

	(void)state;
	memset(text, 'x', sizeof(text));
	assert_null(object_check_part((struct slice){text, 255}));
	assert_non_null(object_check_part((struct slice){text, 256}));
	assert_non_null(object_check_part(SLICE("")));
	assert_non_null(object_check_part(SLICE(".")));
	assert_non_null(object_check_part(SLICE("..")));
	assert_non_null(object_check_part(SLICE("a/b")));
	assert_null(object_check_part(SLICE("...")));
	assert_null(object_check_type((struct slice){text, 255}));
	assert_non_null(object_check_type((struct slice){text, 256}));
	assert_null(object_check_type(SLICE("a/b; c=\"d\"")));
	assert_non_null(object_check_type(SLICE("")));
	assert_non_null(object_check_type(SLICE("a\r\nb: c")));
	assert_non_null(object_check_type(SLICE("\xc3\xa9")));
}

/* An event that does not say where is damaged. */
static void
test_damage(void **state)
{
	static const size_t sizes[] = {0, OBJECT_PLACE - 1, OBJECT_PLACE,
	    OBJECT_PLACE + 1};
	static const char bytes[OBJECT_PLACE + 1];
	struct object o;

	(void)state;
	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct journal_event ev = event_make(EVENT_STORAGE);

		event_add_member(&ev, MEMBER_OBJECT,
		    (struct slice){bytes, sizes[i]});
		assert_false(object_read(&ev, &o));
		event_add_member(&ev, MEMBER_KEY, SLICE("k"));
		assert_false(object_read(&ev, &o));
		event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("t"));
		assert_int_equal(object_read(&ev, &o),
		    sizes[i] == OBJECT_PLACE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_writes),
	    cmocka_unit_test(test_no_writes),
	    cmocka_unit_test(test_no_keys),
	    cmocka_unit_test(test_put),
	    cmocka_unit_test(test_checks),
	    cmocka_unit_test(test_damage),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
