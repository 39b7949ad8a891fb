/*
 * Walks through a store's objects: the first byte chooses the project and
 * the length of pages; then a line with what the keys begin with, a line with
 * a delimiter, and a cursor, which need not be one that we gave.  A walk shows
 * what all keys in an array say, in one go or begun anew behind each page;
 * and any cursor leaves an end of that.
 */
#include <stdint.h>

#include "core/mem.h"
#include "core/object.h"
#include "core/utf8.h"
#include "store/objects.h"
#include "store/rows_impl.h"
#include "tests/fuzz/ground.h"

#define EXECUTIONS 4
#define KEYS_MAX 100
#define ID "00000000-0000-7000-8000-00000000000"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* What is shown: a key, or what several begin with. */
struct shown {
	enum objects_found kind;
	struct slice key;
};

static const uint64_t project_of[EXECUTIONS] = {1, 2, 3, 1};
static struct store_txn *t; /* never committed */
static struct slice keys[KEYS_MAX];
static unsigned nkeys;

static void
put(unsigned execution, const char *where)
{
	struct journal_event ev = event_make(EVENT_STORAGE);
	struct buf key = {0}, place = {0};
	struct object o = {.at.seq = 1, .member = MEMBER_BYTES};

	buf_addf(&key, OBJECT_ROOT ID "%u/%s", execution, where);
	object_place(&o, &place);
	ev.seq = 1;
	event_add_member(&ev, MEMBER_KEY, buf_slice(&key));
	event_add_member(&ev, MEMBER_CONTENT_TYPE, SLICE("x/y"));
	event_add_member(&ev, MEMBER_OBJECT, buf_slice(&place));
	objects_put(t, &ev);
	nkeys++;
	buf_free(&key);
	buf_free(&place);
}

/* Short keys, and some as long as one may be, and longer. */
static void
put_all(unsigned execution)
{
	static const char *const where[] = {"r/s/a", "r/s/b", "r/s/ba",
	    "r/s2/a", "r-/s/a", "q/\xc3\xa9/\xe6\x97\xa5", "q/\xc3\xa9/z",
	    "z/z/z"};
	static const unsigned longer[] = {462, 463, 464, 480, 481, 600};
	char text[700];

	for (unsigned i = 0; i < sizeof where / sizeof where[0]; i++)
		if (i % 3 != execution % 3)
			put(execution, where[i]);
	for (unsigned i = 0; i < sizeof longer / sizeof longer[0]; i++) {
		snprintf(text, sizeof text, "r/l/%0*u",
		    (int)longer[i] - 51 - (int)execution % 2 * 2, i);
		put(execution, text);
	}
}

/* Make the objects, and read the order in which they stand. */
static void
start(void)
{
	struct objects_query q = {.project = 0};
	struct objects_walk *w;
	struct objects_row row;
	unsigned n = 0;
	int rc;

	t = store_begin(ground_store(), &rc);
	INVARIANT(t != NULL);
	for (unsigned i = 0; i < EXECUTIONS; i++) {
		struct rows_key facet = rows_key_project(project_of[i]);
		char text[UUID_TEXT + 1];
		struct uuid id;

		snprintf(text, sizeof text, ID "%u", i);
		INVARIANT(uuid_parse(slice_str(text), &id));
		rows_index_add(t, &facet, &id);
		if (i != 2)
			put_all(i);
	}
	INVARIANT(nkeys <= KEYS_MAX && store_error(t) == 0);
	for (w = objects_walk_new(t, &q);
	     objects_walk_next(w, &row) == OBJECTS_ROW; n++)
		keys[n] =
		    (struct slice){mem_dup(row.key.p, row.key.n), row.key.n};
	INVARIANT(n == nkeys);
	objects_walk_free(w);
}

static bool
begins(struct slice s, struct slice with)
{
	return s.n >= with.n &&
	    (with.n == 0 || memcmp(s.p, with.p, with.n) == 0);
}

static bool
is_asked_for(const struct objects_query *q, struct slice key)
{
	char digit = key.p[sizeof OBJECT_ROOT - 1 + UUID_TEXT - 1];

	return begins(key, q->prefix) &&
	    (q->project == 0 || project_of[digit - '0'] == q->project);
}

/* All that is to be shown without a cursor; returns how many. */
static unsigned
expect(const struct objects_query *q, struct shown out[KEYS_MAX])
{
	struct slice d = q->delimiter;
	unsigned n = 0;

	for (unsigned i = 0; i < nkeys; i++) {
		struct slice key = keys[i];
		const char *mark = NULL;
		size_t end;

		if (!is_asked_for(q, key) ||
		    (n > 0 && out[n - 1].kind == OBJECTS_COMMON &&
			begins(key, out[n - 1].key)))
			continue;
		if (d.n > 0)
			mark = memmem(key.p + q->prefix.n, key.n - q->prefix.n,
			    d.p, d.n);
		end = mark != NULL ? (size_t)(mark - key.p) + d.n : 0;
		if (end > SCHEMA_OBJECT_CUT)
			end = 0;
		out[n].kind = end > 0 ? OBJECTS_COMMON : OBJECTS_ROW;
		out[n++].key = (struct slice){key.p, end > 0 ? end : key.n};
	}
	return n;
}

/* Walk, beginning anew after each so many (0: never). */
static void
check_pages(struct objects_query q, unsigned page, const struct shown *want,
    unsigned n)
{
	struct objects_walk *w = objects_walk_new(t, &q);
	struct objects_row row;

	for (unsigned i = 0; i < n; i++) {
		INVARIANT(objects_walk_next(w, &row) == want[i].kind);
		INVARIANT(slice_eq(row.key, want[i].key));
		if (page == 0 || i % page != 0)
			continue;
		q.after = want[i].key;
		objects_walk_free(w);
		w = objects_walk_new(t, &q);
	}
	INVARIANT(objects_walk_next(w, &row) == OBJECTS_END);
	objects_walk_free(w);
}

/*
 * Begin behind any text: what is shown is the last of all there is, and what
 * is not shown is not above the text.
 */
static void
check_after(struct objects_query q, const struct shown *want, unsigned n)
{
	struct objects_walk *w = objects_walk_new(t, &q);
	struct objects_row row;
	enum objects_found kind = objects_walk_next(w, &row);
	unsigned i = 0;

	while (i < n &&
	    (kind != want[i].kind || !slice_eq(row.key, want[i].key)))
		i++;
	INVARIANT((i == n) == (kind == OBJECTS_END));
	if (i > 0 && want[i - 1].key.n <= SCHEMA_OBJECT_CUT)
		INVARIANT(slice_cmp(want[i - 1].key, q.after) <= 0);
	if (i < n && kind == OBJECTS_ROW && row.key.n <= SCHEMA_OBJECT_CUT)
		INVARIANT(slice_cmp(row.key, q.after) > 0);
	for (i++; i < n; i++) {
		INVARIANT(objects_walk_next(w, &row) == want[i].kind);
		INVARIANT(slice_eq(row.key, want[i].key));
	}
	INVARIANT(kind == OBJECTS_END ||
	    objects_walk_next(w, &row) == OBJECTS_END);
	objects_walk_free(w);
}

static struct slice
line(struct slice *rest)
{
	const char *end = rest->n > 0 ? memchr(rest->p, '\n', rest->n) : NULL;
	struct slice s = *rest;

	if (end == NULL) {
		*rest = SLICE_NONE;
		return s;
	}
	s.n = (size_t)(end - s.p);
	rest->p = end + 1;
	rest->n -= s.n + 1;
	return s;
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static struct shown want[KEYS_MAX];
	struct objects_query q = {.project = 0};
	struct slice rest;
	unsigned n;

	if (t == NULL)
		start();
	/* What a query asks for is UTF-8. */
	if (size == 0 ||
	    !utf8_valid((struct slice){(const char *)data, size}, NULL))
		return 0;
	rest = (struct slice){(const char *)data + 1, size - 1};
	q.project = data[0] & 3;
	q.prefix = line(&rest);
	q.delimiter = line(&rest);
	n = expect(&q, want);
	check_pages(q, data[0] >> 2 & 7, want, n);
	q.after = rest;
	check_after(q, want, n);
	return 0;
}
