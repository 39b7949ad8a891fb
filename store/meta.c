/*
 * Single facts about the store.  Neighbours: store.c and store_open.c ask.
 */
#include "store/meta.h"

#include "core/wire.h"
#include "store/table.h"

/* Read a fact. */
uint64_t
meta_get(struct store_txn *t, const char *name, unsigned width)
{
	struct slice value;
	struct wire w;
	uint64_t v;

	if (!table_get(t, TABLE_META, slice_str(name), &value))
		return 0;
	w = wire_read(value);
	v = wire_uint(&w, width, UINT64_MAX);
	if (w.bad || w.n > 0) {
		store_txn_damaged(t, name);
		return 0;
	}
	return v;
}

/* Write a fact. */
void
meta_put(struct store_txn *t, const char *name, unsigned width, uint64_t value)
{
	uint8_t bytes[8];

	wire_put(bytes, width, value);
	table_put(t, TABLE_META, slice_str(name), table_bytes(bytes, width));
}
