/*
 * Articles as rows.  Neighbours: core/article.c says what a row is,
 * rows_source.c reads the index, check_articles.c looks after all of it.
 */
#include "store/articles.h"

#include "core/log.h"
#include "store/articles_impl.h"
#include "store/journal.h"
#include "store/meta.h"
#include "store/rows_source.h"

/* Read a row. */
bool
articles_get(struct store_txn *t, const struct uuid *id, struct article *out)
{
	struct slice value;

	if (!table_get(t, TABLE_ARTICLES, table_bytes(id->b, ROWS_ID), &value))
		return false;
	out->id = *id;
	if (article_decode(value, out))
		return true;
	store_txn_damaged(t, "the row of an article");
	return false;
}

/* Add the index rows that differ, or remove them. */
static void
move_facets(struct store_txn *t, const struct article *from,
    const struct article *to)
{
	struct rows_key old[ARTICLES_FACETS_MAX], now[ARTICLES_FACETS_MAX];
	unsigned nold = from != NULL ? articles_facets(from, old) : 0;
	unsigned nnow = articles_facets(to, now), i;

	for (i = 0; i < nold || i < nnow; i++) {
		if (i < nold && i < nnow &&
		    slice_eq(rows_key_slice(&old[i]), rows_key_slice(&now[i])))
			continue;
		if (i < nold)
			rows_index_remove(t, &old[i], &to->id);
		if (i < nnow)
			rows_index_add(t, &now[i], &to->id);
	}
}

/*
 * Write a, the only function that does: old (NULL for a new one) is the row
 * as it was.  With status ARTICLE_DELETED the row goes.
 */
static void
put_row(struct store_txn *t, const struct article *old, const struct article *a)
{
	struct slice key = table_bytes(a->id.b, ROWS_ID);
	uint8_t bytes[ARTICLE_ROW];

	INVARIANT(old == NULL ||
	    (uuid_eq(&old->id, &a->id) && old->project == a->project &&
		uuid_eq(&old->execution, &a->execution)));
	move_facets(t, old, a);
	if (a->status == ARTICLE_DELETED) {
		table_delete(t, TABLE_ARTICLES, key);
		return;
	}
	article_encode(a, bytes);
	table_put(t, TABLE_ARTICLES, key, table_bytes(bytes, sizeof bytes));
}

/* Take numbers. */
uint64_t
articles_numbers(struct store_txn *t, unsigned count)
{
	uint64_t last = meta_get(t, "article", 8);

	meta_put(t, "article", 8, last + count);
	return last + 1;
}

static struct rows_key
begin(enum facet facet)
{
	return (struct rows_key){.b = {(uint8_t)facet}, .n = 1};
}

static void
add_status(struct rows_key *k, enum article_status s)
{
	k->b[k->n++] = (uint8_t)s;
}

static void
add_project(struct rows_key *k, uint64_t project)
{
	wire_put(k->b + k->n, 8, project);
	k->n += 8;
}

static struct rows_key
by_execution(const struct uuid *id)
{
	struct rows_key k = begin(FACET_ARTICLE_EXECUTION);

	wire_put_uuid(k.b + k.n, id);
	k.n += ROWS_ID;
	return k;
}

/* The one facet that holds all that a filter matches, and no more. */
static struct rows_key
facet_of(const struct articles_filter *f)
{
	bool status = f->status != ARTICLE_DELETED;
	struct rows_key k;

	if (!uuid_is_zero(&f->execution))
		return by_execution(&f->execution);
	if (f->project != 0) {
		k = begin(status ? FACET_ARTICLE_PROJECT_STATUS
				 : FACET_ARTICLE_PROJECT);
		add_project(&k, f->project);
	} else {
		k = begin(status ? FACET_ARTICLE_STATUS : FACET_ARTICLE);
	}
	if (status)
		add_status(&k, f->status);
	return k;
}

/* List what a row is found by; a deleted one by nothing. */
unsigned
articles_facets(const struct article *a,
    struct rows_key out[ARTICLES_FACETS_MAX])
{
	struct articles_filter f = {.status = ARTICLE_DELETED};
	unsigned n = 0;

	if (a->status == ARTICLE_DELETED)
		return 0;
	out[n++] = facet_of(&f);
	out[n++] = by_execution(&a->execution);
	f.status = a->status;
	out[n++] = facet_of(&f);
	if (a->project == 0)
		return n;
	f.project = a->project;
	out[n++] = facet_of(&f);
	f.status = ARTICLE_DELETED;
	out[n++] = facet_of(&f);
	return n;
}

/* Read a page and its total. */
bool
articles_page(struct store_txn *t, const struct articles_filter *f,
    struct articles_page *p)
{
	struct rows_key facet = facet_of(f);
	struct rows_source src = {.t = t, .nfacets = 1, .facet = {facet}};
	struct uuid id;
	uint64_t i;

	p->n = 0;
	p->total = counters_get(t, rows_key_slice(&facet));
	if (p->offset >= p->total)
		return true;
	if (p->offset > ARTICLES_SKIP_MAX)
		return false;
	rows_source_open(&src, NULL);
	for (i = 0; i < p->offset && rows_source_next(&src, &id); i++)
		continue;
	while (p->n < p->max && rows_source_next(&src, &id))
		p->n += articles_get(t, &id, &p->out[p->n]);
	rows_source_close(&src);
	return true;
}

/* Borrow an article's JSON. */
struct slice
articles_body(struct store_txn *t, const struct article *a)
{
	struct journal_event ev;
	struct slice all;

	if (!journal_get(t, a->body.at.seq, &ev))
		return SLICE_NONE;
	all = event_get(&ev, a->body.member);
	if (all.n < a->body.n || all.n - a->body.n < a->body.from) {
		store_txn_damaged(t, "where an article's text is");
		return SLICE_NONE;
	}
	return (struct slice){all.p + a->body.from, a->body.n};
}

static void
keep_made(struct store_txn *t, const struct journal_event *ev, uint64_t project)
{
	struct article_made made;
	struct article a;

	INVARIANT(article_made_read(ev, &made));
	for (unsigned i = 0; i < article_made_count(&made); i++) {
		a = article_made_at(ev, &made, i);
		a.project = project;
		put_row(t, NULL, &a);
	}
}

static void
keep_change(struct store_txn *t, const struct journal_event *ev)
{
	struct slice bytes = event_get(ev, MEMBER_ARTICLE_ID);
	struct article old, a;
	struct uuid id;

	INVARIANT(bytes.n == sizeof(id.b));
	memcpy(id.b, bytes.p, sizeof(id.b));
	if (!articles_get(t, &id, &old))
		return; /* the transaction knows why, and is lost */
	a = old;
	article_apply(ev, &a);
	put_row(t, &old, &a);
}

/* Follow an event. */
void
articles_follow(struct store_txn *t, const struct journal_event *ev,
    uint64_t project)
{
	if (ev->type == EVENT_ARTICLE)
		keep_change(t, ev);
	else if (event_get(ev, MEMBER_ARTICLES).p != NULL)
		keep_made(t, ev, project);
}
