/*
 * Jobs as rows: a head that moves, versions that never change.  Neighbours:
 * core/job.c reads definitions, jobs_cache.c keeps them in memory.
 */
#include "store/jobs.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"
#include "core/wire.h"
#include "store/jobs_cache.h"
#include "store/schema.h"
#include "store/table.h"

#define ID sizeof(struct uuid)
#define HEAD_FORMAT 1
#define HEAD_BYTES 30 /* before the name */
#define VERSION_KEY (ID + 4)

/* Read a head with its name. */
bool
jobs_head_name(struct store_txn *t, const struct uuid *id,
    struct jobs_head *out, struct slice *name)
{
	struct slice value;
	struct wire w;
	bool known;

	if (!table_get(t, TABLE_JOBS, table_bytes(id->b, ID), &value))
		return false;
	w = wire_read(value);
	known = wire_uint(&w, 1, 255) == HEAD_FORMAT;
	out->id = *id;
	out->version = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	out->created_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->updated_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	out->deleted = wire_uint(&w, 1, 1) != 0;
	out->project = wire_uint(&w, 8, UINT64_MAX);
	*name = wire_bytes(&w, w.n);
	if (known && !w.bad && out->version > 0)
		return true;
	store_txn_damaged(t, "the head of a job");
	return false;
}

static void
put_head(struct store_txn *t, const struct jobs_head *head, struct slice name)
{
	uint8_t *bytes = mem_zalloc(HEAD_BYTES + name.n), *p = bytes;

	p = wire_put(p, 1, HEAD_FORMAT);
	p = wire_put(p, 4, head->version);
	p = wire_put(p, 8, (uint64_t)head->created_at);
	p = wire_put(p, 8, (uint64_t)head->updated_at);
	p = wire_put(p, 1, head->deleted);
	p = wire_put(p, 8, head->project);
	if (name.n > 0)
		memcpy(p, name.p, name.n);
	table_put(t, TABLE_JOBS, table_bytes(head->id.b, ID),
	    table_bytes(bytes, HEAD_BYTES + name.n));
	free(bytes);
}

/* Read a head. */
bool
jobs_head(struct store_txn *t, const struct uuid *id, struct jobs_head *out)
{
	struct slice name;

	return jobs_head_name(t, id, out, &name);
}

static struct slice
name_key(struct slice name)
{
	return table_bytes(name.p,
	    name.n < SCHEMA_NAME_MAX ? name.n : SCHEMA_NAME_MAX);
}

/* The i-th id under a name's key; false behind the last. */
static bool
id_at(struct slice ids, size_t i, struct uuid *out)
{
	if ((i + 1) * ID > ids.n)
		return false;
	memcpy(out->b, ids.p + i * ID, ID);
	return true;
}

/* Find a live job by name. */
bool
jobs_find(struct store_txn *t, struct slice name, struct uuid *out)
{
	struct slice ids, its;
	struct jobs_head head;

	if (name.n == 0 || !table_get(t, TABLE_JOB_NAMES, name_key(name), &ids))
		return false;
	for (size_t i = 0; id_at(ids, i, out); i++) {
		if (jobs_head_name(t, out, &head, &its) && slice_eq(its, name))
			return true;
	}
	return false;
}

/* Write the ids under a name's key without that one, then with it or not. */
static void
set_name(struct store_txn *t, struct slice name, const struct uuid *id,
    bool with)
{
	struct slice ids = SLICE_NONE;
	struct buf now = {0};
	struct uuid other;

	table_get(t, TABLE_JOB_NAMES, name_key(name), &ids);
	for (size_t i = 0; id_at(ids, i, &other); i++) {
		if (!uuid_eq(&other, id))
			buf_add(&now, other.b, ID);
	}
	if (with)
		buf_add(&now, id->b, ID);
	if (now.len > 0)
		table_put(t, TABLE_JOB_NAMES, name_key(name), buf_slice(&now));
	else if (ids.n > 0)
		table_delete(t, TABLE_JOB_NAMES, name_key(name));
	buf_free(&now);
}

/* Free the name of a job and copy it; false when none such is live. */
static bool
free_name(struct store_txn *t, const struct uuid *id, struct jobs_head *head,
    struct buf *copy)
{
	struct slice name;

	if (!jobs_head_name(t, id, head, &name) || head->deleted)
		return false;
	buf_add_slice(copy, name);
	set_name(t, buf_slice(copy), id, false);
	return true;
}

static void
version_key(const struct uuid *id, uint32_t version, uint8_t key[VERSION_KEY])
{
	wire_put(wire_put_uuid(key, id), 4, version);
}

/* Save a version and make it the current one. */
void
jobs_put(struct store_txn *t, const struct jobs_head *head,
    const struct job *def)
{
	uint8_t key[VERSION_KEY], created[8];
	struct buf value = {0}, old = {0};
	struct jobs_head was;

	INVARIANT(head->version > 0 && !head->deleted);
	INVARIANT(def->name.n > 0);
	version_key(&head->id, head->version, key);
	wire_put(created, sizeof(created), (uint64_t)head->updated_at);
	buf_add(&value, created, sizeof(created));
	buf_add_slice(&value, def->definition);
	free_name(t, &head->id, &was, &old);
	table_put(t, TABLE_JOBS, table_bytes(key, sizeof(key)),
	    buf_slice(&value));
	put_head(t, head, def->name);
	set_name(t, def->name, &head->id, true);
	buf_free(&value);
	buf_free(&old);
}

/* Delete a job but for what its executions need. */
void
jobs_delete(struct store_txn *t, const struct uuid *id, int64_t now)
{
	struct jobs_head head;
	struct buf name = {0};

	if (free_name(t, id, &head, &name)) {
		head.deleted = true;
		head.updated_at = now;
		put_head(t, &head, buf_slice(&name));
	}
	buf_free(&name);
}

/* Read a version, checking no more than that there is one. */
static struct job *
load(struct store_txn *t, const struct uuid *id, uint32_t version)
{
	uint8_t key[VERSION_KEY];
	struct jobs_head head;
	struct slice value;
	struct wire w;
	struct job *j;
	int64_t at;

	version_key(id, version, key);
	if (!jobs_head(t, id, &head) ||
	    !table_get(t, TABLE_JOBS, table_bytes(key, sizeof(key)), &value))
		return NULL;
	w = wire_read(value);
	at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	if (w.bad) {
		store_txn_damaged(t, "a version of a job");
		return NULL;
	}
	j = job_load(wire_bytes(&w, w.n), id, version);
	j->created_at = head.created_at;
	j->updated_at = at;
	return j;
}

/* Give a definition, read once. */
const struct job *
jobs_get(struct store_txn *t, const struct uuid *id, uint32_t version)
{
	struct jobs_cache *cache = t->store->jobs;
	const struct job *found = jobs_cache_get(cache, id, version);
	struct job *j;

	if (found != NULL)
		return found;
	j = load(t, id, version);
	if (j != NULL)
		jobs_cache_add(cache, j, t->writes);
	return j;
}

/* List jobs that were deleted, or were not.  A head precedes its versions. */
static unsigned
list_jobs(struct store_txn *t, const struct uuid *before, struct jobs_head *out,
    unsigned max, bool deleted)
{
	struct table_cursor c = table_open(t, TABLE_JOBS);
	struct uuid below = *before;
	unsigned n = 0;

	if (uuid_is_zero(before))
		memset(below.b, 0xff, ID);
	while (n < max && table_seek_below(&c, table_bytes(below.b, ID)) &&
	    c.key.n >= ID) {
		memcpy(below.b, c.key.p, ID);
		if (jobs_head(t, &below, &out[n]) && out[n].deleted == deleted)
			n++;
	}
	table_close(&c);
	return n;
}

/* List live jobs. */
unsigned
jobs_list(struct store_txn *t, const struct uuid *before, struct jobs_head *out,
    unsigned max)
{
	return list_jobs(t, before, out, max, false);
}

/* List deleted jobs. */
unsigned
jobs_list_deleted(struct store_txn *t, const struct uuid *before,
    struct jobs_head *out, unsigned max)
{
	return list_jobs(t, before, out, max, true);
}
