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

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/wait.h>

#include "core/jsonw.h"
#include "core/mem.h"
#include "core/rfc3339.h"

#include "cli/clock.h"
#include "cli/duration.h"
#include "cli/output.h"
#include "cli/stream.h"
#include "cli/text.h"
#include "cli/work_child.h"
#include "cli/work_env.h"
#include "cli/work_report.h"

#define TASK_LINGER_MS 200	/* reports wait for more to say */
#define TASK_ANSWER_MS 10000	/* for an answer to a report */
#define TASK_HEARTBEAT_MS 10000 /* at the latest, to hear of a cancel */
#define TASK_LEASE_MS 30000	/* when we cannot tell */
#define TASK_READS 8		/* of each pipe in one turn */
#define TASK_WORDS_MAX 1000	/* bytes of last words to remember */
#define TASK_LAST_LINES 5

/* Why a command is stopped. */
enum stop { STOP_NONE, STOP_CANCEL, STOP_LOST, STOP_WORKER };

struct work_task {
	const struct work_plan *plan;
	struct buf execution, step, token; /* end with NUL */
	struct buf job, step_name;
	int64_t attempt;
	struct client *client; /* with the token as its key */
	struct post *post;
	struct work_report *report;
	struct work_child *child; /* NULL: it could not be run */
	struct buf words;	  /* the last lines of standard error */
	bool long_word;		  /* in a line of descriptor 3 too long */
	bool unheard;		  /* there was one, and what it said is lost */
	enum stop stop;
	bool killed;
	int64_t kill_at;
	bool ended; /* the outcome is in the report */

	int64_t lease_ms, began_at;
	int64_t heartbeat_at; /* when the next is due */
	int64_t send_at;      /* when what is pending is to be sent; 0: none */
	unsigned tries;	      /* of the last request, in vain */
	int64_t retry_at;     /* of that request; 0: none waits */
	struct buf target, body;
};

/* ---- what it says ---- */

/* The command is to stop: ask it, and be ready to insist. */
static void
stop(struct work_task *t, enum stop why)
{
	int status;

	if (t->stop == STOP_NONE && t->child != NULL &&
	    !work_child_status(t->child, &status)) {
		work_child_signal(t->child, SIGTERM);
		t->kill_at = clock_now() + t->plan->grace_ms;
	}
	if (t->stop == STOP_NONE || why == STOP_LOST)
		t->stop = why;
	if (why == STOP_LOST)
		work_report_drop(t->report);
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
	stop(t, STOP_LOST);
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
	if (work_report_over(t->report))
		return;
	if (slice_is(command_of(r), "stop"))
		lose(t, r);
	else if (slice_is(command_of(r), "cancel"))
		stop(t, STOP_CANCEL);
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
	if (t->stop == STOP_LOST || post_busy(t->post) ||
	    work_report_over(t->report))
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

/* ---- what the command says ---- */

/* Remember the last lines of standard error. */
static void
remember(struct work_task *t, struct slice line)
{
	unsigned lines = 0;
	size_t at;

	if (line.n > TASK_WORDS_MAX)
		line.n = TASK_WORDS_MAX;
	buf_add_slice(&t->words, line);
	buf_add_byte(&t->words, '\n');
	for (at = t->words.len; at > 0; at--)
		if (t->words.p[at - 1] == '\n' && ++lines > TASK_LAST_LINES)
			break;
	if (t->words.len - at > TASK_WORDS_MAX)
		at = t->words.len - TASK_WORDS_MAX;
	buf_drop(&t->words, at);
}

/* A line that means nothing becomes a warning. */
static void
warn(struct work_task *t, struct slice line, const char *fault)
{
	struct buf text = {0};
	struct slice shown = {line.p, line.n < 200 ? line.n : 200};

	buf_addf(&text, "descriptor 3: %s: ", fault);
	buf_add_slice(&text, shown);
	work_report_log(t->report, "warn", buf_slice(&text));
	buf_free(&text);
}

static void
take_word(struct work_task *t, const struct work_line *line)
{
	struct work_control c;
	const char *fault;
	bool skip = t->long_word;

	t->long_word = !line->whole;
	if (skip || slice_trim(line->text).n == 0)
		return;
	t->unheard = t->unheard || !line->whole;
	if (!line->whole)
		fault = "the line is too long";
	else
		fault = work_control_parse(line->text, &c);
	if (fault == NULL)
		fault = work_report_word(t->report, &c);
	if (fault != NULL)
		warn(t, line->text, fault);
}

static void
take_line(struct work_task *t, enum work_pipe p, const struct work_line *line)
{
	struct slice text = line->text;

	if (t->stop == STOP_LOST)
		return;
	if (p == WORK_FD3) {
		take_word(t, line);
		return;
	}
	if (line->whole && text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	if (p == WORK_STDERR)
		remember(t, text);
	work_report_log(t->report, p == WORK_STDERR ? "error" : "info", text);
}

/* Take in lines until there is no room; true when all were taken. */
static bool
take_lines(struct work_task *t, enum work_pipe p)
{
	struct work_line line;

	while (!work_report_full(t->report)) {
		if (!work_lines_next(work_child_lines(t->child, p), &line))
			return true;
		take_line(t, p, &line);
	}
	return false;
}

/* Listen to one pipe.  True when it has said all it will. */
static bool
listen_pipe(struct work_task *t, enum work_pipe p, bool *again)
{
	for (unsigned i = 0; i < TASK_READS; i++) {
		if (!take_lines(t, p))
			return false;
		if (!work_child_read(t->child, p))
			return work_child_fd(t->child, p) < 0;
	}
	*again = true;
	return false;
}

/* Listen to all.  *again: there may be more right now. */
static bool
listen_all(struct work_task *t, bool *again)
{
	bool quiet = true;

	for (enum work_pipe p = WORK_STDOUT; p < WORK_PIPES; p++)
		if (!listen_pipe(t, p, again))
			quiet = false;
	return quiet;
}

/* ---- how it ends ---- */

/* Why it failed, as error_type; a status of 0 is one of success. */
static const char *
cause_type(const struct work_task *t, int status)
{
	if (t->stop == STOP_WORKER)
		return "WorkerStopped";
	if (status == 0)
		return "ReportRefused";
	return WIFSIGNALED(status) ? "Signal" : "ExitStatus";
}

/* The same in words, and its own last ones. */
static void
write_cause(const struct work_task *t, int status, struct buf *out)
{
	if (t->stop == STOP_WORKER)
		buf_add_str(out, "the worker was stopped");
	else if (status == 0)
		buf_add_str(out, "a line on descriptor 3 was too long");
	else if (WIFSIGNALED(status))
		buf_addf(out, "killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		buf_addf(out, "exit status %d", WEXITSTATUS(status));
	if (t->words.len == 0)
		return;
	buf_add_str(out, ": ");
	buf_add(out, t->words.p, t->words.len - 1);
}

static bool
is_final(const struct work_plan *plan, int status)
{
	for (size_t i = 0; i < plan->nfinal && WIFEXITED(status); i++)
		if (plan->final[i] == WEXITSTATUS(status))
			return true;
	return false;
}

/* The command has ended and has said all: what does that mean? */
static void
conclude(struct work_task *t, int status)
{
	struct work_outcome o = {.end = WORK_FAILED};
	struct buf message = {0};

	if (status == 0 && !t->unheard)
		o.end = WORK_COMPLETED;
	else if (t->stop == STOP_CANCEL)
		o.end = WORK_CANCELLED;
	o.type = cause_type(t, status);
	o.final = t->stop != STOP_WORKER && is_final(t->plan, status);
	write_cause(t, status, &message);
	o.message = buf_slice(&message);
	t->ended = true;
	work_report_end(t->report, &o);
	buf_free(&message);
}

/* Is nothing of the command left that matters? */
static bool
is_done(const struct work_task *t, int *status)
{
	if (t->child == NULL)
		return true;
	return work_child_status(t->child, status) &&
	    (t->stop == STOP_NONE || work_child_gone(t->child));
}

/* Take in what there is, and draw the conclusion when that was all. */
static bool
follow(struct work_task *t)
{
	bool again = false, quiet;
	int status = 0;

	if (t->child == NULL)
		return false;
	quiet = listen_all(t, &again);
	if (quiet && !t->ended && t->stop != STOP_LOST && is_done(t, &status))
		conclude(t, status);
	return again;
}

/* SIGKILL for what did not heed SIGTERM.  Returns when to look again. */
static int64_t
insist(struct work_task *t, int64_t now)
{
	int status;

	if (t->stop == STOP_NONE || t->killed || is_done(t, &status))
		return INT64_MAX;
	if (now < t->kill_at)
		return t->kill_at;
	t->killed = true;
	work_child_signal(t->child, SIGKILL);
	return INT64_MAX;
}

/* See to everything. */
int64_t
work_task_turn(struct work_task *t, int64_t now)
{
	int64_t kill_at, speak_at;
	bool again;

	if (work_task_over(t))
		return INT64_MAX;
	kill_at = insist(t, now);
	again = follow(t);
	speak_at = speak(t, now);
	/* What was sent made room for more. */
	if (post_busy(t->post))
		again = follow(t) || again;
	if (again)
		return now;
	return kill_at < speak_at ? kill_at : speak_at;
}

/* What to poll: nothing while there is no room for what would come. */
size_t
work_task_fds(const struct work_task *t, struct curl_waitfd *fds)
{
	size_t n = 0;
	int fd;

	if (t->child == NULL || work_report_full(t->report))
		return 0;
	for (enum work_pipe p = WORK_STDOUT; p < WORK_PIPES; p++) {
		fd = work_child_fd(t->child, p);
		if (fd >= 0)
			fds[n++] = (struct curl_waitfd){.fd = fd,
			    .events = CURL_WAIT_POLLIN};
	}
	return n;
}

/* Note its end. */
bool
work_task_ended(struct work_task *t, pid_t pid, int status)
{
	int before;

	if (t->child == NULL || work_child_pid(t->child) != pid ||
	    work_child_status(t->child, &before))
		return false;
	work_child_ended(t->child, status);
	return true;
}

/* Stop it, since the worker is stopped. */
void
work_task_stop(struct work_task *t)
{
	stop(t, STOP_WORKER);
}

/* Reported, or lost and stopped. */
bool
work_task_over(const struct work_task *t)
{
	int status;

	if (t->stop == STOP_LOST)
		return is_done(t, &status);
	return work_report_over(t->report);
}

/* ---- its beginning ---- */

static void
copy(struct buf *to, const struct json_node *n)
{
	buf_add_slice(to, text_of(n));
	buf_add_byte(to, '\0');
	to->len--;
}

/* How long the lease is, from the server's clock only. */
static int64_t
lease(const struct work_plan *plan, const struct json_node *claim)
{
	struct slice from =
	    text_of(json_get(json_get(claim, "execution"), "updated_at"));
	struct slice to = text_of(json_get(claim, "lease_expires_at"));
	int64_t a, b;

	if (plan->lease_ms > 0)
		return plan->lease_ms;
	if (rfc3339_parse(from, &a) && rfc3339_parse(to, &b) && b - a >= 1000)
		return b - a;
	return TASK_LEASE_MS;
}

/* The step that was claimed, if it was one. */
static const struct json_node *
step_of(const struct work_plan *plan, const struct json_node *claim)
{
	const struct json_node *steps = json_get(claim, "steps");

	return plan->steps && steps != NULL ? steps->child : NULL;
}

static void
fill_env(struct work_env *env, const struct work_task *t,
    const struct json_node *claim)
{
	const struct json_node *execution = json_get(claim, "execution");

	work_env_set(env, "TIDEWIRE_URL", slice_str(t->plan->url));
	work_env_set(env, "TIDEWIRE_TOKEN", buf_slice(&t->token));
	work_env_set(env, "TIDEWIRE_WORKER", slice_str(t->plan->worker));
	work_env_set(env, "TIDEWIRE_EXECUTION_ID", buf_slice(&t->execution));
	work_env_set(env, "TIDEWIRE_ATTEMPT",
	    text_of(json_get(claim, "attempt")));
	work_env_set(env, "TIDEWIRE_MAX_ATTEMPTS",
	    text_of(json_get(execution, "max_attempts")));
	work_env_set(env, "TIDEWIRE_JOB", buf_slice(&t->job));
	work_env_set(env, "TIDEWIRE_QUEUE",
	    text_of(json_get(execution, "queue")));
	if (t->step.len == 0)
		return;
	work_env_set(env, "TIDEWIRE_STEP_ID", buf_slice(&t->step));
	work_env_set(env, "TIDEWIRE_STEP_NAME", buf_slice(&t->step_name));
}

/* JSON as sent, null where there is none. */
static struct slice
raw_of(const struct json_node *n)
{
	return n != NULL ? n->raw : SLICE("null");
}

/* Run the command; when that cannot be, the claim fails. */
static void
run(struct work_task *t, const struct json_node *claim)
{
	const struct json_node *step = step_of(t->plan, claim);
	struct work_env *env = work_env_new();
	struct work_child_plan plan = {.argv = t->plan->argv};
	struct work_outcome o = {.end = WORK_FAILED, .type = "CannotRun"};

	fill_env(env, t, claim);
	plan.envp = work_env_list(env);
	plan.input =
	    raw_of(json_get(step != NULL ? step : json_get(claim, "execution"),
		"input_params"));
	if (step != NULL)
		plan.checkpoint = raw_of(json_get(step, "checkpoint_data"));
	t->child = work_child_start(&plan);
	if (t->child == NULL) {
		o.message = slice_str(strerror(errno));
		t->ended = true;
		work_report_end(t->report, &o);
	}
	work_env_free(env);
}

/* Begin. */
struct work_task *
work_task_new(const struct work_plan *plan, const struct json_node *claim)
{
	const struct json_node *execution = json_get(claim, "execution");
	const struct json_node *step = step_of(plan, claim);
	struct work_task *t;

	if (text_of(json_get(execution, "id")).n == 0 ||
	    text_of(json_get(claim, "token")).n == 0 ||
	    (plan->steps && step == NULL))
		return NULL;
	t = mem_zalloc(sizeof(*t));
	t->plan = plan;
	copy(&t->execution, json_get(execution, "id"));
	copy(&t->token, json_get(claim, "token"));
	copy(&t->job, json_get(execution, "job_name"));
	copy(&t->step, json_get(step, "id"));
	copy(&t->step_name, json_get(step, "name"));
	json_int(json_get(claim, "attempt"), 1, UINT32_MAX, &t->attempt);
	t->lease_ms = lease(plan, claim);
	t->began_at = clock_now();
	t->heartbeat_at = t->began_at + heartbeat_ms(t);
	t->client = client_new(plan->url, t->token.p, 0);
	t->post = post_new(plan->pool, t->client, on_answer, t);
	t->report =
	    work_report_new(buf_slice(&t->execution), buf_slice(&t->step));
	run(t, claim);
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
	work_child_free(t->child);
	work_report_free(t->report);
	buf_free(&t->execution);
	buf_free(&t->step);
	buf_free(&t->step_name);
	buf_free(&t->token);
	buf_free(&t->job);
	buf_free(&t->words);
	buf_free(&t->target);
	buf_free(&t->body);
	free(t);
}

/* ---- how it went ---- */

/* The outcome as an exit code. */
enum exits
work_task_exit(const struct work_task *t)
{
	enum work_end end = work_report_outcome(t->report);

	if (t->stop == STOP_LOST || end == WORK_FAILED)
		return EXITS_FAILED;
	return end == WORK_CANCELLED ? EXITS_CANCELLED : EXITS_DONE;
}

static const char *
end_name(const struct work_task *t)
{
	static const char *const names[] = {
	    [WORK_COMPLETED] = "completed",
	    [WORK_FAILED] = "failed",
	    [WORK_CANCELLED] = "cancelled",
	};

	return t->stop == STOP_LOST ? "lost"
				    : names[work_report_outcome(t->report)];
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
	jsonw_cstr(w, t->step.len > 0 ? t->step_name.p : NULL);
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
	if (t->step.len > 0) {
		buf_add_byte(out, ' ');
		text_add(out, buf_slice(&t->step_name));
	}
	buf_addf(out, " attempt %lld %s after ", (long long)t->attempt,
	    end_name(t));
	duration_format(ms, out);
}
