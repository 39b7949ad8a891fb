/*
 * What the command writes becomes logs and words of the report; how it ends,
 * the outcome.  cli/work_child.c has the process, cli/work_task.c sends the
 * report and decides when to stop.
 */
#include "cli/work_run.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>

#include "core/mem.h"

#include "cli/clock.h"
#include "cli/work_child.h"
#include "cli/work_env.h"

#define RUN_READS 8	   /* of each pipe at once */
#define RUN_WORDS_MAX 1000 /* bytes of last words to remember */
#define RUN_LAST_LINES 5

struct work_run {
	const struct work_options *options;
	struct work_report *report;
	struct work_child *child; /* NULL: it could not be started */
	struct buf words;	  /* the last lines of standard error */
	bool long_word;		  /* in a line of descriptor 3 too long */
	bool unheard;		  /* there was one, and what it said is lost */
	bool judged;		  /* the outcome is in the report */
	enum work_stop stop;
	bool killed;
	int64_t kill_at;
};

/* ---- its beginning ---- */

static void
fill_env(struct work_env *env, const struct work_options *o,
    const struct work_claim *c)
{
	work_env_set(env, "TIDEWIRE_URL", slice_str(o->url));
	work_env_set(env, "TIDEWIRE_WORKER", slice_str(o->worker));
	work_env_set(env, "TIDEWIRE_TOKEN", c->token);
	work_env_set(env, "TIDEWIRE_EXECUTION_ID", c->execution);
	work_env_set(env, "TIDEWIRE_JOB", c->job);
	work_env_set(env, "TIDEWIRE_QUEUE", c->queue);
	work_env_set_number(env, "TIDEWIRE_ATTEMPT", c->attempt);
	work_env_set_number(env, "TIDEWIRE_MAX_ATTEMPTS", c->max_attempts);
	if (c->step.n == 0)
		return;
	work_env_set(env, "TIDEWIRE_STEP_ID", c->step);
	work_env_set(env, "TIDEWIRE_STEP_NAME", c->step_name);
}

static void
judge(struct work_run *r, const struct work_outcome *o)
{
	r->judged = true;
	work_report_end(r->report, o);
}

static void
start(struct work_run *r, const struct work_claim *claim)
{
	struct work_outcome o = {.end = WORK_FAILED, .type = "CannotRun"};
	struct work_env *env = work_env_new();
	struct work_child_plan plan = {
	    .argv = r->options->argv,
	    .input = claim->input,
	    .checkpoint = claim->checkpoint,
	};

	fill_env(env, r->options, claim);
	plan.envp = work_env_list(env);
	r->child = work_child_start(&plan);
	if (r->child == NULL) {
		o.message = slice_str(strerror(errno));
		judge(r, &o);
	}
	work_env_free(env);
}

/* Start it. */
struct work_run *
work_run_new(const struct work_options *o, const struct work_claim *claim,
    struct work_report *report)
{
	struct work_run *r = mem_zalloc(sizeof(*r));

	r->options = o;
	r->report = report;
	start(r, claim);
	return r;
}

/* Free it. */
void
work_run_free(struct work_run *r)
{
	if (r == NULL)
		return;
	work_child_free(r->child);
	buf_free(&r->words);
	free(r);
}

/* ---- what it says ---- */

/* Remember the last lines of standard error. */
static void
remember(struct work_run *r, struct slice line)
{
	unsigned lines = 0;
	size_t at;

	if (line.n > RUN_WORDS_MAX)
		line.n = RUN_WORDS_MAX;
	buf_add_slice(&r->words, line);
	buf_add_byte(&r->words, '\n');
	for (at = r->words.len; at > 0; at--)
		if (r->words.p[at - 1] == '\n' && ++lines > RUN_LAST_LINES)
			break;
	if (r->words.len - at > RUN_WORDS_MAX)
		at = r->words.len - RUN_WORDS_MAX;
	buf_drop(&r->words, at);
}

/* A line that means nothing becomes a warning. */
static void
warn(struct work_run *r, struct slice line, const char *fault)
{
	struct buf text = {0};
	struct slice shown = {line.p, line.n < 200 ? line.n : 200};

	buf_addf(&text, "descriptor 3: %s: ", fault);
	buf_add_slice(&text, shown);
	work_report_log(r->report, "warn", buf_slice(&text));
	buf_free(&text);
}

static void
take_word(struct work_run *r, const struct work_line *line)
{
	struct work_control c;
	const char *fault;
	bool skip = r->long_word;

	r->long_word = !line->whole;
	if (skip || slice_trim(line->text).n == 0)
		return;
	r->unheard = r->unheard || !line->whole;
	if (!line->whole)
		fault = "the line is too long";
	else
		fault = work_control_parse(line->text, &c);
	if (fault == NULL)
		fault = work_report_word(r->report, &c);
	if (fault != NULL)
		warn(r, line->text, fault);
}

static void
take_line(struct work_run *r, enum work_pipe p, const struct work_line *line)
{
	struct slice text = line->text;

	if (r->stop == WORK_LOST)
		return;
	if (p == WORK_FD3) {
		take_word(r, line);
		return;
	}
	if (line->whole && text.n > 0 && text.p[text.n - 1] == '\r')
		text.n--;
	if (p == WORK_STDERR)
		remember(r, text);
	work_report_log(r->report, p == WORK_STDERR ? "error" : "info", text);
}

/* Take in lines until there is no room; true when all were taken. */
static bool
take_lines(struct work_run *r, enum work_pipe p)
{
	struct work_line line;

	while (!work_report_full(r->report)) {
		if (!work_lines_next(work_child_lines(r->child, p), &line))
			return true;
		take_line(r, p, &line);
	}
	return false;
}

/* Listen to one pipe.  True when it has said all it will. */
static bool
listen_pipe(struct work_run *r, enum work_pipe p, bool *again)
{
	for (unsigned i = 0; i < RUN_READS; i++) {
		if (!take_lines(r, p))
			return false;
		if (!work_child_read(r->child, p))
			return work_child_fd(r->child, p) < 0;
	}
	*again = true;
	return false;
}

/* Listen to all.  *again: there may be more right now. */
static bool
listen_all(struct work_run *r, bool *again)
{
	bool quiet = true;

	for (enum work_pipe p = WORK_STDOUT; p < WORK_PIPES; p++)
		if (!listen_pipe(r, p, again))
			quiet = false;
	return quiet;
}

/* ---- how it ends ---- */

/* Why it failed, as error_type; a status of 0 is one of success. */
static const char *
cause_type(const struct work_run *r, int status)
{
	if (r->stop == WORK_QUIT)
		return "WorkerStopped";
	if (status == 0)
		return "ReportRefused";
	return WIFSIGNALED(status) ? "Signal" : "ExitStatus";
}

/* The same in words, and its own last ones. */
static void
write_cause(const struct work_run *r, int status, struct buf *out)
{
	if (r->stop == WORK_QUIT)
		buf_add_str(out, "the worker was stopped");
	else if (status == 0)
		buf_add_str(out, "a line on descriptor 3 was too long");
	else if (WIFSIGNALED(status))
		buf_addf(out, "killed by signal %d (%s)", WTERMSIG(status),
		    strsignal(WTERMSIG(status)));
	else
		buf_addf(out, "exit status %d", WEXITSTATUS(status));
	if (r->words.len == 0)
		return;
	buf_add_str(out, ": ");
	buf_add(out, r->words.p, r->words.len - 1);
}

static bool
is_final(const struct work_options *o, int status)
{
	for (size_t i = 0; i < o->nfinal && WIFEXITED(status); i++)
		if (o->final[i] == WEXITSTATUS(status))
			return true;
	return false;
}

/* The command has ended and has said all: what does that mean? */
static void
conclude(struct work_run *r, int status)
{
	struct work_outcome o = {.end = WORK_FAILED};
	struct buf message = {0};

	if (status == 0 && !r->unheard)
		o.end = WORK_COMPLETED;
	else if (r->stop == WORK_CANCEL)
		o.end = WORK_CANCELLED;
	o.type = cause_type(r, status);
	o.final = r->stop != WORK_QUIT && is_final(r->options, status);
	write_cause(r, status, &message);
	o.message = buf_slice(&message);
	judge(r, &o);
	buf_free(&message);
}

/* Is nothing of it left that matters? */
bool
work_run_done(const struct work_run *r)
{
	int status;

	if (r->child == NULL)
		return true;
	return work_child_status(r->child, &status) &&
	    (r->stop == WORK_GO_ON || work_child_gone(r->child));
}

/* Listen, then judge. */
bool
work_run_follow(struct work_run *r)
{
	bool again = false, quiet;
	int status;

	if (r->child == NULL)
		return false;
	quiet = listen_all(r, &again);
	if (quiet && !r->judged && r->stop != WORK_LOST && work_run_done(r)) {
		work_child_status(r->child, &status);
		conclude(r, status);
	}
	return again;
}

/* Note its end. */
bool
work_run_ended(struct work_run *r, pid_t pid, int status)
{
	int before;

	if (r->child == NULL || work_child_pid(r->child) != pid ||
	    work_child_status(r->child, &before))
		return false;
	work_child_ended(r->child, status);
	return true;
}

/* Nothing is polled while there is no room for what would come. */
size_t
work_run_fds(const struct work_run *r, int *fds)
{
	size_t n = 0;

	if (r->child == NULL || work_report_full(r->report))
		return 0;
	for (enum work_pipe p = WORK_STDOUT; p < WORK_PIPES; p++) {
		fds[n] = work_child_fd(r->child, p);
		n += fds[n] >= 0;
	}
	return n;
}

/* ---- stopping ---- */

/* Ask. */
void
work_run_stop(struct work_run *r, enum work_stop why)
{
	int status;

	if (r->stop == WORK_GO_ON && r->child != NULL &&
	    !work_child_status(r->child, &status)) {
		work_child_signal(r->child, SIGTERM);
		r->kill_at = clock_now() + r->options->grace_ms;
	}
	if (r->stop == WORK_GO_ON || why == WORK_LOST)
		r->stop = why;
	if (why == WORK_LOST)
		work_report_drop(r->report);
}

/* Tell whether it was asked, and why. */
enum work_stop
work_run_stopped(const struct work_run *r)
{
	return r->stop;
}

/* Insist. */
int64_t
work_run_insist(struct work_run *r, int64_t now)
{
	if (r->stop == WORK_GO_ON || r->killed || work_run_done(r))
		return INT64_MAX;
	if (now < r->kill_at)
		return r->kill_at;
	r->killed = true;
	work_child_signal(r->child, SIGKILL);
	return INT64_MAX;
}
