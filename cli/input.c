/*
 * Reading and checking before anything is sent, so that an error names the
 * user's file, line and column.
 */
#include "cli/input.h"

#include <errno.h>
#include <stdio.h>

#include "core/json.h"

#include "cli/output.h"

#define INPUT_MAX ((size_t)16 * 1024 * 1024)
#define INPUT_CHUNK 65536

static bool
read_all(FILE *f, const char *path, struct buf *out)
{
	size_t n;

	do {
		n = fread(buf_room(out, INPUT_CHUNK), 1, INPUT_CHUNK, f);
		out->len += n;
		if (out->len > INPUT_MAX) {
			output_note("%s is larger than 16 MiB", path);
			return false;
		}
	} while (n > 0);
	if (ferror(f)) {
		output_note("cannot read %s: %s", path, strerror(errno));
		return false;
	}
	return true;
}

/* Read a whole file. */
bool
input_file(const char *path, struct buf *out)
{
	bool ok;
	FILE *f;

	if (strcmp(path, "-") == 0)
		return read_all(stdin, "standard input", out);
	f = fopen(path, "re");
	if (f == NULL) {
		output_note("cannot open %s: %s", path, strerror(errno));
		return false;
	}
	ok = read_all(f, path, out);
	fclose(f);
	return ok;
}

/* Parse and forget. */
bool
input_check(const char *name, struct slice text)
{
	struct json_error err = {0};
	struct json *doc = json_parse(text, &err);
	bool ok = doc != NULL;

	if (!ok)
		output_note("%s is not JSON: line %u, column %u: %s", name,
		    err.line, err.column, err.text);
	json_free(doc);
	return ok;
}

/* Read what an option gave, wherever it is. */
bool
input_json(const char *name, const char *given, struct buf *out)
{
	if (strcmp(given, "-") == 0) {
		if (!input_file(given, out))
			return false;
	} else if (given[0] == '@') {
		if (!input_file(given + 1, out))
			return false;
	} else {
		buf_add_str(out, given);
	}
	return input_check(name, buf_slice(out));
}
