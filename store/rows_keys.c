/*
 * The keys of rows, index rows and timers, as store/schema.h states them.
 */
#include "core/wire.h"
#include "store/rows_impl.h"
#include "store/table.h"

static struct rows_key
begin(enum facet facet)
{
	struct rows_key k;

	k.b[0] = (uint8_t)facet;
	k.n = 1;
	return k;
}

static void
add_uint(struct rows_key *k, unsigned width, uint64_t v)
{
	wire_put(k->b + k->n, width, v);
	k->n += width;
}

static void
add_id(struct rows_key *k, const struct uuid *id)
{
	wire_put_uuid(k->b + k->n, id);
	k->n += ROWS_ID;
}

/* The row of an execution. */
struct rows_key
rows_key_row(const struct uuid *id)
{
	struct rows_key k = {.n = 0};

	add_id(&k, id);
	add_uint(&k, 1, SCHEMA_ROW_KEY);
	return k;
}

/* The row of a step. */
struct rows_key
rows_key_step(const struct uuid *id, uint16_t index)
{
	struct rows_key k = {.n = 0};

	add_id(&k, id);
	add_uint(&k, 1, SCHEMA_STEP_KEY);
	add_uint(&k, 2, index);
	return k;
}

/* A timer. */
struct rows_key
rows_key_timer(int64_t deadline, enum timer timer, const struct uuid *id)
{
	struct rows_key k = {.n = 0};

	add_uint(&k, 8, (uint64_t)deadline);
	add_uint(&k, 1, timer);
	add_id(&k, id);
	return k;
}

/* By age. */
struct rows_key
rows_key_number(uint64_t number)
{
	struct rows_key k = begin(FACET_NUMBER);

	add_uint(&k, 8, number);
	return k;
}

/* The counter of all executions. */
struct rows_key
rows_key_all(void)
{
	return begin(FACET_ALL);
}

/* By status. */
struct rows_key
rows_key_status(enum status s)
{
	struct rows_key k = begin(FACET_STATUS);

	add_uint(&k, 1, s);
	return k;
}

/* By job. */
struct rows_key
rows_key_job(const struct uuid *job)
{
	struct rows_key k = begin(FACET_JOB);

	add_id(&k, job);
	return k;
}

/* By job and status. */
struct rows_key
rows_key_job_status(const struct uuid *job, enum status s)
{
	struct rows_key k = begin(FACET_JOB_STATUS);

	add_id(&k, job);
	add_uint(&k, 1, s);
	return k;
}

/* By project. */
struct rows_key
rows_key_project(uint64_t project)
{
	struct rows_key k = begin(FACET_PROJECT);

	add_uint(&k, 8, project);
	return k;
}

/* By project and status. */
struct rows_key
rows_key_project_status(uint64_t project, enum status s)
{
	struct rows_key k = begin(FACET_PROJECT_STATUS);

	add_uint(&k, 8, project);
	add_uint(&k, 1, s);
	return k;
}

/* By project and job. */
struct rows_key
rows_key_project_job(uint64_t project, const struct uuid *job)
{
	struct rows_key k = begin(FACET_PROJECT_JOB);

	add_uint(&k, 8, project);
	add_id(&k, job);
	return k;
}

/* By project, job and status. */
struct rows_key
rows_key_project_job_status(uint64_t project, const struct uuid *job,
    enum status s)
{
	struct rows_key k = begin(FACET_PROJECT_JOB_STATUS);

	add_uint(&k, 8, project);
	add_id(&k, job);
	add_uint(&k, 1, s);
	return k;
}

/* By category. */
struct rows_key
rows_key_category(enum category c)
{
	struct rows_key k = begin(FACET_CATEGORY);

	add_uint(&k, 1, c);
	return k;
}

/* By category and status. */
struct rows_key
rows_key_category_status(enum category c, enum status s)
{
	struct rows_key k = begin(FACET_CATEGORY_STATUS);

	add_uint(&k, 1, c);
	add_uint(&k, 1, s);
	return k;
}

/* By the key that made it. */
struct rows_key
rows_key_maker(const struct uuid *key)
{
	struct rows_key k = begin(FACET_KEY);

	add_id(&k, key);
	return k;
}

/* By concurrency key. */
struct rows_key
rows_key_lane(const struct uuid *job, uint64_t lane)
{
	struct rows_key k = begin(FACET_LANE);

	add_id(&k, job);
	add_uint(&k, 8, lane);
	return k;
}

/* By parent. */
struct rows_key
rows_key_parent(const struct uuid *parent)
{
	struct rows_key k = begin(FACET_PARENT);

	add_id(&k, parent);
	return k;
}

/* By label. */
struct rows_key
rows_key_label(struct slice label)
{
	struct rows_key k = begin(FACET_LABEL);
	size_t n = label.n <= SCHEMA_LABEL_MAX ? label.n : SCHEMA_LABEL_MAX;

	if (n > 0)
		memcpy(k.b + k.n, label.p, n);
	k.n += n;
	return k;
}

/* A label has no end of its own, so a 0 stands between it and the id. */
struct rows_key
rows_key_index(const struct rows_key *facet, const struct uuid *id)
{
	struct rows_key k = *facet;

	if (k.b[0] == FACET_LABEL)
		add_uint(&k, 1, 0);
	add_id(&k, id);
	return k;
}

/* Borrow a key's bytes. */
struct slice
rows_key_slice(const struct rows_key *k)
{
	return table_bytes(k->b, k->n);
}

/* List what a row is found by. */
unsigned
rows_facets(const struct execution *x, struct rows_key out[ROWS_FACETS_MAX])
{
	unsigned n = 0;

	out[n++] = rows_key_status(x->status);
	out[n++] = rows_key_job(&x->job);
	out[n++] = rows_key_job_status(&x->job, x->status);
	if (x->project != 0) {
		out[n++] = rows_key_project(x->project);
		out[n++] = rows_key_project_status(x->project, x->status);
		out[n++] = rows_key_project_job(x->project, &x->job);
		out[n++] =
		    rows_key_project_job_status(x->project, &x->job, x->status);
	}
	if (x->category != CATEGORY_NONE) {
		out[n++] = rows_key_category(x->category);
		out[n++] = rows_key_category_status(x->category, x->status);
	}
	if (!uuid_is_zero(&x->parent))
		out[n++] = rows_key_parent(&x->parent);
	if (x->lane != 0 && status_is_held(x->status))
		out[n++] = rows_key_lane(&x->job, x->lane);
	if (!uuid_is_zero(&x->key) && status_is_active(x->status))
		out[n++] = rows_key_maker(&x->key);
	return n;
}
