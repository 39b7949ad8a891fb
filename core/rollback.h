/*
 * Rollback: taking back the post that an execution made.  Which operations
 * have one, and when it may be used.
 */
#ifndef CORE_ROLLBACK_H
#define CORE_ROLLBACK_H

#include "core/article.h"
#include "core/status.h"

/* What the rule looks at. */
struct rollback {
	struct slice operation; /* the job's name */
	enum status status;
	bool done;		     /* there is an EVENT_ROLLBACK */
	uint64_t post;		     /* the number of what it made; 0: none */
	enum article_status article; /* of that one; DELETED: is not there */
};

/* The answer, in order of the checks. */
enum rollback_verdict {
	ROLLBACK_OK,
	ROLLBACK_DONE, /* before: nothing is left to do */
	ROLLBACK_NOT_SUPPORTED,
	ROLLBACK_NOT_ALLOWED,	  /* it did not complete */
	ROLLBACK_CONTEXT_MISSING, /* nobody knows what it made */
	ROLLBACK_PUBLISHED	  /* only a person may take that back */
};

enum rollback_verdict rollback_check(const struct rollback *r);

/* True for operations that can be rolled back at all. */
bool rollback_is_supported(struct slice operation);

#endif
