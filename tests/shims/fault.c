/*
 * A system that fails on demand: LD_PRELOAD this into tidewired.
 *
 * While the file named by TIDEWIRE_FAULT exists, calls that write or sync the
 * store's data.mdb may fail, and others.  Its one line says which and how:
 *
 *	KIND ERRNO SKIP COUNT
 *
 * KIND is "sync" (fdatasync, fsync), "data" (writes of pages), "meta" (writes
 * through the descriptor that LMDB opens with O_DSYNC), "write" (data and
 * meta), "space" (statvfs shows a full disk), "full" (write and space) or
 * "watch" (descriptors that epoll is to watch).
 * The first SKIP calls of that kind pass, the next COUNT fail with ERRNO, -1
 * meaning all.  Counting starts anew whenever the file is replaced.
 *
 * Neighbour: tests/e2e/faults.py writes the file.
 */
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <sys/uio.h>
#include <unistd.h>

/* The next definition of a symbol, with the type of the one at hand. */
#define NEXT(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

enum kind {
	KIND_NONE,
	KIND_SYNC,
	KIND_DATA,
	KIND_META,
	KIND_SPACE,
	KIND_WATCH
};

struct plan {
	unsigned kinds; /* 1 << KIND_.. */
	int err;
	long skip, count;
	ino_t ino; /* of the file it was read from */
};

static struct plan plan;

static unsigned
kinds_of(const char *word)
{
	static const struct {
		const char *word;
		unsigned kinds;
	} words[] = {
	    {"sync", 1u << KIND_SYNC},
	    {"data", 1u << KIND_DATA},
	    {"meta", 1u << KIND_META},
	    {"write", 1u << KIND_DATA | 1u << KIND_META},
	    {"space", 1u << KIND_SPACE},
	    {"full", 1u << KIND_DATA | 1u << KIND_META | 1u << KIND_SPACE},
	    {"watch", 1u << KIND_WATCH},
	};

	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (strcmp(words[i].word, word) == 0)
			return words[i].kinds;
	return 0;
}

/* Read the plan again when its file is another one; false: no plan. */
static bool
read_plan(void)
{
	const char *path = getenv("TIDEWIRE_FAULT");
	char text[100] = "", word[20];
	struct stat st;
	FILE *f;

	if (path == NULL || stat(path, &st) != 0)
		return false;
	if (st.st_ino == plan.ino)
		return true;
	f = fopen(path, "re");
	if (f == NULL)
		return false;
	if (fgets(text, sizeof text, f) == NULL)
		text[0] = '\0';
	fclose(f);
	if (sscanf(text, "%19s %d %ld %ld", word, &plan.err, &plan.skip,
		&plan.count) != 4)
		return false;
	plan.kinds = kinds_of(word);
	plan.ino = st.st_ino;
	return true;
}

/* Does this call of that kind fail?  Sets errno when it does. */
static bool
fails(enum kind kind)
{
	int saved = errno;
	bool planned = read_plan();

	errno = saved;
	if (!planned || (plan.kinds & 1u << kind) == 0)
		return false;
	if (plan.skip > 0) {
		plan.skip--;
		return false;
	}
	if (plan.count == 0)
		return false;
	if (plan.count > 0)
		plan.count--;
	errno = plan.err;
	return true;
}

/* Is fd the store's data file? */
static bool
is_data(int fd)
{
	char link[40], path[PATH_MAX];
	ssize_t n;

	snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
	n = readlink(link, path, sizeof path - 1);
	if (n < 9)
		return false;
	path[n] = '\0';
	return strcmp(path + n - 9, "/data.mdb") == 0;
}

/* Does a write to fd fail? */
static bool
write_fails(int fd)
{
	int saved = errno, flags;
	enum kind kind;

	if (getenv("TIDEWIRE_FAULT") == NULL || !is_data(fd)) {
		errno = saved;
		return false;
	}
	flags = fcntl(fd, F_GETFL);
	kind = flags != -1 && (flags & O_DSYNC) != 0 ? KIND_META : KIND_DATA;
	errno = saved;
	return fails(kind);
}

/* Sync, unless it is to fail. */
int
fdatasync(int fd)
{
	if (is_data(fd) && fails(KIND_SYNC))
		return -1;
	return NEXT(fdatasync)(fd);
}

/* Sync, unless it is to fail. */
int
fsync(int fd)
{
	if (is_data(fd) && fails(KIND_SYNC))
		return -1;
	return NEXT(fsync)(fd);
}

/* Write, unless it is to fail. */
ssize_t
write(int fd, const void *p, size_t n)
{
	return write_fails(fd) ? -1 : NEXT(write)(fd, p, n);
}

/* Write, unless it is to fail. */
ssize_t
pwrite(int fd, const void *p, size_t n, off_t at)
{
	return write_fails(fd) ? -1 : NEXT(pwrite)(fd, p, n, at);
}

/* Write, unless it is to fail. */
ssize_t
pwrite64(int fd, const void *p, size_t n, off64_t at)
{
	return write_fails(fd) ? -1 : NEXT(pwrite64)(fd, p, n, at);
}

/* Write, unless it is to fail. */
ssize_t
writev(int fd, const struct iovec *iov, int n)
{
	return write_fails(fd) ? -1 : NEXT(writev)(fd, iov, n);
}

/* Write, unless it is to fail. */
ssize_t
pwritev(int fd, const struct iovec *iov, int n, off_t at)
{
	return write_fails(fd) ? -1 : NEXT(pwritev)(fd, iov, n, at);
}

/* Write, unless it is to fail. */
ssize_t
pwritev64(int fd, const struct iovec *iov, int n, off64_t at)
{
	return write_fails(fd) ? -1 : NEXT(pwritev64)(fd, iov, n, at);
}

/* Look at the disk's space, which may be gone. */
int
statvfs(const char *path, struct statvfs *out)
{
	int rc = NEXT(statvfs)(path, out);

	if (rc == 0 && fails(KIND_SPACE))
		out->f_bavail = out->f_bfree = 0;
	return rc;
}

/* The same by descriptor. */
int
fstatvfs(int fd, struct statvfs *out)
{
	int rc = NEXT(fstatvfs)(fd, out);

	if (rc == 0 && fails(KIND_SPACE))
		out->f_bavail = out->f_bfree = 0;
	return rc;
}

/* Watch a descriptor, unless there is no room for one more. */
int
epoll_ctl(int epfd, int op, int fd, struct epoll_event *ev)
{
	if (op == EPOLL_CTL_ADD && fails(KIND_WATCH))
		return -1;
	return NEXT(epoll_ctl)(epfd, op, fd, ev);
}
