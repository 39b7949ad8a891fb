/*
 * Objects in storage: which there are, and where their bytes lie.  A row is
 * the last write of its key; nothing is ever deleted.
 */
#ifndef STORE_OBJECTS_H
#define STORE_OBJECTS_H

#include "store/store.h"

/* Most keys that one walk passes without showing one. */
#define OBJECTS_LOOK_MAX 10000

/* A row; borrowed. */
struct objects_row {
	struct slice key;
	uint64_t seq; /* of EVENT_STORAGE */
	uint64_t size;
	int64_t created_at; /* ms */
	struct slice content_type;
};

/* Write the row of an EVENT_STORAGE; journal_append() does. */
void objects_put(struct store_txn *t, const struct journal_event *ev);

bool objects_get(struct store_txn *t, struct slice key,
    struct objects_row *out);

/* An object's bytes, borrowed; SLICE_NONE when they are not there: damage. */
struct slice objects_bytes(struct store_txn *t, const struct objects_row *row);

/* Which keys a walk shows, in the order of their bytes. */
struct objects_query {
	struct slice prefix;	/* they begin with this */
	struct slice delimiter; /* see OBJECTS_COMMON; empty: none */
	struct slice after;	/* behind this one, shown before; empty: all */
	uint64_t project;	/* of its executions alone; 0: any */
};

enum objects_found {
	OBJECTS_ROW, /* row */
	/*
	 * row.key is what several keys begin with, up to the first delimiter
	 * behind the prefix; it stands for them all, which are not looked at.
	 */
	OBJECTS_COMMON,
	OBJECTS_END,
	OBJECTS_CUT /* OBJECTS_LOOK_MAX: go on behind row.key */
};

/*
 * A walk.  What it costs follows what it shows: from one common prefix, or
 * from one of a project's executions, to the next it leaps.  Keys of over
 * SCHEMA_OBJECT_MAX bytes that begin alike for SCHEMA_OBJECT_CUT stand in no
 * order, and nothing longer than that is a common prefix.
 */
struct objects_walk;

/* Begin; q and what it borrows must live as long.  Owned. */
struct objects_walk *objects_walk_new(struct store_txn *t,
    const struct objects_query *q);

/* The next; row is borrowed until the one after it. */
enum objects_found objects_walk_next(struct objects_walk *w,
    struct objects_row *row);

/* End it; before its transaction does. */
void objects_walk_free(struct objects_walk *w);

#endif
