/*
 * Going down the journal's tree to several events side by side.  LMDB has no
 * call for that, so this is the one place that reads its pages by itself: as
 * all of 0.9 lays them out, in a snapshot, whose pages do not change, and
 * only as far as each page bears the number it was looked for by.  It hands
 * nothing out: journal.c reads the events a moment later, from warm caches.
 */
#include "store/ahead.h"

#include "store/internal.h"

#define MAIN 1		/* LMDB's own table, of tables */
#define TABLE_BYTES 48	/* what that has of each; in it the number */
#define TABLE_LEAVES 16 /* of leaves, and the number of */
#define TABLE_ROOT 40	/* the root's page */
#define LEAVES_MIN 1000 /* fewer are in the caches by themselves */
#define DEPTH_MAX 32
#define LINE 64
#define VALUE_MAX (8 * LINE) /* of a value, so much is fetched */

/* A page: this head, the places of its nodes, room, the nodes. */
struct page {
	uint64_t number;
	uint16_t pad, flags;
	uint16_t lower, upper; /* the room's ends */
	uint16_t place[];
};
#define PAGE_BRANCH 0x01
#define PAGE_LEAF 0x02

/* A branch's node has a page's number in three parts, a leaf's a size in two. */
struct node {
	uint16_t low, middle, high, key_size;
	uint8_t key[];
};

struct walk {
	uint64_t seq;
	uint64_t number; /* of page */
	const struct page *page;
	int low, high; /* nodes that are left to look at */
};

struct walks {
	struct walk walk[AHEAD_MAX];
	unsigned n;
};

static void
add(struct walks *w, struct ref at)
{
	unsigned i;

	for (i = 0; i < w->n; i++)
		if (w->walk[i].seq == at.seq)
			return;
	if (at.seq != 0 && w->n < AHEAD_MAX)
		w->walk[w->n++].seq = at.seq;
}

static void
add_all(struct walks *w, const struct execution *x, const struct step *steps)
{
	unsigned i;

	add(w, x->created);
	add(w, x->tags);
	add(w, x->step_name);
	add(w, x->metadata);
	add(w, x->result);
	add(w, x->error);
	for (i = 0; steps != NULL && i < x->nsteps; i++) {
		add(w, steps[i].input);
		add(w, steps[i].result);
		add(w, steps[i].artifacts);
		add(w, steps[i].checkpoint);
		add(w, steps[i].metadata);
		add(w, steps[i].error);
	}
}

/* The page of that number, or NULL. */
static const struct page *
page_at(const struct store_pages *m, uint64_t number)
{
	return number < m->count ? (const void *)(m->map + number * m->size)
				 : NULL;
}

/* Where node i is, with so many bytes of it within the page. */
static const struct node *
node_at(const struct store_pages *m, const struct page *p, int i, size_t bytes)
{
	size_t at = p->place[i], most = m->size - bytes;

	return (const void *)((const char *)p + (at < most ? at : most));
}

static uint64_t
seq_at(const struct store_pages *m, const struct page *p, int i)
{
	const struct node *n = node_at(m, p, i, sizeof *n + sizeof(uint64_t));
	uint64_t seq = 0;
	unsigned b;

	for (b = 0; b < sizeof seq; b++)
		seq = seq << 8 | n->key[b];
	return seq;
}

/* Find the map, and in it the root of the journal, once a snapshot. */
static void
find_pages(struct store_txn *t)
{
	static char name[] = "journal";
	MDB_val key = {sizeof name - 1, name}, value;
	struct store_pages *m = &t->pages;
	const struct page *p;
	int major, minor;
	uint64_t leaves;
	MDB_envinfo info;
	MDB_stat st;

	m->looked = true;
	mdb_version(&major, &minor, NULL);
	if (major != 0 || minor != 9 || sizeof(size_t) != sizeof(uint64_t) ||
	    mdb_env_info(t->store->env, &info) != 0 ||
	    mdb_stat(t->mdb, MAIN, &st) != 0 ||
	    mdb_get(t->mdb, MAIN, &key, &value) != 0 ||
	    value.mv_size != TABLE_BYTES)
		return;
	memcpy(&leaves, (const char *)value.mv_data + TABLE_LEAVES,
	    sizeof leaves);
	if (leaves < LEAVES_MIN)
		return;
	m->size = st.ms_psize;
	m->count = info.me_last_pgno + 1;
	memcpy(&m->root, (const char *)value.mv_data + TABLE_ROOT,
	    sizeof m->root);
	p = (const void *)((uintptr_t)value.mv_data & ~(m->size - 1));
	m->map = (const char *)p - p->number * m->size;
}

/* Stand every walk on a page of that kind; false when one is none. */
static bool
arrive(struct walks *w, unsigned kind)
{
	struct walk *k = w->walk;
	unsigned i;

	for (i = 0; i < w->n; i++) {
		if (k[i].page == NULL || k[i].page->number != k[i].number ||
		    (k[i].page->flags & (PAGE_BRANCH | PAGE_LEAF)) != kind)
			return false;
		/* The first key of a branch is below all others. */
		k[i].low = kind == PAGE_BRANCH ? 1 : 0;
		k[i].high =
		    (k[i].page->lower - (int)sizeof(struct page)) / 2 - 1;
	}
	return true;
}

/* Look at one more node of a page, one that LMDB will look at; false: none. */
static bool
look(const struct store_pages *m, struct walk *k)
{
	int mid = (k->low + k->high) >> 1;
	uint64_t seq;

	if (k->low > k->high)
		return false;
	seq = seq_at(m, k->page, mid);
	if (seq <= k->seq)
		k->low = mid + 1;
	if (seq == k->seq)
		k->high = mid;
	if (seq > k->seq)
		k->high = mid - 1;
	return true;
}

/* In each walk's page, find the last node at or below its seq: low - 1. */
static void
search(const struct store_pages *m, struct walks *w)
{
	bool more = true;
	unsigned i;

	while (more) {
		more = false;
		for (i = 0; i < w->n; i++)
			more |= look(m, &w->walk[i]);
	}
}

static void
descend(const struct store_pages *m, struct walk *k)
{
	const struct node *n = node_at(m, k->page, k->low - 1, sizeof *n);

	k->number =
	    n->low | (uint64_t)n->middle << 16 | (uint64_t)n->high << 32;
	k->page = page_at(m, k->number);
	__builtin_prefetch(k->page);
}

/* Fetch the value that a walk has come to. */
static bool
fetch(const struct store_pages *m, const struct walk *k)
{
	const struct node *n;
	size_t size, i;

	if (k->low == 0 || seq_at(m, k->page, k->low - 1) != k->seq)
		return false;
	n = node_at(m, k->page, k->low - 1, sizeof *n);
	size = n->low | (size_t)n->middle << 16;
	for (i = 0; i < size && i < VALUE_MAX; i += LINE)
		__builtin_prefetch(n->key + sizeof k->seq + i);
	__builtin_prefetch(n->key + size);
	return true;
}

/* Read ahead; see ahead.h. */
unsigned
ahead_read(struct store_txn *t, const struct execution *x,
    const struct step *steps)
{
	const struct store_pages *m = &t->pages;
	unsigned i, depth, found = 0;
	struct walks w;

	if (!t->writes && !m->looked)
		find_pages(t);
	if (m->count == 0)
		return 0;
	w.n = 0;
	add_all(&w, x, steps);
	for (i = 0; i < w.n; i++) {
		w.walk[i].number = m->root;
		w.walk[i].page = page_at(m, m->root);
	}
	for (depth = 0; depth < DEPTH_MAX && arrive(&w, PAGE_BRANCH); depth++) {
		search(m, &w);
		for (i = 0; i < w.n; i++)
			descend(m, &w.walk[i]);
	}
	if (!arrive(&w, PAGE_LEAF))
		return 0;
	search(m, &w);
	for (i = 0; i < w.n; i++)
		found += fetch(m, &w.walk[i]);
	return found;
}
