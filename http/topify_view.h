/*
 * Executions and articles in Topify's words.
 */
#ifndef HTTP_TOPIFY_VIEW_H
#define HTTP_TOPIFY_VIEW_H

#include "core/article.h"
#include "core/execution.h"
#include "core/jsonw.h"
#include "store/store.h"

/* The job whose executions are the tasks. */
#define TOPIFY_JOB SLICE("article_generation")

/* "pending", "processing", "completed", "failed", "cancelled". */
const char *topify_view_status(enum status s);

/* The statuses of that word, 0 at the end; false when it is no such word. */
bool topify_view_statuses(struct slice word, enum status out[STATUS_COUNT]);

/*
 * A task.  What it was made of is read from inputs of at most max_input
 * bytes, so that a list costs what it shows.
 */
void topify_view_task(struct jsonw *w, struct store_txn *t,
    const struct execution *x, size_t max_input);

void topify_view_article(struct jsonw *w, struct store_txn *t,
    const struct article *a);

#endif
