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

/* Read bytes. */
void
meta_get_bytes(struct store_txn *t, const char *name, void *out, size_t n)
{
	struct slice value;

	memset(out, 0, n);
	if (!table_get(t, TABLE_META, slice_str(name), &value))
		return;
	if (value.n == n)
		memcpy(out, value.p, n);
	else
		store_txn_damaged(t, name);
}

/* Write bytes. */
void
meta_put_bytes(struct store_txn *t, const char *name, const void *p, size_t n)
{
	table_put(t, TABLE_META, slice_str(name), table_bytes(p, n));
}
