/*
 * Articles as rows, with the indexes and counters that follow from them.
 */
#ifndef STORE_ARTICLES_H
#define STORE_ARTICLES_H

#include "core/article.h"
#include "store/store.h"

/* Most articles that a page steps over. */
#define ARTICLES_SKIP_MAX 100000

bool articles_get(struct store_txn *t, const struct uuid *id,
    struct article *out);

/* Let the rows follow an event that was appended, of an execution of project. */
void articles_follow(struct store_txn *t, const struct journal_event *ev,
    uint64_t project);

/* The number for the next one, and count of numbers to take from there. */
uint64_t articles_numbers(struct store_txn *t, unsigned count);

/* Which articles a list shows. */
struct articles_filter {
	enum article_status status; /* ARTICLE_DELETED: any */
	uint64_t project;	    /* 0: any */
	struct uuid execution;	    /* zero: any; else nothing else counts */
};

struct articles_page {
	struct article *out; /* given, with room for max */
	unsigned max;
	uint64_t offset; /* given: how many newer ones to leave out */
	unsigned n;	 /* read */
	uint64_t total;	 /* how many match in all */
};

/*
 * A page, newest first; its cost follows offset and page.  False when offset
 * is below the total, but over ARTICLES_SKIP_MAX.
 */
bool articles_page(struct store_txn *t, const struct articles_filter *f,
    struct articles_page *p);

/* The JSON object of an article, borrowed; SLICE_NONE when it is damaged. */
struct slice articles_body(struct store_txn *t, const struct article *a);

#endif
