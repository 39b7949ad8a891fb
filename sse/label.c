/*
 * Labels in one block of memory: per label two bytes of length, then its
 * text.  facts.c reads them from the journal, view.c asks for one.
 */
#include "sse/label.h"

#include <stdlib.h>

#include "core/buf.h"
#include "core/json.h"
#include "core/mem.h"

struct labels {
	unsigned refs;
	size_t n; /* bytes */
	char bytes[];
};

static void
add(struct buf *b, const struct json_node *n)
{
	size_t length = n->key.n + 1 + n->str.n;

	if (n->type != JSON_STRING || length > UINT16_MAX)
		return;
	buf_add_byte(b, (unsigned char)(length >> 8));
	buf_add_byte(b, (unsigned char)length);
	buf_add_slice(b, n->key);
	buf_add_byte(b, ':');
	buf_add_slice(b, n->str);
}

/* Read an object of strings, as the engine stored it. */
struct labels *
label_parse(struct slice json)
{
	struct labels *l = NULL;
	struct buf b = {0};
	struct json_error err;
	struct json *doc = json.n > 0 ? json_parse(json, &err) : NULL;

	if (doc == NULL)
		return NULL;
	for (const struct json_node *n = json_root(doc)->child; n != NULL;
	     n = n->next)
		add(&b, n);
	if (b.len > 0) {
		l = mem_zalloc(sizeof(*l) + b.len);
		l->refs = 1;
		l->n = b.len;
		memcpy(l->bytes, b.p, b.len);
	}
	buf_free(&b);
	json_free(doc);
	return l;
}

/* Hold l too. */
struct labels *
label_ref(struct labels *l)
{
	if (l != NULL)
		l->refs++;
	return l;
}

/* Let go of l. */
void
label_unref(struct labels *l)
{
	if (l != NULL && --l->refs == 0)
		free(l);
}

/* Give one text after the other. */
bool
label_next(const struct labels *l, size_t *at, struct slice *text)
{
	const unsigned char *p;

	if (l == NULL || *at >= l->n)
		return false;
	p = (const unsigned char *)l->bytes + *at;
	*text = (struct slice){(const char *)p + 2, (size_t)p[0] << 8 | p[1]};
	*at += 2 + text->n;
	return true;
}

/* Is text among them? */
bool
label_has(const struct labels *l, struct slice text)
{
	struct slice one;
	size_t at = 0;

	while (label_next(l, &at, &one))
		if (slice_eq(one, text))
			return true;
	return false;
}
