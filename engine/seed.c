/*
 * The jobs that exist from the first start, for the dialects that name them.
 * They are ordinary rows: edit or delete them and they stay so.
 */
#include "core/json.h"
#include "core/log.h"
#include "engine/engine_impl.h"

static const char *const seeds[] = {
    "{\"name\":\"GENERATE_BLOG_POST\",\"category\":\"ai\","
    "\"description\":\"Write a blog post from a title suggestion\","
    "\"retry\":{\"max_attempts\":1}}",
    "{\"name\":\"article_generation\",\"category\":\"ai\","
    "\"description\":\"Research, draft and optimize an article\","
    "\"retry\":{\"max_attempts\":1},\"steps\":["
    "{\"name\":\"web_research\"},"
    "{\"name\":\"reference_extraction\","
    "\"depends_on\":[\"web_research\"]},"
    "{\"name\":\"file_processing\","
    "\"depends_on\":[\"reference_extraction\"]},"
    "{\"name\":\"outline\",\"depends_on\":[\"file_processing\"]},"
    "{\"name\":\"drafting\",\"depends_on\":[\"outline\"]},"
    "{\"name\":\"seo_optimization\",\"depends_on\":[\"drafting\"]}]}",
};

static void
on_answer(struct cmd *c, const struct outcome *o)
{
	(void)c;
	INVARIANT(o->code == OUTCOME_DONE);
}

/* Define one of them. */
static void
seed(struct engine *e, struct store_txn *t, const char *text)
{
	struct cmd c = {.kind = CMD_JOB_CREATE, .answer = on_answer};
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(slice_str(text), &bad);

	INVARIANT(doc != NULL);
	c.job = job_new(json_root(doc), &err);
	INVARIANT(c.job != NULL);
	engine_command(e, t, &c);
	job_free(c.job);
	json_free(doc);
}

/* In a store in which nothing has ever happened, define them all. */
int
engine_seed(struct engine *e)
{
	struct store_txn *t;
	unsigned i;
	int rc;

	if ((t = store_begin(e->store, &rc)) == NULL)
		return rc;
	if (store_seq(t) != 0) {
		store_abort(t);
		return 0;
	}
	for (i = 0; i < sizeof seeds / sizeof seeds[0]; i++)
		seed(e, t, seeds[i]);
	return store_commit(t);
}
