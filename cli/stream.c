/*
 * One connection at a time, driven by libcurl's multi interface so that a
 * second can pass, a signal can come and a silent server be noticed.  Events
 * that arrived are handed out before the end of their connection is.
 */
#include "cli/stream.h"

#include <stdio.h>
#include <stdlib.h>
#include <strings.h>
#include <sys/random.h>

#include "core/log.h"
#include "core/mem.h"

#include "cli/clock.h"
#include "cli/interrupt.h"

#define STREAM_TICK_MS 1000
#define STREAM_REACH_MS 10000	/* to be reached at all */
#define STREAM_SILENCE_MS 45000 /* three keep-alives of the server */
#define STREAM_BACKOFF_MS 100
#define STREAM_BACKOFF_MAX_MS 2000
#define STREAM_ASKED_MAX_MS 30000 /* of the pause a server asks for */
#define STREAM_STEADY_MS 5000	  /* a connection this old was a good one */
#define STREAM_BODY_MAX 65536	  /* of an answer that is no stream */

struct stream {
	struct client *client;
	struct buf target;
	struct sse *sse;
	CURLM *multi;
	CURL *easy; /* NULL between connections */
	struct curl_slist *headers;
	char error[CURL_ERROR_SIZE];
	struct reply reply;	/* what was answered when it was no stream */
	enum stream_what state; /* STREAM_EVENT while it goes on */
	bool reached;		/* a stream was once open, or ended well */
	bool lost;		/* STREAM_LOST was said for this loss */
	bool fresh;		/* bytes came since work() began */
	bool ended;		/* the transfer is over, with code */
	CURLcode code;
	unsigned tries; /* connections since all was well */
	int64_t connect_at, connected_at, heard_at, tick_at, reach_by;
};

/* Twice as long each time; half of it is chance, so that clients spread. */
int64_t
stream_backoff(unsigned n, uint32_t noise)
{
	int64_t ms = STREAM_BACKOFF_MS;

	while (n-- > 0 && ms < STREAM_BACKOFF_MAX_MS)
		ms *= 2;
	if (ms > STREAM_BACKOFF_MAX_MS)
		ms = STREAM_BACKOFF_MAX_MS;
	return ms / 2 + noise % (uint32_t)(ms / 2 + 1);
}

/* Prepare; the first stream_next() connects. */
struct stream *
stream_open(struct client *c, struct slice target, struct slice cursor)
{
	struct stream *s = mem_zalloc(sizeof(*s));
	int64_t now = clock_now(), deadline = client_deadline(c);

	s->client = c;
	buf_add_slice(&s->target, target);
	s->sse = sse_new();
	sse_set_cursor(s->sse, cursor);
	s->multi = curl_multi_init();
	if (s->multi == NULL)
		log_fatal("out of memory: a stream");
	s->state = STREAM_EVENT;
	s->connect_at = now;
	s->tick_at = now + STREAM_TICK_MS;
	s->reach_by = now + STREAM_REACH_MS;
	if (deadline != 0 && deadline < s->reach_by)
		s->reach_by = deadline;
	return s;
}

/* End the connection, if there is one. */
static void
hang_up(struct stream *s)
{
	if (s->easy == NULL)
		return;
	curl_multi_remove_handle(s->multi, s->easy);
	curl_easy_cleanup(s->easy);
	curl_slist_free_all(s->headers);
	s->easy = NULL;
	s->headers = NULL;
	s->ended = false;
}

/* Close and free; NULL is fine. */
void
stream_free(struct stream *s)
{
	if (s == NULL)
		return;
	hang_up(s);
	curl_multi_cleanup(s->multi);
	sse_free(s->sse);
	buf_free(&s->target);
	reply_clear(&s->reply);
	free(s);
}

static bool
is_stream(CURL *easy)
{
	static const char type[] = "text/event-stream";
	const char *sent = NULL;
	long status = 0;

	curl_easy_getinfo(easy, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(easy, CURLINFO_CONTENT_TYPE, &sent);
	return status == 200 && sent != NULL &&
	    strncasecmp(sent, type, sizeof(type) - 1) == 0 &&
	    strchr("; \t", sent[sizeof(type) - 1]) != NULL;
}

/* Take bytes in: into the parser, or as the body of a refusal. */
static size_t
take_bytes(char *p, size_t size, size_t n, void *arg)
{
	struct stream *s = arg;
	size_t room = STREAM_BODY_MAX - s->reply.body.len;

	(void)size; /* always 1 */
	s->heard_at = clock_now();
	s->fresh = true;
	if (is_stream(s->easy)) {
		s->reached = true;
		s->lost = false;
		sse_push(s->sse, (struct slice){p, n});
	} else {
		buf_add(&s->reply.body, p, n < room ? n : room);
	}
	return n;
}

static void
dial(struct stream *s)
{
	struct slice cursor = sse_cursor(s->sse);
	struct buf header = {0};

	buf_addf(&header, "Last-Event-ID: %.*s", SLICE_FMT(cursor));
	buf_add_byte(&header, '\0');
	reply_clear(&s->reply);
	sse_restart(s->sse);
	s->error[0] = '\0';
	s->easy = client_handle(s->client, buf_slice(&s->target),
	    cursor.n > 0 ? header.p : NULL, &s->headers);
	curl_easy_setopt(s->easy, CURLOPT_WRITEFUNCTION, take_bytes);
	curl_easy_setopt(s->easy, CURLOPT_WRITEDATA, s);
	curl_easy_setopt(s->easy, CURLOPT_ERRORBUFFER, s->error);
	if (curl_multi_add_handle(s->multi, s->easy) != CURLM_OK)
		log_fatal("libcurl refused a stream");
	s->connected_at = s->heard_at = clock_now();
	buf_free(&header);
}

/*
 * How long to wait before the next connection.  A server that turned us away
 * may have asked for more patience than our own backoff has.
 */
static int64_t
pause_before(struct stream *s, int64_t asked)
{
	uint32_t noise = 0;
	int64_t ms;

	if (getrandom(&noise, sizeof(noise), 0) != sizeof(noise))
		noise = (uint32_t)clock_now();
	ms = stream_backoff(s->tries++, noise);
	if (asked > STREAM_ASKED_MAX_MS)
		asked = STREAM_ASKED_MAX_MS;
	return ms > asked ? ms : asked;
}

/* Plan the next connection; asked is the pause the server wants, in ms. */
static void
plan(struct stream *s, int64_t asked)
{
	int64_t now = clock_now();

	if (s->easy != NULL && s->reached &&
	    now - s->connected_at >= STREAM_STEADY_MS)
		s->tries = 0;
	hang_up(s);
	s->state = STREAM_EVENT;
	s->connect_at = now + pause_before(s, asked);
}

/* Connect anew, without a word about a loss. */
void
stream_reconnect(struct stream *s)
{
	plan(s, 0);
	s->lost = true;
}

/* Borrow the last answer that was no stream. */
const struct reply *
stream_reply(const struct stream *s)
{
	return &s->reply;
}

/* Say once for each loss that the connection is gone. */
static enum stream_what
lose(struct stream *s, int64_t asked)
{
	bool said = s->lost || !s->reached;

	plan(s, asked);
	s->lost = true;
	return said ? STREAM_TICK : STREAM_LOST;
}

/* The stream is settled: this is what stream_next() returns from now on. */
static enum stream_what
settle(struct stream *s, enum stream_what state)
{
	hang_up(s);
	s->state = state;
	return state;
}

/* A whole answer that was no stream: final, or a reason to come back. */
static enum stream_what
judge(struct stream *s, long status)
{
	curl_off_t asked = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RETRY_AFTER, &asked);
	s->reply.kind = REPLY_ANSWER;
	s->reply.status = status;
	reply_read(&s->reply);
	if (status == 204) {
		s->reached = true;
		return settle(s, STREAM_OVER);
	}
	if (status == 408 || status == 429 || status >= 500)
		return lose(s, asked < 60 ? (int64_t)asked * 1000 : 60000);
	if (status >= 200 && status < 300) {
		s->reply.kind = REPLY_USELESS;
		snprintf(s->reply.cause, sizeof(s->reply.cause),
		    "it is no event stream");
	}
	return settle(s, STREAM_REFUSED);
}

/* The transfer has ended, well or not. */
static enum stream_what
end_transfer(struct stream *s)
{
	long status = 0;
	int64_t asked = 0;

	curl_easy_getinfo(s->easy, CURLINFO_RESPONSE_CODE, &status);
	if (s->code == CURLE_OK && status > 0 && !is_stream(s->easy))
		return judge(s, status);
	if (s->code != CURLE_OK)
		client_failed(s->client, s->code, s->error, &s->reply);
	else if (s->tries > 0)
		asked = (int64_t)sse_retry_ms(s->sse);
	return lose(s, asked);
}

/* Let libcurl work.  True when bytes came or the transfer ended. */
static bool
work(struct stream *s)
{
	CURLMsg *msg;
	int running, left;

	if (s->easy == NULL)
		return false;
	s->fresh = false;
	curl_multi_perform(s->multi, &running);
	msg = curl_multi_info_read(s->multi, &left);
	if (msg != NULL && msg->msg == CURLMSG_DONE) {
		s->ended = true;
		s->code = msg->data.result;
	}
	return s->fresh || s->ended;
}

/* Sleep until bytes come, a signal does, or something is due. */
static void
doze(struct stream *s)
{
	int64_t now = clock_now(), until = s->tick_at;
	int64_t deadline = client_deadline(s->client);

	if (deadline != 0 && deadline < until)
		until = deadline;
	if (!s->reached && s->reach_by < until)
		until = s->reach_by;
	if (s->easy == NULL && s->connect_at < until)
		until = s->connect_at;
	if (until > now)
		curl_multi_poll(s->multi, NULL, 0, (int)(until - now), NULL);
}

/* Never reached: the last failure is the reason, if there was time for one. */
static enum stream_what
give_up(struct stream *s)
{
	if (s->reply.status == 0 && s->reply.cause[0] == '\0') {
		s->reply.kind = REPLY_UNREACHED;
		snprintf(s->reply.cause, sizeof(s->reply.cause),
		    "no answer in time");
	}
	return settle(s, STREAM_UNREACHED);
}

/* What the clock and the user say; STREAM_EVENT when nothing. */
static enum stream_what
look_up(struct stream *s)
{
	int64_t now = clock_now(), deadline = client_deadline(s->client);

	if (interrupt_seen() != 0)
		return settle(s, STREAM_INTERRUPTED);
	if (!s->reached && now >= s->reach_by)
		return give_up(s);
	if (deadline != 0 && now >= deadline)
		return settle(s, STREAM_DEADLINE);
	if (now < s->tick_at)
		return STREAM_EVENT;
	s->tick_at = now + STREAM_TICK_MS;
	return STREAM_TICK;
}

/* Dial when it is time; give up a connection that says nothing. */
static bool
keep_up(struct stream *s)
{
	int64_t now = clock_now();

	if (s->easy == NULL) {
		if (now >= s->connect_at)
			dial(s);
		return true;
	}
	return now - s->heard_at < STREAM_SILENCE_MS;
}

/*
 * The order matters: events that came go out first, then the end of their
 * connection is looked at, then the clock.
 */
enum stream_what
stream_next(struct stream *s, struct sse_event *ev)
{
	enum stream_what what;

	while (s->state == STREAM_EVENT) {
		if (sse_next(s->sse, ev)) {
			s->tries = 0;
			return STREAM_EVENT;
		}
		if (sse_overflowed(s->sse))
			return settle(s, STREAM_BROKEN);
		if (s->ended)
			return end_transfer(s);
		what = look_up(s);
		if (what != STREAM_EVENT)
			return what;
		if (!keep_up(s))
			return lose(s, 0);
		if (!work(s))
			doze(s);
	}
	return s->state;
}
