/*
 * Reading ahead: the events that a row points at, brought near together.
 *
 * In a store of millions the pages on the way to an event are in memory, but
 * in none of the CPU's caches, and a lookup waits for a dozen lines of them,
 * one after the other.  Lookups that do not depend on each other can wait
 * together.
 */
#ifndef STORE_AHEAD_H
#define STORE_AHEAD_H

#include "store/store.h"

#define AHEAD_MAX 16

/*
 * Go down to the events that x and its steps (or NULL) point at, AHEAD_MAX of
 * them at most.  Nothing follows from it but time: journal_get() says what is
 * there.  Returns how many were found; 0 in a write transaction, where the
 * journal is so small that caches hold it, and where the pages are of a kind
 * that is not known here.
 */
unsigned ahead_read(struct store_txn *t, const struct execution *x,
    const struct step *steps);

#endif
