/*
 * Labels: the index rows that follow from a row's tags.
 */
#include <stdlib.h>

#include "core/json.h"
#include "core/mem.h"
#include "store/journal.h"
#include "store/rows_impl.h"

/* Borrow the i-th label. */
struct slice
rows_labels_at(const struct rows_labels *l, unsigned i)
{
	return (struct slice){l->text.p + l->labels[i].at, l->labels[i].n};
}

/* Tell whether a label is in the set. */
bool
rows_labels_have(const struct rows_labels *l, struct slice label)
{
	for (unsigned i = 0; i < l->count; i++) {
		if (slice_eq(rows_labels_at(l, i), label))
			return true;
	}
	return false;
}

/* Release a set. */
void
rows_labels_free(struct rows_labels *l)
{
	buf_free(&l->text);
	free(l->labels);
	*l = (struct rows_labels){.count = 0};
}

/* Add "key:value"; false when it cannot be a label. */
static bool
add(struct rows_labels *l, const struct json_node *member)
{
	size_t at = l->text.len, n = member->key.n + 1 + member->str.n;
	struct slice label;

	if (member->type != JSON_STRING)
		return false;
	buf_add_slice(&l->text, member->key);
	buf_add_byte(&l->text, ':');
	buf_add_slice(&l->text, member->str);
	label = (struct slice){l->text.p + at, n};
	if (memchr(label.p, '\0', n) != NULL)
		return false;
	if (rows_labels_have(l, label)) {
		l->text.len = at;
		return true;
	}
	if (l->count == l->cap) {
		l->cap = l->cap == 0 ? 8 : l->cap * 2;
		l->labels = mem_resize(l->labels, l->cap, sizeof(*l->labels));
	}
	l->labels[l->count++] = (struct rows_label){at, n};
	return true;
}

static bool
add_all(struct rows_labels *l, struct slice text)
{
	struct json *doc = json_parse(text, &(struct json_error){0});
	const struct json_node *root, *member;
	bool ok = doc != NULL;

	if (ok) {
		root = json_root(doc);
		ok = root->type == JSON_OBJECT;
		for (member = root->child; ok && member != NULL;
		     member = member->next)
			ok = add(l, member);
	}
	json_free(doc);
	return ok;
}

/* Read a set of labels. */
bool
rows_labels_read(struct store_txn *t, const struct brief *tags,
    struct rows_labels *out)
{
	*out = (struct rows_labels){.count = 0};
	if (tags->at.seq == 0 ||
	    add_all(out, journal_brief(t, tags, MEMBER_TAGS)))
		return true;
	rows_labels_free(out);
	return false;
}

/* Remove what is gone, add what is new. */
void
rows_labels_move(struct store_txn *t, const struct uuid *id,
    const struct brief *from, const struct brief *to)
{
	struct rows_labels old = {.count = 0}, new = {.count = 0};
	struct rows_key facet;

	if (from->at.seq == to->at.seq || t->error != 0)
		return;
	if (!rows_labels_read(t, from, &old) || !rows_labels_read(t, to, &new))
		store_txn_damaged(t, "the labels of an execution");
	for (unsigned i = 0; i < old.count; i++) {
		facet = rows_key_label(rows_labels_at(&old, i));
		if (!rows_labels_have(&new, rows_labels_at(&old, i)))
			rows_index_remove(t, &facet, id);
	}
	for (unsigned i = 0; i < new.count; i++) {
		facet = rows_key_label(rows_labels_at(&new, i));
		if (!rows_labels_have(&old, rows_labels_at(&new, i)))
			rows_index_add(t, &facet, id);
	}
	rows_labels_free(&old);
	rows_labels_free(&new);
}
