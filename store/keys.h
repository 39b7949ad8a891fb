/*
 * API keys as rows, found by their hash.
 */
#ifndef STORE_KEYS_H
#define STORE_KEYS_H

#include "core/key.h"
#include "store/store.h"

bool keys_find(struct store_txn *t, const uint8_t hash[32], struct key *out);
uint64_t keys_count(struct store_txn *t);
void keys_put(struct store_txn *t, const struct key *k);

/* Remove the key of that id; false when there is none. */
bool keys_remove(struct store_txn *t, const struct uuid *id);

/* True when some key is bound to that project. */
bool keys_bound(struct store_txn *t, uint64_t project);

/* Up to max keys in no promised order. */
unsigned keys_list(struct store_txn *t, struct key *out, unsigned max);

#endif
