/*
 * The limits of a Topify task, one row a member.  Characters are code points.
 */
#include "http/topify_read.h"

#include <stdio.h>

#include "core/jsonw.h"
#include "core/utf8.h"

#define PROMPT_MAX 1000
#define KEYWORDS_MAX 10
#define LINKS_MAX 5
#define FILES_MAX 10
#define NAME_MAX_CHARS 255
#define WORDS_MIN 100
#define WORDS_MAX 10000

/* An absolute URL of the web. */
bool
topify_read_is_url(struct slice s)
{
	size_t skip = 0, i;

	if (s.n > 7 && slice_is_nocase((struct slice){s.p, 7}, "http://"))
		skip = 7;
	if (s.n > 8 && slice_is_nocase((struct slice){s.p, 8}, "https://"))
		skip = 8;
	if (skip == 0 || s.p[skip] == '/' || s.p[skip] == '?' ||
	    s.p[skip] == '#' || s.p[skip] == ':')
		return false;
	for (i = 0; i < s.n; i++)
		if ((unsigned char)s.p[i] <= ' ' || s.p[i] == 0x7f)
			return false;
	return true;
}

/* A string of min to max characters. */
static bool
is_text(const struct json_node *n, size_t min, size_t max)
{
	size_t chars;

	if (n->type != JSON_STRING)
		return false;
	chars = utf8_count(n->str);
	return chars >= min && chars <= max;
}

static bool
check_prompt(const struct json_node *n)
{
	return is_text(n, 1, PROMPT_MAX);
}

static bool
check_keywords(const struct json_node *n)
{
	const struct json_node *v;

	if (n->type != JSON_ARRAY || n->count > KEYWORDS_MAX)
		return false;
	for (v = n->child; v != NULL; v = v->next)
		if (v->type != JSON_STRING)
			return false;
	return true;
}

static bool
check_links(const struct json_node *n)
{
	const struct json_node *v;

	if (n->type != JSON_ARRAY || n->count > LINKS_MAX)
		return false;
	for (v = n->child; v != NULL; v = v->next)
		if (v->type != JSON_STRING || !topify_read_is_url(v->str))
			return false;
	return true;
}

/* A kind of file, by what people and browsers call it. */
static bool
is_file_type(struct slice s)
{
	static const char *const types[] = {"pdf", "docx", "csv", "xlsx", "txt",
	    "application/pdf", "text/csv", "text/plain",
	    "application/vnd.openxmlformats-officedocument"
	    ".wordprocessingml.document",
	    "application/vnd.openxmlformats-officedocument"
	    ".spreadsheetml.sheet"};

	if (s.n > 1 && s.p[0] == '.')
		s = (struct slice){s.p + 1, s.n - 1};
	for (size_t i = 0; i < sizeof types / sizeof types[0]; i++)
		if (slice_is_nocase(s, types[i]))
			return true;
	return false;
}

/* What follows the last dot of a name. */
static struct slice
ending_of(struct slice name)
{
	size_t i = name.n;

	while (i > 0 && name.p[i - 1] != '.')
		i--;
	return i == 0 ? SLICE_NONE : (struct slice){name.p + i, name.n - i};
}

/* {name, type, size, url}: the type is said, or the name's ending. */
static bool
is_file(const struct json_node *file)
{
	const struct json_node *name = json_get(file, "name");
	const struct json_node *type = json_get(file, "type");
	const struct json_node *size = json_get(file, "size");
	const struct json_node *url = json_get(file, "url");
	int64_t bytes;

	if (file->type != JSON_OBJECT || json_absent(name) ||
	    !is_text(name, 1, NAME_MAX_CHARS))
		return false;
	if (json_absent(type)
		? !is_file_type(ending_of(name->str))
		: type->type != JSON_STRING || !is_file_type(type->str))
		return false;
	if (!json_absent(size) && !json_int(size, 0, INT64_MAX, &bytes))
		return false;
	return json_absent(url) ||
	    (url->type == JSON_STRING && topify_read_is_url(url->str));
}

static bool
check_files(const struct json_node *n)
{
	const struct json_node *v;

	if (n->type != JSON_ARRAY || n->count > FILES_MAX)
		return false;
	for (v = n->child; v != NULL; v = v->next)
		if (!is_file(v))
			return false;
	return true;
}

static bool
check_words(const struct json_node *n)
{
	int64_t words;

	return json_int(n, WORDS_MIN, WORDS_MAX, &words);
}

static const struct {
	const char *name;
	bool (*check)(const struct json_node *);
	const char *want;
} members[] = {
    {"user_prompt", check_prompt, "must be a string of 1 to 1000 characters"},
    {"keywords", check_keywords, "must be an array of at most 10 strings"},
    {"reference_links", check_links,
	"must be an array of at most 5 http or https URLs"},
    {"uploaded_files", check_files,
	"must be an array of at most 10 objects {name, type, size, url} of "
	"type PDF, DOCX, CSV, XLSX or TXT"},
    {"min_words", check_words, "must be an integer from 100 to 10000"},
    {"max_words", check_words, "must be an integer from 100 to 10000"},
};
#define MEMBERS (sizeof members / sizeof members[0])

static bool
wrong(struct topify_fault *fault, const char *name, const char *why)
{
	snprintf(fault->text, sizeof fault->text, "%s %s", name, why);
	return false;
}

static bool
check_all(const struct json_node *body, struct topify_fault *fault)
{
	const struct json_node *n;
	int64_t min, max;

	if (json_absent(json_get(body, "user_prompt")))
		return wrong(fault, "user_prompt", "is required");
	for (size_t i = 0; i < MEMBERS; i++) {
		n = json_get(body, members[i].name);
		if (!json_absent(n) && !members[i].check(n))
			return wrong(fault, members[i].name, members[i].want);
	}
	if (json_int(json_get(body, "min_words"), 0, INT64_MAX, &min) &&
	    json_int(json_get(body, "max_words"), 0, INT64_MAX, &max) &&
	    min > max)
		return wrong(fault, "min_words",
		    "must not be larger than max_words");
	return true;
}

/* Check a task and take its members over. */
bool
topify_read_task(const struct json_node *body, struct buf *input,
    struct topify_fault *fault)
{
	const struct json_node *n;
	struct jsonw *w;

	if (!check_all(body, fault))
		return false;
	w = jsonw_new(input);
	jsonw_object(w);
	for (size_t i = 0; i < MEMBERS; i++) {
		n = json_get(body, members[i].name);
		if (json_absent(n))
			continue;
		jsonw_key(w, members[i].name);
		jsonw_raw(w, n->raw);
	}
	jsonw_end(w);
	jsonw_free(w);
	return true;
}
