/*
 * What a job is about: a word that its executions are found by.  The numbers
 * are stored (store/schema.h): append, never renumber.
 */
#ifndef CORE_CATEGORY_H
#define CORE_CATEGORY_H

#include "core/slice.h"

enum category {
	CATEGORY_NONE = 0,
	CATEGORY_SEO = 1,
	CATEGORY_AI = 2,
	CATEGORY_SYNC = 3,
	CATEGORY_EXPORT = 4
};
#define CATEGORY_COUNT 5 /* one over the largest */

/* "seo", NULL for none; false from the parser when s is no such word. */
const char *category_name(enum category c);
bool category_parse(struct slice s, enum category *out);

/* The category of that word; none when it is no such word. */
enum category category_of(struct slice s);

#endif
