/*
 * Checking objects: each EVENT_STORAGE is at most as new as its key's row,
 * and each row is one of them.
 */
#include <inttypes.h>

#include "core/object.h"
#include "store/check_impl.h"
#include "store/objects.h"

/* Look an object that was written up. */
void
check_objects_event(struct check *c, const struct journal_event *ev,
    const struct object *o)
{
	struct objects_row row;

	if (!objects_get(c->t, o->key, &row)) {
		check_find(c, "execution %s: object %.*s is missing",
		    check_id(&ev->execution), SLICE_FMT(o->key));
		return;
	}
	if (row.seq > ev->seq)
		return; /* written over, by an event that is met later */
	if (row.seq == ev->seq)
		c->wanted.objects++;
	if (row.seq < ev->seq || row.size != o->size ||
	    row.created_at != ev->at ||
	    !slice_eq(row.content_type, o->content_type))
		check_find(c,
		    "execution %s: object %.*s is not what its last event says",
		    check_id(&ev->execution), SLICE_FMT(o->key));
}

/* Check that there is no object that no event wrote. */
void
check_objects(struct check *c)
{
	uint64_t n = table_entries(c->t, TABLE_OBJECTS);

	c->out->objects = n;
	if (n != c->wanted.objects)
		check_find(c,
		    "objects: there are %" PRIu64 ", executions wrote %" PRIu64,
		    n, c->wanted.objects);
}
