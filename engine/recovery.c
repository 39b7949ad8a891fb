/*
 * Recovery after an unclean stop: what ran is marked interrupted, in bounded
 * batches, on the live path, while the server already serves.  Whoever has
 * spoken since the start is left alone.
 */
#include "core/log.h"
#include "engine/engine_impl.h"
#include "engine/fault.h"
#include "store/rows.h"

#define RECOVERY_BATCH 200

/* The end of the work is fixed now: newer executions are not part of it. */
void
engine_recovery_begin(struct engine *e)
{
	struct store_txn *t = engine_snapshot(e);

	if (!store_was_unclean(e->store) || !rows_newest(t, &e->recovery.end))
		return;
	e->recovery.active = true;
	log_warn("the server did not stop in order: marking what ran as "
		 "interrupted");
}

/* Mark one batch; the cursor is an id, so every turn starts where we were. */
void
engine_recovery_step(struct engine *e, struct store_txn *t)
{
	struct uuid ids[RECOVERY_BATCH];
	unsigned i, n;

	if (!e->recovery.active)
		return;
	n = rows_by_status(t, STATUS_RUNNING, &e->recovery.at, ids,
	    RECOVERY_BATCH);
	for (i = 0; i < n; i++) {
		if (uuid_cmp(&ids[i], &e->recovery.end) > 0)
			break;
		e->recovery.at = ids[i];
		engine_interrupt(e, t, &ids[i]);
		fault_pass(FAULT_DURING_RECOVERY);
	}
	if (i == RECOVERY_BATCH)
		return;
	e->recovery.active = false;
	log_info("recovery is complete: %llu executions were interrupted",
	    (unsigned long long)e->recovery.marked);
}
