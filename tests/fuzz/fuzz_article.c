/*
 * Any bytes as a stored article; any JSON as a result with articles, and as
 * an edit of the first of them.  What is found must be an object of its own,
 * and what an edit comes to must be JSON again.
 */
#include <stdint.h>
#include <stdlib.h>

#include "core/article.h"
#include "core/log.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
check_row(struct slice bytes)
{
	struct article a = {.number = 0};
	uint8_t out[ARTICLE_ROW];

	if (!article_decode(bytes, &a))
		return;
	INVARIANT(article_status_name(a.status) != NULL);
	article_encode(&a, out);
	INVARIANT(bytes.n == ARTICLE_ROW);
	INVARIANT(memcmp(out, bytes.p, bytes.n) == 0);
}

static void
check_edit(struct slice article, const struct json_node *root)
{
	struct buf out = {0};
	struct article_edit e;
	struct json *doc;
	const char *why;

	if (article_edit_read(root, &e, &why) == NULL) {
		article_edit_apply(&e, article, &out);
		doc = json_parse(buf_slice(&out), &(struct json_error){0});
		INVARIANT(doc != NULL && json_root(doc)->type == JSON_OBJECT);
		json_free(doc);
	} else {
		INVARIANT(why != NULL);
	}
	buf_free(&out);
}

static void
check_result(struct slice text)
{
	static struct article_found f;
	struct json *doc = json_parse(text, &(struct json_error){0});

	if (doc == NULL)
		return;
	article_find(text, &f);
	INVARIANT(f.count <= ARTICLE_MAX);
	for (unsigned i = 0; i < f.count; i++) {
		INVARIANT(f.from[i] < text.n && f.n[i] <= text.n - f.from[i]);
		check_edit((struct slice){text.p + f.from[i], f.n[i]},
		    json_root(doc));
	}
	check_edit(SLICE("{}"), json_root(doc));
	json_free(doc);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct slice bytes = {(const char *)data, size};

	check_row(bytes);
	check_result(bytes);
	return 0;
}
