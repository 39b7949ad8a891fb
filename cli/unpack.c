/*
 * tar(1) unpacks into a folder of ours beside the files to be, or beside the
 * folder to be, so that a rename brings each to its place.  It is not to be
 * trusted with names, and the server is not: whatever tar remarks is a
 * refusal, and so is anything but plain files and folders.
 */
#include "cli/unpack.h"

#include <errno.h>
#include <fcntl.h>
#include <fts.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/mem.h"
#include "core/tar.h"

#include "cli/interrupt.h"
#include "cli/output.h"
#include "cli/text.h"

#define UNPACK_REMARK_MAX 1000		   /* bytes of what tar said */
#define UNPACK_END ((size_t)2 * TAR_BLOCK) /* zeros at an archive's end */

extern char **environ;

struct unpack {
	const char *folder;
	struct buf temp;  /* the folder for now; ends with a NUL */
	struct buf place; /* where a file is to be */
	bool merge;	  /* the folder is there already */
	mode_t mask;
	pid_t tar; /* 0: it has ended */
	int to;	   /* its input, or -1 */
	int said;  /* its standard error: a file in memory, or -1 */
	size_t zeros;
	bool broken; /* it took no more */
	uint64_t files;
};

/* ---- the tree that tar made ---- */

/* Visit all of it, folders before and behind what they hold. */
static bool
walk(struct unpack *u, bool (*visit)(struct unpack *u, const FTSENT *e))
{
	char *roots[] = {u->temp.p, NULL};
	FTS *fts = fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR, NULL);
	const FTSENT *e;
	bool ok = fts != NULL;

	while (ok && (e = fts_read(fts)) != NULL)
		ok = visit(u, e);
	if (fts != NULL)
		fts_close(fts);
	return ok;
}

/* Where it is to be. */
static const char *
place_of(struct unpack *u, const FTSENT *e)
{
	u->place.len = 0;
	buf_add_str(&u->place, u->folder);
	buf_add_str(&u->place, e->fts_path + strlen(u->temp.p));
	buf_add_byte(&u->place, '\0');
	return u->place.p;
}

/* See that no folder is to stand where a file is, nor a file for a folder. */
static bool
fits(struct unpack *u, const FTSENT *e)
{
	const char *place = place_of(u, e);
	bool folder = e->fts_info == FTS_D;
	struct stat st;

	if (!u->merge || e->fts_info == FTS_DP || stat(place, &st) != 0 ||
	    S_ISDIR(st.st_mode) == folder)
		return true;
	output_note("cannot write %s: %s; nothing was kept", place,
	    strerror(folder ? ENOTDIR : EISDIR));
	return false;
}

/* Rights are ours to give, not the archive's. */
static bool
check_one(struct unpack *u, const FTSENT *e)
{
	struct buf name = {0};

	if (!fits(u, e))
		return false;
	if (e->fts_info == FTS_DP)
		return true;
	if (e->fts_info == FTS_D &&
	    chmod(e->fts_path, (0777 & ~u->mask) | 0700) == 0)
		return true;
	if (e->fts_info == FTS_F && e->fts_statp->st_nlink == 1 &&
	    chmod(e->fts_path, 0666 & ~u->mask) == 0) {
		u->files++;
		return true;
	}
	text_add(&name, slice_str(place_of(u, e)));
	output_note("the archive holds what is no plain file: %.*s; nothing "
		    "was kept",
	    SLICE_FMT(buf_slice(&name)));
	buf_free(&name);
	return false;
}

static bool
move_one(struct unpack *u, const FTSENT *e)
{
	const char *place = place_of(u, e);
	bool ok = true;

	if (e->fts_info == FTS_D && e->fts_level > 0)
		ok = mkdir(place, 0777) == 0 || errno == EEXIST;
	else if (e->fts_info == FTS_F)
		ok = rename(e->fts_path, place) == 0;
	if (!ok)
		output_note("cannot write %s: %s", place, strerror(errno));
	return ok;
}

static bool
remove_one(struct unpack *u, const FTSENT *e)
{
	(void)u;
	if (e->fts_info == FTS_D)
		chmod(e->fts_path, 0700);
	else if (e->fts_info == FTS_DP)
		rmdir(e->fts_path);
	else
		unlink(e->fts_path);
	return true;
}

/* ---- tar ---- */

static int
spawn_tar(struct unpack *u, int input)
{
	const char *argv[] = {"tar", "-x", "-m", "-o", "-f", "-", "-C",
	    u->temp.p, NULL};
	posix_spawn_file_actions_t files;
	posix_spawnattr_t attr;
	sigset_t signals;
	int error;

	sigemptyset(&signals);
	sigaddset(&signals, SIGPIPE);
	posix_spawnattr_init(&attr);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGDEF);
	posix_spawnattr_setsigdefault(&attr, &signals);
	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_adddup2(&files, input, STDIN_FILENO);
	posix_spawn_file_actions_addopen(&files, STDOUT_FILENO, "/dev/null",
	    O_WRONLY, 0);
	posix_spawn_file_actions_adddup2(&files, u->said, STDERR_FILENO);
	error = posix_spawnp(&u->tar, "tar", &files, &attr, (char *const *)argv,
	    environ);
	if (error != 0)
		u->tar = 0;
	posix_spawn_file_actions_destroy(&files);
	posix_spawnattr_destroy(&attr);
	return error;
}

/* Start it.  Its options are ours alone, and its end must not be ours. */
static bool
start_tar(struct unpack *u)
{
	int fds[2], error;

	unsetenv("TAR_OPTIONS");
	signal(SIGPIPE, SIG_IGN);
	u->said = memfd_create("tidewire tar", MFD_CLOEXEC);
	if (u->said < 0 || pipe2(fds, O_CLOEXEC) != 0) {
		output_note("cannot start tar: %s", strerror(errno));
		return false;
	}
	u->to = fds[1];
	error = spawn_tar(u, fds[0]);
	close(fds[0]);
	if (error != 0)
		output_note("cannot start tar, which unpacks the archive: %s; "
			    "-f FILE keeps the archive as it is",
		    strerror(error));
	return error == 0;
}

/* Wait for it, or end it when a signal came.  True when it did well. */
static bool
end_tar(struct unpack *u, bool now)
{
	int status = -1;

	if (u->to >= 0)
		close(u->to);
	u->to = -1;
	if (u->tar == 0)
		return false;
	do {
		if (now || interrupt_seen() != 0)
			kill(u->tar, SIGKILL);
	} while (waitpid(u->tar, &status, 0) < 0 && errno == EINTR);
	u->tar = 0;
	return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

/* Say why it is refused: as tar does, if it does. */
static void
explain(const struct unpack *u)
{
	char said[UNPACK_REMARK_MAX];
	ssize_t n = pread(u->said, said, sizeof(said), 0);
	struct buf text = {0};

	while (n > 0 && said[n - 1] == '\n')
		n--;
	if (n > 0)
		text_add_lines(&text, (struct slice){said, (size_t)n}, 2);
	else
		buf_add_str(&text, "it is not whole");
	output_note("the archive cannot be unpacked, and nothing was kept: "
		    "%.*s",
	    SLICE_FMT(buf_slice(&text)));
	buf_free(&text);
}

/* ---- all of it ---- */

/* Make the folder for now: within the one that is there, or beside it. */
static bool
make_temp(struct unpack *u)
{
	size_t n = strlen(u->folder);
	struct stat st;

	u->merge = stat(u->folder, &st) == 0;
	while (!u->merge && n > 1 && u->folder[n - 1] == '/')
		n--;
	buf_add(&u->temp, u->folder, n);
	buf_add_str(&u->temp, u->merge ? "/.tidewire-XXXXXX" : ".XXXXXX");
	buf_add_byte(&u->temp, '\0');
	if (mkdtemp(u->temp.p) != NULL)
		return true;
	output_note("cannot write to %s: %s; choose another place with "
		    "--output-dir",
	    u->folder, strerror(errno));
	u->temp.len = 0;
	return false;
}

/* Begin. */
struct unpack *
unpack_new(const char *folder)
{
	struct unpack *u = mem_zalloc(sizeof(*u));

	u->folder = *folder != '\0' ? folder : ".";
	u->to = u->said = -1;
	u->mask = umask(0);
	umask(u->mask);
	if (make_temp(u) && start_tar(u))
		return u;
	unpack_free(u);
	return NULL;
}

/* Hand it on, and see whether it ends as an archive does. */
bool
unpack_write(struct unpack *u, struct slice bytes)
{
	const char *p = bytes.p;
	size_t left = bytes.n, n = bytes.n;
	ssize_t written;

	while (n > 0 && bytes.p[n - 1] == '\0')
		n--;
	u->zeros = bytes.n - n + (n == 0 ? u->zeros : 0);
	while (left > 0 && !u->broken && interrupt_seen() == 0) {
		written = write(u->to, p, left);
		if (written > 0) {
			p += written;
			left -= (size_t)written;
		} else if (written < 0 && errno != EINTR) {
			u->broken = true;
		}
	}
	return left == 0;
}

/* Look at it first: it is all or nothing. */
bool
unpack_keep(struct unpack *u, uint64_t *files)
{
	bool ok = end_tar(u, false);

	if (interrupt_seen() != 0)
		return false;
	if (!ok || u->broken || u->zeros < UNPACK_END ||
	    lseek(u->said, 0, SEEK_END) != 0) {
		explain(u);
		return false;
	}
	if (!walk(u, check_one))
		return false;
	*files = u->files;
	if (u->merge)
		return walk(u, move_one);
	if (rename(u->temp.p, u->folder) == 0) {
		u->temp.len = 0;
		return true;
	}
	output_note("cannot write %s: %s", u->folder, strerror(errno));
	return false;
}

/* Tidy up. */
void
unpack_free(struct unpack *u)
{
	end_tar(u, true);
	if (u->temp.len > 0)
		walk(u, remove_one);
	if (u->said >= 0)
		close(u->said);
	buf_free(&u->temp);
	buf_free(&u->place);
	free(u);
}
