/*
 * Unique names of executions: a name is taken once within a project.
 */
#ifndef STORE_NAMES_H
#define STORE_NAMES_H

#include "store/store.h"

/*
 * The execution of that name in a project.  Project 0 sees all: of several
 * it finds the one without a project, else that of the lowest.
 */
bool names_find(struct store_txn *t, struct slice name, uint64_t project,
    struct uuid *out);

/* True when the name is taken in exactly that project. */
bool names_taken(struct store_txn *t, struct slice name, uint64_t project);

/* Give a free name of 1 to 480 bytes, none of them NUL, to an execution. */
void names_put(struct store_txn *t, struct slice name, uint64_t project,
    const struct uuid *id);

#endif
