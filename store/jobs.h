/*
 * Jobs and API keys as rows.
 */
#ifndef STORE_JOBS_H
#define STORE_JOBS_H

#include "store/store.h"

struct jobs_head {
	struct uuid id;
	uint32_t version;		/* the current one */
	int64_t created_at, updated_at; /* ms */
	bool deleted;
	uint64_t project; /* 0: everybody's to see, unbound keys' to edit */
};

/* The head of a job, deleted ones too. */
bool jobs_head(struct store_txn *t, const struct uuid *id,
    struct jobs_head *out);

/* The same with its name, borrowed. */
bool jobs_head_name(struct store_txn *t, const struct uuid *id,
    struct jobs_head *out, struct slice *name);

/* The live job of that name. */
bool jobs_find(struct store_txn *t, struct slice name, struct uuid *out);

/*
 * The job of that version, from a cache of parsed definitions that belongs
 * to the store.  Borrowed until the turn ends; NULL when there is none.
 */
const struct job *jobs_get(struct store_txn *t, const struct uuid *id,
    uint32_t version);

/*
 * Save a definition as head->version (1, or the last one + 1) and make it
 * the current one; moves the name.  The caller has checked that the name is
 * free.
 */
void jobs_put(struct store_txn *t, const struct jobs_head *head,
    const struct job *def);

/* Mark it deleted and free its name; versions stay for their executions. */
void jobs_delete(struct store_txn *t, const struct uuid *id, int64_t now);

/* A page of live jobs, newest first, older than before (zero: the newest). */
unsigned jobs_list(struct store_txn *t, const struct uuid *before,
    struct jobs_head *out, unsigned max);

/* The same of those that were deleted. */
unsigned jobs_list_deleted(struct store_txn *t, const struct uuid *before,
    struct jobs_head *out, unsigned max);

#endif
