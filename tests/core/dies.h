/*
 * Proof that something ends the process: it is done in a child, whose last
 * words are not shown.
 */
#ifndef TESTS_CORE_DIES_H
#define TESTS_CORE_DIES_H

#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/wait.h>
#include <unistd.h>

/* True when act(arg) aborts. */
static inline bool
dies(void (*act)(void *), void *arg)
{
	int status = 0, null;
	pid_t pid = fork();

	if (pid == 0) {
		null = open("/dev/null", O_WRONLY);
		if (null >= 0)
			dup2(null, STDERR_FILENO);
		signal(SIGABRT, SIG_DFL);
		act(arg);
		_exit(0);
	}
	if (pid < 0 || waitpid(pid, &status, 0) != pid)
		return false;
	return WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT;
}

#endif
