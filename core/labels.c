/*
 * The limits of labels, and how one set is laid over another.  The store
 * indexes what comes of it (store/rows_labels.c).
 */
#include "core/labels.h"

#include "core/jsonw.h"
#include "core/log.h"
#include "core/utf8.h"
#include "core/uuid.h"

static bool
is_key(struct slice key)
{
	static const char also[] = "_.-/";

	if (key.n == 0 || key.n > LABELS_KEY_MAX)
		return false;
	for (size_t i = 0; i < key.n; i++) {
		char c = key.p[i];

		if (!((c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
			(c >= '0' && c <= '9') ||
			memchr(also, c, sizeof(also) - 1) != NULL))
			return false;
	}
	return true;
}

static bool
is_value(const struct json_node *v, bool nulls)
{
	if (v->type == JSON_NULL)
		return nulls;
	return v->type == JSON_STRING &&
	    utf8_count(v->str) <= LABELS_VALUE_MAX &&
	    (v->str.n == 0 || memchr(v->str.p, '\0', v->str.n) == NULL);
}

/* Hold a set to the limits. */
const char *
labels_check(const struct json_node *set, bool nulls,
    const struct json_node **at)
{
	const struct json_node *v, *ignored;

	if (at == NULL)
		at = &ignored;
	*at = NULL;
	if (set->type != JSON_OBJECT || set->count > LABELS_MAX)
		return "must be an object of at most 64 strings";
	for (v = set->child; v != NULL; v = v->next) {
		*at = v;
		if (!is_key(v->key))
			return "a key must be 1 to 63 of A-Z a-z 0-9 _ . - /";
		if (!is_value(v, nulls))
			return nulls
			    ? "a value must be null or a string of at most 255 "
			      "characters, none of them NUL"
			    : "a value must be a string of at most 255 "
			      "characters, none of them NUL";
	}
	return NULL;
}

/* Hold a unique name to its rules. */
const char *
labels_check_name(struct slice name)
{
	size_t chars = utf8_count(name);
	struct uuid id;

	if (chars < 1 || chars > LABELS_NAME_MAX)
		return "must have 1 to 120 characters";
	for (size_t i = 0; i < name.n; i++) {
		unsigned char c = (unsigned char)name.p[i];

		if (c < ' ' || c == 0x7f || c == '/')
			return "must not have '/' or control characters";
	}
	if (slice_is(name, ".") || slice_is(name, ".."))
		return "must not be '.' or '..', which no path can name";
	if (uuid_parse(name, &id))
		return "must not be a UUID, since it stands where one may";
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

static unsigned
add(struct jsonw *w, const struct json_node *v)
{
	if (v->type == JSON_NULL)
		return 0;
	jsonw_key_slice(w, v->key);
	jsonw_raw(w, v->raw);
	return 1;
}

/* Write one set laid over another; returns how many labels that makes. */
static unsigned
merge(struct jsonw *w, const struct json_node *now,
    const struct json_node *patch)
{
	const struct json_node *v, *over;
	unsigned n = 0;

	jsonw_object(w);
	for (v = now->child; v != NULL; v = v->next) {
		over = find(patch, v->key);
		n += add(w, over != NULL ? over : v);
	}
	for (v = patch->child; v != NULL; v = v->next) {
		if (find(now, v->key) == NULL)
			n += add(w, v);
	}
	jsonw_end(w);
	return n;
}

/* Lay a patch over a set. */
bool
labels_merge(struct slice now, struct slice patch, struct buf *out)
{
	struct json_error err;
	struct json *a = json_parse(now.n > 0 ? now : SLICE("{}"), &err);
	struct json *b = json_parse(patch, &err);
	struct jsonw *w = jsonw_new(out);
	unsigned n;

	INVARIANT(a != NULL && b != NULL);
	n = merge(w, json_root(a), json_root(b));
	jsonw_free(w);
	json_free(a);
	json_free(b);
	return n <= LABELS_MAX;
}
