/*
 * Checking articles: the events of their execution are replayed and must come
 * to the rows as they are stored, with their index rows, and to no others.
 */
#include <inttypes.h>
#include <stdlib.h>

#include "core/mem.h"
#include "store/articles_impl.h"
#include "store/check_impl.h"
#include "store/meta.h"

/* The articles of the execution that is being replayed. */
struct check_made {
	struct article *a;
	unsigned n, cap;
};

static struct check_made *
made_of(struct check *c)
{
	if (c->made == NULL)
		c->made = mem_zalloc(sizeof *c->made);
	return c->made;
}

/* Another execution begins. */
void
check_articles_begin(struct check *c)
{
	made_of(c)->n = 0;
}

/* Forget what was gathered. */
void
check_articles_free(struct check *c)
{
	if (c->made != NULL)
		free(c->made->a);
	free(c->made);
}

static void
add(struct check_made *m, const struct article *a)
{
	if (m->n == m->cap) {
		m->cap = m->cap == 0 ? 8 : m->cap * 2;
		m->a = mem_resize(m->a, m->cap, sizeof *m->a);
	}
	m->a[m->n++] = *a;
}

static void
on_made(struct check *c, const struct journal_event *ev)
{
	struct article_made made;
	struct article a;

	if (!article_made_read(ev, &made)) {
		check_find(c,
		    "journal: the articles of event %" PRIu64 " cannot be read",
		    ev->seq);
		return;
	}
	for (unsigned i = 0; i < article_made_count(&made); i++) {
		a = article_made_at(ev, &made, i);
		add(made_of(c), &a);
	}
}

/* Let an event have its effect. */
void
check_articles_event(struct check *c, const struct journal_event *ev)
{
	struct check_made *m = made_of(c);

	if (ev->type == EVENT_STATUS &&
	    event_get(ev, MEMBER_ARTICLES).p != NULL)
		on_made(c, ev);
	for (unsigned i = 0; ev->type == EVENT_ARTICLE && i < m->n; i++)
		if (article_is_about(ev, &m->a[i].id))
			article_apply(ev, &m->a[i]);
}

static void
check_one(struct check *c, const struct article *a)
{
	uint8_t made[ARTICLE_ROW], stored[ARTICLE_ROW];
	struct rows_key facet[ARTICLES_FACETS_MAX], k;
	unsigned n = articles_facets(a, facet);
	struct article row;

	c->wanted.articles++;
	c->wanted.index += n;
	article_encode(a, made);
	if (!articles_get(c->t, &a->id, &row)) {
		check_find(c, "article %s: is missing", check_id(&a->id));
		return;
	}
	article_encode(&row, stored);
	if (memcmp(made, stored, sizeof made) != 0)
		check_find(c, "article %s: is not what its events come to",
		    check_id(&a->id));
	if (articles_body(c->t, &row).p == NULL)
		check_find(c, "article %s: its text is not there",
		    check_id(&a->id));
	if (a->number > meta_get(c->t, "article", 8))
		check_find(c, "article %s: number %" PRIu64 " was never given",
		    check_id(&a->id), a->number);
	for (unsigned i = 0; i < n; i++) {
		k = rows_key_index(&facet[i], &a->id);
		if (!table_has(c->t, TABLE_INDEX, rows_key_slice(&k)))
			check_find(c, "article %s: not in index %c",
			    check_id(&a->id), facet[i].b[0]);
	}
}

/* All events of x were met: look at what they come to. */
void
check_articles_end(struct check *c, const struct execution *x)
{
	struct check_made *m = made_of(c);

	for (unsigned i = 0; i < m->n; i++) {
		m->a[i].project = x->project;
		if (m->a[i].status != ARTICLE_DELETED)
			check_one(c, &m->a[i]);
	}
}

/* Check that there is no article that no execution made. */
void
check_articles(struct check *c)
{
	c->out->articles = table_entries(c->t, TABLE_ARTICLES);
	if (c->out->articles != c->wanted.articles)
		check_find(c,
		    "articles: there are %" PRIu64 ", executions made %" PRIu64,
		    c->out->articles, c->wanted.articles);
}

/* Does an article ask for this index row? */
bool
check_articles_want(struct check *c, const struct uuid *id, struct slice key)
{
	struct rows_key facet[ARTICLES_FACETS_MAX], k;
	struct article a;
	unsigned n;

	if (!articles_get(c->t, id, &a))
		return false;
	n = articles_facets(&a, facet);
	for (unsigned i = 0; i < n; i++) {
		k = rows_key_index(&facet[i], id);
		if (slice_eq(rows_key_slice(&k), key))
			return true;
	}
	return false;
}
