/*
 * The table "meta": single facts about the store, by name.
 */
#ifndef STORE_META_H
#define STORE_META_H

#include "store/internal.h"

/*
 * The fact of that name, a number of `width` bytes; 0 when it is not there.
 * One of another width is damage.
 */
uint64_t meta_get(struct store_txn *t, const char *name, unsigned width);

/* Set it. */
void meta_put(struct store_txn *t, const char *name, unsigned width,
    uint64_t value);

/* Bytes of n; zeros when they are not there.  Of another length is damage. */
void meta_get_bytes(struct store_txn *t, const char *name, void *out, size_t n);
void meta_put_bytes(struct store_txn *t, const char *name, const void *p,
    size_t n);

#endif
