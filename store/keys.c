/*
 * API keys as rows.  There are few, so what is not asked by hash may scan.
 */
#include "store/keys.h"

#include "core/log.h"
#include "core/wire.h"
#include "store/table.h"

#define HASH_BYTES 32
#define KEY_FORMAT 1
#define HEAD_BYTES 34 /* before the name */

static bool
decode(struct slice hash, struct slice value, struct key *out)
{
	struct wire w = wire_read(value);
	bool known = wire_uint(&w, 1, 255) == KEY_FORMAT;
	struct slice name;

	*out = (struct key){.id = wire_uuid(&w)};
	out->scope = (enum scope)wire_uint(&w, 1, SCOPE_ADMIN);
	out->project = wire_uint(&w, 8, UINT64_MAX);
	out->created_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	name = wire_bytes(&w, w.n);
	if (!known || w.bad || hash.n != HASH_BYTES || name.n > KEY_NAME_MAX)
		return false;
	memcpy(out->hash, hash.p, HASH_BYTES);
	if (name.n > 0)
		memcpy(out->name, name.p, name.n);
	return true;
}

/* Find a key by its hash. */
bool
keys_find(struct store_txn *t, const uint8_t hash[32], struct key *out)
{
	struct slice value, key = table_bytes(hash, HASH_BYTES);

	if (!table_get(t, TABLE_KEYS, key, &value))
		return false;
	if (decode(key, value, out))
		return true;
	store_txn_damaged(t, "an API key");
	return false;
}

/* Count the keys. */
uint64_t
keys_count(struct store_txn *t)
{
	return table_entries(t, TABLE_KEYS);
}

/* Save a key. */
void
keys_put(struct store_txn *t, const struct key *k)
{
	uint8_t bytes[HEAD_BYTES + KEY_NAME_MAX], *p = bytes;
	size_t n = strnlen(k->name, KEY_NAME_MAX);

	INVARIANT(k->scope > SCOPE_NONE && k->scope <= SCOPE_ADMIN);
	p = wire_put(p, 1, KEY_FORMAT);
	p = wire_put_uuid(p, &k->id);
	p = wire_put(p, 1, k->scope);
	p = wire_put(p, 8, k->project);
	p = wire_put(p, 8, (uint64_t)k->created_at);
	memcpy(p, k->name, n);
	table_put(t, TABLE_KEYS, table_bytes(k->hash, HASH_BYTES),
	    table_bytes(bytes, HEAD_BYTES + n));
}

/* Step to the next key that can be read. */
static bool
next(struct table_cursor *c, bool first, struct key *out)
{
	bool there = first ? table_first(c) : table_next(c);

	while (there && !decode(c->key, c->value, out)) {
		store_txn_damaged(c->txn, "an API key");
		there = table_next(c);
	}
	return there;
}

/* Remove a key by id. */
bool
keys_remove(struct store_txn *t, const struct uuid *id)
{
	struct table_cursor c = table_open(t, TABLE_KEYS);
	struct key k;
	bool there = next(&c, true, &k);

	while (there && !uuid_eq(&k.id, id))
		there = next(&c, false, &k);
	table_close(&c);
	if (there)
		table_delete(t, TABLE_KEYS, table_bytes(k.hash, HASH_BYTES));
	return there;
}

/* Look for a key that is bound to a project. */
bool
keys_bound(struct store_txn *t, uint64_t project)
{
	struct table_cursor c = table_open(t, TABLE_KEYS);
	struct key k;
	bool there = next(&c, true, &k);

	while (there && k.project != project)
		there = next(&c, false, &k);
	table_close(&c);
	return there;
}

/* List keys, by hash as it happens. */
unsigned
keys_list(struct store_txn *t, struct key *out, unsigned max)
{
	struct table_cursor c = table_open(t, TABLE_KEYS);
	unsigned n = 0;

	while (n < max && next(&c, n == 0, &out[n]))
		n++;
	table_close(&c);
	return n;
}
