/*
 * Articles: found in the result by which an execution completes, whichever
 * dialect said it, and kept in the same transaction; edited and deleted.
 * core/article.c knows what they are, store/articles.c keeps them.
 */
#include "store/articles.h"

#include "core/lifecycle_articles.h"
#include "core/wire.h"
#include "engine/engine_impl.h"

/*
 * The event with the result of the i-th event, which completes: itself, or,
 * where the last step did, that step's.
 */
static const struct journal_event *
result_of(const struct change *c, unsigned i)
{
	const struct journal_event *ev = &c->events[i];

	if (ev->cause != CAUSE_AUTO_COMPLETE)
		return ev;
	while (i-- > 0)
		if (c->events[i].type == EVENT_STEP &&
		    c->events[i].status == STEP_COMPLETED)
			return &c->events[i];
	return ev;
}

/* Write MEMBER_ARTICLES, giving ids and numbers. */
static void
write_made(struct engine *e, struct store_txn *t, const struct article_found *f,
    uint64_t result, struct buf *out)
{
	uint64_t number = f->count > 0 ? articles_numbers(t, f->count) : 0;
	unsigned char *p = (unsigned char *)buf_room(out,
	    ARTICLE_MADE + (size_t)f->count * ARTICLE_ENTRY);
	struct uuid id;

	p = wire_put(p, 8, f->count > 0 ? number : f->post);
	p = wire_put(p, 8, result);
	p = wire_put(p, 8, number);
	for (unsigned i = 0; i < f->count; i++) {
		id = uuid_make(&e->maker, engine_now(e), engine_noise(e));
		p = wire_put_uuid(p, &id);
		p = wire_put(p, 4, f->from[i]);
		p = wire_put(p, 4, f->n[i]);
	}
	out->len += ARTICLE_MADE + (size_t)f->count * ARTICLE_ENTRY;
}

/* Add to the i-th event of the change what it makes; see engine_impl.h. */
void
engine_articles_find(struct engine *e, struct store_txn *t, unsigned i,
    struct journal_event *ev)
{
	const struct journal_event *with;
	struct article_found found;

	if (ev->type != EVENT_STATUS || ev->status != STATUS_COMPLETED)
		return;
	with = result_of(&e->rows->change, i);
	article_find(event_get(with, MEMBER_RESULT), &found);
	if (found.count == 0 && found.post == 0)
		return;
	e->made.len = 0;
	write_made(e, t, &found, with->seq, &e->made);
	event_add_member(ev, MEMBER_ARTICLES, buf_slice(&e->made));
}

/* Load the article of a command, and the execution that made it. */
static bool
load(struct engine *e, struct store_txn *t, const struct cmd *c,
    struct article *a)
{
	return articles_get(t, &c->id, a) &&
	    (c->tenant == 0 || c->tenant == a->project) &&
	    engine_load(e, t, &a->execution, 0, false);
}

/* CMD_ARTICLE_EDIT and CMD_ARTICLE_DELETE. */
void
engine_article_change(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct article a;
	struct decision d;
	struct outcome o;

	if (!load(e, t, c, &a)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	d = engine_decision(e, t);
	if (c->kind == CMD_ARTICLE_DELETE)
		lifecycle_article_delete(&d, &a);
	else
		lifecycle_article_edit(&d, &a, c->edit, articles_body(t, &a));
	engine_keep(e, t, false);
	if (store_error(t) != 0)
		return;
	if (c->kind == CMD_ARTICLE_EDIT)
		articles_get(t, &c->id, &a);
	o = engine_outcome(e, t, &d);
	o.article = &a;
	c->answer(c, &o);
}
