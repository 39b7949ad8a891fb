/*
 * What people do with the articles that an execution made.  Like the rest of
 * the lifecycle: pure, told by events.
 */
#ifndef CORE_LIFECYCLE_ARTICLES_H
#define CORE_LIFECYCLE_ARTICLES_H

#include "core/lifecycle.h"
#include "core/rollback.h"

/*
 * Edit a, whose JSON object is old.  Nothing is decided, and d->repeated set,
 * when the edit says nothing.
 */
void lifecycle_article_edit(struct decision *d, const struct article *a,
    const struct article_edit *edit, struct slice old);

/* Delete a for good. */
void lifecycle_article_delete(struct decision *d, const struct article *a);

/*
 * Take back what the execution made: delete a (NULL: it is not there any
 * more) and say so.  Nothing is decided unless the verdict is ROLLBACK_OK.
 */
enum rollback_verdict lifecycle_rollback(struct decision *d,
    const struct rollback *r, const struct article *a);

#endif
