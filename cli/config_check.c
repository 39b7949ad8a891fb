/*
 * tidewire config validate: the server's own checks (core/config.c) on files
 * and folders.
 */
#include "cli/config_check.h"

#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>

#include "core/config.h"

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/text.h"

/* Check. */
bool
config_check_text(struct slice yaml, struct buf *out)
{
	static struct config_report report;
	struct config_source src = {.name = SLICE("validate"), .yaml = yaml};
	struct jsonw *w = jsonw_new(out);

	if (src.yaml.p == NULL)
		src.yaml = SLICE("");
	job_free(config_new(&src, &report));
	config_write_report(w, &report);
	jsonw_free(w);
	return report.errors == 0;
}

/* Show what is wrong. */
void
config_check_show(const struct json_node *report)
{
	static const char *const heads[] = {"SEVERITY", "CODE", "PATH",
	    "MESSAGE", "SUGGESTION"};
	static const char *const members[] = {"severity", "code", "path",
	    "message", "suggestion"};

	answer_rows(report,
	    &(struct answer_table){"issues", 5, heads, members});
}

/* ---- several files ---- */

struct checked {
	struct buf json; /* an element of "files" for each */
	unsigned n, invalid;
};

/* Append the report of a file to the others'; false when it cannot be read. */
static bool
check_file(const char *path, struct checked *c)
{
	struct buf yaml = {0}, report = {0}, name = {0};
	struct jsonw *w;
	bool read = input_file(path, &yaml);

	if (read) {
		c->invalid += !config_check_text(buf_slice(&yaml), &report);
		w = jsonw_new(&name);
		jsonw_str(w, slice_str(path));
		jsonw_free(w);
		buf_add_str(&c->json,
		    c->n++ > 0 ? ",{\"file\":" : "{\"file\":");
		buf_add_slice(&c->json, buf_slice(&name));
		buf_add_byte(&c->json, ',');
		buf_add(&c->json, report.p + 1, report.len - 1);
	}
	buf_free(&yaml);
	buf_free(&report);
	buf_free(&name);
	return read;
}

static int
is_config(const struct dirent *entry)
{
	const char *dot = strrchr(entry->d_name, '.');

	return dot != NULL && dot != entry->d_name &&
	    (strcmp(dot, ".yaml") == 0 || strcmp(dot, ".yml") == 0 ||
		strcmp(dot, ".json") == 0);
}

/* Check each config of a folder; false when that cannot be done. */
static bool
check_folder(const char *path, struct checked *c)
{
	struct dirent **entries;
	struct buf file = {0};
	bool read = true;
	int n = scandir(path, &entries, is_config, alphasort);

	if (n < 0) {
		output_note("cannot open %s: %s", path, strerror(errno));
		return false;
	}
	for (int i = 0; i < n; i++) {
		file.len = 0;
		buf_addf(&file, "%s/%s", path, entries[i]->d_name);
		buf_add_byte(&file, '\0');
		read = read && check_file(file.p, c);
		free(entries[i]);
	}
	free(entries);
	buf_free(&file);
	if (n == 0)
		output_note("there is no .yaml, .yml or .json in %s", path);
	return read && n > 0;
}

/* ---- showing them ---- */

static void
add_issues(struct table *t, const struct json_node *file)
{
	const struct json_node *n = json_get(file, "issues");

	for (n = n != NULL ? n->child : NULL; n != NULL; n = n->next) {
		struct slice severity = text_of(json_get(n, "severity"));

		table_add_node(t, json_get(file, "file"));
		table_add_styled(t, severity,
		    slice_is(severity, "error") ? TABLE_BAD : TABLE_BUSY);
		table_add_node(t, json_get(n, "code"));
		table_add_node(t, json_get(n, "path"));
		table_add_node(t, json_get(n, "message"));
		table_add_node(t, json_get(n, "suggestion"));
	}
}

static void
add_verdict(struct table *t, const struct json_node *file)
{
	const struct json_node *valid = json_get(file, "is_valid");
	bool ok = valid != NULL && valid->boolean;

	table_add_node(t, json_get(file, "file"));
	table_add_styled(t, ok ? SLICE("yes") : SLICE("no"),
	    ok ? TABLE_GOOD : TABLE_BAD);
	table_add_node(t, json_get(file, "error_count"));
	table_add_node(t, json_get(file, "warning_count"));
}

/* Each file in a line, all issues, and how many files are right. */
static void
show_folder(const struct json_node *files, const struct checked *c)
{
	static const char *const heads[] = {"FILE", "VALID", "ERRORS",
	    "WARNINGS"};
	static const char *const issue_heads[] = {"FILE", "SEVERITY", "CODE",
	    "PATH", "MESSAGE", "SUGGESTION"};
	struct table *t = table_new(4, heads);
	struct table *issues = table_new(6, issue_heads);
	const struct json_node *n;

	for (n = files->child; n != NULL; n = n->next) {
		add_verdict(t, n);
		add_issues(issues, n);
	}
	output_table(t);
	if (table_rows(issues) > 0) {
		output_text(SLICE("\n"));
		output_table(issues);
	} else {
		table_free(issues);
	}
	printf("\n%u of %u configs can run\n", c->n - c->invalid, c->n);
}

static enum exits
validate_folder(const struct call *call, const char *path)
{
	struct checked c = {.n = 0};
	struct json_error err;
	struct buf all = {0};
	struct json *doc;
	bool read = check_folder(path, &c);

	if (read) {
		buf_add_str(&all, "{\"files\":[");
		buf_add_slice(&all, buf_slice(&c.json));
		buf_addf(&all, "],\"total\":%u,\"invalid\":%u}", c.n,
		    c.invalid);
		doc = json_parse(buf_slice(&all), &err);
		if (call->json || doc == NULL)
			output_json(buf_slice(&all));
		else
			show_folder(json_get(json_root(doc), "files"), &c);
		json_free(doc);
	}
	buf_free(&all);
	buf_free(&c.json);
	if (!read)
		return EXITS_USAGE;
	return c.invalid == 0 ? EXITS_DONE : EXITS_FAILED;
}

/* What is wrong with one file, or that nothing is. */
static void
show_file(const char *path, const struct json_node *report, bool valid)
{
	const struct json_node *issues = json_get(report, "issues");
	struct buf line = {0};

	if (issues != NULL && issues->child != NULL)
		config_check_show(report);
	if (!valid)
		return;
	text_add(&line, slice_str(path));
	buf_add_str(&line, " can run\n");
	output_text(buf_slice(&line));
	buf_free(&line);
}

static enum exits
validate_file(const struct call *call, const char *path)
{
	struct buf yaml = {0}, report = {0};
	enum exits code = EXITS_USAGE;
	struct json_error err;
	struct json *doc;

	if (input_file(path, &yaml)) {
		code = config_check_text(buf_slice(&yaml), &report)
		    ? EXITS_DONE
		    : EXITS_FAILED;
		doc = json_parse(buf_slice(&report), &err);
		if (call->json || doc == NULL)
			output_json(buf_slice(&report));
		else
			show_file(path, json_root(doc), code == EXITS_DONE);
		json_free(doc);
	}
	buf_free(&yaml);
	buf_free(&report);
	return code;
}

/* Check a file, or each of a folder; no server is asked. */
int
config_validate(struct call *call)
{
	const char *path = call_word(call, 0);
	struct stat st;

	if (strcmp(path, "-") != 0 && stat(path, &st) == 0 &&
	    S_ISDIR(st.st_mode))
		return validate_folder(call, path);
	return validate_file(call, path);
}
