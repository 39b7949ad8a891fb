/*
 * Categories as words; core/definition_read.c lets no other into a job.
 */
#include "core/category.h"

static const char *const names[CATEGORY_COUNT] = {
    [CATEGORY_SEO] = "seo",
    [CATEGORY_AI] = "ai",
    [CATEGORY_SYNC] = "sync",
    [CATEGORY_EXPORT] = "export",
};

/* Name a category. */
const char *
category_name(enum category c)
{
	return (unsigned)c < CATEGORY_COUNT ? names[c] : NULL;
}

/* Find the category of that name. */
bool
category_parse(struct slice s, enum category *out)
{
	for (unsigned i = 1; i < CATEGORY_COUNT; i++) {
		if (!slice_is(s, names[i]))
			continue;
		*out = (enum category)i;
		return true;
	}
	return false;
}

/* The same, where none is an answer. */
enum category
category_of(struct slice s)
{
	enum category c;

	return category_parse(s, &c) ? c : CATEGORY_NONE;
}
