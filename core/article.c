/*
 * Articles, decided: found in results, edited, applied, encoded.  Neighbours:
 * engine/articles.c gives them ids and numbers, store/articles.c keeps the
 * rows, http/topify.c draws them.
 */
#include "core/article.h"

#include "core/jsonw.h"
#include "core/log.h"
#include "core/wire.h"

#define ROW_FORMAT 1

const char *const article_members[ARTICLE_MEMBERS] = {"title", "content",
    "slug", "seo_title", "seo_description", "keywords", "featured_images",
    "data_sources"};

#define KEYWORDS ARTICLE_TEXTS /* the list of texts */

static const char *const status_names[ARTICLE_STATUS_COUNT] = {
    [ARTICLE_DRAFT] = "draft",
    [ARTICLE_PUBLISHED] = "published",
    [ARTICLE_ARCHIVED] = "archived",
};

/* Name a status. */
const char *
article_status_name(enum article_status s)
{
	return (unsigned)s < ARTICLE_STATUS_COUNT ? status_names[s] : NULL;
}

/* Find the status of that name. */
bool
article_status_parse(struct slice s, enum article_status *out)
{
	for (unsigned i = 1; i < ARTICLE_STATUS_COUNT; i++) {
		if (!slice_is(s, status_names[i]))
			continue;
		*out = (enum article_status)i;
		return true;
	}
	return false;
}

/* ---- found in a result ---- */

static bool
is_text(const struct json_node *n)
{
	return n != NULL && n->type == JSON_STRING;
}

static void
add_found(struct article_found *f, struct slice result,
    const struct json_node *n)
{
	if (f->count == ARTICLE_MAX || n == NULL || n->type != JSON_OBJECT ||
	    (!is_text(json_get(n, "title")) &&
		!is_text(json_get(n, "content"))))
		return;
	f->from[f->count] = (uint32_t)(n->raw.p - result.p);
	f->n[f->count] = (uint32_t)n->raw.n;
	f->count++;
}

/* Most results have none of it: look before parsing. */
static bool
may_hold(struct slice result)
{
	static const char *const words[] = {"article", "blog_post_id", "\\u"};

	if (result.n > UINT32_MAX)
		return false;
	for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
		if (memmem(result.p, result.n, words[i], strlen(words[i])) !=
		    NULL)
			return true;
	return false;
}

/* Find articles. */
void
article_find(struct slice result, struct article_found *out)
{
	const struct json_node *root, *list, *n;
	struct json_error err;
	struct json *doc;
	int64_t post;

	out->count = 0;
	out->post = 0;
	if (result.n == 0 || !may_hold(result))
		return;
	doc = json_parse(result, &err);
	if (doc == NULL)
		return;
	root = json_root(doc);
	list = json_get(root, "articles");
	if (list != NULL && list->type == JSON_ARRAY)
		for (n = list->child; n != NULL; n = n->next)
			add_found(out, result, n);
	add_found(out, result, json_get(root, "article"));
	if (json_int(json_get(root, "blog_post_id"), 1, INT64_MAX, &post))
		out->post = (uint64_t)post;
	json_free(doc);
}

/* Read MEMBER_ARTICLES. */
bool
article_made_read(const struct journal_event *ev, struct article_made *out)
{
	struct wire w = wire_read(event_get(ev, MEMBER_ARTICLES));

	out->post = wire_uint(&w, 8, UINT64_MAX);
	out->result = wire_uint(&w, 8, UINT64_MAX);
	out->number = wire_uint(&w, 8, UINT64_MAX);
	out->list = wire_bytes(&w, w.n);
	return !w.bad && out->list.n % ARTICLE_ENTRY == 0;
}

/* Count its entries. */
unsigned
article_made_count(const struct article_made *m)
{
	return (unsigned)(m->list.n / ARTICLE_ENTRY);
}

/* Make the row of an entry. */
struct article
article_made_at(const struct journal_event *ev, const struct article_made *m,
    unsigned i)
{
	struct slice entry = {m->list.p + (size_t)i * ARTICLE_ENTRY,
	    ARTICLE_ENTRY};
	struct wire w = wire_read(entry);
	struct article a = {
	    .id = wire_uuid(&w),
	    .number = m->number + i,
	    .execution = ev->execution,
	    .status = ARTICLE_DRAFT,
	    .created_at = ev->at,
	    .updated_at = ev->at,
	    .body = {.at = {m->result}, .member = MEMBER_RESULT},
	};

	a.body.from = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	a.body.n = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	return a;
}

/* ---- changed ---- */

static bool
is_text_list(const struct json_node *n)
{
	const struct json_node *v;

	if (n->type != JSON_ARRAY)
		return false;
	for (v = n->child; v != NULL; v = v->next)
		if (v->type != JSON_STRING)
			return false;
	return true;
}

/* What is wrong with the value of member i; NULL when nothing is. */
static const char *
check_member(unsigned i, const struct json_node *n)
{
	if (i < ARTICLE_TEXTS)
		return n->type == JSON_STRING ? NULL : "must be a string";
	if (i == KEYWORDS)
		return is_text_list(n) ? NULL : "must be an array of strings";
	return n->type == JSON_ARRAY ? NULL : "must be an array";
}

/* Read publication_status; false when it is none. */
static bool
read_status(const struct json_node *body, enum article_status *out)
{
	const struct json_node *n = json_get(body, "publication_status");

	return json_absent(n) ||
	    (n->type == JSON_STRING && article_status_parse(n->str, out));
}

/* Read an edit. */
const char *
article_edit_read(const struct json_node *body, struct article_edit *out,
    const char **why)
{
	const struct json_node *n;
	unsigned i;

	*out = (struct article_edit){.status = ARTICLE_DELETED};
	for (i = 0; i < ARTICLE_MEMBERS; i++) {
		n = json_get(body, article_members[i]);
		if (json_absent(n))
			continue;
		*why = check_member(i, n);
		if (*why != NULL)
			return article_members[i];
		out->member[i] = n->raw;
	}
	if (read_status(body, &out->status))
		return NULL;
	*why = "must be one of draft, published, archived";
	return "publication_status";
}

/* Tell whether the text changes. */
bool
article_edit_has_members(const struct article_edit *e)
{
	for (unsigned i = 0; i < ARTICLE_MEMBERS; i++)
		if (e->member[i].p != NULL)
			return true;
	return false;
}

static bool
is_replaced(const struct article_edit *e, struct slice key)
{
	for (unsigned i = 0; i < ARTICLE_MEMBERS; i++)
		if (e->member[i].p != NULL && slice_is(key, article_members[i]))
			return true;
	return false;
}

/* Write the object anew. */
void
article_edit_apply(const struct article_edit *e, struct slice old,
    struct buf *out)
{
	struct json *doc = json_parse(old, &(struct json_error){0});
	struct jsonw *w = jsonw_new(out);
	const struct json_node *n;

	INVARIANT(doc != NULL && json_root(doc)->type == JSON_OBJECT);
	jsonw_object(w);
	for (n = json_root(doc)->child; n != NULL; n = n->next) {
		if (is_replaced(e, n->key))
			continue;
		jsonw_key_slice(w, n->key);
		jsonw_raw(w, n->raw);
	}
	for (unsigned i = 0; i < ARTICLE_MEMBERS; i++) {
		if (e->member[i].p == NULL)
			continue;
		jsonw_key(w, article_members[i]);
		jsonw_raw(w, e->member[i]);
	}
	jsonw_end(w);
	jsonw_free(w);
	json_free(doc);
}

/* Apply a change. */
void
article_apply(const struct journal_event *ev, struct article *a)
{
	struct slice body = event_get(ev, MEMBER_ARTICLE);

	if (ev->status == ARTICLE_PUBLISHED && a->status != ARTICLE_PUBLISHED)
		a->published_at = ev->at;
	a->status = (enum article_status)ev->status;
	a->updated_at = ev->at;
	if (body.p != NULL)
		a->body = (struct article_body){{ev->seq}, MEMBER_ARTICLE, 0,
		    (uint32_t)body.n};
}

/* Tell whom a change is about. */
bool
article_is_about(const struct journal_event *ev, const struct uuid *id)
{
	struct slice its = event_get(ev, MEMBER_ARTICLE_ID);

	return its.n == sizeof id->b && memcmp(its.p, id->b, its.n) == 0;
}

/* ---- stored ---- */

/* Write a row. */
void
article_encode(const struct article *a, uint8_t out[ARTICLE_ROW])
{
	unsigned char *p = wire_put(out, 1, ROW_FORMAT);

	INVARIANT(a->status > 0 && a->status < ARTICLE_STATUS_COUNT);
	p = wire_put(p, 8, a->number);
	p = wire_put_uuid(p, &a->execution);
	p = wire_put(p, 8, a->project);
	p = wire_put(p, 1, a->status);
	p = wire_put(p, 8, (uint64_t)a->created_at);
	p = wire_put(p, 8, (uint64_t)a->updated_at);
	p = wire_put(p, 8, (uint64_t)a->published_at);
	p = wire_put(p, 8, a->body.at.seq);
	p = wire_put(p, 1, a->body.member);
	p = wire_put(p, 4, a->body.from);
	p = wire_put(p, 4, a->body.n);
	INVARIANT(p == out + ARTICLE_ROW);
}

/* Read a row. */
bool
article_decode(struct slice bytes, struct article *out)
{
	struct wire w = wire_read(bytes);
	bool known = wire_uint(&w, 1, UINT8_MAX) == ROW_FORMAT;
	struct article a = {.id = out->id};

	a.number = wire_uint(&w, 8, UINT64_MAX);
	a.execution = wire_uuid(&w);
	a.project = wire_uint(&w, 8, UINT64_MAX);
	a.status =
	    (enum article_status)wire_uint(&w, 1, ARTICLE_STATUS_COUNT - 1);
	a.created_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	a.updated_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	a.published_at = (int64_t)wire_uint(&w, 8, INT64_MAX);
	a.body.at.seq = wire_uint(&w, 8, UINT64_MAX);
	a.body.member = (enum member)wire_uint(&w, 1, UINT8_MAX);
	a.body.from = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	a.body.n = (uint32_t)wire_uint(&w, 4, UINT32_MAX);
	if (!known || w.bad || w.n > 0 || a.status == ARTICLE_DELETED ||
	    (a.body.member != MEMBER_RESULT && a.body.member != MEMBER_ARTICLE))
		return false;
	*out = a;
	return true;
}
