/*
 * Any bytes as JSON.  What is refused must be refused with a place within
 * the text.  What is accepted must be a sound tree that the text's own range
 * gives again, that can be written and read back, and whose numbers agree
 * with each other.
 */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "core/decimal.h"
#include "core/json.h"
#include "core/jsonw.h"
#include "core/log.h"
#include "core/utf8.h"
#include "tests/core/tree.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* The place is that of a byte of the text, or just behind the last one. */
static void
check_error(struct slice text, const struct json_error *err)
{
	unsigned line = 1, column = 1;

	INVARIANT(err->text[0] != '\0');
	INVARIANT(strlen(err->text) < sizeof(err->text));
	INVARIANT(utf8_valid(slice_str(err->text), NULL));
	for (size_t i = 0; i < text.n && line < err->line; i++) {
		if (text.p[i] != '\n')
			continue;
		line++;
		text.p += i + 1;
		text.n -= i + 1;
		i = (size_t)-1;
	}
	while (column < err->column && column <= text.n &&
	    text.p[column - 1] != '\n')
		column++;
	INVARIANT(line == err->line && column == err->column);
}

/* An integer that a double can hold is the same read either way. */
static void
check_number(const struct json_node *n)
{
	char text[DECIMAL_MAX];
	double d, back;
	int64_t i;
	bool is_int = json_int(n, INT64_MIN, INT64_MAX, &i);

	if (!json_double(n, &d)) {
		INVARIANT(!is_int);
		return;
	}
	INVARIANT(!is_int || (double)i == d);
	if (!is_int && fabs(d) < 1e15 && fabs(d) > 1e-5 && n->raw.n < 15)
		INVARIANT(d != floor(d));
	decimal_format(d, text);
	INVARIANT(decimal_double(slice_str(text), &back) && back == d);
}

/* Children stand within their parent, in order and apart, and are counted. */
static void
check_node(const struct json_node *n, struct slice within)
{
	const char *end = n->raw.p + n->raw.n;
	const char *at = n->raw.p + 1;
	uint32_t count = 0;

	INVARIANT(n->raw.n > 0 && n->raw.p >= within.p);
	INVARIANT(end <= within.p + within.n);
	INVARIANT(utf8_valid(n->key, NULL));
	INVARIANT(utf8_valid(n->str, NULL));
	if (n->type == JSON_NUMBER)
		check_number(n);
	for (const struct json_node *c = n->child; c != NULL; c = c->next) {
		check_node(c, (struct slice){at, (size_t)(end - 1 - at)});
		at = c->raw.p + c->raw.n;
		count++;
	}
	INVARIANT(count == n->count);
	INVARIANT(count == 0 || n->type >= JSON_ARRAY);
}

static bool
all_space(const char *from, const char *to)
{
	while (from < to && memchr(" \t\r\n", *from, 4) != NULL)
		from++;
	return from == to;
}

/* The range of the root, parsed by itself, is the same tree. */
static void
check_again(const struct json_node *root)
{
	struct json_error err;
	struct json *doc = json_parse(root->raw, &err);

	INVARIANT(doc != NULL);
	INVARIANT(tree_same(root, json_root(doc), true));
	json_free(doc);
}

/* Written value by value, and as it stands beside another, it is read. */
static void
check_written(const struct json_node *root)
{
	struct buf out = {0};
	struct jsonw *w = jsonw_new(&out);
	struct json_error err;
	struct json *doc;

	tree_write(w, root);
	doc = json_parse(buf_slice(&out), &err);
	INVARIANT(doc != NULL);
	INVARIANT(tree_same(root, json_root(doc), false));
	json_free(doc);
	out.len = 0;
	jsonw_reset(w, &out);
	jsonw_object(w);
	jsonw_key(w, "raw");
	jsonw_raw(w, root->raw);
	jsonw_key(w, "last");
	jsonw_null(w);
	jsonw_end(w);
	doc = json_parse(buf_slice(&out), &err);
	if (doc == NULL)
		INVARIANT(strcmp(err.text, "nested too deeply") == 0);
	else
		INVARIANT(slice_eq(json_get(json_root(doc), "raw")->raw,
		    root->raw));
	json_free(doc);
	jsonw_free(w);
	buf_free(&out);
}

/* Around the root there is nothing but white space. */
static void
check_around(struct slice text, struct slice root)
{
	INVARIANT(all_space(text.p, root.p));
	INVARIANT(all_space(root.p + root.n, text.p + text.n));
}

/* Parse once and hold the result to all of the above. */
int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice text = {(const char *)data, size};
	struct json_error err;
	struct json *doc = json_parse(text, &err);

	if (doc == NULL) {
		check_error(text, &err);
		return 0;
	}
	check_node(json_root(doc), text);
	check_around(text, json_root(doc)->raw);
	check_again(json_root(doc));
	check_written(json_root(doc));
	json_free(doc);
	return 0;
}
