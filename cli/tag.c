/*
 * Splitting key=value.  A value may hold more '='; a key may not.
 */
#include "cli/tag.h"

#include "cli/output.h"
#include "cli/target.h"

static bool
split(const char *text, struct slice *key, struct slice *value)
{
	const char *eq = strchr(text, '=');

	if (eq == NULL || eq == text) {
		output_note("--tag must be KEY=VALUE, not %s", text);
		return false;
	}
	*key = (struct slice){text, (size_t)(eq - text)};
	*value = slice_str(eq + 1);
	return true;
}

/* See whether an earlier --tag has this key. */
static bool
is_repeated(const struct args *a, size_t i, struct slice key)
{
	const char *earlier;

	while (i-- > 0) {
		earlier = args_at(a, "tag", i);
		if (strncmp(earlier, key.p, key.n + 1) == 0)
			return true;
	}
	return false;
}

/* Write the tags as an object. */
bool
tag_write(const struct args *a, struct jsonw *w)
{
	struct slice key, value;
	const char *text;

	jsonw_object(w);
	for (size_t i = 0; (text = args_at(a, "tag", i)) != NULL; i++) {
		if (!split(text, &key, &value))
			return false;
		if (is_repeated(a, i, key)) {
			output_note("--tag %s: this key was given before",
			    text);
			return false;
		}
		jsonw_key_slice(w, key);
		jsonw_str(w, value);
	}
	jsonw_end(w);
	return true;
}

/* Add one tag to a query. */
static bool
add_to_query(const char *text, struct buf *target)
{
	struct buf filter = {0};
	struct slice key, value;

	if (!split(text, &key, &value))
		return false;
	buf_add_slice(&filter, key);
	buf_add_byte(&filter, ':');
	buf_add_slice(&filter, value);
	buf_add_byte(&filter, '\0');
	target_query(target, "tag", filter.p);
	buf_free(&filter);
	return true;
}

/* Add the tags to a query. */
bool
tag_query(const struct args *a, struct buf *target)
{
	const char *text;

	for (size_t i = 0; (text = args_at(a, "tag", i)) != NULL; i++)
		if (!add_to_query(text, target))
			return false;
	return true;
}
