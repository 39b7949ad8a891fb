/*
 * How long a server takes from being started to its first answer, a page of
 * executions.
 *
 * usage: first_answer [--drop FILE] PROGRAM ARGS...
 *
 * PROGRAM prints "...listening on http://ADDR:PORT" on standard output, as
 * tidewired does.  --drop first puts FILE out of the page cache.  The server
 * is stopped again.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "bench/client.h"
#include "bench/die.h"
#include "bench/latency.h"
#include "bench/proc.h"

static const char request[] = "GET /api/executions?limit=20 HTTP/1.1\r\n"
			      "Host: localhost\r\n\r\n";

/* Put a file out of the page cache, as after a reboot. */
static void
drop(const char *path)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		die("cannot read %s: %s", path, strerror(errno));
	if (fdatasync(fd) != 0 ||
	    posix_fadvise(fd, 0, 0, POSIX_FADV_DONTNEED) != 0)
		die("cannot drop %s from the page cache", path);
	close(fd);
}

/* Start it; *out gets its standard output. */
static pid_t
start(char **argv, int *out)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) != 0 || (pid = fork()) < 0)
		die("cannot start %s: %s", argv[0], strerror(errno));
	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM); /* should we give up */
		dup2(ends[1], STDOUT_FILENO);
		execvp(argv[0], argv);
		_exit(127);
	}
	close(ends[1]);
	*out = ends[0];
	return pid;
}

/* Wait for the line that says where it listens. */
static void
read_url(int fd, char *url, size_t size)
{
	static const char key[] = "listening on ";
	FILE *f = fdopen(fd, "r");
	char line[256];
	char *at;

	if (f == NULL || fgets(line, sizeof line, f) == NULL ||
	    (at = strstr(line, key)) == NULL)
		die("the server did not say where it listens");
	at += sizeof key - 1;
	at[strcspn(at, "\n")] = '\0';
	snprintf(url, size, "%s", at);
	fclose(f);
}

static uint64_t
ask(void *arg, unsigned conn, struct buf *out)
{
	(void)arg;
	buf_add(out, request, sizeof request - 1);
	return conn;
}

static void
on_answer(void *arg, uint64_t tag, const struct answer *a, int64_t ns)
{
	int64_t *at = arg;

	(void)tag;
	(void)ns;
	if (a->status != 200)
		die("status %u: %.*s", a->status, SLICE_FMT(a->body));
	*at = latency_clock();
}

int
main(int argc, char **argv)
{
	int64_t began, listened, answered = 0;
	struct client_work work = {ask, on_answer, &answered, 1, 0};
	struct client *c;
	char url[128];
	pid_t pid;
	int out;

	if (argc > 2 && strcmp(argv[1], "--drop") == 0) {
		drop(argv[2]);
		argc -= 2;
		argv += 2;
	}
	if (argc < 2)
		die("usage: first_answer [--drop FILE] PROGRAM ARGS...");
	began = latency_clock();
	pid = start(argv + 1, &out);
	read_url(out, url, sizeof url);
	listened = latency_clock();
	c = client_new(url, 1, 1);
	client_run(c, &work);
	printf("listening ms: %.1f\n", (double)(listened - began) / 1e6);
	printf("first answer ms: %.1f\n", (double)(answered - began) / 1e6);
	printf("server RSS KiB: %llu\n",
	    (unsigned long long)proc_read(pid).rss_kib);
	client_free(c);
	kill(pid, SIGTERM);
	waitpid(pid, NULL, 0);
	return 0;
}
