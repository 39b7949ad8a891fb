/*
 * A file grows under a name of its own and gets its right name when it is
 * whole: nobody ever finds half of one there.  cli/unpack.c sees to the same
 * for the files of an archive.
 */
#include "cli/download.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "core/jsonw.h"
#include "core/tar.h"

#include "cli/call.h"
#include "cli/clock.h"
#include "cli/interrupt.h"
#include "cli/live.h"
#include "cli/storage.h"
#include "cli/target.h"
#include "cli/text.h"
#include "cli/unpack.h"

#define DOWNLOAD_BAR 20		      /* characters */
#define DOWNLOAD_DRAW_MS 100	      /* between two drawings of the line */
#define DOWNLOAD_OBJECT "executions/" /* how keys begin, and no id does */
#define DOWNLOAD_PAGES 20	      /* of the list that are added up */

const struct args_option download_options[] = {
    {"output-dir", 'd', "DIR", "the folder for it (ID; an object: this one)"},
    {"file", 'f', "FILE", "one file, unpacked or not; - is standard output"},
    {0},
};

struct download {
	FILE *to;	       /* or: */
	struct unpack *into;   /* of an archive that is unpacked */
	struct buf path, part; /* the name to be, and the one for now */
	struct live live;
	uint64_t here;
	uint64_t expected; /* of an archive, whose size nobody tells; or 0 */
	int64_t began, drawn;
	uint64_t objects; /* that were unpacked */
	int error;	  /* errno, when writing fails */
};

/* ---- the line ---- */

/* "512 B", "1.5 MiB". */
static void
add_size(uint64_t n, struct buf *out)
{
	static const char *const units[] = {"KiB", "MiB", "GiB", "TiB"};
	unsigned i = 0;

	if (n < 1024) {
		buf_addf(out, "%u B", (unsigned)n);
		return;
	}
	for (; n >= 1024 * 1024 && i < 3; i++)
		n /= 1024;
	buf_addf(out, "%u.%u %s", (unsigned)(n / 1024),
	    (unsigned)(n % 1024 * 10 / 1024), units[i]);
}

/* Write the line. */
void
download_line(uint64_t here, uint64_t total, int64_t ms, struct buf *out)
{
	uint64_t percent = 0;

	if (total > 0) {
		percent = here >= total
		    ? 100
		    : (uint64_t)((double)here * 100 / (double)total);
		buf_add_byte(out, '[');
		for (uint64_t i = 0; i < DOWNLOAD_BAR; i++)
			buf_add_byte(out,
			    i < percent * DOWNLOAD_BAR / 100 ? '#' : '-');
		buf_addf(out, "] %3u%%  ", (unsigned)percent);
	}
	add_size(here, out);
	if (total > 0) {
		buf_add_str(out, " of ");
		add_size(total, out);
	}
	if (ms <= 0)
		return;
	buf_add_str(out, "  ");
	add_size((uint64_t)((double)here * 1000 / (double)ms), out);
	buf_add_str(out, "/s");
}

static void
draw(struct download *d, uint64_t total)
{
	int64_t now = clock_now();
	struct buf line = {0};

	if (total == 0 && d->expected > 0)
		total = d->here > d->expected ? d->here : d->expected;
	if (now - d->drawn < DOWNLOAD_DRAW_MS && d->here != total)
		return;
	d->drawn = now;
	download_line(d->here, total, now - d->began, &line);
	live_draw(&d->live, buf_slice(&line));
	buf_free(&line);
}

/* ---- the file ---- */

/* The name that what comes is to have: given, or made of what it is. */
static void
choose_path(struct download *d, const struct call *call, bool object)
{
	const char *file = args_get(call->args, "file");
	const char *folder = args_get(call->args, "output-dir");
	const char *word = call_word(call, 0), *slash = strrchr(word, '/');

	if (folder != NULL && *folder != '\0')
		buf_addf(&d->path, "%s/", folder);
	if (file != NULL)
		buf_add_str(&d->path, file);
	else
		buf_add_str(&d->path,
		    slash != NULL && object ? slash + 1 : word);
	buf_add_slice(&d->part, buf_slice(&d->path));
	buf_add_str(&d->part, ".XXXXXX");
	buf_add_byte(&d->path, '\0');
	buf_add_byte(&d->part, '\0');
}

/* Open the file for now, with the rights that a new file has. */
static bool
open_part(struct download *d)
{
	int fd = mkstemp(d->part.p);
	mode_t mask = umask(0);

	umask(mask);
	if (fd >= 0 && fchmod(fd, 0666 & ~mask) == 0)
		d->to = fdopen(fd, "w");
	if (d->to != NULL)
		return true;
	output_note("cannot write %s: %s; choose another place with "
		    "--output-dir",
	    d->path.p, strerror(errno));
	if (fd >= 0) {
		close(fd);
		unlink(d->part.p);
	}
	return false;
}

static bool
take(void *arg, struct slice bytes, uint64_t total)
{
	struct download *d = arg;

	if (d->into != NULL ? !unpack_write(d->into, bytes)
			    : fwrite(bytes.p, 1, bytes.n, d->to) != bytes.n) {
		d->error = errno != 0 ? errno : EIO;
		return false;
	}
	d->here += bytes.n;
	draw(d, total);
	return true;
}

/* Give the whole file its name. */
static bool
keep(struct download *d)
{
	bool ok;

	if (d->into != NULL)
		return unpack_keep(d->into, &d->objects);
	if (d->error != 0 || d->to == stdout)
		return d->error == 0;
	ok = fclose(d->to) == 0;
	d->to = NULL;
	ok = ok && rename(d->part.p, d->path.p) == 0;
	if (!ok)
		d->error = errno;
	return ok;
}

/* ---- what an archive comes to ---- */

/* What the objects of a page take in an archive. */
static uint64_t
sum_page(const struct json_node *page)
{
	const struct json_node *n = json_get(page, "objects");
	uint64_t sum = 0;
	int64_t size;

	for (n = n != NULL ? n->child : NULL; n != NULL; n = n->next)
		if (json_int(json_get(n, "size"), 0, INT64_MAX / 4, &size))
			sum += TAR_BLOCK +
			    ((uint64_t)size + TAR_BLOCK - 1) / TAR_BLOCK *
				TAR_BLOCK;
	return sum;
}

/* Add a page of the list to *sum; true when there is another. */
static bool
add_page(const struct call *call, struct slice prefix, struct buf *cursor,
    uint64_t *sum)
{
	struct buf target = {0};
	struct reply r = {0};

	buf_add_str(&target, "/api/v1/storage/objects");
	target_query(&target, "limit", "1000");
	target_query(&target, "prefix", prefix.p);
	target_query(&target, "cursor", cursor->len > 0 ? cursor->p : NULL);
	cursor->len = 0;
	if (client_send(call->client, "GET", buf_slice(&target), SLICE_NONE,
		&r)) {
		*sum += sum_page(json_root(r.doc));
		buf_add_slice(cursor,
		    text_of(json_get(json_root(r.doc), "next_cursor")));
	}
	if (cursor->len > 0)
		buf_add_byte(cursor, '\0');
	reply_clear(&r);
	buf_free(&target);
	return cursor->len > 0;
}

/*
 * About the size of an execution's archive, for the line alone; 0 when it
 * cannot be told or is of more objects than it is worth to look at.
 */
static uint64_t
expect(const struct call *call)
{
	struct buf target = {0}, prefix = {0}, cursor = {0};
	uint64_t sum = 2 * TAR_BLOCK;
	unsigned pages = 0;
	struct reply r = {0};

	buf_add_str(&target, "/api/v1/executions");
	target_segment(&target, call_word(call, 0));
	buf_add_str(&prefix, "executions/");
	if (client_send(call->client, "GET", buf_slice(&target), SLICE_NONE,
		&r)) {
		buf_add_slice(&prefix,
		    text_of(json_get(json_root(r.doc), "id")));
		buf_add_str(&prefix, "/");
		buf_add_byte(&prefix, '\0');
		while (add_page(call, buf_slice(&prefix), &cursor, &sum) &&
		    ++pages < DOWNLOAD_PAGES)
			;
	}
	reply_clear(&r);
	buf_free(&target);
	buf_free(&prefix);
	if (cursor.len > 0)
		sum = 0;
	buf_free(&cursor);
	return sum > 2 * TAR_BLOCK ? sum : 0;
}

/* ---- the command ---- */

/* Say why nothing came of the answer, or why there was none. */
static enum exits
explain(const struct call *call, const struct download *d,
    const struct reply *r)
{
	if (interrupt_seen() != 0)
		return EXITS_SIGNAL + interrupt_seen();
	if (d->into == NULL && d->error != 0)
		output_note("cannot write %s: %s", d->path.p,
		    strerror(d->error));
	if (reply_ok(r))
		return EXITS_FAILED;
	if (r->kind == REPLY_UNREACHED && d->here > 0)
		output_note("it broke off after %llu bytes; nothing was kept",
		    (unsigned long long)d->here);
	return call_explain(call, r);
}

/* Fetch into what is open. */
static enum exits
fetch(const struct call *call, struct download *d, struct slice target)
{
	struct client_sink sink = {take, d};
	enum exits code = EXITS_DONE;
	struct reply r = {0};
	bool ok;

	d->began = clock_now();
	ok = client_receive(call->client, target, &sink, &r);
	live_clear(&d->live);
	/* What refused to take more knows why. */
	if (!(ok || d->error != 0) || !keep(d))
		code = explain(call, d, &r);
	reply_clear(&r);
	return code;
}

/* Say what was written where. */
static void
print_done(const struct call *call, const struct download *d)
{
	struct buf size = {0};

	if (call->json) {
		struct jsonw *w = jsonw_new(&size);

		jsonw_object(w);
		jsonw_key(w, d->into != NULL ? "folder" : "file");
		jsonw_cstr(w, d->path.p);
		if (d->into != NULL) {
			jsonw_key(w, "objects");
			jsonw_u64(w, d->objects);
		} else {
			jsonw_key(w, "size");
			jsonw_u64(w, d->here);
		}
		jsonw_end(w);
		jsonw_free(w);
		output_json(buf_slice(&size));
	} else if (d->into != NULL) {
		output_note("%llu object%s in %s",
		    (unsigned long long)d->objects, d->objects == 1 ? "" : "s",
		    d->path.p);
	} else {
		add_size(d->here, &size);
		output_note("%s: %.*s", d->path.p, SLICE_FMT(buf_slice(&size)));
	}
	buf_free(&size);
}

/* Fetch to a file; what is not whole goes. */
static enum exits
fetch_file(const struct call *call, struct download *d, struct slice target)
{
	enum exits code;

	if (!open_part(d))
		return EXITS_FAILED;
	interrupt_watch();
	code = fetch(call, d, target);
	if (d->to != NULL)
		fclose(d->to);
	if (code == EXITS_DONE)
		print_done(call, d);
	else
		unlink(d->part.p);
	return code;
}

/* Fetch an archive and unpack it. */
static enum exits
fetch_folder(const struct call *call, struct download *d, struct slice target)
{
	const char *folder = args_get(call->args, "output-dir");
	enum exits code;

	d->path.len = 0;
	buf_add_str(&d->path, folder != NULL ? folder : call_word(call, 0));
	buf_add_byte(&d->path, '\0');
	interrupt_watch();
	d->into = unpack_new(d->path.p);
	if (d->into == NULL)
		return EXITS_FAILED;
	code = fetch(call, d, target);
	if (code == EXITS_DONE)
		print_done(call, d);
	unpack_free(d->into);
	return code;
}

/* Download the objects of an execution, or one. */
int
download_command(struct call *call)
{
	const char *word = call_word(call, 0);
	const char *file = args_get(call->args, "file");
	bool object =
	    strncmp(word, DOWNLOAD_OBJECT, sizeof(DOWNLOAD_OBJECT) - 1) == 0;
	struct download d = {.here = 0};
	struct buf target = {0};
	enum exits code;

	if (object) {
		storage_target(word, "", &target);
	} else {
		buf_add_str(&target, "/api/v1/executions");
		target_segment(&target, word);
		buf_add_str(&target, "/archive.tar");
	}
	choose_path(&d, call, object);
	live_open(&d.live);
	if (!object && d.live.terminal)
		d.expected = expect(call);
	if (file != NULL && strcmp(file, "-") == 0) {
		d.to = stdout;
		code = fetch(call, &d, buf_slice(&target));
	} else if (!object && file == NULL) {
		code = fetch_folder(call, &d, buf_slice(&target));
	} else {
		code = fetch_file(call, &d, buf_slice(&target));
	}
	buf_free(&target);
	buf_free(&d.path);
	buf_free(&d.part);
	return code;
}
