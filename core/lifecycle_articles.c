/*
 * Articles as people change them; core/article.c applies the events to rows.
 */
#include "core/lifecycle_articles.h"

#include "core/lifecycle_impl.h"

/* An event that takes a to another publication status, or leaves it there. */
static struct journal_event
change(struct decision *d, const struct article *a, enum article_status to)
{
	struct journal_event ev = lifecycle_event(d, EVENT_ARTICLE);

	ev.previous = (uint8_t)a->status;
	ev.status = (uint8_t)to;
	event_add_member(&ev, MEMBER_ARTICLE_ID,
	    (struct slice){(const char *)a->id.b, sizeof a->id.b});
	return ev;
}

/* Edit an article. */
void
lifecycle_article_edit(struct decision *d, const struct article *a,
    const struct article_edit *edit, struct slice old)
{
	enum article_status to = a->status;
	struct journal_event ev;
	struct buf *text;

	if (edit->status != ARTICLE_DELETED)
		to = edit->status;
	ev = change(d, a, to);
	if (article_edit_has_members(edit)) {
		text = lifecycle_text(d);
		article_edit_apply(edit, old, text);
		event_add_member(&ev, MEMBER_ARTICLE, buf_slice(text));
	} else if (to == a->status) {
		d->repeated = true;
		return;
	}
	lifecycle_emit(d, &ev);
}

/* Delete an article. */
void
lifecycle_article_delete(struct decision *d, const struct article *a)
{
	struct journal_event ev = change(d, a, ARTICLE_DELETED);

	lifecycle_emit(d, &ev);
}

/* Roll back. */
enum rollback_verdict
lifecycle_rollback(struct decision *d, const struct rollback *r,
    const struct article *a)
{
	enum rollback_verdict verdict = rollback_check(r);
	struct journal_event ev;

	if (verdict != ROLLBACK_OK)
		return verdict;
	if (a != NULL)
		lifecycle_article_delete(d, a);
	ev = lifecycle_event(d, EVENT_ROLLBACK);
	ev.status = ev.previous = (uint8_t)d->x->status;
	lifecycle_emit(d, &ev);
	return verdict;
}
