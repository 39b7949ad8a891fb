/*
 * Rollback: what an execution made is taken back.  core/rollback.c has the
 * rule.
 */
#include "core/lifecycle_articles.h"
#include "engine/engine_impl.h"
#include "store/articles.h"
#include "store/history.h"

/* What the rule looks at; *a is the article, where it is still there. */
static struct rollback
gather(struct store_txn *t, const struct engine_rows *r, struct article *a)
{
	struct rollback look = {.operation = r->job->name,
	    .status = r->x.status,
	    .article = ARTICLE_DELETED};
	struct journal_event ev;
	struct article_made made;
	struct article first;
	int64_t at;

	if (!history_completion(t, &r->x, &ev, &at))
		return look;
	look.done = at != 0;
	if (!article_made_read(&ev, &made))
		return look;
	look.post = made.post;
	if (article_made_count(&made) == 0)
		return look;
	first = article_made_at(&ev, &made, 0);
	if (articles_get(t, &first.id, a))
		look.article = a->status;
	return look;
}

/* CMD_ROLLBACK */
void
engine_rollback(struct engine *e, struct store_txn *t, struct cmd *c)
{
	enum rollback_verdict verdict;
	struct rollback look;
	struct decision d;
	struct article a;
	struct outcome o;

	if (!engine_load(e, t, &c->id, c->tenant, false)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	look = gather(t, e->rows, &a);
	d = engine_decision(e, t);
	verdict = lifecycle_rollback(&d, &look,
	    look.article == ARTICLE_DELETED ? NULL : &a);
	engine_keep(e, t, false);
	o = engine_outcome(e, t, &d);
	o.verdict = verdict;
	c->answer(c, &o);
}
