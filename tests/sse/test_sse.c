/*
 * Streams as their readers see them: what comes first, what follows, and how
 * they end.
 */
#include "sse/sse.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"
#include "sse/subscriber.h"
#include "store/journal.h"
#include "store/rows.h"
#include "tests/sse/watch.h"

static struct watch *
begin(void (*change)(struct sse_options *))
{
	struct sse_options o;

	sse_options_init(&o);
	if (change != NULL)
		change(&o);
	return watch_new(&o);
}

static struct uuid
trigger(struct watch *w, const char *tags)
{
	struct store_txn *t = world_begin(w->world);
	struct world_trigger with = {.tags = tags};
	struct uuid id = world_trigger(w->world, t, &with);

	watch_commit(w, t);
	return id;
}

static void
report(struct watch *w, const struct uuid *id, const struct report *r)
{
	struct store_txn *t = world_begin(w->world);

	world_report(w->world, t, id, r);
	watch_commit(w, t);
}

static void
say(struct watch *w, const struct uuid *id, enum report_kind kind)
{
	struct report r = report_make(kind);

	report(w, id, &r);
}

static struct report
log_of(const char *message)
{
	struct report r = report_make(REPORT_LOG);

	r.level = LEVEL_INFO;
	r.message = slice_str(message);
	return r;
}

/* n logs in one commit, each of that size. */
static void
logs(struct watch *w, const struct uuid *id, unsigned n, size_t size)
{
	struct store_txn *t = world_begin(w->world);
	char *text = mem_zalloc(size + 1);
	struct report r;

	memset(text, 'x', size);
	for (unsigned i = 0; i < n; i++) {
		r = log_of(text);
		world_report(w->world, t, id, &r);
	}
	watch_commit(w, t);
	free(text);
}

static uint64_t
tail_of(struct watch *w)
{
	uint64_t seq = store_seq(store_snapshot(w->world->s));

	store_snapshot_end(w->world->s);
	return seq;
}

static bool
has(struct slice s, const char *text)
{
	return s.n > 0 && memmem(s.p, s.n, text, strlen(text)) != NULL;
}

/*
 * The next event is of that name, and its data has that text.  An id that
 * only moves the cursor may come before it.
 */
static void
expect(struct watcher *one, const char *name, const char *text)
{
	do {
		if (!watcher_event(one))
			fail_msg("no %s comes", name);
	} while (one->data.p == NULL);
	if (!slice_is(one->event, name) || !has(one->data, text))
		fail_msg("%s with %s expected, got %.*s", name, text,
		    SLICE_FMT(one->block));
}

static struct watcher *
open_at(struct watch *w, struct sse_request r, const char *cursor)
{
	sse_cursor(w->sse, slice_str(cursor), &r);
	return watch_open(w, &r);
}

/* ---- beginnings ---- */

static void
test_head_snapshot_and_live(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *one = watch_open(w, &r);
	struct uuid id;

	(void)state;
	assert_int_equal(sse_subscribers(w->sse), 1);
	watch_settle(w);
	watcher_read(one);
	assert_non_null(strstr(one->head.p, "HTTP/1.1 200 OK\r\n"));
	assert_non_null(strstr(one->head.p,
	    "\r\nContent-Type: text/event-stream\r\n"));
	assert_non_null(strstr(one->head.p,
	    "\r\nCache-Control: no-cache, no-transform\r\n"));
	assert_non_null(strstr(one->head.p, "\r\nX-Accel-Buffering: no\r\n"));
	assert_non_null(strstr(one->head.p,
	    "\r\nTransfer-Encoding: chunked\r\n"));
	assert_true(watcher_next(one) && one->retry.n > 0);
	assert_true(watcher_next(one) && one->comment.p != NULL);
	expect(one, "snapshot", "\"executions\":[]");
	assert_int_equal(one->seq, tail_of(w));
	id = trigger(w, NULL);
	say(w, &id, REPORT_HEARTBEAT);
	watch_settle(w);
	watcher_read(one);
	expect(one, "status", "\"status\":\"queued\"");
	expect(one, "step", "\"status\":\"ready\"");
	expect(one, "status", "\"status\":\"running\"");
	assert_false(watcher_next(one));
	watcher_free(one);
	watch_free(w);
}

static void
test_resume_without_snapshot(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	uint64_t first = tail_of(w), seq = first;
	struct watcher *one, *two;
	char cursor[64];

	(void)state;
	logs(w, &id, 20, 10);
	snprintf(cursor, sizeof(cursor), "%s-%llu", store_epoch(w->world->s),
	    (unsigned long long)first);
	one = open_at(w, watch_request(), cursor);
	two = open_at(w, watch_request(), "0");
	watch_settle(w);
	watcher_read(one);
	while (watcher_event(one))
		assert_int_equal(one->seq, ++seq);
	assert_int_equal(seq, tail_of(w));
	watcher_read(two);
	expect(two, "status", "queued");
	watcher_free(one);
	watcher_free(two);
	watch_free(w);
}

static void
test_gap(void **state)
{
	static const struct {
		const char *cursor, *reason;
	} rows[] = {{"nonsense", "unknown"}, {"ffffffffffffffff-1", "unknown"},
	    {"99999", "ahead"}};
	struct watch *w = begin(NULL);

	(void)state;
	trigger(w, NULL);
	for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++) {
		struct watcher *one =
		    open_at(w, watch_request(), rows[i].cursor);
		struct uuid id;

		watch_settle(w);
		watcher_read(one);
		expect(one, "gap", rows[i].reason);
		assert_null(one->id.p);
		expect(one, "snapshot", "\"executions\":[{");
		id = trigger(w, NULL);
		(void)id;
		watch_settle(w);
		watcher_read(one);
		expect(one, "status", "queued");
		watcher_free(one);
	}
	watch_free(w);
}

static void
test_snapshot_of_one_execution(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();
	struct watcher *one;

	(void)state;
	r.filter.execution = id;
	r.factflow = true;
	one = watch_open(w, &r);
	watch_settle(w);
	watcher_read(one);
	expect(one, "snapshot",
	    "\"name\":\"fetch\",\"step_index\":0,"
	    "\"status\":\"ready\"");
	assert_true(has(one->data,
	    "\"status\":\"running\",\"canonical_status\":\"queued\""));
	watcher_free(one);
	watch_free(w);
}

/* ---- forms ---- */

static void
test_http10_and_unnamed(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *plain, *unnamed;
	struct uuid id;

	(void)state;
	r.http10 = true;
	plain = watch_open(w, &r);
	r.http10 = r.names = false;
	unnamed = watch_open(w, &r);
	id = trigger(w, NULL);
	logs(w, &id, 3, 10);
	watch_settle(w);
	watcher_read(plain);
	watcher_read(unnamed);
	assert_null(strstr(plain->head.p, "chunked"));
	assert_non_null(strstr(plain->head.p, "\r\nConnection: close\r\n"));
	while (watcher_event(plain)) {
		assert_true(watcher_event(unnamed));
		assert_null(unnamed->event.p);
		assert_int_equal(plain->seq, unnamed->seq);
		assert_true(slice_eq(plain->data, unnamed->data));
	}
	assert_false(watcher_event(unnamed));
	assert_int_equal(plain->seq, tail_of(w));
	watcher_free(plain);
	watcher_free(unnamed);
	watch_free(w);
}

/* All bytes behind the head and the retry, with `take` at a time. */
static struct buf
read_slowly(struct watch *w, const struct sse_request *r, size_t take)
{
	struct watcher *one;
	struct buf all = {0};

	watch_take = take;
	one = watch_open(w, r);
	watcher_read_all(w, one);
	watch_take = 0;
	assert_true(watcher_next(one) && one->retry.p != NULL);
	buf_add(&all, one->body.p + one->read, one->body.len - one->read);
	watcher_free(one);
	watch_settle(w);
	return all;
}

static void
test_partial_writes_at_every_byte(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();

	(void)state;
	logs(w, &id, 3, 5);
	say(w, &id, REPORT_COMPLETE);
	for (unsigned form = 0; form < 8; form++) {
		struct buf whole, cut;

		r = watch_request();
		r.http10 = (form & 1) != 0;
		r.names = (form & 2) == 0;
		r.factflow = (form & 4) != 0;
		r.filter.execution = id;
		r.ends = true;
		sse_cursor(w->sse, SLICE("0"), &r);
		whole = read_slowly(w, &r, 0);
		for (size_t take = 1; take < 700; take += 1 + take / 16) {
			cut = read_slowly(w, &r, take);
			assert_int_equal(cut.len, whole.len);
			assert_memory_equal(cut.p, whole.p, cut.len);
			buf_free(&cut);
		}
		buf_free(&whole);
	}
	watch_free(w);
}

/* ---- endings ---- */

static struct watcher *
open_ending(struct watch *w, const struct uuid *id, unsigned types)
{
	struct sse_request r = watch_request();

	r.filter.execution = *id;
	r.filter.types = types;
	r.ends = true;
	return watch_open(w, &r);
}

static void
expect_end(struct watcher *one, const char *status)
{
	watcher_read(one);
	expect(one, "end", status);
	assert_false(watcher_next(one));
	assert_true(one->ended && one->closed);
}

static void
test_end_behind_the_last_event(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct watcher *one = open_ending(w, &id, SSE_TYPES_ALL);
	struct watcher *log = open_ending(w, &id, SSE_TYPE(EVENT_LOG));
	struct watcher *late;

	(void)state;
	watch_settle(w);
	watcher_read(one);
	expect(one, "snapshot", "");
	say(w, &id, REPORT_HEARTBEAT);
	say(w, &id, REPORT_COMPLETE);
	watch_settle(w);
	watcher_read(one);
	expect(one, "status", "running");
	expect(one, "status", "completed");
	expect_end(one, "\"status\":\"completed\"");
	assert_int_equal(one->seq, tail_of(w));
	watcher_read(log);
	expect(log, "snapshot", "");
	expect_end(log, "\"status\":\"completed\"");
	late = open_ending(w, &id, SSE_TYPES_ALL);
	watch_settle(w);
	watcher_read(late);
	expect(late, "snapshot", "\"status\":\"completed\"");
	expect_end(late, "\"status\":\"completed\"");
	assert_int_equal(sse_subscribers(w->sse), 0);
	watcher_free(one);
	watcher_free(log);
	watcher_free(late);
	watch_free(w);
}

/* More in one commit than a turn takes up, the end behind it. */
static void
test_end_of_a_long_commit(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct watcher *one = open_ending(w, &id, SSE_TYPES_ALL);
	struct store_txn *t;
	struct report r = log_of("m");
	unsigned n = 0;

	(void)state;
	watch_settle(w);
	watcher_read(one);
	expect(one, "snapshot", "");
	t = world_begin(w->world);
	for (unsigned i = 0; i < 3000; i++)
		world_report(w->world, t, &id, &r);
	r = report_make(REPORT_COMPLETE);
	world_report(w->world, t, &id, &r);
	watch_commit(w, t);
	watcher_read_all(w, one);
	expect(one, "status", "running");
	while (watcher_event(one) && slice_is(one->event, "log"))
		n++;
	assert_int_equal(n, 3000);
	assert_true(slice_is(one->event, "status"));
	expect_end(one, "completed");
	watcher_free(one);
	watch_free(w);
}

/* The end is told when all that may still come has been looked at. */
static void
test_end_before_the_tail(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL), other = trigger(w, NULL);
	struct watcher *one = open_ending(w, &id, SSE_TYPE(EVENT_STATUS));
	struct report done = report_make(REPORT_COMPLETE), r = log_of("m");
	struct store_txn *t;

	(void)state;
	watch_settle(w);
	t = world_begin(w->world);
	world_report(w->world, t, &id, &r);
	for (unsigned i = 0; i < 3000; i++)
		world_report(w->world, t, &other, &r);
	world_report(w->world, t, &id, &done);
	watch_commit(w, t);
	watch_settle(w);
	watcher_read(one);
	expect(one, "snapshot", "");
	expect(one, "status", "running");
	expect(one, "status", "completed");
	expect_end(one, "completed");
	watcher_free(one);
	watch_free(w);
}

static void
test_cancelling_is_not_the_end(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct watcher *one;
	struct store_txn *t;

	(void)state;
	say(w, &id, REPORT_HEARTBEAT);
	one = open_ending(w, &id, SSE_TYPE(EVENT_STATUS));
	watch_settle(w);
	t = world_begin(w->world);
	world_cancel(w->world, t, &id);
	watch_commit(w, t);
	watch_settle(w);
	watcher_read(one);
	expect(one, "snapshot", "");
	expect(one, "status", "\"status\":\"cancelling\"");
	assert_false(one->closed);
	say(w, &id, REPORT_COMPLETE);
	watch_settle(w);
	watcher_read(one);
	expect(one, "status", "\"status\":\"cancelled\"");
	expect_end(one, "\"status\":\"cancelled\"");
	watcher_free(one);
	watch_free(w);
}

/* A label set on an ended execution is its last event, and is not shown. */
static void
test_end_when_resumed_before_what_is_not_shown(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();
	struct watcher *one;
	struct store_txn *t;
	char cursor[32];

	(void)state;
	say(w, &id, REPORT_COMPLETE);
	snprintf(cursor, sizeof(cursor), "%llu",
	    (unsigned long long)tail_of(w));
	assert_true(sse_is_over(w->sse, &id, tail_of(w)));
	assert_false(sse_is_over(w->sse, &id, tail_of(w) - 1));
	t = world_begin(w->world);
	world_tag(w->world, t, &id, "{\"a\":\"b\"}");
	watch_commit(w, t);
	store_snapshot_end(w->world->s);
	r.filter.execution = id;
	r.ends = true;
	one = open_at(w, r, cursor);
	watch_settle(w);
	expect_end(one, "completed");
	watcher_free(one);
	watch_free(w);
}

static void
test_time_is_up(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *one;

	(void)state;
	r.timeout_ms = 30;
	one = watch_open(w, &r);
	for (unsigned i = 0; i < 1000 && sse_subscribers(w->sse) > 0; i++)
		watch_wait(w, 50);
	watcher_read(one);
	expect(one, "snapshot", "");
	assert_false(watcher_event(one));
	assert_true(one->ended && one->closed);
	watcher_free(one);
	watch_free(w);
}

/* However much there is to say, and however slowly it is read. */
static void
test_time_is_up_in_the_middle(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct uuid id = trigger(w, NULL);
	struct watcher *one;

	(void)state;
	r.timeout_ms = 30;
	one = watch_open(w, &r);
	for (unsigned i = 0; i < 100000 && sse_subscribers(w->sse) > 0; i++) {
		logs(w, &id, 10, 500);
		watch_take = 100 + i;
		watch_turn(w);
		watch_turn(w);
		watcher_read(one);
	}
	assert_int_equal(sse_subscribers(w->sse), 0);
	watcher_read(one);
	expect(one, "snapshot", "");
	while (watcher_event(one))
		assert_true(slice_is(one->event, "log") ||
		    slice_is(one->event, "status"));
	assert_true(one->ended && one->closed);
	watcher_free(one);
	watch_free(w);
}

/* ---- signs of life ---- */

static void
short_keepalive(struct sse_options *o)
{
	o->keepalive_ms = 40;
}

static void
test_keepalive(void **state)
{
	struct watch *w = begin(short_keepalive);
	struct sse_request r = watch_request();
	struct watcher *comment, *event, *filtered;
	struct uuid id = trigger(w, NULL);
	unsigned comments = 0, heartbeats = 0;

	(void)state;
	comment = watch_open(w, &r);
	r.heartbeat_event = true;
	event = watch_open(w, &r);
	r.heartbeat_event = false;
	r.filter.types = SSE_TYPE(EVENT_STORAGE);
	filtered = watch_open(w, &r);
	watch_settle(w);
	say(w, &id, REPORT_HEARTBEAT);
	for (unsigned i = 0; i < 1000 && (comments < 3 || heartbeats < 2);
	     i++) {
		watch_wait(w, 50);
		watcher_read(comment);
		watcher_read(event);
		while (watcher_next(comment))
			comments += comment->comment.p != NULL;
		while (watcher_next(event)) {
			if (!slice_is(event->event, "heartbeat"))
				continue;
			heartbeats++;
			assert_null(event->id.p);
			assert_true(has(event->data,
			    "{\"type\":\"heartbeat\",\"at\":\"20"));
		}
	}
	assert_true(comments >= 3 && heartbeats >= 2);
	/* What was not for it still moves its cursor. */
	watcher_read(filtered);
	expect(filtered, "snapshot", "");
	assert_true(watcher_event(filtered));
	assert_null(filtered->data.p);
	assert_int_equal(filtered->seq, tail_of(w));
	assert_false(watcher_event(filtered));
	watcher_free(comment);
	watcher_free(event);
	watcher_free(filtered);
	watch_free(w);
}

/* A reader of old events that are not for it hears of its cursor. */
static void
test_an_id_after_many_skipped(void **state)
{
	struct watch *w = begin(NULL);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();
	struct watcher *one;
	unsigned ids = 0;

	(void)state;
	logs(w, &id, 5000, 1);
	r.filter.types = SSE_TYPE(EVENT_STORAGE);
	one = open_at(w, r, "0");
	watch_settle(w);
	watcher_read(one);
	while (watcher_event(one))
		ids++;
	assert_in_range(ids, 3, 6);
	assert_true(one->seq + 1000 >= tail_of(w));
	watcher_free(one);
	watch_free(w);
}

/* ---- slow, rude and many ---- */

static void
short_stall(struct sse_options *o)
{
	o->stall_timeout_ms = 40;
	o->cache_bytes = 65536;
}

static void
test_a_stalled_reader_is_dropped(void **state)
{
	struct watch *w = begin(short_stall);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();
	struct watcher *stalled = watch_open(w, &r);
	struct watcher *good = watch_open(w, &r);

	(void)state;
	watch_settle(w);
	for (unsigned i = 0; i < 50; i++) {
		logs(w, &id, 10, 1000);
		watch_settle(w);
		watcher_read(good);
	}
	for (unsigned i = 0; i < 1000 && sse_subscribers(w->sse) > 1; i++) {
		watch_wait(w, 50);
		watcher_read(good);
	}
	assert_int_equal(sse_subscribers(w->sse), 1);
	assert_false(good->closed);
	watcher_free(stalled);
	watcher_free(good);
	watch_free(w);
}

static void
tiny_cache(struct sse_options *o)
{
	o->cache_bytes = 4096;
}

/* Far behind the cache, and frames that never fit it. */
static void
test_catching_up_from_the_journal(void **state)
{
	struct watch *w = begin(tiny_cache);
	struct uuid id = trigger(w, NULL);
	struct sse_request r = watch_request();
	struct watcher *all = open_at(w, r, "0"), *own;
	uint64_t seq = 1;
	unsigned events = 0;

	(void)state;
	r.filter.execution = id;
	own = open_at(w, r, "0");
	for (unsigned i = 0; i < 30; i++) {
		logs(w, &id, 10, i * 97);
		watch_turn(w);
	}
	watcher_read_all(w, all);
	watcher_read_all(w, own);
	while (watcher_event(all)) {
		assert_int_equal(all->seq, ++seq);
		events++;
		assert_true(watcher_event(own));
		assert_int_equal(own->seq, seq);
	}
	assert_int_equal(seq, tail_of(w));
	assert_true(events > 300);
	watcher_free(all);
	watcher_free(own);
	watch_free(w);
}

static void
test_leaving_and_talking(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *leaves = watch_open(w, &r);
	struct watcher *talks = watch_open(w, &r);
	struct watcher *whispers = watch_open(w, &r);
	char noise[2000] = "";

	(void)state;
	watch_settle(w);
	shutdown(leaves->fd, SHUT_WR);
	assert_int_equal(write(talks->fd, noise, sizeof(noise)), 2000);
	assert_int_equal(write(whispers->fd, noise, 100), 100);
	watch_settle(w);
	assert_int_equal(sse_subscribers(w->sse), 1);
	watcher_read(leaves);
	watcher_read(talks);
	assert_true(leaves->closed && talks->closed);
	watcher_free(leaves);
	watcher_free(talks);
	watcher_free(whispers);
	watch_settle(w);
	assert_true(sse_idle(w->sse));
	watch_free(w);
}

#define WAITERS 300

/* Each waits for an execution of its own; an event costs one send. */
static void
test_an_event_touches_only_who_asked(void **state)
{
	struct watch *w = begin(NULL);
	struct watcher *waiters[WAITERS];
	struct uuid ids[WAITERS];

	(void)state;
	for (unsigned i = 0; i < WAITERS; i++) {
		ids[i] = trigger(w, NULL);
		waiters[i] = open_ending(w, &ids[i], SSE_TYPES_ALL);
		watch_settle(w);
	}
	for (unsigned i = 0; i < WAITERS; i += 7) {
		watch_sends = 0;
		say(w, &ids[i], REPORT_HEARTBEAT);
		watch_settle(w);
		assert_int_equal(watch_sends, 1);
	}
	for (unsigned i = 0; i < WAITERS; i++) {
		watcher_read(waiters[i]);
		expect(waiters[i], "snapshot", "queued");
		if (i % 7 == 0)
			expect(waiters[i], "status", "running");
		assert_false(watcher_event(waiters[i]));
		watcher_free(waiters[i]);
	}
	watch_free(w);
}

/* All events of a turn leave in one send for each reader. */
static void
test_a_turn_leaves_in_one_send(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct uuid id = trigger(w, NULL);
	struct watcher *ones[10];

	(void)state;
	for (unsigned i = 0; i < 10; i++) {
		r.http10 = i % 2 == 0;
		r.factflow = i % 3 == 0;
		r.filter.types = i < 5 ? SSE_TYPES_ALL : SSE_TYPE(EVENT_LOG);
		ones[i] = watch_open(w, &r);
	}
	watch_settle(w);
	watch_sends = 0;
	logs(w, &id, 50, 100);
	watch_settle(w);
	assert_int_equal(watch_sends, 10);
	for (unsigned i = 0; i < 10; i++)
		watcher_free(ones[i]);
	watch_free(w);
}

/* ---- limits ---- */

static void
few(struct sse_options *o)
{
	o->subscribers = 3;
	o->per_owner = 2;
}

static void
expect_refused(struct watcher *one)
{
	watcher_read(one);
	assert_non_null(strstr(one->head.p, "HTTP/1.1 200 OK\r\n"));
	assert_true(watcher_next(one) && one->retry.n > 0);
	assert_false(watcher_next(one));
	assert_true(one->ended && one->closed);
	watcher_free(one);
}

static void
test_limits(void **state)
{
	struct watch *w = begin(few);
	struct sse_request r = watch_request();
	struct watcher *a, *b, *c;

	(void)state;
	r.owner = 7;
	a = watch_open(w, &r);
	b = watch_open(w, &r);
	expect_refused(watch_open(w, &r));
	r.owner = 8;
	c = watch_open(w, &r);
	r.owner = 9;
	expect_refused(watch_open(w, &r));
	watcher_free(a);
	watch_settle(w);
	r.owner = 7;
	a = watch_open(w, &r);
	watch_settle(w);
	assert_int_equal(sse_subscribers(w->sse), 3);
	watcher_free(a);
	watcher_free(b);
	watcher_free(c);
	watch_free(w);
}

#define DRAINED 450

static void
test_drain_in_slices(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *ones[DRAINED];
	unsigned turns = 0;

	(void)state;
	for (unsigned i = 0; i < DRAINED; i++)
		ones[i] = watch_open(w, &r);
	watch_settle(w);
	sse_drain(w->sse);
	expect_refused(watch_open(w, &r));
	while (watch_turn(w))
		turns++;
	assert_true(turns >= 2);
	assert_true(sse_idle(w->sse));
	for (unsigned i = 0; i < DRAINED; i++) {
		watcher_read(ones[i]);
		expect(ones[i], "snapshot", "");
		assert_true(watcher_next(ones[i]) && ones[i]->retry.n > 0);
		assert_false(watcher_next(ones[i]));
		assert_true(ones[i]->ended && ones[i]->closed);
		watcher_free(ones[i]);
	}
	watch_free(w);
}

/* One that was not begun, one that waits for room: both are let go. */
static void
test_drain_in_any_state(void **state)
{
	struct watch *w = begin(NULL);
	struct sse_request r = watch_request();
	struct watcher *blocked = watch_open(w, &r), *fresh;
	struct uuid id = trigger(w, NULL);

	(void)state;
	watch_settle(w);
	for (unsigned i = 0; i < 50; i++)
		logs(w, &id, 10, 1000);
	watch_settle(w);
	fresh = watch_open(w, &r);
	sse_drain(w->sse);
	watch_settle(w);
	assert_true(sse_idle(w->sse));
	watcher_read(fresh);
	watcher_read(blocked);
	assert_true(fresh->closed && blocked->closed);
	assert_true(fresh->ended);
	assert_false(blocked->ended);
	watcher_free(fresh);
	watcher_free(blocked);
	watch_free(w);
}

static void
test_an_idle_subscriber_is_small(void **state)
{
	(void)state;
	assert_in_range(subscriber_size(), 128, 304);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
	    cmocka_unit_test(test_head_snapshot_and_live),
	    cmocka_unit_test(test_resume_without_snapshot),
	    cmocka_unit_test(test_gap),
	    cmocka_unit_test(test_snapshot_of_one_execution),
	    cmocka_unit_test(test_http10_and_unnamed),
	    cmocka_unit_test(test_partial_writes_at_every_byte),
	    cmocka_unit_test(test_end_behind_the_last_event),
	    cmocka_unit_test(test_end_of_a_long_commit),
	    cmocka_unit_test(test_end_before_the_tail),
	    cmocka_unit_test(test_cancelling_is_not_the_end),
	    cmocka_unit_test(test_end_when_resumed_before_what_is_not_shown),
	    cmocka_unit_test(test_time_is_up),
	    cmocka_unit_test(test_time_is_up_in_the_middle),
	    cmocka_unit_test(test_keepalive),
	    cmocka_unit_test(test_an_id_after_many_skipped),
	    cmocka_unit_test(test_a_stalled_reader_is_dropped),
	    cmocka_unit_test(test_catching_up_from_the_journal),
	    cmocka_unit_test(test_leaving_and_talking),
	    cmocka_unit_test(test_an_event_touches_only_who_asked),
	    cmocka_unit_test(test_a_turn_leaves_in_one_send),
	    cmocka_unit_test(test_limits),
	    cmocka_unit_test(test_drain_in_slices),
	    cmocka_unit_test(test_drain_in_any_state),
	    cmocka_unit_test(test_an_idle_subscriber_is_small),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
