/*
 * tidewire work: ask for claims, and keep up to --concurrency commands going.
 *
 * One loop: what is due is done (here, and in each cli/work_task.c), then we
 * sleep until a pipe, a connection, a signal or the clock has something.
 * Signals are read from a descriptor, so none comes between a look and a
 * sleep.  The first SIGTERM or SIGINT ends the asking, the second the
 * commands, the third everything.
 */
#include "cli/work.h"

#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/jsonw.h"
#include "core/log.h"
#include "core/mem.h"

#include "cli/call.h"
#include "cli/clock.h"
#include "cli/stream.h"
#include "cli/work_child.h"
#include "cli/work_claim.h"
#include "cli/work_env.h"
#include "cli/work_options.h"
#include "cli/work_task.h"

#define WORK_WAIT_S 30	      /* of one long poll */
#define WORK_ANSWER_MS 30000  /* behind that, for the answer */
#define WORK_REACH_MS 10000   /* to be reached at all */
#define WORK_PAUSE_MS 500     /* behind an answer without work */
#define WORK_SLEEP_MS 3600000 /* when nothing is due */

enum leave { STAY, FINISH, TERMINATE, QUIT };

struct work {
	struct call *call;
	struct work_options options;
	struct post_pool *pool;
	enum leave leave;
	enum exits code;
	int signals; /* signalfd(2) */
	struct work_task **tasks;
	size_t ntasks;
	/* Asking for work: */
	struct post *post;
	struct buf body;
	bool idle;    /* --drain: there is none until a task ends */
	bool reached; /* the server was */
	bool away;    /* and is not any more */
	bool missing; /* the command is, as of the last look */
	unsigned tries;
	int64_t ask_at, reach_by;
};

/* ---- asking ---- */

/* Ask no more, and exit with code when all is finished. */
static void
leave(struct work *w, enum exits code)
{
	if (w->leave != STAY)
		return;
	w->leave = FINISH;
	w->code = code;
	post_abort(w->post);
}

static void
write_all(struct jsonw *w, const struct args *a, const char *option)
{
	const char *text;

	jsonw_array(w);
	for (size_t i = 0; (text = args_at(a, option, i)) != NULL; i++)
		jsonw_cstr(w, text);
	jsonw_end(w);
}

/* The body of POST /api/claims. */
static void
write_claim(const struct work *k, struct buf *body)
{
	const struct args *a = k->call->args;
	struct jsonw *w = jsonw_new(body);

	jsonw_object(w);
	jsonw_key(w, "worker");
	jsonw_cstr(w, k->options.worker);
	if (args_has(a, "job") || args_has(a, "queue")) {
		jsonw_key(w, args_has(a, "job") ? "jobs" : "queues");
		write_all(w, a, args_has(a, "job") ? "job" : "queue");
	}
	jsonw_key(w, "unit");
	jsonw_cstr(w, k->options.steps ? "step" : "execution");
	jsonw_key(w, "max");
	jsonw_u64(w, k->options.concurrency - k->ntasks);
	jsonw_key(w, "wait_seconds");
	jsonw_u64(w, k->options.drain ? 0 : WORK_WAIT_S);
	if (k->options.lease_ms > 0) {
		jsonw_key(w, "lease_seconds");
		jsonw_int(w, k->options.lease_ms / 1000);
	}
	jsonw_end(w);
	jsonw_free(w);
}

/* Work is not asked for while the command is missing: an upgrade, perhaps. */
static bool
is_there(struct work *w)
{
	bool there = work_env_finds(w->options.argv[0]);

	if (!there && !w->missing)
		output_note("there is no command %s now; waiting for it",
		    w->options.argv[0]);
	w->missing = !there;
	return there;
}

/* Ask when there is a free place.  Returns when to look again. */
static int64_t
ask(struct work *w, int64_t now)
{
	if (w->leave != STAY || w->idle || post_busy(w->post) ||
	    w->ntasks >= w->options.concurrency)
		return INT64_MAX;
	if (now < w->ask_at)
		return w->ask_at;
	if (!is_there(w)) {
		w->ask_at = now + WORK_PAUSE_MS;
		return w->ask_at;
	}
	w->body.len = 0;
	write_claim(w, &w->body);
	post_send(w->post, SLICE("/api/claims"), buf_slice(&w->body),
	    WORK_WAIT_S * 1000 + WORK_ANSWER_MS);
	return INT64_MAX;
}

/* The server is away or busy: ask again, unless it never was there. */
static void
postpone(struct work *w, const struct reply *r)
{
	uint32_t noise = 0;

	if (!w->reached && clock_now() >= w->reach_by) {
		leave(w, call_explain(w->call, r));
		return;
	}
	if (w->reached && !w->away)
		output_note("cannot ask for work (%s); trying again",
		    r->cause[0] != '\0' ? r->cause : "the server is busy");
	w->away = w->reached;
	if (getrandom(&noise, sizeof(noise), 0) != sizeof(noise))
		noise = (uint32_t)clock_now();
	w->ask_at = clock_now() + stream_backoff(w->tries++, noise);
}

/* Begin to work on what was handed out. */
static void
begin(struct work *w, const struct json_node *claim)
{
	struct work_claim c;

	if (!work_claim_read(claim, w->options.steps, &c)) {
		output_note("the server handed out something that is no claim");
		return;
	}
	w->tasks =
	    mem_resize(w->tasks, w->ntasks + 1, sizeof(struct work_task *));
	w->tasks[w->ntasks++] = work_task_new(&w->options, w->pool, &c);
}

/* An answer to a claim. */
static void
on_claims(void *arg, struct reply *r)
{
	const struct json_node *data = reply_data(r), *claim;
	struct work *w = arg;

	if (!reply_ok(r)) {
		if (reply_may_pass(r))
			postpone(w, r);
		else
			leave(w, call_explain(w->call, r));
		return;
	}
	if (w->away)
		output_note("the server is back");
	w->reached = true;
	w->away = false;
	w->tries = 0;
	claim = data != NULL && data->type == JSON_ARRAY ? data->child : NULL;
	w->idle = w->options.drain && claim == NULL;
	/* A server that stops answers at once; it is not to be pressed. */
	w->ask_at = claim == NULL ? clock_now() + WORK_PAUSE_MS : 0;
	if (w->idle && w->ntasks == 0)
		leave(w, EXITS_DONE);
	for (; claim != NULL; claim = claim->next)
		begin(w, claim);
	if (w->options.once && w->ntasks > 0)
		leave(w, EXITS_DONE);
}

/* ---- tasks ---- */

static void
report_end(struct work *w, const struct work_task *t)
{
	struct buf line = {0};

	work_task_describe(t, w->call->json, &line);
	output_line(buf_slice(&line));
	buf_free(&line);
	if (w->options.once)
		w->code = work_task_exit(t);
}

/* Let go of the tasks that are over. */
static void
sweep(struct work *w)
{
	size_t n = 0;

	for (size_t i = 0; i < w->ntasks; i++) {
		if (!work_task_over(w->tasks[i])) {
			w->tasks[n++] = w->tasks[i];
			continue;
		}
		report_end(w, w->tasks[i]);
		work_task_free(w->tasks[i]);
		if (w->idle)
			w->ask_at = 0;
		w->idle = false;
	}
	w->ntasks = n;
}

static void
reap(struct work *w)
{
	int status;
	pid_t pid;

	while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
		for (size_t i = 0; i < w->ntasks; i++)
			if (work_task_ended(w->tasks[i], pid, status))
				break;
}

/* Somebody wants us to end; each time they want it more. */
static void
hurry(struct work *w)
{
	if (w->leave == STAY) {
		/* What has been handed out to us by now is ours to do. */
		post_pool_turn(w->pool);
		leave(w, EXITS_DONE);
		if (w->ntasks > 0)
			output_note("finishing %zu of them; once more to "
				    "stop them",
			    w->ntasks);
		return;
	}
	if (w->leave == FINISH)
		output_note("stopping them; once more to kill them");
	if (w->leave < QUIT)
		w->leave++;
	for (size_t i = 0; i < w->ntasks; i++)
		work_task_stop(w->tasks[i]);
}

static void
read_signals(struct work *w)
{
	struct signalfd_siginfo info;

	while (read(w->signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGCHLD)
			reap(w);
		else
			hurry(w);
	}
}

/* --timeout has run out: was it the server that kept us waiting? */
static enum exits
out_of_time(const struct work *w)
{
	if (w->leave != STAY || w->reached || w->tries == 0)
		return EXITS_DEADLINE;
	output_note("cannot reach %s", w->options.url);
	return EXITS_UNREACHED;
}

/* Do all that is due.  Returns when to look again. */
static int64_t
turn(struct work *w, int64_t now)
{
	int64_t deadline = client_deadline(w->call->client), next, at;

	if (deadline != 0 && now >= deadline)
		leave(w, out_of_time(w));
	next = deadline != 0 && w->leave == STAY ? deadline : INT64_MAX;
	for (size_t i = 0; i < w->ntasks; i++) {
		at = work_task_turn(w->tasks[i], now);
		next = at < next ? at : next;
	}
	sweep(w);
	at = ask(w, now);
	return at < next ? at : next;
}

/* Sleep until something happens, or the clock says next. */
static void
doze(struct work *w, int64_t next)
{
	struct curl_waitfd *fds =
	    mem_resize(NULL, 1 + WORK_TASK_FDS * w->ntasks, sizeof(*fds));
	int64_t ms = next - clock_now();
	int pipes[WORK_TASK_FDS];
	size_t n = 0, npipes;

	fds[n++] = (struct curl_waitfd){w->signals, CURL_WAIT_POLLIN, 0};
	for (size_t i = 0; i < w->ntasks; i++) {
		npipes = work_task_fds(w->tasks[i], pipes);
		while (npipes-- > 0)
			fds[n++] = (struct curl_waitfd){pipes[npipes],
			    CURL_WAIT_POLLIN, 0};
	}
	post_pool_wait(w->pool, fds, n,
	    ms < WORK_SLEEP_MS ? ms : WORK_SLEEP_MS);
	free(fds);
}

/* The loop. */
static void
run(struct work *w)
{
	int64_t next;

	for (;;) {
		read_signals(w);
		next = turn(w, clock_now());
		if ((w->leave != STAY && w->ntasks == 0) || w->leave == QUIT)
			return;
		doze(w, next);
		post_pool_turn(w->pool);
	}
}

/* Signals are read, not taken; a broken pipe is an error like any other. */
static void
take_signals(struct work *w)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	w->signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	if (w->signals < 0)
		log_fatal("signalfd does not work here");
}

static void
clean_up(struct work *w)
{
	for (size_t i = 0; i < w->ntasks; i++)
		work_task_free(w->tasks[i]);
	free(w->tasks);
	post_free(w->post);
	post_pool_free(w->pool);
	work_options_free(&w->options);
	buf_free(&w->body);
	close(w->signals);
}

/* Work until told to stop, or as long as there is work. */
int
work_command(struct call *call)
{
	struct work w = {.call = call};
	enum exits code = work_options_read(&w.options, call);

	if (code != EXITS_DONE)
		return code;
	take_signals(&w);
	work_child_adopt();
	w.pool = post_pool_new();
	w.post = post_new(w.pool, call->client, on_claims, &w);
	w.reach_by = clock_now() + WORK_REACH_MS;
	run(&w);
	if (w.ntasks > 0) {
		output_note("%zu left unfinished", w.ntasks);
		w.code = EXITS_FAILED;
	}
	clean_up(&w);
	return w.code;
}
