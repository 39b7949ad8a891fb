/*
 * Any text as labels, and any other laid over it: the first line is what an
 * execution has, the rest a patch.  What comes of it is what both say, in
 * their order and byte for byte; laying the patch over it again changes
 * nothing; and the store and the streams read the same labels from it.  All
 * of it is also a unique name, which no path may take for anything else.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/labels.h"
#include "core/log.h"
#include "core/utf8.h"
#include "core/uuid.h"
#include "sse/label.h"
#include "store/rows_impl.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The labels in text; NULL when it has none that are allowed. */
static struct json *
read_set(struct slice text, bool nulls)
{
	struct json *doc = json_parse(text, &(struct json_error){0});

	if (doc == NULL)
		return NULL;
	if (labels_check(json_root(doc), nulls, NULL) == NULL) {
		INVARIANT(labels_check(json_root(doc), true, NULL) == NULL);
		return doc;
	}
	json_free(doc);
	return NULL;
}

static const struct json_node *
find(const struct json_node *set, struct slice key)
{
	const struct json_node *v = set->child;

	while (v != NULL && !slice_eq(v->key, key))
		v = v->next;
	return v;
}

/* Expect one label, unless it was removed, and go on behind it. */
static void
expect(const struct json_node **at, const struct json_node *want)
{
	if (want->type == JSON_NULL)
		return;
	INVARIANT(*at != NULL && slice_eq((*at)->key, want->key));
	INVARIANT(slice_eq((*at)->raw, want->raw));
	*at = (*at)->next;
}

/* The streams' labels, and the store's where the row has them. */
static void
check_readers(struct slice text, const struct json_node *set)
{
	struct brief tags = {.at.seq = 1, .n = (uint8_t)text.n};
	struct labels *l = label_parse(text);
	struct rows_labels rows = {.count = 0};
	bool brief = text.n <= BRIEF_MAX;
	struct buf one = {0};
	struct slice label;
	uint32_t n = 0;

	if (brief) {
		memcpy(tags.bytes, text.p, text.n);
		INVARIANT(rows_labels_read(NULL, &tags, &rows));
		INVARIANT(rows.count == set->count);
	}
	for (const struct json_node *v = set->child; v != NULL; v = v->next) {
		one.len = 0;
		buf_add_slice(&one, v->key);
		buf_add_byte(&one, ':');
		buf_add_slice(&one, v->str);
		INVARIANT(label_has(l, buf_slice(&one)));
		INVARIANT(!brief || rows_labels_have(&rows, buf_slice(&one)));
	}
	for (size_t at = 0; label_next(l, &at, &label);)
		n++;
	INVARIANT(n == set->count);
	buf_free(&one);
	rows_labels_free(&rows);
	label_unref(l);
}

static void
check_merged(struct slice text, bool fits, const struct json_node *now,
    const struct json_node *patch)
{
	struct json *doc = json_parse(text, &(struct json_error){0});
	const struct json_node *set = json_root(doc), *at = set->child, *over;

	INVARIANT((labels_check(set, false, NULL) == NULL) == fits);
	INVARIANT(fits == (set->count <= LABELS_MAX));
	for (const struct json_node *v = now->child; v != NULL; v = v->next) {
		over = find(patch, v->key);
		expect(&at, over != NULL ? over : v);
	}
	for (const struct json_node *v = patch->child; v != NULL; v = v->next)
		if (find(now, v->key) == NULL)
			expect(&at, v);
	INVARIANT(at == NULL);
	check_readers(text, set);
	json_free(doc);
}

static void
check_merge(struct slice now, struct slice patch)
{
	struct json *a = read_set(now.n > 0 ? now : SLICE("{}"), false);
	struct json *b = read_set(patch, true);
	struct buf once = {0}, again = {0};
	bool fits;

	if (a != NULL && b != NULL) {
		fits = labels_merge(now, patch, &once);
		check_merged(buf_slice(&once), fits, json_root(a),
		    json_root(b));
		INVARIANT(labels_merge(buf_slice(&once), patch, &again) ==
		    fits);
		INVARIANT(slice_eq(buf_slice(&once), buf_slice(&again)));
	}
	buf_free(&once);
	buf_free(&again);
	json_free(a);
	json_free(b);
}

/* A name comes from JSON, so it is UTF-8. */
static void
check_name(struct slice name)
{
	struct uuid id;

	if (!utf8_valid(name, NULL) || labels_check_name(name) != NULL)
		return;
	INVARIANT(name.n > 0 && name.n <= 4 * LABELS_NAME_MAX);
	INVARIANT(!uuid_parse(name, &id));
	INVARIANT(memchr(name.p, '/', name.n) == NULL);
	INVARIANT(memchr(name.p, '\0', name.n) == NULL);
	INVARIANT(!slice_is(name, ".") && !slice_is(name, ".."));
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice all = {(const char *)data, size}, now = all, patch;
	const char *line = size > 0 ? memchr(data, '\n', size) : NULL;

	check_name(all);
	if (line == NULL)
		return 0;
	now.n = (size_t)(line - now.p);
	patch = (struct slice){line + 1, size - now.n - 1};
	check_merge(now, patch);
	return 0;
}
