/*
 * Migration: from the schema a store was written with to ours.
 */
#ifndef STORE_MIGRATE_H
#define STORE_MIGRATE_H

#include "store/internal.h"

/*
 * Bring the store from schema `found` to SCHEMA_VERSION, in place; true at
 * once when they are equal.  False with a cause when it is newer, older than
 * any we know, or must be migrated and this store is open for reading only.
 */
bool migrate_run(struct store *s, uint32_t found,
    const struct store_cause *cause);

#endif
