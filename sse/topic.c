/*
 * One table of topics by 16-byte key.  Ids are random enough not to meet
 * each other, or the keys made here for projects and labels; and if two
 * topics did share a key, their views would only be asked once too often.
 */
#include "sse/topic.h"

#include <stdlib.h>

#include "core/log.h"
#include "core/mem.h"

/* Ready an empty table. */
void
topic_init(struct topics *t, uint64_t seed)
{
	*t = (struct topics){.by_key = hash_new(seed)};
}

/* Release the table. */
void
topic_free(struct topics *t)
{
	INVARIANT(hash_count(t->by_key) == 0);
	hash_free(t->by_key);
	t->by_key = NULL;
}

static struct uuid
key_of_project(uint64_t project)
{
	struct uuid key = {{1}};

	memcpy(key.b + 8, &project, sizeof(project));
	return key;
}

static struct uuid
key_of_label(struct slice text)
{
	uint64_t h[2];
	struct uuid key;

	slice_digest(text, h);
	memcpy(key.b, h, sizeof(key.b));
	return key;
}

static struct uuid
key_of_filter(const struct sse_filter *f)
{
	if (!uuid_is_zero(&f->execution))
		return f->execution;
	if (f->label.n > 0)
		return key_of_label(f->label);
	if (f->njobs == 1)
		return f->jobs[0];
	return f->project != 0 ? key_of_project(f->project) : (struct uuid){0};
}

static struct topic *
topic_new(struct topics *t, const struct uuid *key, uint64_t last)
{
	struct topic *topic = mem_zalloc(sizeof(*topic));

	topic->key = *key;
	topic->born = last;
	LIST_INIT(&topic->views);
	hash_set(t->by_key, key, topic);
	return topic;
}

/* Count a view of filter f in (by 1) or out (by -1). */
static void
count(struct topics *t, const struct sse_filter *f, int by)
{
	if (!uuid_is_zero(&f->execution))
		return;
	t->general += (unsigned)by;
	if (f->label.n > 0)
		t->labels += (unsigned)by;
}

/* Find the view that r asks for, or make it. */
struct view *
topic_join(struct topics *t, const struct sse_request *r, uint64_t last)
{
	struct uuid key = key_of_filter(&r->filter);
	struct topic *topic = hash_get(t->by_key, &key);
	struct view *v;

	if (topic == NULL)
		topic = topic_new(t, &key, last);
	for (v = LIST_FIRST(&topic->views); v != NULL; v = LIST_NEXT(v, entry))
		if (view_is(v, r))
			return v;
	v = view_new(r);
	v->topic = topic;
	LIST_INSERT_HEAD(&topic->views, v, entry);
	count(t, &v->filter, 1);
	return v;
}

/* Free a view, and its topic with the last one. */
void
topic_leave(struct topics *t, struct view *v)
{
	struct topic *topic = v->topic;

	count(t, &v->filter, -1);
	LIST_REMOVE(v, entry);
	view_free(v);
	if (!LIST_EMPTY(&topic->views))
		return;
	hash_remove(t->by_key, &topic->key);
	free(topic);
}

/* Look an execution's topic up. */
struct topic *
topic_of_execution(const struct topics *t, const struct uuid *id)
{
	return hash_get(t->by_key, id);
}

static void
touch(const struct topics *t, const struct uuid *key,
    const struct tail_about *a, void (*fn)(struct view *, void *), void *arg)
{
	struct topic *topic = hash_get(t->by_key, key);
	struct view *v;

	if (topic == NULL)
		return;
	for (v = LIST_FIRST(&topic->views); v != NULL; v = LIST_NEXT(v, entry))
		if (v->nlive > 0 && (view_wants(v, a) || view_ends(v, a)))
			fn(v, arg);
}

/* Ask the topics of an event, from the narrowest to everything. */
void
topic_touch(const struct topics *t, const struct tail_about *a,
    void (*fn)(struct view *v, void *arg), void *arg)
{
	struct uuid key;
	struct slice label;
	size_t at = 0;

	touch(t, &a->execution, a, fn, arg);
	if (t->general == 0)
		return;
	touch(t, &a->job, a, fn, arg);
	if (a->project != 0) {
		key = key_of_project(a->project);
		touch(t, &key, a, fn, arg);
	}
	while (t->labels > 0 && label_next(a->labels, &at, &label)) {
		key = key_of_label(label);
		touch(t, &key, a, fn, arg);
	}
	key = (struct uuid){0};
	touch(t, &key, a, fn, arg);
}
