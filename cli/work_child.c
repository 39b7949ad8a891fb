/*
 * fork(2) and what belongs to it.  Input is a file in memory, so a program
 * may leave it unread, seek in it, and never makes us wait.
 */
#include "cli/work_child.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/mem.h"

#define CHILD_LINE_MAX 16384	 /* of output; longer ones are cut */
#define CHILD_WORD_MAX (4 << 20) /* of descriptor 3 */
#define CHILD_READ 16384
#define CHILD_FDS 5	    /* 0 to 4 */
#define CHILD_OUT_OF_WAY 16 /* over all of those */
#define CHILD_NOT_RUN 127   /* exit status, as shells have it */

struct work_child {
	pid_t pid;
	bool ended;
	int status;
	struct {
		int fd;
		bool bounded; /* so much is left, and no more will come: */
		size_t left;
		struct work_lines lines;
	} pipes[WORK_PIPES];
};

/* Become the parent of orphans among our descendants. */
void
work_child_adopt(void)
{
	prctl(PR_SET_CHILD_SUBREAPER, 1UL, 0UL, 0UL, 0UL);
}

/* A file in memory that holds text and a line break; -1 with errno. */
static int
memory_file(struct slice text)
{
	int fd = memfd_create("tidewire input", MFD_CLOEXEC);
	ssize_t n = 1;

	if (fd < 0)
		return -1;
	while (text.n > 0 && n > 0) {
		n = write(fd, text.p, text.n);
		if (n > 0) {
			text.p += n;
			text.n -= (size_t)n;
		}
	}
	if (n > 0 && write(fd, "\n", 1) == 1 && lseek(fd, 0, SEEK_SET) == 0)
		return fd;
	close(fd);
	return -1;
}

static void
close_all(int *fds, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (fds[i] >= 0)
			close(fds[i]);
}

/* What the child gets as 0 to 4, or -1, and what we keep of its pipes. */
static bool
open_all(const struct work_child_plan *plan, int theirs[CHILD_FDS],
    int ours[WORK_PIPES])
{
	int fds[2];

	for (size_t i = 0; i < CHILD_FDS; i++)
		theirs[i] = -1;
	for (size_t i = 0; i < WORK_PIPES; i++)
		ours[i] = -1;
	theirs[0] = memory_file(plan->input);
	if (theirs[0] < 0)
		return false;
	for (size_t i = 0; i < WORK_PIPES; i++) {
		if (pipe2(fds, O_CLOEXEC) != 0)
			return false;
		ours[i] = fds[0];
		theirs[i + 1] = fds[1];
		if (fcntl(fds[0], F_SETFL, O_NONBLOCK) != 0)
			return false;
	}
	if (plan->checkpoint.p != NULL)
		theirs[4] = memory_file(plan->checkpoint);
	return plan->checkpoint.p == NULL || theirs[4] >= 0;
}

/* In the child: put the descriptors in place and close all others. */
static bool
place_all(int theirs[CHILD_FDS])
{
	int last = 0;

	for (int i = 0; i < CHILD_FDS; i++) {
		if (theirs[i] < 0)
			continue;
		theirs[i] = fcntl(theirs[i], F_DUPFD, CHILD_OUT_OF_WAY);
		if (theirs[i] < 0)
			return false;
	}
	for (int i = 0; i < CHILD_FDS; i++) {
		if (theirs[i] < 0)
			continue;
		if (dup2(theirs[i], i) < 0)
			return false;
		last = i;
	}
	close_range((unsigned)last + 1, ~0U, 0);
	return true;
}

/* In the child: become the command. */
static void
become(const struct work_child_plan *plan, int theirs[CHILD_FDS], pid_t parent)
{
	sigset_t none;

	setpgid(0, 0);
	/* Whoever kills us with SIGKILL must not leave work without a lease. */
	prctl(PR_SET_PDEATHSIG, (unsigned long)SIGTERM, 0UL, 0UL, 0UL);
	if (getppid() == parent && place_all(theirs)) {
		signal(SIGPIPE, SIG_DFL);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		execvpe(plan->argv[0], plan->argv, plan->envp);
		dprintf(STDERR_FILENO, "cannot run %s: %s\n", plan->argv[0],
		    strerror(errno));
	}
	_exit(CHILD_NOT_RUN);
}

static struct work_child *
new_child(pid_t pid, const int ours[WORK_PIPES])
{
	struct work_child *c = mem_zalloc(sizeof(*c));

	c->pid = pid;
	for (size_t i = 0; i < WORK_PIPES; i++) {
		c->pipes[i].fd = ours[i];
		c->pipes[i].lines.max =
		    i == WORK_FD3 ? CHILD_WORD_MAX : CHILD_LINE_MAX;
	}
	return c;
}

/* Fork.  Both sides set the group, so that it is there for either. */
struct work_child *
work_child_start(const struct work_child_plan *plan)
{
	int theirs[CHILD_FDS], ours[WORK_PIPES];
	bool ok = open_all(plan, theirs, ours);
	pid_t parent = getpid(), pid = -1;
	int error;

	if (ok)
		pid = fork();
	if (pid == 0)
		become(plan, theirs, parent);
	error = errno;
	close_all(theirs, CHILD_FDS);
	if (pid > 0) {
		setpgid(pid, pid);
		return new_child(pid, ours);
	}
	close_all(ours, WORK_PIPES);
	errno = error;
	return NULL;
}

/* Make sure nothing goes on, and free it. */
void
work_child_free(struct work_child *c)
{
	if (c == NULL)
		return;
	if (!c->ended)
		work_child_signal(c, SIGKILL);
	for (size_t i = 0; i < WORK_PIPES; i++) {
		if (c->pipes[i].fd >= 0)
			close(c->pipes[i].fd);
		work_lines_free(&c->pipes[i].lines);
	}
	free(c);
}

/* Its process, which leads the group. */
pid_t
work_child_pid(const struct work_child *c)
{
	return c->pid;
}

/* Signal the group. */
void
work_child_signal(const struct work_child *c, int signo)
{
	kill(-c->pid, signo);
}

/* Tell whether the group is empty. */
bool
work_child_gone(const struct work_child *c)
{
	return c->ended && kill(-c->pid, 0) != 0 && errno == ESRCH;
}

static void
close_pipe(struct work_child *c, enum work_pipe p)
{
	close(c->pipes[p].fd);
	c->pipes[p].fd = -1;
	c->pipes[p].lines.ended = true;
}

/*
 * It wrote all it will; what it started in the background may hold the pipes
 * for ever, and is not listened to.
 */
void
work_child_ended(struct work_child *c, int status)
{
	int n;

	c->ended = true;
	c->status = status;
	for (enum work_pipe p = WORK_STDOUT; p < WORK_PIPES; p++) {
		if (c->pipes[p].fd < 0)
			continue;
		n = 0;
		if (ioctl(c->pipes[p].fd, FIONREAD, &n) != 0 || n <= 0) {
			close_pipe(c, p);
			continue;
		}
		c->pipes[p].bounded = true;
		c->pipes[p].left = (size_t)n;
	}
}

/* How it ended. */
bool
work_child_status(const struct work_child *c, int *status)
{
	*status = c->status;
	return c->ended;
}

/* What to poll. */
int
work_child_fd(const struct work_child *c, enum work_pipe p)
{
	return c->pipes[p].fd;
}

/* The lines of a pipe. */
struct work_lines *
work_child_lines(struct work_child *c, enum work_pipe p)
{
	return &c->pipes[p].lines;
}

/* Read once. */
bool
work_child_read(struct work_child *c, enum work_pipe p)
{
	struct work_lines *l = &c->pipes[p].lines;
	size_t want = CHILD_READ;
	ssize_t n;

	if (c->pipes[p].fd < 0)
		return false;
	if (c->pipes[p].bounded && c->pipes[p].left < want)
		want = c->pipes[p].left;
	n = read(c->pipes[p].fd, work_lines_room(l, want), want);
	if (n < 0 && errno == EAGAIN && !c->pipes[p].bounded)
		return false;
	if (n > 0)
		work_lines_took(l, (size_t)n);
	if (n > 0 && c->pipes[p].bounded)
		c->pipes[p].left -= (size_t)n;
	if (n <= 0 || (c->pipes[p].bounded && c->pipes[p].left == 0))
		close_pipe(c, p);
	return true;
}
