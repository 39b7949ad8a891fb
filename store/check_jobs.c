/*
 * Checking jobs: every head has all its versions, every version can be read,
 * and the names lead to the live ones.
 */
#include <inttypes.h>

#include "core/json.h"
#include "core/wire.h"
#include "store/check_impl.h"
#include "store/jobs.h"
#include "store/keys.h"

struct seen {
	struct jobs_head head;
	uint32_t versions;
	uint64_t live;
};

/* Read a definition the way a request is read: job_load() would abort. */
static bool
is_definition(struct slice text)
{
	struct json_error bad;
	struct job_error err;
	struct json *doc = json_parse(text, &bad);
	struct job *j = NULL;

	if (doc != NULL)
		j = job_new(json_root(doc), &err);
	json_free(doc);
	job_free(j);
	return j != NULL;
}

/* The versions of the last head are all behind us. */
static void
end_job(struct check *c, const struct seen *s)
{
	if (s->versions != s->head.version)
		check_find(c,
		    "job %s: %" PRIu32 " versions, the head says %" PRIu32,
		    check_id(&s->head.id), s->versions, s->head.version);
}

static void
begin_job(struct check *c, struct seen *s, struct slice key)
{
	struct uuid id, found;
	struct slice name;

	end_job(c, s);
	*s = (struct seen){.live = s->live};
	memcpy(id.b, key.p, sizeof(id.b));
	s->head.id = id;
	c->out->jobs++;
	if (!jobs_head_name(c->t, &id, &s->head, &name)) {
		check_find(c, "job %s: its head cannot be read", check_id(&id));
		return;
	}
	if (s->head.deleted)
		return;
	s->live++;
	if (!jobs_find(c->t, name, &found) || !uuid_eq(&found, &id))
		check_find(c, "job %s: its name does not lead to it",
		    check_id(&id));
}

static void
check_version(struct check *c, struct seen *s, struct slice key,
    struct slice value)
{
	struct wire k = wire_read(key), v = wire_read(value);
	struct uuid id = wire_uuid(&k);
	uint32_t version = (uint32_t)wire_uint(&k, 4, UINT32_MAX);

	if (!uuid_eq(&id, &s->head.id)) {
		check_find(c, "job %s: a version without a head",
		    check_id(&id));
		return;
	}
	if (version != ++s->versions)
		check_find(c, "job %s: version %" PRIu32 " is not %" PRIu32,
		    check_id(&id), version, s->versions);
	wire_uint(&v, 8, INT64_MAX);
	if (v.bad || !is_definition(wire_bytes(&v, v.n))) {
		c->jobs_broken = true;
		check_find(c, "job %s: version %" PRIu32 " cannot be read",
		    check_id(&id), version);
	}
}

/* There are as many names as live jobs, so none leads elsewhere. */
static void
check_names(struct check *c, uint64_t live)
{
	struct table_cursor at = table_open(c->t, TABLE_JOB_NAMES);
	bool there = table_first(&at);
	uint64_t names = 0;

	for (; there; there = table_next(&at)) {
		if (at.value.n == 0 || at.value.n % sizeof(struct uuid) != 0)
			check_find(c, "job_names: a value that is no id");
		names += at.value.n / sizeof(struct uuid);
	}
	table_close(&at);
	if (names != live)
		check_find(c,
		    "job_names: %" PRIu64 " names for %" PRIu64 " jobs", names,
		    live);
}

static void
check_keys(struct check *c)
{
	uint64_t keys = keys_count(c->t);
	struct table_cursor at = table_open(c->t, TABLE_KEYS);
	bool there = table_first(&at);
	struct key k;

	for (; there; there = table_next(&at)) {
		keys--;
		if (at.key.n != sizeof(k.hash) ||
		    !keys_find(c->t, (const uint8_t *)at.key.p, &k))
			check_find(c, "keys: a key that cannot be read");
	}
	table_close(&at);
	if (keys != 0)
		check_find(c, "keys: the table's count is wrong");
}

/* Check jobs, their names, and API keys. */
void
check_jobs(struct check *c)
{
	struct table_cursor at = table_open(c->t, TABLE_JOBS);
	struct seen s = {.live = 0};
	bool there = table_first(&at);

	for (; there; there = table_next(&at)) {
		if (at.key.n == sizeof(struct uuid))
			begin_job(c, &s, at.key);
		else if (at.key.n == sizeof(struct uuid) + 4)
			check_version(c, &s, at.key, at.value);
		else
			check_find(c, "jobs: a key of no kind");
	}
	end_job(c, &s);
	table_close(&at);
	check_names(c, s.live);
	check_keys(c);
}
