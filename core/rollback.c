/*
 * The rule of rollback; engine/rollback.c carries it out.
 */
#include "core/rollback.h"

/* Tell whether an operation has a rollback. */
bool
rollback_is_supported(struct slice operation)
{
	return slice_is(operation, "GENERATE_BLOG_POST");
}

/* May it be rolled back now? */
enum rollback_verdict
rollback_check(const struct rollback *r)
{
	if (!rollback_is_supported(r->operation))
		return ROLLBACK_NOT_SUPPORTED;
	if (r->status != STATUS_COMPLETED)
		return ROLLBACK_NOT_ALLOWED;
	if (r->done)
		return ROLLBACK_DONE;
	if (r->post == 0)
		return ROLLBACK_CONTEXT_MISSING;
	if (r->article == ARTICLE_PUBLISHED)
		return ROLLBACK_PUBLISHED;
	return ROLLBACK_OK;
}
