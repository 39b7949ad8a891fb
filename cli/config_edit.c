/*
 * tidewire config edit: fetch, edit, check, store.  What was written is never
 * lost: where it is not stored, its file stays and is named.
 */
#include <errno.h>
#include <stdlib.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/jsonw.h"

#include "cli/answer.h"
#include "cli/config.h"
#include "cli/config_check.h"
#include "cli/input.h"
#include "cli/text.h"

const struct args_option config_edit_options[] = {
    {"file", 'f', "FILE", "take this text; - is standard input"},
    {0},
};

/* A config being edited. */
struct edit {
	const struct call *call;
	struct buf path;	/* of the text while it is edited */
	struct buf before, now; /* texts */
	struct buf name, description, version;
};

static void
edit_free(struct edit *e)
{
	struct buf *all[] = {&e->path, &e->before, &e->now, &e->name,
	    &e->description, &e->version};

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		buf_free(all[i]);
}

static void
set(struct buf *b, const struct json_node *n)
{
	b->len = 0;
	buf_add_slice(b, text_of(n));
}

/* Fetch it as it is on the server. */
static enum exits
fetch(struct edit *e)
{
	const struct json_node *answer;
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	config_target(e->call, "", &target);
	code = call_send(e->call, "GET", buf_slice(&target), SLICE_NONE, &r);
	if (code == EXITS_DONE) {
		answer = json_root(r.doc);
		set(&e->before, json_get(answer, "config_yaml"));
		set(&e->name, json_get(answer, "name"));
		set(&e->description, json_get(answer, "description"));
		set(&e->version, json_get(answer, "version"));
		reply_clear(&r);
	}
	buf_free(&target);
	return code;
}

/* ---- the editor ---- */

/* Write the text to a file of its own. */
static bool
open_file(struct edit *e)
{
	const char *folder = getenv("TMPDIR");
	FILE *f;
	int fd;

	buf_addf(&e->path, "%s/tidewire-XXXXXX.yaml",
	    folder != NULL && *folder != '\0' ? folder : "/tmp");
	buf_add_byte(&e->path, '\0');
	fd = mkstemps(e->path.p, 5);
	f = fd >= 0 ? fdopen(fd, "w") : NULL;
	if (f != NULL) {
		fwrite(e->before.p, 1, e->before.len, f);
		if (fclose(f) == 0)
			return true;
	} else if (fd >= 0) {
		close(fd);
	}
	output_note("cannot write %s: %s", e->path.p, strerror(errno));
	return false;
}

/* Run the editor that is set; the file's name reaches it unharmed. */
static bool
run_editor(const struct edit *e)
{
	const char *editor = getenv("VISUAL");
	struct buf line = {0};
	int status;

	if (editor == NULL || *editor == '\0')
		editor = getenv("EDITOR");
	if (editor == NULL || *editor == '\0')
		editor = "vi";
	buf_addf(&line, "%s \"$TIDEWIRE_EDIT\"", editor);
	buf_add_byte(&line, '\0');
	fflush(stdout);
	setenv("TIDEWIRE_EDIT", e->path.p, 1);
	status = system(line.p);
	buf_free(&line);
	if (status != -1 && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		return true;
	output_note("the editor %s failed; set EDITOR to one that works",
	    editor);
	return false;
}

/* Ask a person whether to go on; nobody else is asked. */
static bool
ask_again(void)
{
	char line[16];

	if (!output_is_terminal(stdin))
		return false;
	fputs("Edit again? [Y/n] ", stderr);
	if (fgets(line, sizeof(line), stdin) == NULL)
		return false;
	return line[0] != 'n' && line[0] != 'N';
}

/* ---- checking and storing ---- */

/* Check the new text, and say what is wrong with it. */
static bool
check(const struct edit *e)
{
	struct buf report = {0};
	bool ok = config_check_text(buf_slice(&e->now), &report);
	const struct json_node *n;
	struct json_error err;
	struct json *doc = json_parse(buf_slice(&report), &err);

	n = json_get(doc != NULL ? json_root(doc) : NULL, "issues");
	for (n = n != NULL ? n->child : NULL; n != NULL; n = n->next)
		output_note("%.*s %.*s %.*s: %.*s",
		    SLICE_FMT(text_of(json_get(n, "severity"))),
		    SLICE_FMT(text_of(json_get(n, "code"))),
		    SLICE_FMT(text_of(json_get(n, "path"))),
		    SLICE_FMT(text_of(json_get(n, "message"))));
	json_free(doc);
	buf_free(&report);
	return ok;
}

/* Edit until it is right, or nobody wants to go on. */
static enum exits
edit_text(struct edit *e)
{
	do {
		if (!run_editor(e))
			return EXITS_FAILED;
		e->now.len = 0;
		if (!input_file(e->path.p, &e->now))
			return EXITS_FAILED;
		if (slice_eq(buf_slice(&e->now), buf_slice(&e->before)) ||
		    check(e))
			return EXITS_DONE;
	} while (ask_again());
	return EXITS_FAILED;
}

/* True unless somebody else has changed it meanwhile. */
static enum exits
check_version(struct edit *e)
{
	struct edit other = {.call = e->call};
	enum exits code = fetch(&other);

	if (code == EXITS_DONE &&
	    !slice_eq(buf_slice(&other.version), buf_slice(&e->version))) {
		output_note("somebody else has stored version %.*s meanwhile; "
			    "edit that one",
		    SLICE_FMT(buf_slice(&other.version)));
		code = EXITS_FAILED;
	}
	edit_free(&other);
	return code;
}

static void
write_body(const struct edit *e, struct buf *body)
{
	struct jsonw *w = jsonw_new(body);

	jsonw_object(w);
	config_write_text(w, "name", buf_slice(&e->name));
	config_write_text(w, "config_yaml", buf_slice(&e->now));
	if (e->description.len > 0)
		config_write_text(w, "description", buf_slice(&e->description));
	jsonw_end(w);
	jsonw_free(w);
}

static enum exits
store(struct edit *e)
{
	enum exits code = check_version(e);
	struct buf target = {0}, body = {0};

	if (code != EXITS_DONE)
		return code;
	config_target(e->call, "", &target);
	write_body(e, &body);
	code = answer_ask(e->call, "PUT", buf_slice(&target), buf_slice(&body),
	    config_show);
	buf_free(&target);
	buf_free(&body);
	return code;
}

/* Let the editor have it; the file goes when it has served. */
static enum exits
edit_by_hand(struct edit *e)
{
	enum exits code;

	if (e->before.len == 0) {
		output_note("this config was stored as JSON; replace it with "
			    "-f FILE");
		return EXITS_FAILED;
	}
	if (!open_file(e))
		return EXITS_FAILED;
	code = edit_text(e);
	if (code == EXITS_DONE &&
	    slice_eq(buf_slice(&e->now), buf_slice(&e->before)))
		output_note("nothing was changed");
	else if (code == EXITS_DONE)
		code = store(e);
	if (code == EXITS_DONE)
		unlink(e->path.p);
	else
		output_note("nothing was stored; your text is in %s",
		    e->path.p);
	return code;
}

/* Replace a config's text. */
int
config_edit(struct call *call)
{
	const char *file = args_get(call->args, "file");
	struct edit e = {.call = call};
	enum exits code;

	if (file != NULL && !input_file(file, &e.now)) {
		edit_free(&e);
		return EXITS_USAGE;
	}
	code = fetch(&e);
	if (code == EXITS_DONE && file == NULL)
		code = edit_by_hand(&e);
	else if (code == EXITS_DONE && check(&e))
		code = store(&e);
	else if (code == EXITS_DONE) {
		output_note("nothing was stored");
		code = EXITS_FAILED;
	}
	edit_free(&e);
	return code;
}
