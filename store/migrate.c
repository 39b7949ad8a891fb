/*
 * Migration.  Schema 1 was never in a release, so there is no step yet: only
 * the refusals.  A step goes from version n to n + 1 in one transaction and
 * raises meta "schema" in it; before the first one runs, backup_write() keeps
 * a copy of the store as it was.
 */
#include "store/migrate.h"

#include "store/schema.h"

/* Take the store to this version's schema, or say why not. */
bool
migrate_run(struct store *s, uint32_t found, const struct store_cause *cause)
{
	if (found == SCHEMA_VERSION)
		return true;
	if (found > SCHEMA_VERSION)
		return store_fail(cause,
		    "%s was written by a newer tidewired (schema %u, this one "
		    "knows %u): run that version or a newer one",
		    s->dir, found, SCHEMA_VERSION);
	return store_fail(cause,
	    "%s has schema %u, of a tidewired before the first release: "
	    "finish what is in it with that version, or pass another --data",
	    s->dir, found);
}
