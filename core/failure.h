/*
 * The failure taxonomy (v1, from the TuxSEO contract): every failure is put
 * into one category when it is recorded, with hints and next actions.
 */
#ifndef CORE_FAILURE_H
#define CORE_FAILURE_H

#include "core/execution.h"

#define FAILURE_TAXONOMY "v1"

struct failure {
	const char *code; /* NULL in the defaults of a category */
	enum failure_category category;
	bool retryable, fix_required;
	const char *hint;	     /* one English sentence */
	const char *next_actions[3]; /* machine tokens, NULL at the end */
};

/*
 * "validation", "policy", "dependency", "timeout", "quota", "unknown"; NULL
 * for none.
 */
const char *failure_category_name(enum failure_category c);

/*
 * The category of an error by the type a worker gave ("ConnectionError",
 * "ETIMEDOUT", "RateLimitExceeded"): that of a code of the table, else known
 * words in any case, whole or as part of a CamelCase or snake_case name; else
 * FAILURE_UNKNOWN.  The first 256 bytes are looked at.
 */
enum failure_category failure_classify(struct slice error_type);

/*
 * The row for what went wrong with x: EXECUTION_TIMEOUT, the code that the
 * worker gave as its error type, or EXECUTION_FAILED; NULL when nothing did.
 * The category is x->failure, whatever the row's.
 */
const struct failure *failure_of(const struct execution *x,
    struct slice error_type);

/*
 * The row for a code of the contract's table; for any other code the
 * defaults of its category.  Never NULL.
 */
const struct failure *failure_get(const char *code,
    enum failure_category category);

#endif
