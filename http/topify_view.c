/*
 * Drawing tasks and articles for Topify.
 */
#include "http/topify_view.h"

#include "core/json.h"
#include "http/draw.h"
#include "store/articles.h"
#include "store/journal.h"

static const char *const words[STATUS_COUNT] = {
    [STATUS_QUEUED] = "pending",
    [STATUS_RUNNING] = "processing",
    [STATUS_RETRYING] = "pending",
    [STATUS_CANCELLING] = "cancelled",
    [STATUS_INTERRUPTED] = "processing",
    [STATUS_COMPLETED] = "completed",
    [STATUS_FAILED] = "failed",
    [STATUS_TIMED_OUT] = "failed",
    [STATUS_CANCELLED] = "cancelled",
};

/* The word for a status. */
const char *
topify_view_status(enum status s)
{
	return words[s];
}

/* The statuses of a word. */
bool
topify_view_statuses(struct slice word, enum status out[STATUS_COUNT])
{
	return draw_statuses(words, word, slice_is, out);
}

/* A document, or NULL when the text is none or too large. */
static struct json *
parse(struct slice text, size_t max)
{
	struct json_error err;

	return text.n == 0 || text.n > max ? NULL : json_parse(text, &err);
}

static const struct json_node *
member(const struct json *doc, const char *name)
{
	return doc == NULL ? NULL : json_get(json_root(doc), name);
}

/* A member as it was sent where it is of that type, else what stands for it. */
static void
copy_member(struct jsonw *w, const struct json *doc, const char *name,
    enum json_type type)
{
	const struct json_node *n = member(doc, name);

	jsonw_key(w, name);
	if (n != NULL && n->type == type)
		jsonw_raw(w, n->raw);
	else if (type == JSON_ARRAY)
		jsonw_raw(w, SLICE("[]"));
	else
		jsonw_null(w);
}

static void
write_request(struct jsonw *w, const struct json *input)
{
	copy_member(w, input, "user_prompt", JSON_STRING);
	copy_member(w, input, "keywords", JSON_ARRAY);
	copy_member(w, input, "reference_links", JSON_ARRAY);
	copy_member(w, input, "uploaded_files", JSON_ARRAY);
	copy_member(w, input, "min_words", JSON_NUMBER);
	copy_member(w, input, "max_words", JSON_NUMBER);
}

/* The code for a failure: the worker's own, where it is one of these. */
static const char *
error_code(struct slice type)
{
	static const char *const codes[] = {"LLM_ERROR", "WORKFLOW_ERROR",
	    "DATABASE_ERROR"};

	for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
		if (slice_is_nocase(type, codes[i]))
			return codes[i];
	return "WORKFLOW_ERROR";
}

static void
write_error(struct jsonw *w, struct store_txn *t, const struct execution *x)
{
	bool failed =
	    x->status == STATUS_FAILED || x->status == STATUS_TIMED_OUT;

	jsonw_key(w, "error");
	if (!failed) {
		jsonw_null(w);
		return;
	}
	jsonw_object(w);
	draw_cstr(w, "code",
	    error_code(journal_member(t, x->error, MEMBER_ERROR_TYPE)));
	draw_text(w, "message",
	    journal_member(t, x->error, MEMBER_ERROR_MESSAGE));
	jsonw_end(w);
}

/* Draw a task. */
void
topify_view_task(struct jsonw *w, struct store_txn *t,
    const struct execution *x, size_t max_input)
{
	struct json *input =
	    parse(journal_brief(t, &x->input, MEMBER_INPUT), max_input);

	jsonw_object(w);
	jsonw_key(w, "task_id");
	jsonw_uuid(w, &x->id);
	jsonw_key(w, "id");
	jsonw_uuid(w, &x->id);
	draw_cstr(w, "status", words[x->status]);
	draw_said(w, "progress", x->percent, EVENT_NO_PERCENT);
	draw_text(w, "current_step",
	    journal_brief(t, &x->step_name, MEMBER_STEP_NAME));
	write_request(w, input);
	write_error(w, t, x);
	draw_millis(w, "created_at", x->created_at);
	draw_millis(w, "updated_at", x->updated_at);
	draw_millis(w, "started_at", x->started_at);
	draw_millis(w, "completed_at", draw_ended_at(x));
	jsonw_end(w);
	json_free(input);
}

/* Draw an article. */
void
topify_view_article(struct jsonw *w, struct store_txn *t,
    const struct article *a)
{
	struct json *doc = parse(articles_body(t, a), SIZE_MAX);
	unsigned i;

	jsonw_object(w);
	jsonw_key(w, "id");
	jsonw_uuid(w, &a->id);
	jsonw_key(w, "article_id");
	jsonw_uuid(w, &a->id);
	jsonw_key(w, "task_id");
	jsonw_uuid(w, &a->execution);
	for (i = 0; i < ARTICLE_MEMBERS; i++)
		copy_member(w, doc, article_members[i],
		    i < ARTICLE_TEXTS ? JSON_STRING : JSON_ARRAY);
	draw_cstr(w, "publication_status", article_status_name(a->status));
	draw_millis(w, "published_at", a->published_at);
	draw_millis(w, "created_at", a->created_at);
	draw_millis(w, "updated_at", a->updated_at);
	jsonw_end(w);
	json_free(doc);
}
