/*
 * Putting objects into storage.  journal_append() writes their rows.
 */
#include "core/lifecycle_objects.h"
#include "engine/engine_impl.h"
#include "store/objects.h"

/* CMD_OBJECT_PUT. */
void
engine_object_put(struct engine *e, struct store_txn *t, struct cmd *c)
{
	struct objects_row old;
	struct decision d;
	struct outcome o;
	bool there;

	if (!engine_load(e, t, &c->id, c->tenant, c->fence.of_step)) {
		engine_answer_code(c, t, OUTCOME_NOT_FOUND);
		return;
	}
	there = objects_get(t, c->put->key, &old);
	d = engine_decision(e, t);
	if (!lifecycle_object_put(&d, c->put, &c->fence)) {
		engine_answer_refused(e, t, c, &d);
		return;
	}
	engine_keep(e, t, false);
	if (store_error(t) != 0)
		return;
	o = engine_outcome(e, t, &d);
	if (there)
		o.code = OUTCOME_EXISTING;
	c->answer(c, &o);
}
