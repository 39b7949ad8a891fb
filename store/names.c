/*
 * The table "names".  A name has no end of its own in a key, so a 0 stands
 * between it and the project.
 */
#include "store/names.h"

#include "core/log.h"
#include "core/wire.h"
#include "store/schema.h"
#include "store/table.h"

#define ID sizeof(struct uuid)

struct name_key {
	uint8_t b[SCHEMA_NAME_MAX + 1 + 8];
	size_t n;
};

static bool
fits(struct slice name)
{
	return name.n > 0 && name.n <= SCHEMA_NAME_MAX &&
	    memchr(name.p, '\0', name.n) == NULL;
}

static struct name_key
key_of(struct slice name, uint64_t project)
{
	struct name_key k = {.n = name.n + 1 + 8};

	memcpy(k.b, name.p, name.n);
	k.b[name.n] = 0;
	wire_put(k.b + name.n + 1, 8, project);
	return k;
}

static bool
read_id(struct store_txn *t, struct slice value, struct uuid *out)
{
	if (value.n != ID) {
		store_txn_damaged(t, "an id that a name points at");
		return false;
	}
	memcpy(out->b, value.p, ID);
	return true;
}

/* Find the first project that has the name. */
static bool
find_any(struct store_txn *t, struct slice name, struct uuid *out)
{
	struct name_key k = key_of(name, 0);
	struct table_cursor c = table_open(t, TABLE_NAMES);
	bool found = table_seek(&c, table_bytes(k.b, k.n)) && c.key.n == k.n &&
	    memcmp(c.key.p, k.b, name.n + 1) == 0;

	found = found && read_id(t, c.value, out);
	table_close(&c);
	return found;
}

/* Find an execution by its name. */
bool
names_find(struct store_txn *t, struct slice name, uint64_t project,
    struct uuid *out)
{
	struct slice value;
	struct name_key k;

	if (!fits(name))
		return false;
	if (project == 0)
		return find_any(t, name, out);
	k = key_of(name, project);
	return table_get(t, TABLE_NAMES, table_bytes(k.b, k.n), &value) &&
	    read_id(t, value, out);
}

/* Look whether a name is free. */
bool
names_taken(struct store_txn *t, struct slice name, uint64_t project)
{
	struct name_key k;

	INVARIANT(fits(name));
	k = key_of(name, project);
	return table_has(t, TABLE_NAMES, table_bytes(k.b, k.n));
}

/* Give a name. */
void
names_put(struct store_txn *t, struct slice name, uint64_t project,
    const struct uuid *id)
{
	struct name_key k;

	INVARIANT(fits(name));
	k = key_of(name, project);
	table_put(t, TABLE_NAMES, table_bytes(k.b, k.n),
	    table_bytes(id->b, ID));
}
