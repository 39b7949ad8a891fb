/*
 * What the journal does not say of an execution: the row facts that frames
 * and filters need.  Those in a frame never change; labels may, and a filter
 * goes by the labels an execution has when its event is looked at.
 */
#ifndef SSE_FACTS_H
#define SSE_FACTS_H

#include "store/jobs.h"
#include "store/rows.h"

#include "sse/label.h"

struct facts {
	struct uuid id;
	struct execution x;
	const struct job *job; /* borrowed from the store's cache */
	struct slice step_ids; /* 16 bytes each, borrowed from the snapshot */
	struct labels *labels; /* NULL: none */
};

/* The last execution looked at; {0} is empty. */
struct facts_cache {
	bool there;
	struct facts facts;
};

/*
 * The facts of that execution, or NULL when it (or its job) is not there any
 * more.  Borrowed until the next call.
 */
const struct facts *facts_get(struct facts_cache *c, struct store_txn *t,
    const struct uuid *id);

/* Forget everything borrowed; before the snapshot ends. */
void facts_forget(struct facts_cache *c);

/* The id of a step; false when there is no such step. */
bool facts_step_id(const struct facts *f, unsigned step, struct uuid *out);

#endif
