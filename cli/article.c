/*
 * tidewire article: list, show, publish, edit and delete.  Articles are made
 * of the results of executions, so there is no command that creates one.
 */
#include "cli/article.h"

#include <stdio.h>

#include "cli/answer.h"
#include "cli/input.h"
#include "cli/target.h"
#include "cli/text.h"

#define ARTICLE_PATH "/api/v1/articles"
#define ARTICLE_LIMIT_MAX 100

const struct args_option article_list_options[] = {
    {"task", 't', "ID", "all of this task, in its order"},
    {"status", 's', "PUBLICATION", "draft, published or archived"},
    {"limit", 0, "N", "at most so many (20)"},
    {"page", 0, "N", "this page of so many (1)"},
    {0},
};

const struct args_option article_edit_options[] = {
    {"file", 'f', "FILE", "the new members as JSON; - is standard input"},
    {0},
};

/* ---- list ---- */

static void
show_rows(const struct json_node *answer)
{
	static const char *const heads[] = {"ID", "STATUS", "TITLE", "CREATED"};
	static const char *const members[] = {"id", "publication_status",
	    "title", "created_at"};
	static const struct answer_table table = {"articles", 4, heads,
	    members};

	answer_rows(answer, &table);
}

/* The same, and how the list goes on. */
static void
show_page(const struct json_node *answer)
{
	int64_t total = 0, page = 0, size = 0;

	show_rows(answer);
	if (json_int(json_get(answer, "total"), 0, INT64_MAX, &total) &&
	    json_int(json_get(answer, "page"), 1, INT32_MAX, &page) &&
	    json_int(json_get(answer, "page_size"), 1, INT32_MAX, &size) &&
	    page * size < total)
		output_note("there are more; raise --limit, or go on with "
			    "--page %lld",
		    (long long)page + 1);
}

/* Add a number that was given. */
static bool
add_number(const struct call *call, const char *option, const char *name,
    struct args_range range, struct buf *target)
{
	uint64_t n = 0;
	char text[24];

	if (!args_number(call->args, option, range, &n))
		return false;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)n);
	if (n > 0)
		target_query(target, name, text);
	return true;
}

static enum exits
list_of_task(const struct call *call, const char *task)
{
	static const char *const others[] = {"status", "limit", "page"};
	struct buf target = {0};
	enum exits code;

	for (size_t i = 0; i < sizeof(others) / sizeof(*others); i++)
		if (args_has(call->args, others[i]))
			return call_usage(call,
			    "--task lists all of its articles: leave out --%s",
			    others[i]);
	buf_add_str(&target, "/api/v1/tasks");
	target_segment(&target, task);
	buf_add_str(&target, "/articles");
	code =
	    answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show_rows);
	buf_free(&target);
	return code;
}

/* List articles: newest first, or those of a task. */
int
article_list(struct call *call)
{
	static const struct args_range sizes = {1, ARTICLE_LIMIT_MAX};
	static const struct args_range pages = {1, INT32_MAX};
	const char *task = args_get(call->args, "task");
	struct buf target = {0};
	enum exits code = EXITS_USAGE;

	if (task != NULL)
		return list_of_task(call, task);
	buf_add_str(&target, ARTICLE_PATH);
	target_query(&target, "publication_status",
	    args_get(call->args, "status"));
	if (add_number(call, "limit", "page_size", sizes, &target) &&
	    add_number(call, "page", "page", pages, &target))
		code = answer_ask(call, "GET", buf_slice(&target), SLICE_NONE,
		    show_page);
	buf_free(&target);
	return code;
}

/* ---- one ---- */

static void
show_fields(const struct json_node *answer)
{
	static const char *const members[] = {"id", "task_id",
	    "publication_status", "published_at", "created_at", "updated_at",
	    "title", "slug", "seo_title", "seo_description", "keywords",
	    "featured_images", "data_sources", NULL};

	answer_fields(answer, members);
}

/* The same, and the text below. */
static void
show_whole(const struct json_node *answer)
{
	struct buf text = {0};

	show_fields(answer);
	if (!json_absent(json_get(answer, "content"))) {
		buf_add_byte(&text, '\n');
		text_add_lines(&text, text_of(json_get(answer, "content")), 0);
		buf_add_byte(&text, '\n');
	}
	output_text(buf_slice(&text));
	buf_free(&text);
}

static void
add_target(const struct call *call, struct buf *target)
{
	buf_add_str(target, ARTICLE_PATH);
	target_segment(target, call_word(call, 0));
}

/* Show an article. */
int
article_get(struct call *call)
{
	struct buf target = {0};
	enum exits code;

	add_target(call, &target);
	code =
	    answer_ask(call, "GET", buf_slice(&target), SLICE_NONE, show_whole);
	buf_free(&target);
	return code;
}

/* Send a change, and say what was done. */
static enum exits
change(const struct call *call, const char *method, struct slice body,
    const char *done)
{
	struct buf target = {0};
	struct reply r = {0};
	enum exits code;

	add_target(call, &target);
	code = call_send(call, method, buf_slice(&target), body, &r);
	if (code == EXITS_DONE && call->json && r.doc != NULL)
		output_json(json_root(r.doc)->raw);
	else if (code == EXITS_DONE)
		call_done(call, &r, done);
	reply_clear(&r);
	buf_free(&target);
	return code;
}

/* Publish an article. */
int
article_publish(struct call *call)
{
	return change(call, "PATCH",
	    SLICE("{\"publication_status\":\"published\"}"), "published");
}

/* Make it a draft again. */
int
article_unpublish(struct call *call)
{
	return change(call, "PATCH",
	    SLICE("{\"publication_status\":\"draft\"}"), "unpublished");
}

/* Change members of an article. */
int
article_edit(struct call *call)
{
	const char *file = args_get(call->args, "file");
	enum exits code = EXITS_USAGE;
	struct buf body = {0};

	if (file == NULL)
		return call_usage(call, "give -f FILE");
	if (input_file(file, &body) && input_check(file, buf_slice(&body)))
		code = change(call, "PATCH", buf_slice(&body), "changed");
	buf_free(&body);
	return code;
}

/* Delete an article; what it was made of stays. */
int
article_delete(struct call *call)
{
	return change(call, "DELETE", SLICE_NONE, "deleted");
}
