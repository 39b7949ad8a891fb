/*
 * The fixture, a reader of HTTP chunks and of event streams, and a sendmsg()
 * that stands before the system's.
 */
#include "tests/sse/watch.h"

#include <errno.h>
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <unistd.h>

#include <cmocka.h>

#include "core/mem.h"

size_t watch_take;
unsigned watch_sends;

ssize_t
send(int fd, const void *p, size_t n, int flags)
{
	(void)flags;
	watch_sends++;
	return write(fd, p, watch_take > 0 && n > watch_take ? watch_take : n);
}

/* What a socket with hardly any room does. */
ssize_t
sendmsg(int fd, const struct msghdr *m, int flags)
{
	size_t left = watch_take > 0 ? watch_take : SIZE_MAX;
	ssize_t sum = 0;

	(void)flags;
	watch_sends++;
	/* A new socket always has room for the head. */
	if (left < m->msg_iov[0].iov_len && m->msg_iov[0].iov_len > 5 &&
	    memcmp(m->msg_iov[0].iov_base, "HTTP/", 5) == 0)
		left = m->msg_iov[0].iov_len + watch_take % 7;
	for (size_t i = 0; i < (size_t)m->msg_iovlen && left > 0; i++) {
		size_t n = m->msg_iov[i].iov_len;
		ssize_t sent;

		if (n > left)
			n = left;
		sent = write(fd, m->msg_iov[i].iov_base, n);
		if (sent < 0)
			return sum > 0 ? sum : -1;
		sum += sent;
		left -= (size_t)sent;
		if ((size_t)sent < n)
			break;
	}
	return sum;
}

/* A store with the job "build", and streams over it. */
struct watch *
watch_new(const struct sse_options *o)
{
	struct watch *w = mem_zalloc(sizeof(*w));
	void *world = NULL;

	watch_take = 0;
	world_setup(&world);
	w->world = world;
	w->base = event_base_new();
	assert_non_null(w->base);
	w->sse = sse_new(w->base, w->world->s, o);
	store_snapshot_end(w->world->s);
	return w;
}

/* Everything back. */
void
watch_free(struct watch *w)
{
	sse_free(w->sse);
	event_base_free(w->base);
	world_free(w->world);
	free(w);
}

/* All types, named, in chunks, with a snapshot first. */
struct sse_request
watch_request(void)
{
	return (struct sse_request){.filter.types = SSE_TYPES_ALL,
	    .names = true};
}

/* Subscribe over a socket pair. */
struct watcher *
watch_open(struct watch *w, const struct sse_request *r)
{
	struct watcher *one = mem_zalloc(sizeof(*one));
	int fds[2];

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0,
			     fds),
	    0);
	one->fd = fds[0];
	one->plain = r->http10;
	sse_subscribe(w->sse, fds[1], r);
	store_snapshot_end(w->world->s);
	return one;
}

/* Hang up. */
void
watcher_free(struct watcher *one)
{
	if (one->fd >= 0)
		close(one->fd);
	buf_free(&one->raw);
	buf_free(&one->head);
	buf_free(&one->body);
	free(one);
}

/* Commit what the test wrote. */
void
watch_commit(struct watch *w, struct store_txn *t)
{
	uint64_t seq = store_seq(t);

	world_commit(t);
	sse_advance(w->sse, seq);
}

/* The end of a turn, as main.c has it. */
bool
watch_turn(struct watch *w)
{
	bool more;

	event_base_loop(w->base, EVLOOP_NONBLOCK);
	sse_set_now(w->sse, w->world->now, 1);
	more = sse_turn_end(w->sse);
	store_snapshot_end(w->world->s);
	return more;
}

/* Read, which makes room, until nothing more comes. */
void
watcher_read_all(struct watch *w, struct watcher *one)
{
	size_t before;

	do {
		before = one->raw.len;
		watch_settle(w);
		watcher_read(one);
	} while (one->raw.len != before);
}

/* Three idle turns in a row mean that nothing is left to do. */
void
watch_settle(struct watch *w)
{
	unsigned idle = 0;

	while (idle < 3) {
		unsigned sends = watch_sends;

		idle = watch_turn(w) || watch_sends != sends ? 0 : idle + 1;
	}
}

/* Sleep in the loop as the server does. */
void
watch_wait(struct watch *w, unsigned ms)
{
	struct timeval tv = {ms / 1000, ms % 1000 * 1000};

	event_base_loopexit(w->base, &tv);
	event_base_loop(w->base, EVLOOP_ONCE);
	watch_settle(w);
}

/* ---- reading ---- */

static void
take_head(struct watcher *one)
{
	const char *end = memmem(one->raw.p, one->raw.len, "\r\n\r\n", 4);

	if (one->head.len > 0 || end == NULL)
		return;
	one->parsed = (size_t)(end + 4 - one->raw.p);
	buf_add(&one->head, one->raw.p, one->parsed);
	buf_add_byte(&one->head, '\0');
}

/* One chunk, if it is whole; its size line and end are as they must be. */
static bool
take_chunk(struct watcher *one)
{
	const char *p = one->raw.p + one->parsed;
	size_t left = one->raw.len - one->parsed;
	const char *line = memmem(p, left, "\r\n", 2);
	size_t size, skip;
	char *end;

	if (line == NULL)
		return false;
	size = strtoul(p, &end, 16);
	assert_ptr_equal(end, line);
	skip = (size_t)(line + 2 - p);
	if (left < skip + size + 2)
		return false;
	assert_false(one->ended);
	buf_add(&one->body, p + skip, size);
	assert_memory_equal(p + skip + size, "\r\n", 2);
	one->parsed += skip + size + 2;
	one->ended = size == 0;
	return true;
}

static void
parse(struct watcher *one)
{
	take_head(one);
	if (one->head.len == 0)
		return;
	if (!one->plain) {
		while (take_chunk(one))
			;
		return;
	}
	buf_add(&one->body, one->raw.p + one->parsed,
	    one->raw.len - one->parsed);
	one->parsed = one->raw.len;
}

/* Read all there is. */
void
watcher_read(struct watcher *one)
{
	ssize_t n = 0;

	while (!one->closed) {
		n = recv(one->fd, buf_room(&one->raw, 65536), 65536, 0);
		if (n <= 0)
			break;
		one->raw.len += (size_t)n;
	}
	if (n == 0 || (n < 0 && errno != EAGAIN))
		one->closed = true;
	parse(one);
}

static void
take_line(struct watcher *one, struct slice line)
{
	const struct {
		const char *name;
		struct slice *to;
	} fields[] = {{"event: ", &one->event}, {"id: ", &one->id},
	    {"data: ", &one->data}, {": ", &one->comment},
	    {"retry: ", &one->retry}};

	for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++) {
		size_t n = strlen(fields[i].name);

		if (line.n < n || memcmp(line.p, fields[i].name, n) != 0)
			continue;
		assert_null(fields[i].to->p);
		*fields[i].to = (struct slice){line.p + n, line.n - n};
		return;
	}
	fail_msg("a strange line: %.*s", SLICE_FMT(line));
}

/* The digits behind the dash. */
static uint64_t
seq_of(struct slice id)
{
	const char *dash = id.n > 0 ? memrchr(id.p, '-', id.n) : NULL;
	uint64_t seq = 0;

	if (dash == NULL)
		return 0;
	id.n -= (size_t)(dash + 1 - id.p);
	id.p = dash + 1;
	assert_true(slice_u64(id, UINT64_MAX, &seq));
	return seq;
}

/* The next block, up to the blank line that ends it. */
bool
watcher_next(struct watcher *one)
{
	struct slice rest = {one->body.p + one->read,
	    one->body.len - one->read};
	const char *end = rest.n > 0 ? memmem(rest.p, rest.n, "\n\n", 2) : NULL;
	struct slice none = SLICE_NONE;

	if (end == NULL)
		return false;
	one->event = one->id = one->data = one->comment = one->retry = none;
	one->block = (struct slice){rest.p, (size_t)(end + 2 - rest.p)};
	one->read += one->block.n;
	while (rest.p <= end) {
		const char *nl = memchr(rest.p, '\n', rest.n);

		take_line(one, (struct slice){rest.p, (size_t)(nl - rest.p)});
		rest.n -= (size_t)(nl + 1 - rest.p);
		rest.p = nl + 1;
	}
	one->seq = seq_of(one->id);
	return true;
}

/* Skip what is neither an event nor an id. */
bool
watcher_event(struct watcher *one)
{
	while (watcher_next(one))
		if (one->data.p != NULL || one->id.p != NULL)
			return true;
	return false;
}
