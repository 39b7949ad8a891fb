/*
 * Retry, as somebody asks for it: a new execution of what one was made of
 * that did not complete.  (The attempts of one execution are the lifecycle's.)
 */
#include "engine/engine_impl.h"
#include "store/journal.h"

/* Copy a member of the base, for writing moves it. */
static struct slice
copy(struct buf *out, struct slice bytes)
{
	if (bytes.p == NULL)
		return SLICE_NONE;
	buf_add_slice(out, bytes);
	return buf_slice(out);
}

/* It may still complete, or has. */
static void
refuse(struct cmd *c, struct store_txn *t)
{
	static const struct refusal why = {REFUSAL_INVALID, "status",
	    "only what failed or was cancelled can be retried"};
	struct outcome o = {.code = OUTCOME_REFUSED, .refusal = &why, .txn = t};

	c->answer(c, &o);
}

/* CMD_RETRY */
void
engine_retry(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct buf input = {0}, metadata = {0}, key = {0}, tags = {0};
	const struct execution *base = &e->rows->x;
	char job[UUID_TEXT + 1];
	struct journal_event ev;

	if (!engine_load(e, t, &c->id, c->tenant, false) ||
	    !journal_get(t, base->created.seq, &ev)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	if (!status_may_retry(base->status)) {
		refuse(c, t);
		return;
	}
	uuid_format(&base->job, job);
	c->name = slice_str(job);
	c->retry_of = base->number;
	c->project = base->project;
	c->priority = base->priority;
	c->input = copy(&input, event_get(&ev, MEMBER_INPUT));
	c->metadata = copy(&metadata, event_get(&ev, MEMBER_METADATA));
	c->concurrency_key = copy(&key, event_get(&ev, MEMBER_CONCURRENCY));
	c->tags = copy(&tags, journal_brief(t, &base->tags, MEMBER_TAGS));
	engine_trigger(e, t, c);
	c->name = SLICE_NONE;
	buf_free(&input);
	buf_free(&metadata);
	buf_free(&key);
	buf_free(&tags);
}
