/*
 * One thing that POST /api/claims handed out.
 */
#ifndef CLI_WORK_CLAIM_H
#define CLI_WORK_CLAIM_H

#include "core/json.h"

/* All borrowed from the answer. */
struct work_claim {
	struct slice execution, token; /* never empty */
	struct slice job, queue;
	struct slice step, step_name;	/* empty: the whole execution */
	struct slice input, checkpoint; /* JSON; checkpoint only of a step */
	int64_t attempt, max_attempts;
	int64_t lease_ms; /* as the server set it; 0: it cannot be told */
};

/* Read one; steps: of a single step.  False when it is none. */
bool work_claim_read(const struct json_node *n, bool steps,
    struct work_claim *out);

#endif
