/*
 * What tests and fuzzers do with a whole JSON tree: compare two, write one.
 * Recursion is fine, a tree is at most JSON_DEPTH_MAX deep.
 */
#ifndef TESTS_CORE_TREE_H
#define TESTS_CORE_TREE_H

#include "core/json.h"
#include "core/jsonw.h"

/*
 * Same types, keys, strings and numbers in the same order; with exact, also
 * the same bytes as sent.
 */
static inline bool
tree_same(const struct json_node *a, const struct json_node *b, bool exact)
{
	const struct json_node *x = a->child, *y = b->child;

	if (a->type != b->type || a->count != b->count ||
	    a->boolean != b->boolean || !slice_eq(a->key, b->key) ||
	    !slice_eq(a->str, b->str))
		return false;
	if ((exact || a->type == JSON_NUMBER) && !slice_eq(a->raw, b->raw))
		return false;
	for (; x != NULL && y != NULL; x = x->next, y = y->next) {
		if (!tree_same(x, y, exact))
			return false;
	}
	return x == NULL && y == NULL;
}

static inline void
tree_write(struct jsonw *w, const struct json_node *n)
{
	const struct json_node *c;

	if (n->type == JSON_NULL)
		jsonw_null(w);
	else if (n->type == JSON_BOOL)
		jsonw_bool(w, n->boolean);
	else if (n->type == JSON_NUMBER)
		jsonw_raw(w, n->raw);
	else if (n->type == JSON_STRING)
		jsonw_str(w, n->str);
	else {
		if (n->type == JSON_OBJECT)
			jsonw_object(w);
		else
			jsonw_array(w);
		for (c = n->child; c != NULL; c = c->next) {
			if (n->type == JSON_OBJECT)
				jsonw_key_slice(w, c->key);
			tree_write(w, c);
		}
		jsonw_end(w);
	}
}

#endif
