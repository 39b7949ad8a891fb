/*
 * The cache of definitions: a table by job id, each entry a list of versions.
 * Neighbour: jobs.c reads what is not here.
 */
#include "store/jobs_cache.h"

#include <stdlib.h>

#include "core/hash.h"
#include "core/mem.h"

struct entry {
	struct job *job;
	struct entry *version; /* the next one of the same job */
	struct entry *next;    /* in the list of provisional or dead ones */
};

struct jobs_cache {
	struct hash *by_id;
	size_t count;
	struct entry *provisional;
	struct entry *dead; /* may still be borrowed, this turn */
	uint64_t seed;
};

/* Make an empty one. */
struct jobs_cache *
jobs_cache_new(uint64_t seed)
{
	struct jobs_cache *c = mem_zalloc(sizeof(*c));

	c->seed = seed;
	c->by_id = hash_new(seed);
	return c;
}

static void
free_entry(struct entry *e)
{
	job_free(e->job);
	free(e);
}

static void
free_dead(struct jobs_cache *c)
{
	struct entry *e;

	while ((e = c->dead) != NULL) {
		c->dead = e->next;
		free_entry(e);
	}
}

static void
free_all(struct jobs_cache *c)
{
	struct entry *e, *version;
	size_t at = 0;

	while ((e = hash_next(c->by_id, &at)) != NULL) {
		for (; e != NULL; e = version) {
			version = e->version;
			free_entry(e);
		}
	}
	hash_free(c->by_id);
	c->by_id = NULL;
	c->count = 0;
	c->provisional = NULL;
}

/* Release it with every job in it. */
void
jobs_cache_free(struct jobs_cache *c)
{
	free_dead(c);
	free_all(c);
	free(c);
}

/* Look a definition up. */
const struct job *
jobs_cache_get(const struct jobs_cache *c, const struct uuid *id,
    uint32_t version)
{
	const struct entry *e = hash_get(c->by_id, id);

	while (e != NULL && e->job->version != version)
		e = e->version;
	return e != NULL ? e->job : NULL;
}

/* Keep a definition that was not here. */
void
jobs_cache_add(struct jobs_cache *c, struct job *j, bool provisional)
{
	struct entry *e = mem_zalloc(sizeof(*e));

	e->job = j;
	e->version = hash_set(c->by_id, &j->id, e);
	c->count++;
	if (provisional) {
		e->next = c->provisional;
		c->provisional = e;
	}
}

/* Take e out of the list of its job's versions. */
static void
unlink_entry(struct jobs_cache *c, struct entry *e)
{
	struct entry *at = hash_get(c->by_id, &e->job->id);

	c->count--;
	if (at != e) {
		while (at->version != e)
			at = at->version;
		at->version = e->version;
	} else if (e->version != NULL) {
		hash_set(c->by_id, &e->job->id, e->version);
	} else {
		hash_remove(c->by_id, &e->job->id);
	}
}

/* Keep what was committed, set aside what was not. */
void
jobs_cache_settle(struct jobs_cache *c, bool done)
{
	struct entry *e;

	while (!done && (e = c->provisional) != NULL) {
		c->provisional = e->next;
		unlink_entry(c, e);
		e->next = c->dead;
		c->dead = e;
	}
	c->provisional = NULL;
}

/* End the turn: nothing is borrowed any more. */
void
jobs_cache_trim(struct jobs_cache *c)
{
	free_dead(c);
	if (c->count <= JOBS_CACHE_MAX || c->provisional != NULL)
		return;
	free_all(c);
	c->by_id = hash_new(c->seed);
}
