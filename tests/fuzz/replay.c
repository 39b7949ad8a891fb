/*
 * The main of a fuzz target in a build without libFuzzer: runs the target
 * once on nothing, then once on every file of its corpus.  For fuzz_NAME
 * that is tests/fuzz/corpus/NAME, or the files and folders on the command
 * line.  A crash or a sanitizer's report is the failure.
 */
#include <sys/stat.h>

#include <dirent.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define INPUT_MAX (16u << 20)

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static unsigned replayed;

/* Say what is wrong with a path, and stop. */
static void
replay_fail(const char *path, const char *why)
{
	fprintf(stderr, "replay: %s: %s\n", path, why);
	exit(1);
}

/* Run the target on the bytes of one file. */
static void
replay_file(const char *path, size_t size)
{
	/* Exactly as long as the input, so that reading past it is seen. */
	uint8_t *data = malloc(size ? size : 1);
	FILE *f = fopen(path, "rb");

	if (data == NULL || size > INPUT_MAX)
		replay_fail(path, "too large");
	if (f == NULL || fread(data, 1, size, f) != size)
		replay_fail(path, "cannot be read");
	fclose(f);
	fprintf(stderr, "replay: %s\n", path);
	LLVMFuzzerTestOneInput(data, size);
	free(data);
	replayed++;
}

/* Run the target on a file, or on all files in a folder. */
static void
replay_path(const char *path)
{
	char sub[PATH_MAX];
	struct dirent *e;
	struct stat st;
	DIR *d;

	if (stat(path, &st) != 0)
		replay_fail(path, "is not there");
	if (!S_ISDIR(st.st_mode)) {
		replay_file(path, (size_t)st.st_size);
		return;
	}
	if ((d = opendir(path)) == NULL)
		replay_fail(path, "cannot be opened");
	while ((e = readdir(d)) != NULL) {
		if (e->d_name[0] == '.')
			continue;
		if (snprintf(sub, sizeof(sub), "%s/%s", path, e->d_name) >=
		    (int)sizeof(sub))
			replay_fail(path, "is too long a path");
		replay_path(sub);
	}
	closedir(d);
}

/* Run the target on its own corpus, found by the program's name. */
static void
replay_own_corpus(const char *program)
{
	const char *srcdir = getenv("srcdir");
	const char *slash = strrchr(program, '/');
	const char *name = slash ? slash + 1 : program;
	char path[PATH_MAX];

	if (strncmp(name, "fuzz_", 5) != 0)
		replay_fail(name, "is not named fuzz_NAME");
	if (snprintf(path, sizeof(path), "%s/tests/fuzz/corpus/%s",
		srcdir ? srcdir : ".", name + 5) >= (int)sizeof(path))
		replay_fail(name, "is too long a name");
	replay_path(path);
	if (replayed == 0)
		replay_fail(path, "holds no input");
}

/* Replay what the command line names, or the target's own corpus. */
int
main(int argc, char **argv)
{
	static const uint8_t nothing[1];

	LLVMFuzzerTestOneInput(nothing, 0);
	for (int i = 1; i < argc; i++)
		replay_path(argv[i]);
	if (argc < 2)
		replay_own_corpus(argv[0]);
	printf("replayed %u inputs\n", replayed);
	return 0;
}
