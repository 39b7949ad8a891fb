/*
 * Reading claims.  Times are compared with each other only: our clock need
 * not be the server's.
 */
#include "cli/work_claim.h"

#include "core/rfc3339.h"

#include "cli/text.h"

#define CLAIM_LEASE_MIN 1000 /* ms */

/* How long the lease is. */
static int64_t
lease(const struct json_node *n, const struct json_node *execution)
{
	struct slice from = text_of(json_get(execution, "updated_at"));
	struct slice to = text_of(json_get(n, "lease_expires_at"));
	int64_t a, b;

	if (!rfc3339_parse(from, &a) || !rfc3339_parse(to, &b))
		return 0;
	return b - a >= CLAIM_LEASE_MIN ? b - a : 0;
}

/* JSON as sent, null where there is none. */
static struct slice
raw_of(const struct json_node *n)
{
	return n != NULL ? n->raw : SLICE("null");
}

/* Read a claim. */
bool
work_claim_read(const struct json_node *n, bool steps, struct work_claim *out)
{
	const struct json_node *execution = json_get(n, "execution");
	const struct json_node *list = json_get(n, "steps");
	const struct json_node *step =
	    steps && list != NULL ? list->child : NULL;

	*out = (struct work_claim){
	    .execution = text_of(json_get(execution, "id")),
	    .token = text_of(json_get(n, "token")),
	    .job = text_of(json_get(execution, "job_name")),
	    .queue = text_of(json_get(execution, "queue")),
	    .step = text_of(json_get(step, "id")),
	    .step_name = text_of(json_get(step, "name")),
	    .input = raw_of(json_get(steps ? step : execution, "input_params")),
	    .lease_ms = lease(n, execution),
	};
	if (steps)
		out->checkpoint = raw_of(json_get(step, "checkpoint_data"));
	json_int(json_get(n, "attempt"), 1, UINT32_MAX, &out->attempt);
	json_int(json_get(execution, "max_attempts"), 1, UINT32_MAX,
	    &out->max_attempts);
	return out->execution.n > 0 && out->token.n > 0 &&
	    (out->step.n > 0) == steps;
}
