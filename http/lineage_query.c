/*
 * Reading, matching and ordering for http/lineage_api.c.
 */
#include "http/lineage_query.h"

#include "core/rfc3339.h"
#include "http/draw.h"
#include "http/invalid.h"
#include "store/journal.h"

#define LIMIT_DEFAULT 100
#define LIMIT_MAX 1000

/* ---- reading ---- */

/* The place of a word of that parameter; `otherwise` when it is absent. */
static unsigned
read_word(struct request *r, struct invalid *v, const char *name,
    const char *const *words, unsigned otherwise)
{
	struct slice text;
	char msg[160] = "must be one of ";
	size_t n = strlen(msg);

	if (!request_query(r, name, 0, &text))
		return otherwise;
	for (unsigned i = 0; words[i] != NULL; i++) {
		size_t len = strlen(words[i]);

		if (slice_is(text, words[i]))
			return i;
		if (n + len + 3 > sizeof msg)
			continue;
		if (i > 0) {
			memcpy(msg + n, ", ", 2);
			n += 2;
		}
		memcpy(msg + n, words[i], len + 1);
		n += len;
	}
	invalid_query(v, name, text, msg);
	return otherwise;
}

static void
read_time(struct request *r, struct invalid *v, const char *name, int64_t *out)
{
	struct slice text;

	if (request_query(r, name, 0, &text) && !rfc3339_parse(text, out))
		invalid_query(v, name, text,
		    "must be a time as 2026-01-31T12:00:00Z");
}

static void
read_page(struct request *r, struct invalid *v, struct lineage_query *q)
{
	static const uint64_t limits[2] = {1, LIMIT_MAX};
	static const uint64_t offsets[2] = {0, INT64_MAX};

	q->limit = LIMIT_DEFAULT;
	invalid_read_u64(v, r, "limit", limits, &q->limit);
	invalid_read_u64(v, r, "offset", offsets, &q->offset);
}

static const char *const text_names[LINEAGE_QUERY_TEXTS] = {"url", "origin",
    "title", "document_id"};

/* Read the query. */
bool
lineage_query_read(struct request *r, struct lineage_query *q)
{
	static const char *const statuses[] = {"pending", "initiated",
	    "processing", "completed", "failed", "cancelled", NULL};
	static const char *const sorts[] = {"started_at", "completed_at",
	    "route_id", "stage_name", NULL};
	static const char *const orders[] = {"asc", "desc", NULL};
	static const char *const bools[] = {"false", "true", NULL};
	struct invalid v = {.n = 0};
	unsigned root;

	request_query(r, "execution_id", 0, &q->execution);
	request_query(r, "route_id", 0, &q->route);
	request_query(r, "adapter_name", 0, &q->adapter);
	if (request_query(r, "status", 0, &q->status))
		read_word(r, &v, "status", statuses, 0);
	root = read_word(r, &v, "is_root", bools, 2);
	q->root = root == 1;
	q->asks_root = root != 2;
	read_time(r, &v, "started_after", &q->after);
	read_time(r, &v, "started_before", &q->before);
	for (unsigned i = 0; i < LINEAGE_QUERY_TEXTS; i++)
		request_query(r, text_names[i], 0, &q->text[i]);
	q->sort = (enum lineage_sort)read_word(r, &v, "sort_by", sorts, 0);
	q->descending = read_word(r, &v, "sort_order", orders, 0) == 1;
	read_page(r, &v, q);
	if (v.n > 0)
		invalid_send(r, &v);
	return v.n == 0;
}

/* ---- matching ---- */

static char
lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c | 0x20) : c;
}

/* True when part is in text, whatever the ASCII case. */
static bool
contains(struct slice text, struct slice part)
{
	for (size_t at = 0; at + part.n <= text.n; at++) {
		size_t n = 0;

		while (n < part.n && lower(text.p[at + n]) == lower(part.p[n]))
			n++;
		if (n == part.n)
			return true;
	}
	return false;
}

/* document_id must be it, the others have it in them. */
static bool
text_matches(const struct lineage_query *q, unsigned i,
    const struct json_node *metadata)
{
	const struct json_node *n = json_get(metadata, text_names[i]);

	if (q->text[i].p == NULL)
		return true;
	if (json_absent(n))
		return false;
	if (i == LINEAGE_QUERY_TEXTS - 1)
		return slice_eq(n->type == JSON_STRING ? n->str : n->raw,
		    q->text[i]);
	return n->type == JSON_STRING && contains(n->str, q->text[i]);
}

static bool
metadata_matches(const struct lineage_query *q, const struct factflow_work *k,
    const struct lineage_entry *e)
{
	struct slice text;
	struct json_error err;
	struct json *doc;
	bool ok = true;
	unsigned i;

	for (i = 0; i < LINEAGE_QUERY_TEXTS && q->text[i].p == NULL;)
		i++;
	if (i == LINEAGE_QUERY_TEXTS)
		return true;
	text = journal_member(factflow_work_view(k)->txn, e->metadata,
	    MEMBER_METADATA);
	doc = text.p != NULL ? json_parse(text, &err) : NULL;
	if (doc == NULL)
		return false;
	for (i = 0; i < LINEAGE_QUERY_TEXTS; i++)
		ok = ok && text_matches(q, i, json_root(doc));
	json_free(doc);
	return ok;
}

/* Match. */
bool
lineage_query_matches(const struct lineage_query *q,
    const struct factflow_work *k, unsigned i)
{
	struct factflow_runs runs = factflow_work_runs(k);
	const struct lineage_entry *e = &runs.entry[i];
	const struct job_step *step =
	    &factflow_work_view(k)->job->steps[e->step];

	return (q->route.p == NULL || slice_eq(step->route, q->route)) &&
	    (q->adapter.p == NULL || slice_eq(step->name, q->adapter)) &&
	    (q->status.p == NULL ||
		slice_is(q->status, lineage_status_name(e->status))) &&
	    (!q->asks_root || (e->parent < 0) == q->root) &&
	    (q->after == 0 || e->started_at >= q->after) &&
	    (q->before == 0 || e->started_at <= q->before) &&
	    metadata_matches(q, k, e);
}

/* ---- order ---- */

/* What runs are ordered by; what has not ended comes last. */
struct lineage_key
lineage_query_key(const struct lineage_query *q, const struct factflow_work *k,
    unsigned i)
{
	struct factflow_runs runs = factflow_work_runs(k);
	const struct lineage_entry *e = &runs.entry[i];
	const struct job_step *step =
	    &factflow_work_view(k)->job->steps[e->step];
	struct lineage_key key = {.descending = q->descending};

	key.id = factflow_work_id(k, i);
	if (q->sort == LINEAGE_BY_START)
		key.time = e->started_at;
	else if (q->sort == LINEAGE_BY_END)
		key.time = e->completed_at != 0 ? e->completed_at : INT64_MAX;
	else if (q->sort == LINEAGE_BY_ROUTE)
		key.text = step->route;
	else
		key.text = step->name;
	return key;
}

/* Compare. */
int
lineage_query_compare(const struct lineage_key *a, const struct lineage_key *b)
{
	int order = (a->time > b->time) - (a->time < b->time);

	if (order == 0)
		order = slice_cmp(a->text, b->text);
	if (order == 0)
		order = uuid_cmp(&a->id, &b->id);
	return a->descending ? -order : order;
}
