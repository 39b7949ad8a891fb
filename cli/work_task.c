/*
 * The life of a claim.  The command runs; its lines become logs and reports
 * (cli/work_report.c), which are sent one request at a time, a heartbeat when
 * there is nothing else to say.  The server may answer that it is cancelled,
 * or that the claim is over; then the command is stopped.  When it has ended,
 * and all it wrote was taken in, the outcome is the last report.
 *
 * A request that does not get through is sent again, for as long as it takes:
 * only the server knows whether the lease has ended, and says so with 409.
 */
#include "cli/work_task.h"

#include <stdlib.h>
#include <sys/random.h>

#include "core/jsonw.h"
#include "core/mem.h"

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/output.h"
#include "cli/stream.h"
#include "cli/text.h"
#include "cli/work_run.h"

#define TASK_LINGER_MS 200	/* reports wait for more to say */
#define TASK_ANSWER_MS 10000	/* for an answer to a report */
#define TASK_HEARTBEAT_MS 10000 /* at the latest, to hear of a cancel */
#define TASK_LEASE_MS 30000	/* when we cannot tell */

struct work_task {
	struct buf execution, token, job,
	    step_name; /* each with a NUL behind */
	bool of_step;
	bool cancelled; /* the server says that it ended so */
	int64_t attempt;
	struct client *client; /* with the token as its key */
	struct post *post;
	struct work_report *report;
	struct work_run *run;
	int64_t lease_ms, began_at;
	int64_t heartbeat_at; /* when the next is due */
	int64_t send_at;      /* when what is pending is to be sent; 0: none */
	unsigned tries;	      /* of the last request, in vain */
	int64_t retry_at;     /* of that request; 0: none waits */
	struct buf target, body;
};

/* ---- what it says ---- */

static bool
is_lost(const struct work_task *t)
{
	return work_run_stopped(t->run) == WORK_LOST;
}

/* The claim is over, whatever the command does. */
static void
lose(struct work_task *t, const struct reply *r)
{
	struct buf why = {0};

	reply_text(r, &why);
	output_note("execution %s: the claim is over: %.*s", t->execution.p,
	    SLICE_FMT(buf_slice(&why)));
	buf_free(&why);
	work_run_stop(t->run, WORK_LOST);
}

/* "command", at the top or in data. */
static struct slice
command_of(const struct reply *r)
{
	const struct json_node *root =
	    r->doc != NULL ? json_root(r->doc) : NULL;
	const struct json_node *command = json_get(root, "command");

	if (json_absent(command))
		command = json_get(json_get(root, "data"), "command");
	return text_of(command);
}

/* True when the server will take no report of this claim any more. */
static bool
is_over(const struct reply *r)
{
	const struct json_node *errors =
	    json_get(r->doc != NULL ? json_root(r->doc) : NULL, "errors");

	if (slice_is(command_of(r), "stop"))
		return true;
	if (r->status == 422)
		return !json_absent(json_get(errors, "status"));
	return r->status == 401 || r->status == 403 || r->status == 404 ||
	    r->status == 409;
}

/* Plan to send the same again. */
static void
try_again(struct work_task *t, const struct reply *r)
{
	uint32_t noise = 0;

	if (getrandom(&noise, sizeof(noise), 0) != sizeof(noise))
		noise = (uint32_t)clock_now();
	if (t->tries == 1)
		output_note("execution %s: a report does not get through "
			    "(%s); trying again",
		    t->execution.p,
		    r->cause[0] != '\0' ? r->cause : "the server is busy");
	t->retry_at = clock_now() + stream_backoff(t->tries++, noise);
}

static void
refuse(struct work_task *t, const struct reply *r)
{
	struct buf why = {0};

	reply_text(r, &why);
	work_report_refused(t->report, buf_slice(&why));
	output_note("execution %s: a report was refused: %.*s", t->execution.p,
	    SLICE_FMT(buf_slice(&why)));
	buf_free(&why);
}

/* A request was answered, or was not. */
static void
on_answer(void *arg, struct reply *r)
{
	struct work_task *t = arg;

	if (!reply_ok(r) && (reply_may_pass(r) || r->kind == REPLY_USELESS)) {
		try_again(t, r);
		return;
	}
	if (t->tries > 1)
		output_note("execution %s: the server is back", t->execution.p);
	t->tries = 0;
	t->retry_at = 0;
	if (!reply_ok(r) && is_over(r)) {
		lose(t, r);
		return;
	}
	if (reply_ok(r))
		work_report_taken(t->report);
	else
		refuse(t, r);
	if (work_report_over(t->report)) {
		t->cancelled =
		    slice_is(text_of(json_get(reply_data(r), "status")),
			"cancelled");
		return;
	}
	if (slice_is(command_of(r), "stop"))
		lose(t, r);
	else if (slice_is(command_of(r), "cancel"))
		work_run_stop(t->run, WORK_CANCEL);
}

/* At a third of the lease, or sooner, so that a cancel is heard of. */
static int64_t
heartbeat_ms(const struct work_task *t)
{
	int64_t ms = t->lease_ms / 3;

	return ms < TASK_HEARTBEAT_MS ? ms : TASK_HEARTBEAT_MS;
}

static void
send_again(struct work_task *t, int64_t now)
{
	t->retry_at = 0;
	t->heartbeat_at = now + heartbeat_ms(t);
	post_send(t->post, buf_slice(&t->target), buf_slice(&t->body),
	    TASK_ANSWER_MS);
}

static void
send_next(struct work_task *t, int64_t now)
{
	work_report_next(t->report, &t->target, &t->body);
	t->send_at = 0;
	send_again(t, now);
}

/* Send what is due.  Returns when to look again. */
static int64_t
speak(struct work_task *t, int64_t now)
{
	if (is_lost(t) || post_busy(t->post) || work_report_over(t->report))
		return INT64_MAX;
	if (t->retry_at != 0) {
		if (now < t->retry_at)
			return t->retry_at;
		send_again(t, now);
		return INT64_MAX;
	}
	if (work_report_pending(t->report) && t->send_at == 0)
		t->send_at = now + TASK_LINGER_MS;
	if ((t->send_at != 0 &&
		(now >= t->send_at || work_report_urgent(t->report))) ||
	    now >= t->heartbeat_at) {
		send_next(t, now);
		return INT64_MAX;
	}
	return t->send_at != 0 && t->send_at < t->heartbeat_at
	    ? t->send_at
	    : t->heartbeat_at;
}

/* See to everything. */
int64_t
work_task_turn(struct work_task *t, int64_t now)
{
	int64_t kill_at, speak_at;
	bool again;

	if (work_task_over(t))
		return INT64_MAX;
	kill_at = work_run_insist(t->run, now);
	again = work_run_follow(t->run);
	speak_at = speak(t, now);
	/* What was sent made room for more. */
	if (post_busy(t->post))
		again = work_run_follow(t->run) || again;
	if (again)
		return now;
	return kill_at < speak_at ? kill_at : speak_at;
}

/* What to poll. */
size_t
work_task_fds(const struct work_task *t, int fds[WORK_TASK_FDS])
{
	return work_run_fds(t->run, fds);
}

/* Note the end of its command. */
bool
work_task_ended(struct work_task *t, pid_t pid, int status)
{
	return work_run_ended(t->run, pid, status);
}

/* Stop it, since the worker is stopped. */
void
work_task_stop(struct work_task *t)
{
	work_run_stop(t->run, WORK_QUIT);
}

/* Reported, or lost and stopped. */
bool
work_task_over(const struct work_task *t)
{
	return is_lost(t) ? work_run_done(t->run) : work_report_over(t->report);
}

/* ---- its beginning and end ---- */

static void
copy(struct buf *to, struct slice text)
{
	buf_add_slice(to, text);
	buf_add_byte(to, '\0');
	to->len--;
}

/* Begin. */
struct work_task *
work_task_new(const struct work_options *o, struct post_pool *pool,
    const struct work_claim *c)
{
	struct work_task *t = mem_zalloc(sizeof(*t));

	copy(&t->execution, c->execution);
	copy(&t->token, c->token);
	copy(&t->job, c->job);
	copy(&t->step_name, c->step_name);
	t->of_step = c->step.n > 0;
	t->attempt = c->attempt;
	t->lease_ms = o->lease_ms > 0 ? o->lease_ms : c->lease_ms;
	if (t->lease_ms == 0)
		t->lease_ms = TASK_LEASE_MS;
	t->began_at = clock_now();
	t->heartbeat_at = t->began_at + heartbeat_ms(t);
	t->client = client_new(o->url, t->token.p, 0);
	t->post = post_new(pool, t->client, on_answer, t);
	t->report = work_report_new(c->execution, c->step);
	t->run = work_run_new(o, c, t->report);
	return t;
}

/* Free all of it. */
void
work_task_free(struct work_task *t)
{
	if (t == NULL)
		return;
	post_free(t->post);
	client_free(t->client);
	work_run_free(t->run);
	work_report_free(t->report);
	buf_free(&t->execution);
	buf_free(&t->token);
	buf_free(&t->job);
	buf_free(&t->step_name);
	buf_free(&t->target);
	buf_free(&t->body);
	free(t);
}

/* ---- how it went ---- */

/* How it ended; the server has the last word on a cancel. */
static enum work_end
outcome(const struct work_task *t)
{
	return t->cancelled ? WORK_CANCELLED : work_report_outcome(t->report);
}

/* The outcome as an exit code. */
enum exits
work_task_exit(const struct work_task *t)
{
	static const enum exits codes[] = {
	    [WORK_COMPLETED] = EXITS_DONE,
	    [WORK_FAILED] = EXITS_FAILED,
	    [WORK_CANCELLED] = EXITS_CANCELLED,
	};

	return is_lost(t) ? EXITS_FAILED : codes[outcome(t)];
}

static const char *
end_name(const struct work_task *t)
{
	static const char *const names[] = {
	    [WORK_COMPLETED] = "completed",
	    [WORK_FAILED] = "failed",
	    [WORK_CANCELLED] = "cancelled",
	};

	return is_lost(t) ? "lost" : names[outcome(t)];
}

static void
describe_json(const struct work_task *t, uint64_t ms, struct buf *out)
{
	struct jsonw *w = jsonw_new(out);

	jsonw_object(w);
	jsonw_key(w, "execution_id");
	jsonw_str(w, buf_slice(&t->execution));
	jsonw_key(w, "job");
	jsonw_str(w, buf_slice(&t->job));
	jsonw_key(w, "step");
	jsonw_cstr(w, t->of_step ? t->step_name.p : NULL);
	jsonw_key(w, "attempt");
	jsonw_int(w, t->attempt);
	jsonw_key(w, "outcome");
	jsonw_cstr(w, end_name(t));
	jsonw_key(w, "duration_ms");
	jsonw_u64(w, ms);
	jsonw_end(w);
	jsonw_free(w);
}

/* Say how it went. */
void
work_task_describe(const struct work_task *t, bool json, struct buf *out)
{
	uint64_t ms = (uint64_t)(clock_now() - t->began_at);

	if (json) {
		describe_json(t, ms, out);
		return;
	}
	text_add(out, buf_slice(&t->execution));
	buf_add_byte(out, ' ');
	text_add(out, buf_slice(&t->job));
	if (t->of_step) {
		buf_add_byte(out, ' ');
		text_add(out, buf_slice(&t->step_name));
	}
	buf_addf(out, " attempt %lld %s after ", (long long)t->attempt,
	    end_name(t));
	duration_format(ms, out);
}
